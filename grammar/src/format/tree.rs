//! What is formatted? The pairs of the grammar with the marks between them and the line breaks before each: nothing of
//! the text but its white space is missing. Where things go is not decided here.

use crate::grammar::{Pair, Rule};

/// A pair of the grammar.
pub(super) struct Node<'t> {
    pub(super) rule: Rule,
    /// As written.
    pub(super) text: &'t str,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Empty if the text is written out as it is.
    pub(super) kids: Vec<Kid<'t>>,
    /// Does something in it ask for lines of its own?
    pub(super) hard: bool,
    /// Line breaks between this and what stands before it.
    pub(super) lines: usize,
}

/// A part of a pair.
pub(super) enum Kid<'t> {
    /// A pair in it.
    Node(Node<'t>),
    /// A keyword or a mark, with the line breaks before it.
    Mark(&'t str, usize),
}

impl<'t> Kid<'t> {
    /// As written.
    pub(super) fn text(&self) -> &'t str {
        match self {
            Self::Node(node) => node.text,
            Self::Mark(text, _) => text,
        }
    }

    /// Line breaks before it.
    pub(super) fn lines(&self) -> usize {
        match self {
            Self::Node(node) => node.lines,
            Self::Mark(_, lines) => *lines,
        }
    }

    /// The pair, if it is one.
    pub(super) fn node(&self) -> Option<&Node<'t>> {
        match self {
            Self::Node(node) => Some(node),
            Self::Mark(..) => None,
        }
    }

    /// The rule of the pair.
    pub(super) fn rule(&self) -> Option<Rule> {
        self.node().map(|node| node.rule)
    }

    /// Is it this mark?
    pub(super) fn is(&self, mark: &str) -> bool {
        matches!(self, Self::Mark(text, _) if *text == mark)
    }
}

impl<'t> Node<'t> {
    /// Takes a pair of a piece at `base`; what stands before it ends at `until`.
    pub(super) fn new(text: &'t str, base: usize, pair: &Pair<'_>, until: usize) -> Self {
        let start = base + pair.as_span().start();
        let raw = &text[start..base + pair.as_span().end()];
        let rule = pair.as_rule();
        let written = if matches!(rule, Rule::bad_item) { raw } else { raw.trim_end() };
        let end = start + written.len();
        let mut node = Self { rule, text: written, start, end, kids: Vec::new(), hard: false, lines: line_breaks(&text[until..start]) };
        let has_inner = pair.clone().into_inner().next().is_some();
        if is_text(rule) || !(has_inner || is_bracket(rule)) {
            node.hard = written.contains(['\n', '\r']) || is_comment(rule);
            return node;
        }
        let mut at = start;
        for inner in pair.clone().into_inner() {
            let kid_start = base + inner.as_span().start();
            let from = marks(text, at, kid_start, &mut node.kids);
            let kid = Node::new(text, base, &inner, from);
            at = kid.end;
            node.kids.push(Kid::Node(kid));
        }
        marks(text, at, end, &mut node.kids);
        node.hard = is_hard(&node);
        node
    }

    /// A piece that the grammar refused.
    pub(super) fn unread(text: &'t str, base: usize, piece: &str) -> Self {
        let end = base + piece.len();
        Self { rule: Rule::bad_item, text: &text[base..end], start: base, end, kids: Vec::new(), hard: true, lines: 1 }
    }

    /// Is something missing in it? The grammar marks that with a pair of nothing.
    pub(super) fn lacks(&self) -> bool {
        self.text.is_empty() || self.kids.iter().filter_map(Kid::node).any(Self::lacks)
    }

    /// Does a comment stand where only a list or braces could keep it?
    pub(super) fn has_odd_comment(&self) -> bool {
        let keeps = is_bracket(self.rule);
        self.kids.iter().filter_map(Kid::node).any(|kid| !keeps && is_comment(kid.rule))
    }
}

/// Brackets whose elements are laid out by themselves.
pub(super) fn is_bracket(rule: Rule) -> bool {
    is_block(rule) || is_list(rule)
}

/// Braces with entries.
pub(super) fn is_block(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::body
            | Rule::record
            | Rule::variants
            | Rule::kind_body
            | Rule::children
            | Rule::record_type
            | Rule::check_body
            | Rule::test_body
    )
}

/// Brackets with elements between commas.
pub(super) fn is_list(rule: Rule) -> bool {
    matches!(rule, Rule::list | Rule::call | Rule::params)
}

/// Texts whose spaces mean something.
fn is_text(rule: Rule) -> bool {
    matches!(rule, Rule::plain | Rule::template | Rule::multi | Rule::tagged | Rule::quoted)
}

/// Comments of every sort.
pub(super) fn is_comment(rule: Rule) -> bool {
    matches!(rule, Rule::comment | Rule::doc | Rule::module_doc)
}

/// Does the node, or something in it, ask for lines of its own? Where the author broke a line, it stays broken.
fn is_hard(node: &Node<'_>) -> bool {
    if node.kids.iter().any(|kid| kid.node().is_some_and(|node| node.hard)) {
        return true;
    }
    let after = |mark: &str| {
        let at = node.kids.iter().position(|kid| kid.is(mark));
        at.and_then(|at| node.kids.get(at + 1)).is_some_and(|kid| kid.lines() > 0)
    };
    match node.rule {
        Rule::expr => (1..node.kids.len()).any(|at| is_broken_at(&node.kids, at)),
        Rule::branch => after("{"),
        Rule::check | Rule::kind | Rule::declaration | Rule::test => false,
        rule if is_block(rule) => after("{"),
        rule if is_list(rule) => node.kids.get(1).is_some_and(|kid| kid.lines() > 0 && !kid.is("]") && !kid.is(")")),
        Rule::keys | Rule::also | Rule::argument => false,
        _ => after("="),
    }
}

/// Did the author break the line before this part of an expression, or behind it, where it goes before it?
pub(super) fn is_broken_at(kids: &[Kid<'_>], at: usize) -> bool {
    let kid = &kids[at];
    match kid.rule() {
        Some(Rule::dot) => kid.lines() > 0,
        Some(Rule::op) => may_begin_line(kid.text()) && (kid.lines() > 0 || kids.get(at + 1).is_some_and(|next| next.lines() > 0)),
        _ => false,
    }
}

/// Operators that the grammar takes at the start of a line, and that read well there.
pub(super) fn may_begin_line(op: &str) -> bool {
    !matches!(op, "is" | "in" | "from" | "=>" | ".." | "..=")
}

/// Takes the keywords and marks between two pairs; gives where the last of them ends.
fn marks<'t>(text: &'t str, from: usize, until: usize, into: &mut Vec<Kid<'t>>) -> usize {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let (mut at, mut last) = (from, from);
    while at < until {
        let byte = bytes[at];
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        if is_word(byte) {
            while end < until && is_word(bytes[end]) {
                end += 1;
            }
        } else if text[at..until].starts_with("->") {
            end += 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        into.push(Kid::Mark(&text[at..end], line_breaks(&text[last..at])));
        (at, last) = (end, end);
    }
    last
}

/// How many lines end in a text: at LF, CRLF or CR.
pub(super) fn line_breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |(at, byte): (usize, &u8)| *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    bytes.iter().enumerate().filter(|at| ends(*at)).count()
}

/// What a text means, without its white space: the pairs in their order, and the comments in theirs.
pub(super) fn events(nodes: &[Node<'_>]) -> (Vec<(Rule, usize, String)>, Vec<String>) {
    let (mut pairs, mut comments) = (Vec::new(), Vec::new());
    for node in nodes {
        collect(node, 0, &mut pairs, &mut comments);
    }
    (pairs, comments)
}

/// Collects a pair and what it holds. Documentation is of the tree, too: it must stay above what it documents.
fn collect(node: &Node<'_>, depth: usize, pairs: &mut Vec<(Rule, usize, String)>, comments: &mut Vec<String>) {
    let text = || unix(node.text);
    if is_comment(node.rule) {
        comments.push(text());
    }
    match node.rule {
        Rule::comment => {}
        // A value that is plain at once has none around it, and which is depends on what follows.
        Rule::expr if node.kids.len() == 1 => {
            for kid in node.kids.iter().filter_map(Kid::node) {
                collect(kid, depth, pairs, comments);
            }
        }
        _ if node.kids.is_empty() && !is_bracket(node.rule) => pairs.push((node.rule, depth, text())),
        _ => {
            pairs.push((node.rule, depth, String::new()));
            for kid in &node.kids {
                match kid {
                    Kid::Node(kid) => collect(kid, depth + 1, pairs, comments),
                    Kid::Mark(",", _) => {}
                    Kid::Mark(mark, _) => pairs.push((node.rule, depth, (*mark).to_owned())),
                }
            }
        }
    }
}

/// The text with LF line ends.
pub(super) fn unix(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() }
}
