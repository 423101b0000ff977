-- Options of a `.mig` buffer, and `migc lsp` for it. Works with Neovim 0.7 and newer.

vim.bo.commentstring = '// %s'
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
-- Colours by the tree-sitter parser, where it is installed; without it there is no error.
if vim.treesitter and vim.treesitter.start then pcall(vim.treesitter.start) end
require('migc').start()
