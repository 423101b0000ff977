//! What can this server do, and what does the client understand?

use crate::{
    position::Encoding,
    tokens::{MODIFIERS, SORTS},
};
use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions, FoldingRangeProviderCapability,
    HoverProviderCapability, InitializeResult, MarkupKind, OneOf, RenameOptions, SemanticTokensFullOptions, SemanticTokensLegend,
    SemanticTokensOptions, ServerCapabilities, ServerInfo, SignatureHelpOptions, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkDoneProgressOptions,
};

/// What of the client's abilities makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// What columns count.
    pub encoding: Encoding,
    /// Does a hover take markdown?
    pub has_markdown: bool,
    /// Do completions take snippets?
    pub has_snippets: bool,
    /// Does it tell of changed files when asked to?
    pub watches_files: bool,
}

impl Client {
    /// Of the client's own words.
    pub fn new(capabilities: &ClientCapabilities) -> Self {
        let general = capabilities.general.as_ref();
        let document = capabilities.text_document.as_ref();
        let workspace = capabilities.workspace.as_ref();
        let formats = document.and_then(|d| d.hover.as_ref()).and_then(|h| h.content_format.as_ref());
        let item = document.and_then(|d| d.completion.as_ref()).and_then(|c| c.completion_item.as_ref());
        Self {
            encoding: Encoding::agreed(general.and_then(|g| g.position_encodings.as_deref())),
            has_markdown: formats.is_some_and(|f| f.contains(&MarkupKind::Markdown)),
            has_snippets: item.and_then(|i| i.snippet_support).unwrap_or(false),
            watches_files: workspace.and_then(|w| w.did_change_watched_files).and_then(|d| d.dynamic_registration).unwrap_or(false),
        }
    }
}

/// The answer to `initialize`.
pub fn initialized(client: Client) -> InitializeResult {
    let progress = WorkDoneProgressOptions::default();
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::Supported(true)),
        ..TextDocumentSyncOptions::default()
    };
    let triggers = [".", "@", ":", "=", "\"", "/", "("].map(str::to_owned).to_vec();
    let actions = CodeActionOptions { code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]), ..CodeActionOptions::default() };
    let tokens = SemanticTokensOptions {
        legend: SemanticTokensLegend { token_types: SORTS.to_vec(), token_modifiers: MODIFIERS.to_vec() },
        range: Some(false),
        full: Some(SemanticTokensFullOptions::Bool(true)),
        ..SemanticTokensOptions::default()
    };
    let capabilities = ServerCapabilities {
        position_encoding: Some(client.encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions { trigger_characters: Some(triggers), ..CompletionOptions::default() }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(["(", ","].map(str::to_owned).to_vec()),
            ..SignatureHelpOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions { prepare_provider: Some(true), work_done_progress_options: progress })),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        semantic_tokens_provider: Some(tokens.into()),
        ..ServerCapabilities::default()
    };
    let info = ServerInfo { name: "migc".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
    InitializeResult { capabilities, server_info: Some(info) }
}
