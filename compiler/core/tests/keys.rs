//! What does `[key in keys]` declare, and which keys are refused? At the top, inside declarations and in the bodies of kinds.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{codes, holds, load, program, said};

const RACKS: &str = r#"
enum Tier { small, large }
kind box { weight: Size, tier: Tier? }
kind rack { children { box* } }
kind shelf { children { rack* } }

let by: {Str: Size} = { a = 1GiB, b = 2GiB }

rack a {
  box of_map[k in by] { weight = by[k] ?? 9GiB }
  box of_enum[t in Tier] { weight = 1GiB, tier = t }
}

shelf s[room in ["r", "q"]] {
  rack of[name in ["{room}1", "{room}22"]] {
    box each[t in Tier] { weight = 1GiB * (name.len + room.len), tier = t }
  }
}

kind pod {
  members: [Str]
  box inner[m in members] { weight = 1GiB * m.len }
  total = inner.values.map(b => b.weight).sum
}
pod p { members = ["aa", "bbb"] }
pod q[z in ["k"]] { members = [z, "{z}{z}"] }
"#;

#[test]
fn keys_stand_at_every_depth() {
    for condition in [
        "all(box).len == 16 and a.all(box).len == 4 and s.len == 2",
        "a.of_map[\"b\"].weight == 2GiB and a.of_map.keys == [\"a\", \"b\"]",
        "(a.of_enum[\"large\"].tier ?? small) == large",
        "s[\"q\"].of[\"q22\"].each[\"small\"].weight == 4GiB",
        "p.total == 5GiB and q[\"k\"].total == 3GiB and p.inner[\"aa\"].weight == 2GiB",
    ] {
        holds(RACKS, condition);
    }
    let files = program(RACKS);
    let loaded = load(&files);
    let link = loaded.why("s[\"q\"].of[\"q22\"].each[\"small\"].weight").unwrap().remove(0);
    assert_eq!(link.text, "`s[\"q\"].of[\"q22\"].each[\"small\"].weight` is 4 GiB: written here");
}

#[test]
fn keys_decide_what_exists_and_come_from_nothing_that_exists() {
    let text = |keys: &str| {
        format!("kind n {{ x: Str = \"x\", id: later Str }}\nn one {{ }}\nlet l = all(n).map(i => i.x)\nn a[k in {keys}] {{ }}\n")
    };
    let decided = "what exists is decided before declarations are looked at, so keys cannot come from one";
    for (keys, line, code, message) in [
        ("[one.x]", 4, "MIG1012", decided),
        ("l", 3, "MIG1012", decided),
        ("all(n).map(i => i.x)", 4, "MIG1012", decided),
        ("[one.id]", 4, "MIG1012", "what exists is decided now, and these keys are known later"),
        ("env(\"A\").split(\",\")", 4, "MIG1012", "what exists is decided now, and these keys are a value known later"),
        ("[secret(\"A\")]", 4, "MIG1012", "a key is part of an address, which is shown, so it is no secret"),
        ("[1]", 4, "MIG1004", "keys are texts or values of an enum, and these are of the type Int"),
        ("3", 4, "MIG1004", "keys are a list or a map, and this is an Int"),
        ("[\"x\", \"x\"]", 4, "MIG1003", "the key \"x\" is there twice"),
        ("[\"\"]", 4, "MIG1004", "\"\" cannot be a key: it is part of an address"),
        ("[self.x]", 4, "MIG1002", "there is nothing called `self` here"),
    ] {
        assert_eq!(said(&text(keys)), [(line, code.to_owned(), message.to_owned())], "{keys}");
    }
}

#[test]
fn the_order_of_declarations_means_nothing() {
    for (first, second) in [("n one { }", "n a[k in [one.x]] { }"), ("n a[k in [one.x]] { }", "n one { }")] {
        assert_eq!(codes(&format!("kind n {{ x: Str = \"x\" }}\n{first}\n{second}\n")), ["MIG1012"]);
    }
}

#[test]
fn a_key_that_is_not_there_is_said() {
    let text = "kind n { x: Int = 1 }\nkind r { children { n* } }\nn a[k in [\"one\"]] { }\nr b { n c[k in [\"one\"]] { } }\n";
    let said = said(&format!("{text}let d = a[\"on\"].x\nlet e = b.c[\"two\"].x\n"));
    let expected = [(5, "`a` has no \"on\""), (6, "`b.c` has no \"two\"")];
    assert_eq!(said, expected.map(|(line, message)| (line, "MIG1002".to_owned(), message.to_owned())));
}

#[test]
fn what_there_is_one_of_takes_no_keys() {
    let kinds =
        "kind n { }\nkind r { children { first: n?, n* } }\nkind o { children { n? } }\nkind s { children { n+ } }\nlet none: [Str] = []\n";
    for (body, code) in [
        ("r a { n first[k in [\"x\"]] { } }", "MIG1004"),
        ("o a { n b[k in [\"x\"]] { } }", "MIG1004"),
        ("s a { n b[k in none] { } }", "MIG1005"),
    ] {
        assert_eq!(codes(&format!("{kinds}{body}\n")), [code], "{body}");
    }
}
