// Starts `migc lsp` for `.mig` files, and nothing else: what a program means is the server's to say.

const { workspace, commands, window } = require('vscode')
const { LanguageClient } = require('vscode-languageclient/node')

let client

async function start() {
  const command = workspace.getConfiguration('migc').get('path')
  const server = { command, args: ['lsp'] }
  client = new LanguageClient('migc', 'migc', server, { documentSelector: [{ scheme: 'file', language: 'mig' }] })
  try {
    await client.start()
  } catch (error) {
    window.showErrorMessage(`\`${command} lsp\` could not be started: ${error.message}. Install migc, or set \`migc.path\`.`)
  }
}

async function stop() {
  if (client && client.isRunning()) await client.stop()
}

exports.activate = async (context) => {
  context.subscriptions.push(
    commands.registerCommand('migc.restart', async () => {
      await stop()
      await start()
    })
  )
  await start()
}

exports.deactivate = stop
