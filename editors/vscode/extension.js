// Starts `skald lsp` for schemas.
const { workspace } = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

function activate() {
	const settings = workspace.getConfiguration('skald');
	const folders = settings.get('importFolders').flatMap((folder) => ['-I', folder]);
	const server = { command: settings.get('command'), args: ['lsp', ...folders] };

	client = new LanguageClient('skald', 'Skald', server, {
		documentSelector: [{ scheme: 'file', language: 'skald' }],
	});
	return client.start();
}

function deactivate() {
	return client && client.stop();
}

module.exports = { activate, deactivate };
