//! Which edits are offered, what do they write, and which of them may be made without asking?

mod common;

use common::{load, program};

/// Title, safety and text of every edit that is offered for a program.
fn offers(text: &str) -> Vec<(String, bool, String)> {
    let report = load(&program(text)).compile().report;
    let fixes = report.diagnostics.into_iter().flat_map(|d| d.fixes);
    fixes.map(|f| (f.title, f.safe, f.edits.into_iter().map(|e| e.text).collect())).collect()
}

const KIND: &str = r#"
kind node {
  size: Size
  limit: Size = 9GiB
  check too_large: CLUB001 error! { when size > limit, at size, say "{self} has {size}, and {limit} are allowed", fix size = limit }
}
"#;

#[test]
fn a_rule_s_edit_is_safe_in_an_entry_of_one_declaration() {
    let one = offers(&format!("{KIND}node a {{ size = 10GiB }}\n"));
    assert_eq!(one, [("set `size` to `9GiB`".to_owned(), true, "9GiB".to_owned())]);
    // What no short unit holds is written in bytes, so that nothing is rounded.
    let odd = offers(&format!("{KIND}node a {{ size = 10GiB, limit = 1234567891B }}\n"));
    assert_eq!(odd, [("set `size` to `1234567891B`".to_owned(), true, "1234567891B".to_owned())]);
}

#[test]
fn what_many_declarations_share_is_offered_only() {
    let keyed = offers(&format!("{KIND}node a[zone in [\"x\", \"y\"]] {{ size = 10GiB }}\n"));
    assert_eq!(keyed, [("set `size` to `9GiB`".to_owned(), false, "9GiB".to_owned())]);
    let component = offers(&format!("{KIND}kind pair {{\n  node first {{ size = 10GiB }}\n}}\npair p {{}}\n"));
    assert_eq!(component.iter().map(|(_, safe, _)| *safe).collect::<Vec<_>>(), [false]);
}

#[test]
fn a_guess_is_not_safe() {
    let guess = offers(&format!("{KIND}node a {{ siez = 1GiB, size = 1GiB }}\n"));
    assert_eq!(guess, [("write `size`".to_owned(), false, "size".to_owned())]);
    let unit = offers(&format!("{KIND}node a {{ size = 1gib }}\nlet rate = 1gib/s\n"));
    assert_eq!(unit, ["GiB", "GiB"].map(|unit| (format!("write `{unit}`"), false, unit.to_owned())));
}

#[test]
fn names_of_checks_and_keys_are_mended() {
    let allowed = offers(&format!(
        "{KIND}@allow(too_smal, \"a toy\")\nnode a {{ size = 1GiB }}\ncheck too_small: T001 error {{ for n in all(node), when n.size < 1GiB, at n.size, say \"x\" }}\n"
    ));
    assert_eq!(allowed, [("write `too_small`".to_owned(), false, "too_small".to_owned())]);
    let keyed =
        offers(&format!("{KIND}node a[k in [\"north\"]] {{ size = 1GiB }}\noutput o = a[\"nort\"].size\noutput p = a.north.size\n"));
    let expected = [("write `\"north\"`", "\"north\""), ("write `[\"north\"]`", "[\"north\"]")];
    assert_eq!(keyed, expected.map(|(title, text)| (title.to_owned(), false, text.to_owned())));
}

#[test]
fn texts_are_quoted() {
    let text = r#"
kind node {
  label: Str
  want: Str
  tags: [Str] = []
  check label: CLUB001 error { when label != want, at label, say "{self}", fix label = want }
  check tagged: CLUB002 error { when tags != [want], at tags, say "{self}", fix tags = [want] }
}
node a { label = "x", want = "a \"b\" \{c\} \\", tags = [] }
"#;
    let written: Vec<String> = offers(text).into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(written, [r#""a \"b\" \{c\} \\""#, r#"["a \"b\" \{c\} \\"]"#]);
}

#[test]
fn a_problem_names_its_declaration() {
    let files = program(&format!("{KIND}node a {{ size = 10GiB }}\nlet x = nowhere\n"));
    let report = load(&files).compile().report;
    let said: Vec<(&str, &str, bool)> = report.diagnostics.iter().map(|d| (d.code.as_str(), d.address.as_str(), d.unsilenceable)).collect();
    assert_eq!(said, [("CLUB001", "a", true), ("MIG1002", "", false)]);
}
