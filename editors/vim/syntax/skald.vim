" Schemas of Skald, and of bragi. The words are those of the lexer and of idl/types.c;
" tests/house/editors.sh looks whether they are all here.
if exists('b:current_syntax')
	finish
endif

syntax keyword skaldStatement namespace import using reserved error
syntax keyword skaldStructure bits const consts enum group interface message newtype record
syntax keyword skaldStructure struct table variant state
syntax keyword skaldMember event head method oneway tag tags tail
syntax keyword skaldModifier flexible optional strict
syntax keyword skaldType bool byte char float32 float64 handle int16 int32 int64 int8 lease
syntax keyword skaldType string uint16 uint32 uint64 uint8
syntax keyword skaldBoolean true false
syntax match skaldAttribute "@\h\w*"
syntax match skaldNumber "\<\%(0[xX]\x\+\|\d\+\%(\.\d\+\%([eE][+-]\?\d\+\)\?\)\?\)\>"
syntax match skaldConstant "\<\u[A-Z0-9_]\+\>"
syntax region skaldString start=+"+ skip=+\\.+ end=+"+ oneline
syntax match skaldComment "//.*$" contains=skaldTodo,@Spell
syntax match skaldDoc "///\%([^/].*\)\?$" contains=skaldTodo,@Spell
syntax region skaldComment start="/\*" end="\*/" contains=skaldTodo,@Spell
syntax keyword skaldTodo contained TODO FIXME

highlight default link skaldStatement Statement
highlight default link skaldStructure Structure
highlight default link skaldMember Keyword
highlight default link skaldModifier StorageClass
highlight default link skaldType Type
highlight default link skaldBoolean Boolean
highlight default link skaldAttribute PreProc
highlight default link skaldNumber Number
highlight default link skaldConstant Constant
highlight default link skaldString String
highlight default link skaldComment Comment
highlight default link skaldDoc SpecialComment
highlight default link skaldTodo Todo

let b:current_syntax = 'skald'
