//! What is said about wrong texts? Each with all its messages and helps, because one mistake shall give one message.

use std::fmt::Write as _;

/// A wrong text, and what is said of it: `message`, or `message | help`.
type Case = (&'static str, &'static [&'static str]);

const ITEMS: &[Case] = &[
    ("a = 1", &["expected an item, found the field `a` | write `let a = 1`"]),
    ("a: Int", &["expected an item, found the field `a` | write `param a: Int`"]),
    ("  let a = 1", &["an item begins at the first column | remove the space before it"]),
    ("let a = 1\n  let b = 2", &["an item begins at the first column | remove the space before it"]),
    ("node a { x = 1 }\n}", &["nothing is open that this `}` could close | remove the `}`"]),
    ("?? what", &["expected an item, found `??`"]),
    ("hello(1)", &["expected an item, found `hello` | as in `server web: aliyun.ecs { … }`"]),
    ("use", &["expected a module or the name of a file in quotes after `use` | as in `use aliyun` or `use \"./network.mig\" as net`"]),
    ("use a as", &["expected a name after `as`"]),
    ("use \"{a}\"", &["the name of a file is a plain string | write it without `{`, `\\` and `\"\"\"`"]),
    ("param a", &["expected `:` and a type after `a`"]),
    ("param a:", &["expected a type after `:`"]),
    ("param a: Int =", &["expected a value after `=`"]),
    ("let = 1", &["expected a name after `let`"]),
    ("let a b = 1", &["expected `=` and a value after `a`"]),
    ("let a: Int", &["expected `=` and a value after `Int`"]),
    ("fn f(a) -> Int = 1", &["expected `:` and a type after `a`"]),
    ("fn f(a: Int) = 1", &["expected `->` and a type after `)`"]),
    ("fn f(a: Int) -> Int", &["expected `=` and a value after `Int`"]),
    ("fn f(a: Int b: Int) -> Int = 1", &["expected `,` or `)` before `b`"]),
    ("fn f(a: Int) -> Int { a }", &["expected `=` and a value after `Int` | a function is one expression behind `=`, without braces"]),
    ("fn f -> Int = 1", &["expected `(` after `f`"]),
    ("type A = ", &["expected a type after `=`"]),
    ("type A", &["expected `=` and a type after `A`"]),
    ("enum A { a b }", &["expected `,` or a line break before `b`"]),
    ("let true = 1", &["nothing is called `true`, which has a meaning of its own in expressions | give it another name"]),
    ("enum A { in }", &["nothing is called `in`, which has a meaning of its own in expressions | give it another name"]),
    ("fn f(not: Int) -> Int = 1", &["nothing is called `not`, which has a meaning of its own in expressions | give it another name"]),
    ("node or { and = 1 }", &["nothing is called `or`, which has a meaning of its own in expressions | give it another name"]),
    ("node a[if in b] { }", &["nothing is called `if`, which has a meaning of its own in expressions | give it another name"]),
    (
        "check a: B error { for in in c, at a, say \"x\" }",
        &["nothing is called `in`, which has a meaning of its own in expressions | give it another name"],
    ),
    ("enum small { a }", &["the type `small` does not begin with a large letter | write `Small`"]),
    ("type _a = Str", &["the type `_a` does not begin with a large letter"]),
    ("kind Node { }", &["the kind `Node` begins with a large letter, as types do | write `node`"]),
    (
        "kind existing { }",
        &["no kind is called `existing`, which begins an item of its own | give it another name: its declarations begin with it"],
    ),
    ("enum A", &["expected `{` after `A`"]),
    ("extend a.b", &["expected `{` after `a.b`"]),
    ("table t = {}", &["expected `:` and a type after `t`"]),
    ("test { }", &["expected a title in quotes after `test`"]),
    ("@ let a = 1", &["expected a name after `@`"]),
];

const BODIES: &[Case] = &[
    ("node a { x = 1 y = 2 }", &["expected `,` or a line break before `y`"]),
    ("node a { disk d }", &["expected `{` after `d` | a field is written `disk = d`"]),
    ("node a { size 30GiB }", &["expected `=` and a value after `size`"]),
    ("node a { size: 30GiB }", &["expected `=` after `size` | values are given with `=`, types with `:`"]),
    ("node a {\n  size =\n  name = 1\n}", &["expected a value after `=`"]),
    ("node { x = 1 }", &["expected a name after `node`"]),
    ("node a", &["expected `{` after `a`"]),
    ("node a {", &["this `{` is never closed"]),
    ("node a {\n  x = 1\n\nnode b { }", &["this `{` is never closed"]),
    ("server web aliyun.ecs { }", &["expected `{` before `aliyun` | write `server web: aliyun.ecs`"]),
    ("server my-host: b { x = 1 }", &["expected `{` before `-` | a name has letters, digits and `_`, and no `-`"]),
    ("node a { x == 1 }", &["expected `=` after `x` | `==` compares; a value is given with `=`"]),
    ("node a { disk d = 3 }", &["expected `{` after `d`"]),
    ("node a \"x\" { }", &["expected `{` before `\"x\"`"]),
    ("server a: { x = 1 }", &["expected a kind after `:`"]),
    ("server a[k keys]: b { x = 1 }", &["expected `in` and a list after `k` | as in `web[zone in zones]`"]),
    ("node a { x = 1, ; }", &["expected a field or a declaration, found `;` | remove the `;`: a line break or `,` ends an entry"]),
    ("node a { let x = 1 }", &["`let` stands outside of braces only | move it to the first column"]),
    ("node a { @keep }", &["nothing follows `@keep` | an annotation stands above what it is about"]),
    ("node a { \"x\\n\" = 1 }", &["a key is a plain string | write it without `{` and `\\`"]),
];

const KINDS: &[Case] = &[
    ("kind a { x Str }", &["expected `{` after `Str` | a field is written `x: Str`"]),
    ("kind a { x: }", &["expected a type after `:`"]),
    ("kind a { x: = 1 }", &["expected a type after `:`"]),
    ("kind a extends b { x: Str }", &["expected `{` before `extends` | write `is`, as in `kind square is shape { … }`"]),
    (
        "kind a { x: Size = 1GiB where it > 2GiB }",
        &["expected `,` or a line break before `where` | the default stands last, behind `where`, `in` and classes"],
    ),
    ("kind { x: Str }", &["expected a name after `kind`"]),
    ("kind a is { x: Str }", &["expected a kind after `is`"]),
    ("kind a { x: Str | }", &["expected a type after `|`"]),
    ("kind a { x: [Str }", &["this `[` is never closed"]),
    ("kind a { x: (a | b }", &["this `(` is never closed"]),
    ("kind a { x: {Str: } }", &["expected a type after `:`"]),
    ("kind a { x: {Str: Int, Int: Str} }", &["a map has one type of keys and one of values | as in `{Str: Int}`"]),
    ("kind a { x: { y Int } }", &["expected `:` and a type after `y`"]),
    ("kind a { x: Str grows in y }", &["`grows` takes no `in` | only `unique in x` does"]),
    ("kind a { x: Str where }", &["expected a value after `where`"]),
    ("kind a { create x { a = 1 } }", &["expected `(` after `x`"]),
    ("kind a { create { a = 1 } }", &["expected a driver after `create` | as in `create aliyun.rpc(\"RunInstances\") { … }`"]),
    ("kind a { read x() ready a ready b }", &["`ready` stands here twice | remove one of the two"]),
    ("kind a { replace image }", &["expected `on` after `replace` | as in `replace on image, zone`"]),
    ("kind a { children { disk disk } }", &["expected `,` or a line break before `disk`"]),
    (
        "kind a { @keep x: Str }",
        &["a field of a kind takes no annotation | annotations stand above declarations, their children and their fields"],
    ),
    ("abstract a { }", &["expected `kind` after `abstract` | as in `abstract kind server { … }`"]),
];

const CHECKS: &[Case] = &[
    (
        "check a { say \"x\" }",
        &["expected `:` and a code after `a` | codes are short and stable, as in `check too_small: CLUB001 error { … }`"],
    ),
    ("check a: B { say \"x\" }", &["expected `error`, `error!`, `warning` or `hint` after `B`"]),
    ("check a: B err { say \"x\" }", &["expected `error`, `error!`, `warning` or `hint` after `B`"]),
    ("check a: B error { sya \"x\" }", &["`sya` is no clause of a check | write `say`"]),
    ("check a: B error { if x }", &["`if` is no clause of a check | write `when`"]),
    (
        "check a: B error { tell \"x\" }",
        &["`tell` is no clause of a check | clauses are `for`, `when`, `at`, `also`, `say`, `help`, `fix`"],
    ),
    ("check a: B error { say \"x\", say \"y\" }", &["`say` stands here twice | remove one of the two"]),
    ("check a: B error { for x all(nic) }", &["expected `in` and a list after `x` | as in `for a in all(nic)`"]),
    ("check a: B error { for (x, y) in z }", &["the names of a `for` have no brackets | write `for x, y in …`"]),
    ("check a: B error { fix x.y }", &["expected `=` and a value after `x.y`"]),
    ("check a: B error { when }", &["expected a value after `when`"]),
    ("check a: B error { error! when x }", &["`!` is said of the whole check | write `error` here, and `!` above"]),
    ("test \"x\" { expect }", &["expected a value after `expect`"]),
];

const VALUES: &[Case] = &[
    ("let a =", &["expected a value after `=`"]),
    ("let a = 1 2", &["expected a line break before `2`"]),
    ("let a = 1 +", &["expected a value after `+`"]),
    ("let a = 1 + // c", &["expected a value after `+`"]),
    ("let a = f(1 2)", &["expected `,` or `)` before `2`"]),
    ("let a = f(1,, 2)", &["expected a value after `,`"]),
    ("let a = [1 2]", &["expected `,` or `]` before `2`"]),
    ("let a = [\n  1\n  2\n  ]", &["expected `,` before `2`"]),
    ("let a = [rule { port = 22/tcp }]", &["a record in a list is written without a name before it | remove `rule`"]),
    (
        "let a = [\n  a.b { x = 1 },\n  c { x = 2 },\n  ]",
        &[
            "a record in a list is written without a name before it | remove `a.b`",
            "a record in a list is written without a name before it | remove `c`",
        ],
    ),
    ("let a = [b + c { x = 1 }]", &["expected `,` or `]` before `{`"]),
    ("let a = [?]", &["expected a value, found `?`"]),
    ("let a = (1", &["this `(` is never closed"]),
    ("let a = f([{ x = (1", &["this `(` is never closed"]),
    ("let a = [1)", &["this `[` is never closed"]),
    ("let a = (1 2)", &["expected `)` before `2`"]),
    ("let a = (1))", &["expected a line break before `)`"]),
    ("let a = (1, 2)", &["there are no tuples: brackets hold one value | write a list, `[a, b]`, or a record, `{ name = a, size = b }`"]),
    ("let a = (1,)", &["there are no tuples: brackets hold one value | a list of one is written `[a]`"]),
    (
        "let a = b((1,\n  [2, f(3)], { c = \")\" }), 4)",
        &["there are no tuples: brackets hold one value | write a list, `[a, b]`, or a record, `{ name = a, size = b }`"],
    ),
    ("let a = [(1, 2]", &["this `(` is never closed"]),
    ("let a = (1, (2, 3)", &["this `(` is never closed"]),
    (
        "let a: (Str, Size) = b",
        &["there are no tuples: brackets hold one type | write a record, `{ name: Str, size: Size }`, or a list, `[Size]`"],
    ),
    (
        "let a = b.map((c, d) => c)",
        &["a rule has one name before its `=>` | name the pair: `pair => …`, and its sides are `pair.first` and `pair.last`"],
    ),
    ("let a = ()", &["expected a value after `(` | there is no empty value: leave the field away, or write an empty list, `[]`"]),
    ("let a = [1; 2]", &["expected `,` or `]` before `;` | values stand apart by `,`"]),
    ("let a = f(1; 2)", &["expected `,` or `)` before `;` | values stand apart by `,`"]),
    ("let a = (1; 2)", &["expected `)` before `;` | remove the `;`: one value stands before `)`"]),
    ("let a = {b, c}", &["expected `=` and a value after `b` | a name alone is no entry: write `b = b`, or a list, `[b]`"]),
    ("let a = {b = 1, c, d}", &["expected `=` and a value after `c` | a name alone is no entry: write `c = c`, or a list, `[c]`"]),
    ("let a = x[]", &["expected a value after `[`"]),
    ("let a = x.", &["expected a name after `.`"]),
    ("let a = {b 1}", &["expected `=` and a value after `b`"]),
    (
        "let a = { \"a long name in quotes, shortened\": 1 }",
        &["expected a field, found `\"a long name in quotes, …` | values are given with `=`: `\"a long name in quotes, … = …`"],
    ),
    ("let a = { \"a long name in quotes\"é = 1 }", &["expected a field, found `\"a long name in quotes\"`"]),
    ("let a = {b: 1}", &["expected `=` after `b` | values are given with `=`, types with `:`"]),
    ("let a = if x { }", &["expected a value after `{`"]),
    ("let a = if x 1", &["expected `{` after `x`"]),
    ("let a = if x { 1 } else", &["expected `{` after `else`"]),
    ("let a = if x { b = 1 }", &["expected `}` before `=` | a branch holds one expression; write `{ { a = 1 } }` for a record"]),
    ("let a = 10 / tcp x", &["expected a line break before `x`"]),
    ("let a = f (1)", &["expected a line break before `(` | the `(` of a call follows its name without a space"]),
    ("let a = x [1]", &["expected a line break before `[` | the `[` of an index follows its value without a space"]),
    ("let a = x y", &["expected a line break before `y`"]),
    ("let a = a = b", &["expected a line break before `=` | write `==` to compare"]),
    ("let a = a && b", &["expected a line break before `&` | write `and`"]),
    ("let a = !b", &["expected a value after `=` | write `not`"]),
    ("let a = 5 % 2", &["expected a line break before `%` | there is no modulo"]),
    ("let a = b ? c : d", &["expected a line break before `?` | write `if a { b } else { c }`"]),
    ("let a = x.map(n -> n)", &["expected `,` or `)` before `->` | write `=>`"]),
    ("let a = 10 GiB", &["expected a line break before `GiB` | a unit follows its number without a space"]),
    ("let a = 'x'", &["expected a value after `=` | texts stand between `\"`"]),
    ("let a = 1;", &["expected a line break before `;` | remove the `;`: a line break ends it"]),
    ("let a = 1 + and", &["expected a value after `+`"]),
    ("let a = b < c < d", &["comparisons do not chain | write `b < c and c < d`"]),
    ("let a = b < c < d == e", &["comparisons do not chain | write `b < c and c < d and d == e`"]),
    ("let a = b == c in d", &["comparisons do not chain | write `b == c and c in d`"]),
    ("let a = b is 1", &["expected a type after `is` | as in `x is Str`"]),
    ("let a = f(1) => 2", &["expected a name before `=>` | as in `n => n.size`"]),
    ("let a = 1(2)", &["only a name can be called"]),
];

const LITERALS: &[Case] = &[
    ("let a = 1.2.3", &["the address `1.2.3` has 3 parts | an address has four, as in `10.0.0.1`"]),
    ("let a = 1.2.3.4.5", &["the address `1.2.3.4.5` has 5 parts | an address has four, as in `10.0.0.1`"]),
    ("let a = 1h30min", &["`1h30min` has two units | write `90min`"]),
    ("let a = 2d12h", &["`2d12h` has two units | write `60h`"]),
    ("let a = 2020-01-18", &["the date `2020-01-18` has no time | write `2020-01-18T02:00+08:00`, or put spaces around `-` to subtract"]),
    (
        "let a = 2020-01-18T02:00",
        &["the time `2020-01-18T02:00` has no offset | write `2020-01-18T02:00+08:00`, or `2020-01-18T02:00Z` for UTC"],
    ),
    ("let a = 2020-01-18T02", &["`2020-01-18T02` is no time | a time is written as `2020-01-18T02:00+08:00`"]),
    ("let a = 5:3x", &["`5:3x` is no number, address, port, owner or time"]),
    ("let a = 007GiB", &["the number `007` begins with `0` | write `7GiB`"]),
    ("let a = 1_000", &["the number `1_000` has `_` between its digits | write `1000`"]),
    ("let a = 5%3", &["expected a line break before `3` | there is no modulo: `%` makes a percentage"]),
    ("let a = 2^3", &["expected a line break before `^` | there is no exponent: write the product"]),
    ("let a = \"x", &["this `\"` is never closed | a string ends on its line; write `\"\"\"` for several lines"]),
    ("let a = \"\"\"\n  x", &["this `\"\"\"` is never closed"]),
    ("let a = re\"x", &["this `\"` is never closed"]),
    ("let a = \"{1\"", &["this `{` is never closed | write `\\{` for a brace in text"]),
    ("let a = \"{b c}\"", &["expected `}` before `c` | write `\\{` for a brace in text"]),
    ("let a = \"{}\"", &["expected a value after `{`"]),
    ("let a = \"\\q\"", &["`\\q` is no escape | write `\\\\` for a backslash; escapes are `\\n \\t \\r \\\" \\\\ \\{ \\} \\u{…}`"]),
    ("let a = \"\\u{d800}\"", &["`\\u{d800}` is no character | write one to six digits of its number in base 16"]),
];

/// All that is said of a text.
fn said(text: &str) -> Vec<String> {
    let damage = mig_syntax::parse(text).damage;
    damage.into_iter().map(|damage| damage.help.map_or(damage.message.clone(), |help| format!("{} | {help}", damage.message))).collect()
}

/// Compares a table, and tells of all that differ at once.
fn agree(cases: &[Case]) {
    let mut differing = String::new();
    for (text, expected) in cases {
        for text in [(*text).to_owned(), format!("{text}\n"), format!("let before = 1\n{text}\nlet after = 1\n")] {
            let found = said(&text);
            if found != *expected {
                let _ = writeln!(differing, "{text:?}\n  expected {expected:?}\n  found    {found:?}");
                break;
            }
        }
    }
    assert!(differing.is_empty(), "\n{differing}");
}

#[test]
fn items_that_are_wrong() {
    agree(ITEMS);
}

#[test]
fn bodies_that_are_wrong() {
    agree(BODIES);
}

#[test]
fn kinds_that_are_wrong() {
    agree(KINDS);
}

#[test]
fn checks_that_are_wrong() {
    agree(CHECKS);
}

#[test]
fn values_that_are_wrong() {
    agree(VALUES);
}

#[test]
fn literals_that_are_wrong() {
    agree(LITERALS);
}

#[test]
fn what_stands_at_an_end_of_the_file() {
    assert_eq!(said("let a = 1\n@keep\n"), ["nothing follows `@keep` | an annotation stands above what it is about"]);
}

#[test]
fn neighbours_of_damage_stay() {
    let module = mig_syntax::parse("let a = 1\nnode b { x = (, y = 2, disk c { z = 3 ; }\n}\nlet d = 4\n");
    assert_eq!(module.items.len(), 3, "{module:#?}");
    assert_eq!(module.damage.len(), 2, "{:?}", module.damage);
}
