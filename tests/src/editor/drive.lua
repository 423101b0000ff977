-- Drives Neovim as a person would: sees the problem, reads the hover, applies the quick fix, formats. Says what went wrong and exits 1.

local patience_ms = 20000

local function fail(what)
  io.stderr:write('editor: ' .. what .. '\n')
  vim.cmd('cquit')
end

local function await(what, condition)
  if not vim.wait(patience_ms, condition, 20) then fail(what .. ' did not come') end
end

local function ask(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, patience_ms) or {}
  for _, answer in pairs(answers) do
    if answer.result then return answer.result end
  end
  fail('`' .. method .. '` was not answered')
end

local function run()
  await('the diagnostic', function() return #vim.diagnostic.get(0) == 1 end)
  local problem = vim.diagnostic.get(0)[1]
  if not problem.message:find('has no field `dsik`', 1, true) then fail('the diagnostic says: ' .. problem.message) end
  vim.api.nvim_win_set_cursor(0, { problem.lnum + 1, problem.col })

  local range = vim.lsp.util.make_range_params()
  range.context = { diagnostics = {} }
  local actions = ask('textDocument/codeAction', range)
  if not actions[1] or actions[1].title ~= 'write `disk`' then fail('the quick fix is: ' .. vim.inspect(actions)) end
  vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16')
  await('the end of the diagnostic', function() return #vim.diagnostic.get(0) == 0 end)

  local hover = ask('textDocument/hover', vim.lsp.util.make_position_params())
  local text = type(hover.contents) == 'table' and hover.contents.value or hover.contents
  if not (text:find('disk: Size', 1, true) and text:find('`a.disk` is 40 GiB', 1, true)) then fail('the hover says: ' .. text) end

  if vim.lsp.buf.format then vim.lsp.buf.format({ timeout_ms = patience_ms }) else vim.lsp.buf.formatting_sync(nil, patience_ms) end
  vim.cmd('write')
end

local done, why = pcall(run)
if not done then fail(tostring(why)) end
vim.cmd('quitall')
