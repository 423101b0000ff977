//! Do parts of the language mean what they should? Small programs, and what comes of them.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{codes, holds, load, program, said};

/// Titles and first failures of a program's tests.
fn tested(text: &str) -> Vec<(String, Option<String>)> {
    let files = program(text);
    let loaded = load(&files);
    loaded.test().into_iter().map(|t| (t.title, t.failures.into_iter().next().map(|f| f.message))).collect()
}

#[test]
fn quantities_keep_their_dimensions() {
    for condition in [
        "64GiB == 65536MiB and 1GB == 1000MB and 1GiB > 1GB",
        "100Mbps * 80s == 1GB and 1GB / 80s == 100Mbps and 1GB / 100Mbps == 80s",
        "11EUR/d * 30d == 330EUR and 330EUR / 30d == 11EUR/d",
        "0.08USD/GB * 50GB == 4USD",
        "50% * 10GiB == 5GiB and 1.5GiB == 1536MiB",
        "(64GiB).in(GiB) == 64 and (90min).in(h) == 1.5",
        "2020-01-18T02:00+08:00 == 2020-01-17T18:00Z and 2020-01-18T02:00Z + 1d == 2020-01-19T02:00Z",
        "(4h from 2020-01-18T02:00Z).end == 2020-01-18T06:00Z",
        "12MiB/s == 96MiB / 8s",
        "-(3 - 5) == 2 and 7 / 2 == 3.5 and 2 + 3 * 4 == 14",
    ] {
        holds("", condition);
    }
}

#[test]
fn addresses_ports_and_texts() {
    for condition in [
        "10.0.0.7 in 10.0.0.0/24 and not (10.0.1.7 in 10.0.0.0/24)",
        "ip\"fd00::1\" in cidr\"fd00::/8\"",
        "8005/tcp in 8000-8010/tcp and not (8005/udp in 8000-8010/tcp)",
        "(999:1000).user == 999 and (999:1000).group == 1000",
        "\"a{1 + 1}b\" == \"a2b\" and \"x\" + \"y\" == \"xy\"",
        "\"web-1\".matches(re\"^[a-z]+-\\d$\") and \"a,b\".split(\",\").len == 2",
        "\"/data/mysql\".below(\"/data\") and not \"/database\".below(\"/data\")",
        "repository(\"docker.io/library/mysql:5.7\") == \"mysql\" and tag(\"reg.example:5000/a/b:1.2\") == \"1.2\"",
    ] {
        holds("", condition);
    }
}

#[test]
fn lists_maps_and_rules() {
    for condition in [
        "[3, 1, 2].sort_by(x => x).first ?? 0 == 1",
        "[1, 2, 3].map(x => x * 2).sum == 12 and [1, 2, 3].filter(x => x > 1).len == 2",
        "[1, 2].any(x => x == 2) and not [1, 2].all(x => x == 2)",
        "[[1], [2, 3]].flatten.len == 3 and [1, 1, 2].duplicates(x => x).len == 1",
        "[1, 2, 3, 4].group_by(x => x > 2).len == 2",
        "letters.keys().len == 2 and \"a\" in letters and letters.values().sum == 3 and (letters[\"c\"] ?? 0) == 0",
        "2 in 1..3 and not (3 in 1..3) and 3 in 1..=3",
        "(if 1 < 2 { \"yes\" } else { \"no\" }) == \"yes\"",
        "double(4) == 8 and sizes.len == 2",
    ] {
        holds("fn double(n: Int) -> Int = n * 2\nlet sizes = [1GiB, 2GiB]\nlet letters: {Str: Int} = { a = 1, b = 2 }\n", condition);
    }
}

#[test]
fn one_of_many_has_its_key() {
    let text = r#"
kind node { zone: Str, size: Size }
let zones = ["a", "b"]
node web[zone in zones] { zone = zone, size = 1GiB }
check wrong_zone: T002 error { for n in all(node), when n.zone == "b", at n.zone, say "{n} is in {n.zone}" }
"#;
    let files = program(text);
    let loaded = load(&files);
    let said: Vec<String> = loaded.compile().report.diagnostics.into_iter().map(|d| d.message).collect();
    assert_eq!(said, ["web[\"b\"] is in b"]);
    let all = text.replace("when n.zone == \"b\"", "when n.size < 2GiB").replace("[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]");
    let files = program(&all);
    let loaded = load(&files);
    let said: Vec<String> = loaded.compile().report.diagnostics.into_iter().map(|d| d.message).collect();
    assert_eq!(said, ["web[\"a\"] is in a; the same holds for web[\"b\"] and web[\"c\"]"]);
}

#[test]
fn modules_in_a_circle_are_told_with_their_way() {
    let mut files = program("use \"./a.mig\"\nlet x = 1\n");
    files.0.insert("a.mig".to_owned(), "use \"./sub/b.mig\"\nlet y = 2\n".to_owned());
    files.0.insert("sub/b.mig".to_owned(), "use \"../a.mig\" as up\nlet z = up.y\n".to_owned());
    let loaded = load(&files);
    let said: Vec<String> = loaded.compile().report.diagnostics.into_iter().map(|d| d.message).collect();
    assert_eq!(said, ["modules use each other in a circle: a.mig → sub/b.mig → a.mig"]);
}

#[test]
fn parameters_come_from_the_command_line() {
    let files = program(
        "param size: Size in 1GiB..=9GiB = 2GiB\nparam name: Str\nparam on: Bool = false\noutput all_of_it = \"{size} {name} {on}\"\n",
    );
    let with = |set: &[(&str, &str)]| {
        let set = set.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let loaded = mig_core::load(
            &files,
            "main.mig",
            &mig_core::Options {
                set,
                file: vec![("size".to_owned(), "4GiB".to_owned())],
                environment: vec![("name".to_owned(), "env".to_owned()), ("size".to_owned(), "5GiB".to_owned())],
                age: None,
            },
        );
        let compiled = loaded.compile();
        let output = compiled.plan(&mig_plan::State::default()).map(|p| p.outputs["all_of_it"].clone());
        output.map_err(|r| r.diagnostics.into_iter().map(|d| d.code).collect::<Vec<_>>())
    };
    assert_eq!(with(&[]).unwrap(), "4 GiB env false");
    assert_eq!(with(&[("sise", "3GiB")]).unwrap_err(), ["MIG1013"]);
    assert_eq!(with(&[("size", "3GiB"), ("name", "a b"), ("on", "true")]).unwrap(), "3 GiB a b true");
    assert_eq!(with(&[("size", "30GiB")]).unwrap_err(), ["MIG1006"]);
    assert_eq!(with(&[("size", "big")]).unwrap_err(), ["MIG1013"]);
}

#[test]
fn tables_are_extended() {
    let base = "table speeds: {Str: { rate: Bandwidth }} = { \"slow\" = { rate = 1Mbps } }\n";
    holds(
        &format!("{base}extend speeds {{\n  \"fast\" = {{ rate = 1Gbps }}\n  \"slow\" = {{ rate = 2Mbps }}\n}}\n"),
        "speeds[\"fast\"].rate == 1Gbps and speeds[\"slow\"].rate == 2Mbps",
    );
    assert_eq!(codes(&format!("{base}extend speeds {{ \"fast\" = {{ rate = 1GiB }} }}\n")), ["MIG1004"]);
    assert_eq!(codes("extend nothing { \"a\" = { } }\n"), ["MIG1002"]);
}

#[test]
fn tests_hold_or_say_why() {
    let text = r#"
kind node { disk: Size, image: Size }
check disk_holds_image: FLEET001 error { for n in all(node), when n.disk < n.image, at n.disk, say "{n} is too small" }
node real { disk = 2GiB, image = 1GiB }

test "a small disk is refused" {
  node a { disk = 1GiB, image = 2GiB }
  expect FLEET001 at a.disk
}
test "by name, and nothing else" {
  node a { disk = 1GiB, image = 2GiB }
  expect disk_holds_image at a
}
test "equal sizes fit" {
  let size = 2GiB
  node a { disk = size, image = size }
  expect none
  expect a.disk == size
  expect real.disk > a.disk - 1GiB
}
test "wrong place" {
  node a { disk = 1GiB, image = 2GiB }
  expect FLEET001 at a.image
}
test "unexpected" { node a { disk = 1GiB, image = 2GiB } }
test "a condition that does not hold" {
  node a { disk = 3GiB, image = 2GiB }
  expect a.disk == 2GiB
}
test "wrong type" { expect 3GiB }
"#;
    assert_eq!(codes(text), Vec::<String>::new());
    let results = tested(text);
    let failures: Vec<(&str, &str)> = results.iter().filter_map(|(t, f)| f.as_deref().map(|f| (t.as_str(), f))).collect();
    assert_eq!(results.len(), 7);
    assert_eq!(
        failures,
        [
            ("wrong place", "FLEET001 at `a.image` was expected, and not reported"),
            ("unexpected", "the test does not expect FLEET001: a is too small"),
            ("a condition that does not hold", "`a.disk == 2GiB` does not hold"),
            ("wrong type", "`expect` takes a Bool, and this is a Size"),
        ]
    );
}

#[test]
fn a_value_says_where_it_comes_from() {
    let text = "let big = 2GiB\nkind node { size: Size, twice: Size = size * 2, name: Str = \"x\" }\nnode a { size = big * 3 }\n";
    let files = program(text);
    let loaded = load(&files);
    let chain = |path: &str| loaded.why(path).map(|l| l.into_iter().map(|l| (l.depth, l.text, l.origin.line)).collect::<Vec<_>>());
    let expected = [
        (0, "`a.twice` is 12 GiB: a default of its kind".to_owned(), 2),
        (1, "`a.size` is 6 GiB: written here".to_owned(), 3),
        (2, "`big` is 2 GiB: a constant".to_owned(), 1),
    ];
    assert_eq!(chain("a.twice").unwrap(), expected);
    assert_eq!(chain("a.siz").unwrap_err(), "a `node` has no field `siz`; did you mean `size`?");
    assert!(chain("b.size").unwrap_err().starts_with("nothing is declared as `b`"));
    assert!(loaded.graph().contains("\"a\" [label=\"a\\nnode\"]"));
}

#[test]
fn a_check_in_a_kind_is_about_each_of_it() {
    let text = r#"
kind node {
  size: Size
  limit: Size = 9GiB
  check too_large: T003 error { when size > limit, at size, say "{self} has {size}, and {limit} are allowed", fix size = limit }
}
node a { size = 1GiB }
node b { size = 10GiB }
@allow(too_large, "for a test")
node c { size = 10GiB }
"#;
    let files = program(text);
    let loaded = load(&files);
    let report = loaded.compile().report;
    let said: Vec<(&str, u32, usize)> = report.diagnostics.iter().map(|d| (d.message.as_str(), d.span.start.line, d.fixes.len())).collect();
    assert_eq!(said, [("b has 10 GiB, and 9 GiB are allowed", 8, 1)]);
}

#[test]
fn components_group_declarations() {
    let text = r#"
kind node { size: Size, zone: Str }
kind pair {
  zone: Str
  size: Size = 2GiB
  node first { size = size, zone = zone }
  node second { size = first.size * 2, zone = self.size.in(GiB) == 4 and zone == "b" ? "x" : "y" }
  total = first.size + second.size
}
"#
    .replace("self.size.in(GiB) == 4 and zone == \"b\" ? \"x\" : \"y\"", "if self.size == 4GiB { \"{zone}2\" } else { \"no\" }");
    let given = format!("{text}pair a {{ zone = \"a\" }}\npair b {{ zone = \"b\", size = 5GiB }}\n");
    for condition in [
        "all(node).len == 4",
        "a.total == 6GiB and b.total == 15GiB",
        "a.second.zone == \"a2\" and b.first.zone == \"b\"",
        "a.second.size == 4GiB",
    ] {
        holds(&given, condition);
    }
    assert_eq!(codes("kind a { x: Int = 1, a inner { } }\na outer { }\n"), ["MIG1007"]);
    assert_eq!(codes("kind node { x: Int }\nkind p { node n { y = 1 } }\np one { }\n"), ["MIG1005", "MIG1002"]);
}

#[test]
fn mistakes_that_look_harmless_are_said() {
    for (text, expected) in [
        ("let a = { x = 1, x = 2 }\n", &["MIG1003"][..]),
        ("kind n { x: Int }\nn a[k in [\"x\", \"x\"]] { x = 1 }\n", &["MIG1003"]),
        ("kind n { x: Int }\nn a[k in [1]] { x = 1 }\n", &["MIG1004"]),
        ("output o = { s = secret(\"X\") }\n", &["MIG1012"]),
        ("type P = Int in 1..=9\nfn f(x: P) -> Int = x\nlet o = f(12)\n", &["MIG1006"]),
        ("let name = \"x\"\nlet s = sh\"echo '{name}'\"\n", &["MIG1004"]),
        ("let name = \"x\"\nlet s = sh\"echo --to={name}\"\n", &["MIG1004"]),
        ("let name = \"x\"\nlet s = sh\"docker start {name} && echo {name}; exit\"\n", &[]),
        ("kind n { x: Int }\ncheck a: MIG9001 error { for i in all(n), when i.x > 1, at i.x, say \"x\" }\n", &["MIG1003"]),
        ("project a { name = \"a\" }\nproject b { name = \"b\" }\n", &["MIG1003"]),
        ("kind lid { }\nkind box { children { lid? } }\nbox a { lid x { }, lid y { } }\n", &["MIG1003"]),
        ("use ssh\nserver node[n in [\"a\", \"b\"]]: ssh.host { address = 10.0.0.1 }\n", &[]),
    ] {
        assert_eq!(codes(text), expected, "{text}");
    }
    for condition in [
        "[].len == 0",
        "([1GiB].filter(x => x > 2GiB).sum) < 1GiB",
        "json({ a = 1, b = \"x\" }) == \"\\{\\\"a\\\":1,\\\"b\\\":\\\"x\\\"}\"",
        "\"{2.5GiB} {1536MiB} {90min}\" == \"2.5 GiB 1.5 GiB 90 min\"",
    ] {
        holds("", condition);
    }
}

#[test]
fn functions_do_not_call_themselves() {
    for (text, expected) in [
        ("fn f(n: Int) -> Int = f(n)\n", &[(1, "`f` calls itself")][..]),
        (
            "fn f(n: Int) -> Int = [n].map(x => g(x)).sum\nfn g(n: Int) -> Int = h(n)\nfn h(n: Int) -> Int = f(n)\n",
            &[(1, "`f` calls itself: f → g → h → f")],
        ),
        ("fn f(n: Int) -> Int = n + l\nlet l = f(1)\n", &[(1, "`f` calls itself: f → l → f")]),
        ("fn f(l: Int, f: Int) -> Int = l + f + [1].map(g => g).sum\nlet l = f(1, 2)\nfn g(n: Int) -> Int = f(n, n)\n", &[]),
        ("enum E { f, g }\nfn is(e: E) -> Bool = e == f\nfn f(n: Int) -> Bool = is(g)\n", &[]),
    ] {
        let said = said(text);
        let said: Vec<(u32, &str)> = said.iter().map(|(line, _, message)| (*line, message.as_str())).collect();
        assert_eq!(said, expected, "{text}");
    }
    let chain: Vec<String> = (0..5_000).map(|n| format!("fn f{n}(n: Int) -> Int = f{}(n)\n", n + 1)).collect();
    let chain = chain.concat();
    assert_eq!(codes(&format!("{chain}fn f5000(n: Int) -> Int = n\n")), Vec::<String>::new());
    let called = said(&format!("{chain}fn f5000(n: Int) -> Int = n\noutput o = f0(1)\n"));
    assert_eq!(called[0].2, "functions call each other at most 64 deep, and `f65` is called deeper");
}

#[test]
fn kinds_do_not_hold_themselves() {
    for (text, line, message) in [
        ("kind r is r { x: Int }\nr a { x = 1 }\n", 1, "the kind `r` refines itself"),
        ("kind r is s { }\nkind s is t { }\nkind t is r { }\nkind u is t { }\nu a { }\n", 1, "the kind `r` refines itself: r → s → t → r"),
        ("kind a { a x { }\n a y { } }\na top { }\n", 1, "the component `a` holds itself"),
        ("kind b { k: [Str], b x[i in k] { k = k } }\nb t { k = [\"x\", \"y\"] }\n", 1, "the component `b` holds itself"),
        ("kind c { d x { } }\nkind d { e y { } }\nkind e is c { }\nc t { }\n", 2, "the component `d` holds itself: d → e → d"),
        ("kind q { children { q+ } }\nq a { q b { } }\n", 1, "each `q` would need another one inside"),
        ("kind z { children { y: w } }\nkind w { children { v: z } }\n", 1, "each `z` would need another one inside: z → w → z"),
    ] {
        assert_eq!(said(text), [(line, "MIG1007".to_owned(), message.to_owned())], "{text}");
    }
    let ends = "abstract kind w { children { y: w } }\nkind v is w { children { y: w? } }\nw a: v { w y: v { } }\n";
    assert_eq!(codes(ends), Vec::<String>::new());
    assert_eq!(codes("kind r { children { r* } }\nr a { r b { r c { } } }\n"), Vec::<String>::new());
}

#[test]
fn a_program_declares_so_much_and_no_more() {
    let chain = |levels: usize, twice: &str| {
        let kinds = (0..levels).map(|n| format!("kind k{n} {{\n  k{} x {{ }}\n{twice}}}\n", n + 1).replace("NEXT", &format!("k{}", n + 1)));
        format!("{}kind k{levels} {{ }}\nk0 top {{ }}\n", kinds.collect::<String>())
    };
    assert_eq!(codes(&chain(30, "")), Vec::<String>::new());
    let deep = said(&chain(40, ""));
    assert!(deep[0].2.starts_with("components nest at most 32 deep, and `top.x.x"), "{deep:?}");
    let wide = said(&(chain(30, "  NEXT y { }\n") + "let count = all(k0).len\n"));
    assert_eq!(
        wide.into_iter().map(|s| s.2).collect::<Vec<_>>(),
        ["a program declares 1000000 things at most, and this would be one more"]
    );
}

#[test]
fn a_value_that_may_be_a_misspelt_type_is_doubted() {
    let text = |union: &str| format!("enum Tier {{ small }}\ntype Name = Str\nkind disc {{ x: {union} }}\nfn f(x: Sizee | y) -> Int = 1\n");
    let doubts = |union: &str| {
        let said = said(&text(union)).into_iter().filter(|(line, ..)| *line == 3);
        said.map(|(_, code, message)| format!("{code} {message}")).collect::<Vec<_>>()
    };
    for (word, ty) in [("Tyer", "Tier"), ("str", "Str"), ("Nmae", "Name"), ("idsc", "disc")] {
        let message = format!("MIG1002 `{word}` is a value of its own here, one letter from the type `{ty}`");
        assert_eq!(doubts(&format!("strrr | {word} | other")), [message], "{word}");
    }
    assert_eq!(doubts("bios | uefi | Str | disk"), Vec::<String>::new());
    let files = program(&text("str | fresh"));
    let loaded = load(&files);
    let edits: Vec<_> = loaded.compile().report.diagnostics.iter().map(|d| d.fixes[0].edits[0].text.clone()).collect();
    assert_eq!(edits, ["Str", "Size"]);
}

#[test]
fn what_can_never_be_so_is_said() {
    for (value, message) in [
        ("1 in [\"a\"]", "an Int is never in [Str]"),
        ("22/tcp in 10.0.0.0/8", "a Port is never in a Cidr"),
        ("5 in \"abc\"", "an Int is never in a Str"),
        ("1 in 1GiB..2GiB", "an Int is never in a range of Size"),
        ("1h in 80-90/tcp", "a Duration is never in a Port"),
        ("[true].sum", "values of Bool are not added, so there is no `sum`"),
        ("[1, \"a\"].sum", "values of Int | Str are not added, so there is no `sum`"),
    ] {
        assert_eq!(said(&format!("output o = {value}\n")), [(1, "MIG1004".to_owned(), message.to_owned())], "{value}");
    }
    for condition in [
        "10.0.0.0/25 in 10.0.0.0/24 and not (10.0.0.0/23 in 10.0.0.0/24) and not (10.0.1.0/25 in 10.0.0.0/24)",
        "1.5 in 1..2 and 1GiB in 512MiB..=1GiB and \"b\" in [\"a\", \"b\"] and \"oj\" in \"oj.club\"",
        "[\"a\", \"b\"].max == \"b\" and [50%, 20%].sum == 70% and [1.5, 2].max == 2",
        "[1, 2, 3].sum(x => x * 1GiB) == 6GiB",
    ] {
        holds("", condition);
    }
}

#[test]
fn a_secret_is_not_compared() {
    let kind = "kind n { s: secret Str?, x: Int = 1, list: [secret Str] = [] }\nn a { s = secret(\"X\") }\n";
    for value in [
        "secret(\"A\") == \"x\"",
        "(a.s ?? secret(\"B\")) != \"x\"",
        "secret(\"A\") < \"x\"",
        "secret(\"A\") in [\"x\"]",
        "\"x\" in a.list",
        "if secret(\"A\") == \"x\" { 1 } else { 2 }",
        "all(n).filter(n => n.s == \"x\").len",
    ] {
        let message = "a secret is not compared: what comes of it is shown";
        assert_eq!(said(&format!("{kind}output o = {value}\n")), [(3, "MIG1012".to_owned(), message.to_owned())], "{value}");
    }
    holds(kind, "all(n).all(n => n.s?)");
}

#[test]
fn one_provider_goes_without_saying_and_two_do_not() {
    let server = "server web: aliyun.ecs { type = \"ecs.c6.large\", disk system { size = 40GiB } }\n";
    let provider = |name: &str| format!("provider {name}: aliyun {{ region = \"cn-{name}\" }}\n");
    let one = format!("use aliyun\n{}{server}", provider("shanghai"));
    assert_eq!(codes(&one), Vec::<String>::new());
    let files = program(&one);
    let loaded = load(&files);
    assert!(loaded.why("web.provider").unwrap()[0].text.contains("shanghai"));
    assert_eq!(codes(&format!("use aliyun\n{server}")), Vec::<String>::new());
    let two = format!("use aliyun\n{}{}{server}", provider("shanghai"), provider("beijing"));
    let message = "`web` does not say which of 2 providers it is in".to_owned();
    assert_eq!(said(&two), [(4, "MIG1005".to_owned(), message)]);
    assert_eq!(codes(&two.replace("type =", "provider = beijing, type =")), Vec::<String>::new());
}

#[test]
fn types_are_nested_deep_and_not_endlessly() {
    let deep = format!("let x: {}Int{} = []\n", "[".repeat(200), "]".repeat(200));
    assert_eq!(codes(&deep), Vec::<String>::new());
    for text in ["type T = [T]\n", "type T = U?\ntype U = { a: [T] }\nkind n { x: T, y: U }\n"] {
        let said = said(text);
        assert_eq!((said.len(), said[0].2.as_str()), (1, "this type is made of itself"), "{text} {said:?}");
    }
    let towers = [0, 1, 2, 3].map(|n| format!("type T{n} = {}T{}{}\n", "[".repeat(150), n + 1, "]".repeat(150))).concat();
    let said = said(&format!("{towers}type T4 = Int\n"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].2, "types are nested at most 300 deep, with what their names stand for");
}

#[test]
fn a_table_has_the_methods_of_a_map() {
    holds(
        "table t: {Str: Int} = { a = 1, b = 2 }\n",
        "t.len == 2 and t.keys == [\"a\", \"b\"] and t.values.sum == 3 and t.contains(\"a\")",
    );
}

#[test]
fn money_of_two_currencies_is_never_compared_or_added() {
    for (value, message) in [
        ("1EUR < 1USD", "money of two currencies has no order"),
        ("1EUR + 1USD", "money of two currencies does not add"),
        ("[1EUR, 1USD].sum", "money of two currencies does not add"),
        ("[1EUR, 1USD].max", "money of two currencies has no order"),
        ("[1, 2].min(x => if x == 1 { 1EUR } else { 1USD })", "money of two currencies has no order"),
    ] {
        assert_eq!(said(&format!("output o = {value}\n")), [(1, "MIG1008".to_owned(), message.to_owned())], "{value}");
    }
    holds("", "not (1EUR == 1USD) and [2EUR, 1EUR].min == 1EUR and [1EUR/d, 2EUR/d].max == 2EUR/d");
}

#[test]
fn a_key_with_dots_nests() {
    for condition in [
        "{ a.b = 1 }.a.b == 1",
        "{ a.b = 1, c = 2, a.d = 3 }.a.d == 3",
        "{ a.b.c = 1, a.b.d = 2, a.e = 3 }.a.b.d == 2",
        "{ \"a.b\" = 1, a.b = 2 }.a.b == 2",
        "json({ \"a.b\" = 1, a.\"b.c\" = 2 }) == \"\\{\\\"a\\\":\\{\\\"b.c\\\":2\\},\\\"a.b\\\":1\\}\"",
    ] {
        holds("", condition);
    }
    let kind = "kind n { at: { host: Str, port: Int = 22 } }\n";
    holds(&format!("{kind}n a {{ at.host = \"x\", at.port = 23 }}\n"), "all(n).all(n => n.at.port == 23 and n.at.host == \"x\")");
    for (text, code, message) in [
        ("n a { at.host = \"x\", at.host = \"y\" }\n", "MIG1003", "`host` is given twice"),
        ("n a { at = { host = \"x\" }, at.port = 2 }\n", "MIG1003", "`at` is given twice"),
        ("n a { at.hos = \"x\" }\n", "MIG1002", "this record has no field `hos`"),
        ("let m: {Str: Int} = { a.b = 1 }\n", "MIG1004", "`a.b = …` nests, and this map holds Int"),
    ] {
        assert_eq!(said(&format!("{kind}{text}")), [(2, code.to_owned(), message.to_owned())], "{text}");
    }
    let deep = vec!["a"; 300].join(".");
    assert_eq!(said(&format!("let x = {{ {deep} = 1 }}\n"))[0].2, "nested deeper than 256 levels");
}

#[test]
fn a_literal_that_is_wrong_is_said_once() {
    for text in ["1h30min", "01", "2020-01-18T02:00", "64GIB", "300.1.1.1", "70000/tcp", "2020-01-18"] {
        assert_eq!(codes(&format!("let a = {text}\n")), ["MIG1001"], "{text}");
    }
    assert_eq!(codes("kind n { x: Int }\nn { }\n"), ["MIG1001"]);
}

#[test]
fn why_names_the_row_of_a_table() {
    let files = program(
        "table prices: {Str: Int} = { small = 1 }\nextend prices { huge = 9 }\nkind node { price: Int }\nnode a { price = prices[\"huge\"] }\n",
    );
    let loaded = load(&files);
    let links: Vec<_> = loaded.why("a.price").unwrap().into_iter().map(|l| (l.text, l.origin.line)).collect();
    let row = "`prices[\"huge\"]` is 9: a row of the table `prices`".to_owned();
    assert_eq!(links, [("`a.price` is 9: written here".to_owned(), 4), (row, 2)]);
}

#[test]
fn a_check_is_known_by_the_names_it_had() {
    let check = |above: &str, inside: &str| {
        format!(
            "kind node {{\n  disk: Size\n  {inside} check own: C2 warning {{ when disk < 1GiB, at disk, say \"own\" }}\n}}\n{above}\ncheck new: C1 error {{ for n in all(node), when n.disk < 1GiB, at n.disk, say \"small\" }}\n"
        )
    };
    let declared = |check: &str, names: &str| format!("{check}@allow({names}, \"a toy\")\nnode a {{ disk = 1MiB }}\n");
    let former = check("@moved(from = old) @moved(from = C0)", "@moved(from = once)");
    for (name, left) in [("old", "C2"), ("C0", "C2"), ("new", "C2"), ("once", "C1")] {
        assert_eq!(codes(&declared(&former, name)), [left], "{name}");
    }
    assert_eq!(codes(&declared(&check("", ""), "old")), ["MIG1014", "C1", "C2"]);
    let test = format!("{former}test \"x\" {{ node b {{ disk = 1MiB }}, expect old at b.disk, expect once at b.disk }}\n");
    assert_eq!(tested(&test), [("x".to_owned(), None)]);
    assert_eq!(codes(&check("@moved(from = own)", "")), ["MIG1003"]);
    assert_eq!(codes(&check("@moved(own) @keep", "@keep")), ["MIG1001", "MIG1001"]);
}

#[test]
fn what_says_how_a_value_comes_about_is_the_same_as_nothing() {
    let text = "kind tag {\n  id: (Str | secret Str | fresh | kept)? unique\n  later: later Str unique = env(\"X\")\n  row: Int unique in side = 1\n  side: Str?\n}\n";
    for id in ["fresh", "kept", "if 1 > 2 { \"x\" }"] {
        let both = format!("{text}tag a {{ id = {id} }}\ntag b {{ id = {id} }}\n");
        assert_eq!(said(&both), [], "{id}");
        holds(&both, "all(tag).duplicates(t => t.id).len == 0");
    }
    assert_eq!(said(&format!("{text}tag a {{ id = \"x\" }}\ntag b {{ id = secret(\"x\") }}\n")), []);
    assert_eq!(
        codes(&format!("{text}tag a {{ id = \"x\", side = \"l\" }}\ntag b {{ id = \"x\", side = \"l\" }}\n")),
        ["MIG1015", "MIG1015"]
    );
}

#[test]
fn a_condition_tells_what_a_name_is() {
    let text = |size: &str| {
        format!("kind n {{ of: n?, id: Str | Int = 1, size: Int = {size} }}\nn a {{ }}\nlet one: n? = a\nlet id: Str | Int = \"x\"\n")
    };
    for size in [
        "if of? { of.size } else { 1 }",
        "if not of? { 1 } else { of.size }",
        "if of? and of.size > 1 { 2 } else { 3 }",
        "if id is Int { id } else { 1 }",
    ] {
        assert_eq!(said(&text(size)), [], "{size}");
    }
    holds(&text("1"), "(if one? { one.size } else { 0 }) == 1 and (if id is Str { id.len } else { id }) == 1");
    for size in ["if of? { 1 } else { of.size }", "if of? or of.size > 1 { 2 } else { 3 }", "if id is Str { id } else { 1 }"] {
        assert_eq!(codes(&text(size)), ["MIG1004"], "{size}");
    }
    // A nearer name is another one.
    assert_eq!(codes(&format!("{}let l = if one? {{ [one].map(one => one.of.size) }}\n", text("1"))), ["MIG1004"]);
}
