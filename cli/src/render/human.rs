//! How does a report look to a person? The source with marks under it, by miette; labels in other files follow.
//!
//! A borrowed view over the compiler's own type: nothing is decided here but the look.

use super::names;
use crate::{
    terminal::Look,
    visible::{self, Shown},
};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles};
use mig_core::Sources;
use mig_plan::{Diagnostic, Label, Report, Severity, Span};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

/// So many problems are shown with their sources, and so many checks that lacked a fact: nobody reads more at once.
const SHOWN_MAX: usize = 50;

/// The diagnostics, then what was not proven. The summary is not part of it.
///
/// Files of the report are named from elsewhere, behind `folder`; those of the sources from the project's own.
pub fn report(report: &Report, sources: &Sources, folder: &str, look: Look) -> String {
    let secret = report.diagnostics.iter().filter(|d| d.hidden).map(|d| (d.file.as_str(), d.span)).collect();
    let mut texts = Texts { sources, folder, secret, shown: BTreeMap::new() };
    let handler = handler(look);
    let mut out = String::new();
    for diagnostic in gravest(&report.diagnostics) {
        let view = View::new(diagnostic, &mut texts);
        if handler.render_report(&mut out, &view).is_err() {
            out.push_str(&view.message);
        }
        out.push('\n');
    }
    more(&mut out, report.diagnostics.len(), "problems");
    for entry in report.unproven.iter().take(SHOWN_MAX) {
        out.push_str(&super::unproven(entry));
        out.push('\n');
    }
    more(&mut out, report.unproven.len(), "not proven");
    if !report.unproven.is_empty() {
        out.push('\n');
    }
    out
}

/// Those that are shown, in their order: where there are too many, errors before warnings.
fn gravest(all: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut by_severity: Vec<(usize, &Diagnostic)> = all.iter().enumerate().collect();
    by_severity.sort_by_key(|(_, diagnostic)| diagnostic.severity);
    by_severity.truncate(SHOWN_MAX);
    by_severity.sort_by_key(|(place, _)| *place);
    by_severity.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

fn more(out: &mut String, number: usize, what: &str) {
    if number > SHOWN_MAX {
        let _ = writeln!(out, "and {} more {what}; `--format short` has a line for each\n", number - SHOWN_MAX);
    }
}

fn handler(look: Look) -> GraphicalReportHandler {
    let theme = GraphicalTheme {
        characters: if look.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if look.colour { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_links(false)
        .with_context_lines(1)
        .with_show_related_as_nested(true)
        .with_break_words(false)
}

/// Texts as they are shown, made once a file.
struct Texts<'s> {
    sources: &'s Sources,
    folder: &'s str,
    /// Places that are not shown, by their file.
    secret: Vec<(&'s str, Span)>,
    shown: BTreeMap<String, Option<Shown>>,
}

impl Texts<'_> {
    /// The place in the text as it is shown, and that text; nothing for a file that could not be read.
    fn place(&mut self, file: &str, span: Span) -> Option<(NamedSource<String>, std::ops::Range<usize>)> {
        let secret = || self.secret.iter().filter(|s| s.0 == file).map(|s| &s.1);
        let text = || self.sources.0.get(names::inside(self.folder, file)).map(|text| Shown::new(&masked(text, secret())));
        let shown = self.shown.entry(file.to_owned()).or_insert_with(text);
        let shown = shown.as_ref()?;
        let range = shown.offset(span.start.byte as usize)..shown.offset(span.end.byte as usize);
        Some((NamedSource::new(visible::line(file), shown.text.clone()), range))
    }
}

/// The text with stars for what stands at those places, which are in order; every byte outside stays where it is.
fn masked<'p>(text: &str, places: impl Iterator<Item = &'p Span>) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for place in places {
        let (start, end) = (at.max(place.start.byte as usize), place.end.byte as usize);
        let (Some(before), Some(inside)) = (text.get(at..start), text.get(start..end)) else { continue };
        out.push_str(before);
        out.extend(inside.chars().map(|c| if c.is_whitespace() || c == '"' { c.to_string() } else { "*".repeat(c.len_utf8()) }));
        at = end;
    }
    out + text.get(at..).unwrap_or("")
}

/// A diagnostic, or a label of one that is in another file, as miette wants to be told of it.
struct View {
    severity: miette::Severity,
    code: Option<String>,
    message: String,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<View>,
}

impl View {
    fn new(diagnostic: &Diagnostic, texts: &mut Texts) -> Self {
        let mut message = visible::line(&diagnostic.message);
        let place = texts.place(&diagnostic.file, diagnostic.span);
        if place.is_none() && !diagnostic.file.is_empty() {
            message = format!("{}: {message}", visible::line(&diagnostic.file));
        }
        let (source, range) = place.map_or((None, 0..0), |(source, range)| (Some(source), range));
        let text = |text: &str| Some(visible::line(text)).filter(|t| !t.is_empty());
        let mut labels = vec![LabeledSpan::new_primary_with_span(text(&diagnostic.text), range)];
        let near = near_lines(diagnostic);
        let is_here = |l: &&Label| l.file == diagnostic.file && near.contains(&l.span.start.line);
        let (here, there): (Vec<&Label>, Vec<&Label>) = diagnostic.labels.iter().partition(is_here);
        for label in here {
            let range = texts.place(&label.file, label.span).map_or(0..0, |(_, range)| range);
            labels.push(LabeledSpan::new_with_span(text(&label.text), range));
        }
        Self {
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Hint => miette::Severity::Advice,
            },
            code: Some(visible::line(&format!("{}[{}] {}", diagnostic.severity.as_str(), diagnostic.code, diagnostic.name))),
            message,
            help: help(diagnostic),
            source,
            labels,
            elsewhere: there.into_iter().map(|label| Self::elsewhere(label, texts)).collect(),
        }
    }

    fn elsewhere(label: &Label, texts: &mut Texts) -> Self {
        let place = texts.place(&label.file, label.span);
        let named = if place.is_some() { String::new() } else { format!("{}: ", label.file) };
        let (source, range) = place.map_or((None, 0..0), |(source, range)| (Some(source), range));
        Self {
            severity: miette::Severity::Advice,
            code: None,
            message: visible::line(&format!("{named}{}", label.text)),
            help: None,
            source,
            labels: vec![LabeledSpan::new_primary_with_span(None, range)],
            elsewhere: vec![],
        }
    }
}

/// The lines that are shown in one frame with the primary place: those that its neighbours join to it. A frame of another
/// place would stand above it, because miette shows frames in the order of the file.
fn near_lines(diagnostic: &Diagnostic) -> std::ops::RangeInclusive<u32> {
    const APART_MAX: u32 = 3;
    let (mut first, mut last) = (diagnostic.span.start.line, diagnostic.span.end.line);
    let mut lines: Vec<u32> = diagnostic.labels.iter().filter(|l| l.file == diagnostic.file).map(|l| l.span.start.line).collect();
    lines.sort_unstable();
    for line in lines.iter().copied().filter(|line| *line > diagnostic.span.end.line) {
        last = if line - last <= APART_MAX { line } else { last };
    }
    for line in lines.iter().rev().copied().filter(|line| *line < diagnostic.span.start.line) {
        first = if first - line <= APART_MAX { line } else { first };
    }
    first..=last
}

/// The help, and a line for each edit that is offered.
fn help(diagnostic: &Diagnostic) -> Option<String> {
    let fixes = diagnostic.fixes.iter().flat_map(|fix| fix.edits.iter().map(move |edit| (fix, edit)));
    let fixes = fixes.map(|(fix, edit)| {
        let (at, write) = (edit.span.start, format!("write `{}`", edit.text.trim()));
        let is_said = edit.text.is_empty() || fix.title == write;
        let what = if is_said { fix.title.clone() } else { format!("{}: {write}", fix.title) };
        visible::line(&format!("{what} at {}:{}:{}", edit.file, at.line, at.column))
    });
    let lines: Vec<String> = diagnostic.help.iter().map(|help| visible::text(help)).chain(fixes).collect();
    Some(lines.join("\n")).filter(|text| !text.is_empty())
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View {}

impl miette::Diagnostic for View {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref().map(|_| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        let views = self.elsewhere.iter().map(|view| view as &dyn miette::Diagnostic);
        (!self.elsewhere.is_empty()).then(|| Box::new(views) as Box<dyn Iterator<Item = &dyn miette::Diagnostic>>)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use mig_plan::{Edit, Fix, Position, Unproven};

    const MAIN: &str = "server prim {\n  // \u{202e}日本\n  nic overlay { identity = \"a1b2c3d4e5\" }\n}\n";
    const NET: &str = "server brent {\n  nic overlay { identity = \"a1b2c3d4e5\" }\n}\n";

    fn span(text: &str, part: &str) -> Span {
        let position = |byte: usize| {
            let before = &text[..byte];
            let line_start = before.rfind('\n').map_or(0, |i| i + 1);
            let (line, column) = (before.matches('\n').count() + 1, text[line_start..byte].chars().count() + 1);
            Position { line: line as u32, column: column as u32, byte: byte as u32 }
        };
        let start = text.find(part).expect("the text holds it");
        Span { start: position(start), end: position(start + part.len()) }
    }

    pub(crate) fn sources() -> Sources {
        Sources([("main.mig", MAIN), ("net.mig", NET)].into_iter().map(|(n, t)| (n.to_owned(), t.to_owned().into())).collect())
    }

    pub(crate) fn report() -> Report {
        let twin = span(MAIN, "\"a1b2c3d4e5\"");
        let node = Diagnostic {
            severity: Severity::Error,
            code: "MIG3030".to_owned(),
            name: "duplicate_node_id".to_owned(),
            message: "`prim` and `brent` would be one node of `club`\u{1b}[2J".to_owned(),
            file: "main.mig".to_owned(),
            span: twin,
            text: "the same identity".to_owned(),
            address: "prim.overlay".to_owned(),
            unsilenceable: true,
            labels: vec![
                Label { file: "net.mig".to_owned(), span: span(NET, "\"a1b2c3d4e5\""), text: "first used here".to_owned() },
                Label { file: "main.mig".to_owned(), span: span(MAIN, "prim"), text: "in this server".to_owned() },
            ],
            help: Some("let the clone make an identity of its own".to_owned()),
            fixes: vec![Fix {
                title: "set `identity` to `fresh`".to_owned(),
                safe: true,
                edits: vec![Edit { file: "main.mig".to_owned(), span: twin, text: "fresh".to_owned() }],
            }],
            hidden: false,
        };
        let file = Diagnostic {
            severity: Severity::Warning,
            code: "MIG1009".to_owned(),
            name: "unreadable_file".to_owned(),
            message: "there is no such file".to_owned(),
            file: "old.mig".to_owned(),
            span: Span::default(),
            text: String::new(),
            address: String::new(),
            unsilenceable: false,
            labels: vec![],
            help: None,
            fixes: vec![],
            hidden: false,
        };
        let unproven = Unproven {
            code: "MIG2001".to_owned(),
            name: "disk_too_small".to_owned(),
            address: "kruskal_services".to_owned(),
            needs: "a survey of `kruskal_azure`".to_owned(),
        };
        Report::new(vec![node, file], vec![unproven])
    }

    #[test]
    fn sources_with_marks() {
        insta::assert_snapshot!(super::report(&report(), &sources(), "", Look::PLAIN), @r#"
        error[MIG3030] duplicate_node_id

          × `prim` and `brent` would be one node of `club`\u{1b}[2J
           ╭─[main.mig:3:28]
         1 │ server prim {
           ·        ──┬─
           ·          ╰── in this server
         2 │   // \u{202e}日本
         3 │   nic overlay { identity = "a1b2c3d4e5" }
           ·                            ──────┬─────
           ·                                  ╰── the same identity
         4 │ }
           ╰────
          help: let the clone make an identity of its own
                set `identity` to `fresh`: write `fresh` at main.mig:3:28
          ╰─▶   ☞ first used here
                 ╭─[net.mig:2:28]
               1 │ server brent {
               2 │   nic overlay { identity = "a1b2c3d4e5" }
                 ·                            ────────────
               3 │ }
                 ╰────

        warning[MIG1009] unreadable_file

          ⚠ old.mig: there is no such file

        not proven[MIG2001]: disk_too_small for kruskal_services: needs a survey of `kruskal_azure`
        "#);
    }

    #[test]
    fn ascii_where_nothing_else_is_shown() {
        let look = Look { colour: false, unicode: false, width: 60 };
        let text = super::report(&report(), &sources(), "", look);
        assert!(text.chars().all(|c| c.is_ascii() || "日本".contains(c)), "{text}");
    }

    #[test]
    fn colour_only_where_asked() {
        let plain = super::report(&report(), &sources(), "", Look::PLAIN);
        assert!(!plain.contains('\u{1b}'), "{plain}");
        let coloured = super::report(&report(), &sources(), "", Look { colour: true, ..Look::PLAIN });
        assert!(coloured.contains("\u{1b}["), "{coloured}");
    }
}
