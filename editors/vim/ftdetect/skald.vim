autocmd BufNewFile,BufRead *.skald,*.bragi setfiletype skald
