-- Options of a `.mig` buffer, and `migc lsp` for it. Works with Neovim 0.7 and newer.

vim.bo.commentstring = '// %s'
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
require('migc').start()
