//! What holds for every text? It has a tree, damage stays in its item, spans are those of the text, and depth is limited.

mod samples;

use mig_syntax::ast::{Item, Module, Span};
use std::fmt::Write as _;

/// How many one-character edits are tried.
const EDITS: usize = 20_000;

/// The texts of the samples.
fn samples() -> Vec<String> {
    samples::SAMPLES.iter().map(|(_, text)| (*text).to_owned()).collect()
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    /// One below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// A debug text in which every offset counts from `start`.
fn relative(debug: &str, start: u32) -> String {
    let mut found = String::with_capacity(debug.len());
    let mut rest = debug;
    while let Some(at) = rest.find("Span { start: ") {
        let (before, span) = rest.split_at(at);
        let end = span.find('}').expect("a span ends");
        let numbers: Vec<u32> = span[..end].split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
        found.push_str(before);
        let _ = write!(found, "<{}..{}>", numbers[0].wrapping_sub(start), numbers[1].wrapping_sub(start));
        rest = &span[end + 1..];
    }
    found + rest
}

/// All spans of a debug text.
fn spans(debug: &str) -> Vec<Span> {
    debug
        .split("Span { start: ")
        .skip(1)
        .map(|rest| {
            let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
            Span { start: numbers.next().expect("a start"), end: numbers.next().expect("an end") }
        })
        .collect()
}

/// Spans that are no piece of the text, or damage that says nothing.
fn sound(text: &str, module: &Module) {
    for damage in &module.damage {
        assert!(!damage.message.is_empty());
        assert!(text.get(damage.span.start as usize..damage.span.end as usize).is_some(), "{damage:?} in {text:?}");
    }
    for comment in &module.comments {
        assert!(text[comment.start as usize..comment.end as usize].starts_with("//"), "{comment:?} in {text:?}");
    }
}

#[test]
fn every_prefix_has_a_tree() {
    for text in samples() {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            sound(&text[..end], &mig_syntax::parse(&text[..end]));
        }
    }
}

#[test]
fn every_span_is_a_piece_of_the_text() {
    for text in samples() {
        let debug = format!("{:?}", mig_syntax::parse(&text));
        for span in spans(&debug) {
            let piece = text.get(span.start as usize..span.end as usize).expect("a piece of the text");
            assert_eq!(piece, piece.trim_end(), "no space at an end");
        }
        for name in debug.split("Name { text: \"").skip(1) {
            let (written, rest) = name.split_once("\", span: ").expect("a span follows");
            let span = spans(rest)[0];
            assert_eq!(&text[span.start as usize..span.end as usize], written);
        }
    }
}

/// An item of a sample: from where to where an edit touches it, and its tree.
struct Known {
    from: usize,
    until: usize,
    tree: String,
}

/// The items of a text.
fn known(text: &str) -> Vec<Known> {
    let items = mig_syntax::parse(text).items;
    let known = items.iter().map(|item| {
        let start = item.span.start as usize;
        // The line break before an item is the edit's too: without it the item is part of the line above.
        Known { from: with_what_is_above(text, start).saturating_sub(1), until: next_head(text, start), tree: tree(item) }
    });
    known.collect()
}

/// The tree of an item, wherever it stands.
fn tree(item: &Item) -> String {
    relative(&format!("{:?}", item.kind), item.span.start)
}

/// Compares the items that an edit of `length` bytes at `at` does not touch: they keep their order and their trees.
fn keeps_the_others(before: &[Known], after: &Module, at: usize, length: usize, all: bool) {
    for (index, item) in before.iter().enumerate() {
        let far = item.until + 500 < at || item.from > at + 500;
        if (at + length >= item.from && at <= item.until) || (far && !all) {
            continue;
        }
        let place = if item.until < at { Some(index) } else { (after.items.len() + index).checked_sub(before.len()) };
        let now = place.and_then(|place| after.items.get(place)).map(tree);
        assert_eq!(now.as_ref(), Some(&item.tree), "an edit at {at}");
    }
}

/// Where an item at `start` begins with its documentation and annotations.
fn with_what_is_above(text: &str, start: usize) -> usize {
    let line = |at: usize| text[..at].rfind('\n').map_or(0, |at| at + 1);
    let mut begin = line(start);
    while begin > 0 {
        let above = line(begin - 1);
        if !text[above..].starts_with("///") && !text[above..].starts_with('@') {
            break;
        }
        begin = above;
    }
    begin
}

/// Where the item after `from` begins, or the text ends.
fn next_head(text: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(line) = text[at..].find('\n') {
        at += line + 1;
        let rest = &text[at..];
        if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '@')
            || (rest.starts_with("///") && !rest.starts_with("////"))
        {
            return at;
        }
    }
    text.len()
}

#[test]
fn an_edit_leaves_the_items_it_does_not_touch() {
    let texts = samples();
    let before: Vec<Vec<Known>> = texts.iter().map(|text| known(text)).collect();
    let alphabet: Vec<char> = "{}[]()=\"\n,+/ x:.@$?\\*|-<>!日\r\t0".chars().collect();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for round in 0..EDITS {
        let which = numbers.below(texts.len());
        let text = &texts[which];
        let mut at = numbers.below(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let inserted = alphabet[numbers.below(alphabet.len())];
        let mut edited = text.clone();
        let removed = if round % 3 == 1 { 0 } else { edited.remove(at).len_utf8() };
        if round % 3 > 0 {
            edited.insert(at, inserted);
        }
        let module = mig_syntax::parse(&edited);
        sound(&edited, &module);
        keeps_the_others(&before[which], &module, at, removed, round % 50 == 0);
    }
}

#[test]
fn random_texts_have_trees() {
    let words = [
        "let ",
        "kind ",
        "node ",
        "if ",
        "check ",
        "\"\"\"",
        "for ",
        "server a: b {",
        "sh\"",
        "x = ",
        "else ",
        "where ",
        "\n  ",
        "\n}",
        "///",
        "create ",
        "@a(",
        "re\"",
        "\"{",
        "1h",
        "10.0.0.1",
        "is ",
        "when ",
        "type T = {Str: ",
        "fn f(",
        "table t: ",
    ];
    let marks: Vec<char> = "{}[]()=\"\n,+/ x:.@$?\\*|-<>!日\r\t0".chars().collect();
    let mut numbers = Numbers(7);
    for _ in 0..30_000 {
        let mut text = String::new();
        for _ in 0..numbers.below(60) {
            match numbers.below(3) {
                0 => text.push_str(words[numbers.below(words.len())]),
                _ => text.push(marks[numbers.below(marks.len())]),
            }
        }
        sound(&text, &mig_syntax::parse(&text));
    }
}

/// Texts that nest `count` times, opened and closed or left open.
fn nested(count: usize) -> Vec<String> {
    let value = |open: &str, middle: &str, close: &str| format!("let a = {}{middle}{}\n", open.repeat(count), close.repeat(count));
    let ty = |open: &str, close: &str| format!("param a: {}Int{}\n", open.repeat(count), close.repeat(count));
    vec![
        value("(", "a", ")"),
        value("[", "a", "]"),
        value("f(", "a", ")"),
        value("a[", "0", "]"),
        value("{ a = ", "1", " }"),
        value("if a { ", "1", " } else { 2 }"),
        value("if a { 1 } else { ", "1", " }"),
        value("\"{", "a", "}\""),
        value("x => ", "a", ""),
        value("-", "1", ""),
        value("not ", "a", ""),
        value("1 + ", "a", ""),
        value("a.", "a", ""),
        value("(", "", ""),
        value("f(x, ", "", ""),
        value("\"{", "", ""),
        value("if ", "", ""),
        value("[ \")\", ", "", ""),
        value("( \"}\" + ", "", ""),
        ty("[", "]"),
        ty("(", ")"),
        ty("{ a: ", ""),
        ty("{Str: ", "}"),
        format!("node a {}{}\n", "{ node b ".repeat(count), "}".repeat(count)),
        format!("@a(b = {}{})\n", "(".repeat(count), ")".repeat(count)),
    ]
}

/// Texts whose brackets are many and nest nothing, because they are skipped.
fn skipped(count: usize) -> Vec<String> {
    vec![
        format!("@@{}\n", "{".repeat(count)),
        format!("let a = {}\n", "{".repeat(count)),
        format!("let a = {}\n", "[{".repeat(count / 2)),
        format!("node a {{ ?? {}\n", "{ \"".repeat(count)),
        format!("node a {{ ?? {}\n", "{ ".repeat(count)),
        format!("enum A {}\n", "{ ".repeat(count)),
        format!("let a = {}\n", "[ \")\" ".repeat(count)),
        format!("let a = {}\n", ")]}".repeat(count)),
    ]
}

#[test]
fn two_hundred_levels_are_parsed() {
    for text in nested(200).into_iter().chain(skipped(200)) {
        let module = mig_syntax::parse(&text);
        assert!(module.damage.iter().all(|damage| !damage.message.contains("nested deeper")), "{:?}", module.damage);
    }
}

#[test]
fn too_deep_is_one_damage_and_no_item() {
    for text in nested(100_000) {
        let module = mig_syntax::parse(&format!("{text}let b = 1\n"));
        let messages: Vec<&str> = module.damage.iter().map(|damage| damage.message.as_str()).collect();
        assert_eq!(messages, ["nested deeper than 256 levels"], "{}", &text[..40]);
        assert_eq!(module.items.len(), 1, "the item after {}", &text[..40]);
    }
    for text in skipped(100_000) {
        let module = mig_syntax::parse(&format!("{text}let b = 1\n"));
        assert!(!module.damage.is_empty(), "{}", &text[..40]);
        assert!(!module.items.is_empty(), "the item after {}", &text[..40]);
    }
}

#[test]
fn a_text_parses_alike_in_pieces_and_whole() {
    // The samples repeated are cut into pieces; each item must be what it is in its own text.
    let text = samples().concat();
    let whole = text.repeat(4);
    let once: Vec<String> = mig_syntax::parse(&text).items.iter().map(|item| relative(&format!("{item:?}"), item.span.start)).collect();
    let many: Vec<String> = mig_syntax::parse(&whole).items.iter().map(|item| relative(&format!("{item:?}"), item.span.start)).collect();
    assert_eq!(many.len(), once.len() * 4);
    for (index, item) in many.iter().enumerate() {
        assert_eq!(*item, once[index % once.len()]);
    }
}

#[test]
fn a_byte_order_mark_and_carriage_returns_change_nothing() {
    for text in samples() {
        let plain = mig_syntax::parse(&text);
        let marked = mig_syntax::parse(&format!("\u{feff}{}", text.replace('\n', "\r\n")));
        assert_eq!(marked.damage, []);
        assert_eq!(marked.docs, plain.docs);
        let shape = |module: &Module| -> Vec<String> {
            let debug = format!("{:?}", module.items);
            debug
                .split("Span { start: ")
                .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit() || ", end: }".contains(c)).to_owned())
                .collect()
        };
        assert_eq!(shape(&marked), shape(&plain));
    }
}

/// What is written into a text: pieces that begin and end items, documentation, annotations, texts and brackets.
const WRITTEN: [&str; 18] = [
    "",
    " ",
    "\n",
    "x",
    "1",
    "\"",
    "\"\"\"",
    "{",
    "}",
    "(",
    "@keep\n",
    "\n/// d\n",
    "\n//! m\n",
    "//",
    "\nlet a = 1\n",
    "\n\n",
    "\r\n",
    "\u{feff}",
];

#[test]
fn the_tree_of_an_edited_text_is_the_tree_of_the_text() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for sample in samples() {
        let mut text = sample.clone();
        let mut tree = mig_syntax::parse(&text);
        for _ in 0..EDITS / 40 {
            let old = text.clone();
            let boundary = |at: usize| (0..=at.min(old.len())).rev().find(|at| old.is_char_boundary(*at)).unwrap_or(0);
            let from = boundary(numbers.below(old.len() + 1));
            let to = boundary(from + [0, 0, 1, 3, 40][numbers.below(5)]).max(from);
            text.replace_range(from..to, WRITTEN[numbers.below(WRITTEN.len())]);
            if text.len() > 2 * sample.len() || text.is_empty() {
                text.clone_from(&sample);
            }
            tree = mig_syntax::parse_again(&old, tree, &text);
            assert_eq!(format!("{tree:?}"), format!("{:?}", mig_syntax::parse(&text)), "from\n{old}\nto\n{text}");
        }
    }
}
