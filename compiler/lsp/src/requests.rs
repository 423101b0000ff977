//! Which question is a request? Each asks `mig_core` about one file of a program, or about all programs.

use crate::{
    Home, actions,
    answers::Answers,
    capabilities::Client,
    complete, format, hover,
    position::Lines,
    projects::Overlay,
    server::{Refused, Server, parsed, value},
    signature, symbols, tokens,
};
use lsp_server::{ErrorCode, Request};
use lsp_types::{
    CodeActionParams, CompletionParams, DocumentFormattingParams, DocumentHighlight, DocumentHighlightParams,
    DocumentRangeFormattingParams, DocumentSymbolParams, FoldingRangeParams, GotoDefinitionParams, HoverParams, InlayHintParams, Location,
    Position, PrepareRenameResponse, ReferenceParams, RenameParams, SemanticTokensParams, SignatureHelpParams, TextDocumentIdentifier,
    TextDocumentPositionParams, Uri, WorkspaceSymbolParams,
};
use mig_core::{Files as _, editor};
use serde_json::Value;

/// Answers a request.
pub fn answer(server: &mut Server<'_>, client: Client, request: Request) -> Result<Value, Refused> {
    let Request { method, params, .. } = request;
    let m = method.as_str();
    let mut asked = Asked { server, client };
    match m {
        "textDocument/hover" => asked.hover(&parsed(m, params)?),
        "textDocument/definition" => asked.definition(&parsed(m, params)?),
        "textDocument/references" => asked.references(&parsed(m, params)?),
        "textDocument/documentHighlight" => asked.highlights(&parsed(m, params)?),
        "textDocument/prepareRename" => asked.prepare_rename(&parsed(m, params)?),
        "textDocument/rename" => asked.rename(&parsed(m, params)?),
        "textDocument/completion" => asked.completion(&parsed(m, params)?),
        "textDocument/signatureHelp" => asked.signature(&parsed(m, params)?),
        "textDocument/documentSymbol" => asked.document_symbols(&parsed(m, params)?),
        "workspace/symbol" => Ok(asked.workspace_symbols(&parsed(m, params)?)),
        "textDocument/semanticTokens/full" => asked.semantic_tokens(&parsed(m, params)?),
        "textDocument/inlayHint" => asked.inlay_hints(&parsed(m, params)?),
        "textDocument/foldingRange" => asked.folding(&parsed(m, params)?),
        "textDocument/codeAction" => asked.code_actions(&parsed(m, params)?),
        "textDocument/formatting" => asked.formatting(&parsed(m, params)?),
        "textDocument/rangeFormatting" => asked.range_formatting(&parsed(m, params)?),
        _ => Err(Refused(ErrorCode::MethodNotFound, format!("`{m}` is not known to migc"))),
    }
}

struct Asked<'s, 'h> {
    server: &'s mut Server<'h>,
    client: Client,
}

type Answer = Result<Value, Refused>;

impl Asked<'_, '_> {
    /// The program of an open file, and the file's name in it.
    fn place(&self, uri: &Uri) -> Result<Option<(Home, String)>, Refused> {
        match self.server.documents.get(uri.as_str()) {
            Some(document) => Ok(document.home.clone()),
            None => Err(Refused(ErrorCode::InvalidParams, format!("{} is not open", uri.as_str()))),
        }
    }

    /// Asks about an open file; about what is no file there is nothing to say.
    fn about<T: serde::Serialize>(&mut self, uri: &Uri, question: impl FnOnce(&Answers<'_>, &str) -> Result<Option<T>, Refused>) -> Answer {
        let Some((home, file)) = self.place(uri)? else { return Ok(Value::Null) };
        let Server { host, documents, projects, .. } = &mut *self.server;
        let compiled = projects.compiled(&home, documents, *host);
        let answers = Answers { compiled, home: &home, documents, host: *host, encoding: self.client.encoding };
        Ok(question(&answers, &file)?.map_or(Value::Null, value))
    }

    /// Asks about a byte of an open file.
    fn at<T: serde::Serialize>(
        &mut self,
        uri: &Uri,
        at: Position,
        question: impl FnOnce(&Answers<'_>, &str, usize) -> Result<Option<T>, Refused>,
    ) -> Answer {
        self.about(uri, |answers, file| match answers.byte(file, at) {
            Some(byte) => question(answers, file, byte),
            None => Ok(None),
        })
    }

    fn hover(&mut self, params: &HoverParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position_params;
        let has_markdown = self.client.has_markdown;
        self.at(&text_document.uri, *position, |answers, file, byte| {
            Ok(editor::hover(&answers.compiled.loaded, file, byte).map(|h| hover::shown(answers, file, &h, has_markdown)))
        })
    }

    fn signature(&mut self, params: &SignatureHelpParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position_params;
        self.at(&text_document.uri, *position, |answers, file, byte| {
            Ok(editor::signature(&answers.compiled.loaded, file, byte).map(signature::shown))
        })
    }

    fn definition(&mut self, params: &GotoDefinitionParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position_params;
        self.at(&text_document.uri, *position, |answers, file, byte| {
            let found = answers.compiled.index().definition(&answers.compiled.loaded, file, byte);
            Ok(found.and_then(|place| answers.location(&place)))
        })
    }

    fn references(&mut self, params: &ReferenceParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position;
        let with_declaration = params.context.include_declaration;
        self.at(&text_document.uri, *position, |answers, file, byte| {
            let found = answers.compiled.index().references(&answers.compiled.loaded, file, byte, with_declaration);
            Ok(Some(found.iter().filter_map(|place| answers.location(place)).collect::<Vec<Location>>()))
        })
    }

    fn highlights(&mut self, params: &DocumentHighlightParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position_params;
        self.at(&text_document.uri, *position, |answers, file, byte| {
            let found = answers.compiled.index().references(&answers.compiled.loaded, file, byte, true);
            let here = found.iter().filter(|place| place.file == file);
            let range = |place: &editor::Place| answers.range(file, place.start, place.end);
            Ok(Some(here.map(|place| DocumentHighlight { range: range(place), kind: None }).collect::<Vec<_>>()))
        })
    }

    fn prepare_rename(&mut self, params: &TextDocumentPositionParams) -> Answer {
        self.at(&params.text_document.uri, params.position, |answers, file, byte| {
            let found = editor::prepare_rename(&answers.compiled.loaded, answers.compiled.index(), file, byte);
            let place = found.map_err(|why| Refused(ErrorCode::RequestFailed, why))?;
            Ok(Some(PrepareRenameResponse::Range(answers.range(file, place.start, place.end))))
        })
    }

    fn rename(&mut self, params: &RenameParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position;
        self.at(&text_document.uri, *position, |answers, file, byte| {
            let Answers { compiled, .. } = answers;
            let done = editor::rename(&compiled.loaded, compiled.index(), file, byte, &params.new_name);
            let rename = done.map_err(|why| Refused(ErrorCode::RequestFailed, why))?;
            Ok(Some(answers.edit(rename.places.iter().map(|place| (place, rename.name.as_str())))))
        })
    }

    fn completion(&mut self, params: &CompletionParams) -> Answer {
        let TextDocumentPositionParams { text_document, position } = &params.text_document_position;
        let has_snippets = self.client.has_snippets;
        self.at(&text_document.uri, *position, |answers, file, byte| {
            let disk = answers.host.files(answers.home);
            let files = Overlay { disk, home: answers.home, documents: answers.documents }.list();
            let found = editor::completions(&answers.compiled.loaded, &files, file, byte);
            let items = found.into_iter().map(|one| complete::item(answers, file, byte, one, has_snippets));
            Ok(Some(items.collect::<Vec<_>>()))
        })
    }

    fn document_symbols(&mut self, params: &DocumentSymbolParams) -> Answer {
        self.about(&params.text_document.uri, |answers, file| Ok(Some(symbols::of_document(answers, file))))
    }

    fn workspace_symbols(&mut self, params: &WorkspaceSymbolParams) -> Value {
        let mut found = vec![];
        for home in self.server.projects.homes() {
            let Server { host, documents, projects, .. } = &mut *self.server;
            let compiled = projects.compiled(&home, documents, *host);
            let answers = Answers { compiled, home: &home, documents, host: *host, encoding: self.client.encoding };
            symbols::of_program(&answers, &params.query, &mut found);
        }
        value(found)
    }

    fn semantic_tokens(&mut self, params: &SemanticTokensParams) -> Answer {
        self.about(&params.text_document.uri, |answers, file| Ok(Some(tokens::full(answers, file))))
    }

    fn inlay_hints(&mut self, params: &InlayHintParams) -> Answer {
        let range = params.range;
        self.about(&params.text_document.uri, |answers, file| {
            let (Some(from), Some(to)) = (answers.byte(file, range.start), answers.byte(file, range.end)) else { return Ok(None) };
            let found = editor::hints(&answers.compiled.loaded, file, from, to);
            Ok(Some(found.iter().map(|hint| hover::hint(answers, file, hint)).collect::<Vec<_>>()))
        })
    }

    fn folding(&mut self, params: &FoldingRangeParams) -> Answer {
        self.about(&params.text_document.uri, |answers, file| Ok(Some(symbols::folds(answers, file))))
    }

    fn code_actions(&mut self, params: &CodeActionParams) -> Answer {
        let range = params.range;
        self.about(&params.text_document.uri, |answers, file| {
            let (Some(from), Some(to)) = (answers.byte(file, range.start), answers.byte(file, range.end)) else { return Ok(None) };
            Ok(Some(actions::of_range(answers, file, from, to)))
        })
    }

    /// Formats the buffer as it is; a program is not needed for it.
    fn text(&self, document: &TextDocumentIdentifier) -> Result<&str, Refused> {
        let found = self.server.documents.get(document.uri.as_str());
        found.map(|d| d.text.as_str()).ok_or_else(|| Refused(ErrorCode::InvalidParams, format!("{} is not open", document.uri.as_str())))
    }

    fn formatting(&mut self, params: &DocumentFormattingParams) -> Answer {
        let text = self.text(&params.text_document)?;
        Ok(value(format::whole(text, self.client.encoding)))
    }

    fn range_formatting(&mut self, params: &DocumentRangeFormattingParams) -> Answer {
        let text = self.text(&params.text_document)?;
        let lines = Lines::new(text);
        let (from, to) =
            (lines.offset(text, params.range.start, self.client.encoding), lines.offset(text, params.range.end, self.client.encoding));
        Ok(value(format::range(text, from, to, self.client.encoding)))
    }
}
