" Schemas: `skald fmt` lays out (gq), `skald check` compiles (:make).
if exists('b:did_ftplugin')
	finish
endif
let b:did_ftplugin = 1
setlocal noexpandtab tabstop=4 shiftwidth=4 textwidth=80
setlocal comments=:///,:// commentstring=//\ %s
setlocal formatprg=skald\ fmt\ -
setlocal makeprg=skald\ check\ %:S errorformat=%f:%l:%c:\ %t%*[^:]:\ %m
let b:undo_ftplugin = 'setlocal et< ts< sw< tw< com< cms< fp< mp< efm<'
