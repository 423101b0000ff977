-- Starts `migc lsp`, once a program, and attaches the buffer to it. Set `vim.g.migc_path` where `migc` is not on the PATH.

local M = {}
-- Clients by the folder of their program.
local clients = {}

-- The folder of the nearest `main.mig` at or above the file, else the file's own.
local function root(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local found = vim.fn.findfile('main.mig', folder .. ';')
  return found ~= '' and vim.fn.fnamemodify(found, ':p:h') or folder
end

local function attached(client, buffer)
  vim.bo[buffer].omnifunc = 'v:lua.vim.lsp.omnifunc'
  local function map(keys, call)
    vim.keymap.set('n', keys, call, { buffer = buffer, silent = true })
  end
  map('K', vim.lsp.buf.hover)
  map('gd', vim.lsp.buf.definition)
  map('gr', vim.lsp.buf.references)
  map('<leader>rn', vim.lsp.buf.rename)
  map('<leader>ca', vim.lsp.buf.code_action)
  map('<leader>f', function()
    if vim.lsp.buf.format then vim.lsp.buf.format() else vim.lsp.buf.formatting_sync() end
  end)
end

function M.start()
  local buffer = vim.api.nvim_get_current_buf()
  local file = vim.api.nvim_buf_get_name(buffer)
  if file == '' then return end
  local config = {
    name = 'migc',
    cmd = { vim.g.migc_path or 'migc', 'lsp' },
    root_dir = root(file),
    on_attach = attached,
  }
  -- `vim.lsp.start`, which finds a running client, came with 0.8.
  if vim.lsp.start then
    vim.lsp.start(config)
    return
  end
  local id = clients[config.root_dir]
  if not (id and vim.lsp.get_client_by_id(id)) then
    id = vim.lsp.start_client(config)
    clients[config.root_dir] = id
  end
  if id then vim.lsp.buf_attach_client(buffer, id) end
end

return M
