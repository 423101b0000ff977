//! How does the call around the cursor look in an editor? Its parameters as pieces of one label, the one that is written marked.

use crate::position::Encoding;
use lsp_types::{Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp, SignatureInformation};
use mig_core::editor::Signature;

/// One call; labels count in UTF-16, whatever positions count in.
pub fn shown(call: Signature) -> SignatureHelp {
    let column = |byte: usize| Encoding::Utf16.len(call.label.get(..byte).unwrap_or(""));
    let parameters = call.parameters.iter().map(|(start, end)| ParameterInformation {
        label: ParameterLabel::LabelOffsets([column(*start), column(*end)]),
        documentation: None,
    });
    let active = call.active.map(|number| number as u32);
    let docs = Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: call.docs.clone() });
    let one = SignatureInformation {
        parameters: Some(parameters.collect()),
        documentation: (!call.docs.is_empty()).then_some(docs),
        active_parameter: active,
        label: call.label,
    };
    SignatureHelp { signatures: vec![one], active_signature: Some(0), active_parameter: active }
}
