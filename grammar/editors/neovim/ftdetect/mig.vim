autocmd BufRead,BufNewFile *.mig setfiletype mig
