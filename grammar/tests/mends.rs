//! Which edits mend damage? Each wrong text with what it becomes, which is then of the language.

use mig_syntax::ast::Mend;

/// A wrong text, what its edit makes of it, and whether nothing else can have been meant.
type Case = (&'static str, &'static str, bool);

const CASES: &[Case] = &[
    ("node a { size: 10GiB }", "node a { size = 10GiB }", true),
    ("node a { size:10GiB }", "node a { size = 10GiB }", true),
    ("node a { size -> 10GiB }", "node a { size = 10GiB }", true),
    ("node a { size := 10GiB }", "node a { size = 10GiB }", true),
    ("node a { size == 10GiB }", "node a { size = 10GiB }", true),
    ("node a { tags = { \"a\": \"b\" } }", "node a { tags = { \"a\" = \"b\" } }", true),
    ("node a { x = 1; y = 2 }", "node a { x = 1, y = 2 }", true),
    ("node a {\n  x = 1;\n  y = 2;\n}", "node a {\n  x = 1\n  y = 2;\n}", true),
    ("let a = 1;", "let a = 1", true),
    ("node a { x = 1 y = 2 }", "node a { x = 1, y = 2 }", false),
    ("let a = [1 2]", "let a = [1, 2]", false),
    ("let a = [rule { port = 22/tcp }]", "let a = [{ port = 22/tcp }]", false),
    ("let a = [\n  rule {\n    port = 22/tcp\n  },\n  ]", "let a = [\n  {\n    port = 22/tcp\n  },\n  ]", false),
    ("let a = [1; 2]", "let a = [1, 2]", true),
    ("let a = f(1; 2)", "let a = f(1, 2)", true),
    ("let a = [1;]", "let a = [1]", true),
    ("check a: B error { for (x, y) in z, at x, say \"s\" }", "check a: B error { for x, y in z, at x, say \"s\" }", true),
    ("let a = f(1 2)", "let a = f(1, 2)", false),
    ("let a = 'x'", "let a = \"x\"", true),
    ("let a = “x”", "let a = \"x\"", true),
    ("node a { x = „größer“ }", "node a { x = \"größer\" }", true),
    ("let a = b && c", "let a = b and c", true),
    ("let a = b || c", "let a = b or c", true),
    ("let a = !b", "let a = not b", true),
    ("# text", "// text", true),
    ("let a = 1 # text", "let a = 1 // text", true),
    ("let a = 10 GiB", "let a = 10GiB", true),
    ("node a { size = 10 GiB }", "node a { size = 10GiB }", true),
    ("let a = 443:tcp", "let a = 443/tcp", true),
    ("node r = { x = 1 }", "node r { x = 1 }", true),
    ("server web aliyun.ecs { }", "server web: aliyun.ecs { }", true),
    ("import docker", "use docker", true),
    ("var a = 1", "let a = 1", true),
    ("let a = 1_000", "let a = 1000", true),
    ("let a = 007GiB", "let a = 7GiB", true),
    ("let a = 1h30min", "let a = 90min", true),
    ("  let a = 1", "let a = 1", false),
    ("\tnode a {\n    x = 1\n  }", "node a {\n    x = 1\n  }", false),
    ("node a { x = 1", "node a { x = 1 }", false),
    ("node a {\n  x = 1\n\nnode b { }", "node a {\n  x = 1\n}\n\nnode b { }", false),
    ("let a = (1 + 2", "let a = (1 + 2)", false),
    ("let a = b[\"x\"", "let a = b[\"x\"]", false),
    ("let a = [1, 2\nlet b = 1", "let a = [1, 2]\nlet b = 1", false),
];

fn mended(text: &str) -> Option<(String, bool)> {
    let damage = mig_syntax::parse(text).damage;
    let Mend { span, text: new, is_sure } = damage.into_iter().next()?.mend?;
    let mut mended = text.to_owned();
    mended.replace_range(span.start as usize..span.end as usize, &new);
    Some((mended, is_sure))
}

#[test]
fn damage_is_mended_where_one_thing_is_to_be_done() {
    let mut wrong = vec![];
    for (text, expected, is_sure) in CASES {
        let found = mended(text);
        if found != Some(((*expected).to_owned(), *is_sure)) {
            wrong.push(format!("{text:?}: {found:?}, and not {expected:?}"));
        }
        let left = mig_syntax::parse(expected).damage;
        // The second `;` is told when the first is gone.
        if !left.is_empty() && !expected.contains(';') {
            wrong.push(format!("{expected:?}: {left:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_may_mean_several_things_is_left_to_people() {
    for text in [
        "let a = 'it\"s'",
        "let a = '{x}'",
        "node a { 5 }",
        "let a =",
        "kind node { size = }",
        "let a = [b { + }]",
        "let a = [1 { x = 1 }]",
        "let a = true ? 1 : 2",
    ] {
        assert_eq!(mended(text), None, "{text:?}");
    }
}
