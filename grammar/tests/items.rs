//! What do items hold? Their parts, and the documentation and annotations that stand above them.

use mig_syntax::ast::{Check, Declaration, ExprKind, ItemKind, Kind, Many, Module, Type, TypeForm};

/// The tree of a text that is right.
fn parse(text: &str) -> Module {
    let module = mig_syntax::parse(text);
    assert_eq!(module.damage, [], "{text}");
    module
}

/// The only item of a text.
fn only(text: &str) -> ItemKind {
    let mut items = parse(text).items;
    assert_eq!(items.len(), 1, "{text}");
    items.remove(0).kind
}

fn kind(text: &str) -> Kind {
    let ItemKind::Kind(kind) = only(text) else { panic!("{text}") };
    kind
}

fn check(text: &str) -> Check {
    let ItemKind::Check(check) = only(text) else { panic!("{text}") };
    check
}

fn declaration(text: &str) -> Declaration {
    let ItemKind::Declaration(declaration) = only(text) else { panic!("{text}") };
    declaration
}

/// A type as text, with what it consists of in brackets.
fn print(ty: &Type) -> String {
    let member = |member: &mig_syntax::ast::TypeMember| {
        let form = match &member.form {
            TypeForm::Named(name) => name.text.to_string(),
            TypeForm::Quotient(of, per) => format!("<{} per {}>", of.text, per.text),
            TypeForm::List(ty) => format!("[{}]", print(ty)),
            TypeForm::Map(key, value) => format!("<{} to {}>", print(key), print(value)),
            TypeForm::Record(fields) => {
                let field =
                    |field: &mig_syntax::ast::KindField| format!("{} {}", field.name.text, field.ty.as_ref().map_or("-".into(), print));
                format!("<{}>", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            TypeForm::Group(ty) => format!("({})", print(ty)),
            TypeForm::Missing => "MISSING".into(),
        };
        let (secret, later) = (if member.secret { "secret " } else { "" }, if member.later { "later " } else { "" });
        format!("{secret}{later}{form}{}", if member.optional { "?" } else { "" })
    };
    let mut text = ty.members.iter().map(member).collect::<Vec<_>>().join(" | ");
    for refinement in &ty.refinements {
        text.push_str(if refinement.is_in { " in" } else { " where" });
    }
    for class in &ty.classes {
        text = format!("{text} {}{}", class.word.text, class.scope.as_ref().map_or(String::new(), |scope| format!("@{}", scope.text)));
    }
    text
}

#[test]
fn types_have_their_forms() {
    let cases = [
        ("Str", "Str"),
        ("aliyun.ecs?", "aliyun.ecs?"),
        ("secret Str? | later Ip", "secret Str? | later Ip"),
        ("(bios | uefi)?", "(bios | uefi)?"),
        ("Money/Duration?", "<Money per Duration>?"),
        ("[Port | { host: Port, container: Port }]", "[Port | <host Port, container Port>]"),
        ("{Str: Str | secret Str} = {}", "<Str to Str | secret Str>"),
        ("{Str: { size: Size? }}", "<Str to <size Size?>>"),
        ("Str where it.len > 2 unique in network", "Str where unique@network"),
        ("Size in 1GiB..=2GiB grows fixed = 1GiB", "Size in grows fixed"),
        ("secret | later", "secret | later"),
        ("Str\n    | fresh", "Str | fresh"),
    ];
    for (text, expected) in cases {
        let found = kind(&format!("kind a {{\n  x: {text}\n}}\n"));
        assert_eq!(print(found.fields[0].ty.as_ref().expect("a type")), expected, "{text}");
    }
}

#[test]
fn what_stands_above_belongs_to_what_follows() {
    let text = "//! Of the module.\n//! More.\n\n/// Of one.\n@keep\n/// Still.\n@moved(from = a) server one: b {\n  /// Of x.\n  @keep x = 1\n  // no\n  /// Of d.\n  @allow(y, \"z\")\n  disk d { }\n}\n/// Of two.\nlet two = 2 /// no\n//! no\n";
    let module = parse(text);
    assert_eq!(module.docs, "Of the module.\nMore.");
    let comments: Vec<&str> = module.comments.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
    assert_eq!(comments, ["// no", "/// no", "//! no"]);
    let one = &module.items[0];
    assert_eq!(one.docs, "Of one.\nStill.");
    let names: Vec<&str> = one.annotations.iter().map(|annotation| annotation.name.text.as_str()).collect();
    assert_eq!(names, ["keep", "moved"]);
    assert!(text[one.span.start as usize..].starts_with("server one"));
    let ItemKind::Declaration(server) = &one.kind else { panic!("{one:?}") };
    assert_eq!((server.fields[0].docs.as_str(), server.fields[0].annotations.len()), ("Of x.", 1));
    assert_eq!((server.children[0].docs.as_str(), server.children[0].annotations[0].args.len()), ("Of d.", 2));
    assert_eq!(module.items[1].docs, "Of two.");
}

#[test]
fn declarations_have_their_head() {
    let found = declaration("existing server web[zone in zones]: aliyun.ecs { a.b = 1, disk c { } }\n");
    assert!(found.existing);
    assert_eq!((found.noun.text.as_str(), found.name.text.as_str()), ("server", "web"));
    assert_eq!(found.keys.expect("keys").0.text, "zone");
    assert_eq!(found.kind.expect("a kind").text, "aliyun.ecs");
    assert_eq!((found.fields.len(), found.fields[0].key.text.as_str(), found.children.len()), (1, "a", 1));
}

#[test]
fn values_go_on_where_the_next_line_does() {
    let found = declaration(
        "server a {\n  size = 1GiB\n    + 2GiB\n  ok = 1\n    or b\n  order = 3\n  text = \"x\"\n    .len\n  b = 10.0.0.1 // c\n\n  a = \"\"\n}\n",
    );
    let values: Vec<(&str, &str)> = found.fields.iter().map(|field| (field.key.text.as_str(), form(&field.value.kind))).collect();
    let expected = [("size", "operator"), ("ok", "operator"), ("order", "literal"), ("text", "dot"), ("b", "literal"), ("a", "text")];
    assert_eq!(values, expected);
}

fn form(value: &ExprKind) -> &'static str {
    match value {
        ExprKind::Binary(..) => "operator",
        ExprKind::Dot(..) => "dot",
        ExprKind::Literal(_) => "literal",
        ExprKind::Str(_) => "text",
        _ => "something else",
    }
}

#[test]
fn kinds_have_fields_children_and_a_lifecycle() {
    let found = kind(
        "abstract kind a is b.c {\n  x: Str = \"1\"\n  y = x\n  children { system: disk, disk*, nic+, swap: disk? }\n  create f.g(\"R\", a = 1) { P.Q = x } gives { id = $.a }\n  read f() from $.b[0] { x = $.c } ready $.d == 1 needs stopped\n  update x, y f()\n  replace on x, y\n  @keep disk z { }\n}\n",
    );
    assert!(found.is_abstract);
    assert_eq!(found.base.expect("a base").text, "b.c");
    assert!(found.fields[0].ty.is_some() && found.fields[0].value.is_some());
    assert!(found.fields[1].ty.is_none() && found.fields[1].value.is_some());
    let children: Vec<(&str, Option<&str>, Many)> =
        found.children.iter().map(|rule| (rule.name.text.as_str(), rule.kind.as_ref().map(|kind| kind.text.as_str()), rule.many)).collect();
    let expected =
        [("system", Some("disk"), Many::One), ("disk", None, Many::Any), ("nic", None, Many::Some), ("swap", Some("disk"), Many::Optional)];
    assert_eq!(children, expected);
    let [create, read, update] = &found.verbs[..] else { panic!("{:?}", found.verbs) };
    assert_eq!((create.driver.text.as_str(), create.args.len(), create.params.len(), create.gives.len()), ("f.g", 2, 1, 1));
    assert_eq!(read.from.as_ref().map(|(_, fields)| fields.len()), Some(1));
    assert_eq!(read.told[0].0.text, "ready");
    assert_eq!(read.needs.as_ref().expect("needs").text, "stopped");
    assert_eq!((update.fields.len(), update.driver.text.as_str()), (2, "f"));
    assert_eq!(found.replace_on.len(), 2);
    assert_eq!((found.declarations.len(), found.declaration_annotations[0].len()), (1, 1));
}

#[test]
fn checks_have_their_clauses() {
    let found = check(
        "/// Why.\ncheck a: B1 error! {\n  for x, y in all(nic)\n  for z in x.disks\n  when x != y\n  warning when z.w\n  at x.i\n  also y.i: \"first\"\n  also z\n  say \"s\"\n  help \"h\"\n  fix x.i = fresh\n}\n",
    );
    assert_eq!((found.name.text.as_str(), found.code.text.as_str(), found.severity.text.as_str()), ("a", "B1", "error"));
    assert!(found.unsilenceable);
    assert_eq!(found.docs, "Why.");
    assert_eq!(found.bindings.iter().map(|binding| binding.names.len()).collect::<Vec<_>>(), [2, 1]);
    let severities: Vec<Option<&str>> =
        found.conditions.iter().map(|condition| condition.severity.as_ref().map(|severity| severity.text.as_str())).collect();
    assert_eq!(severities, [None, Some("warning")]);
    assert_eq!(found.also.iter().map(|(_, text)| text.is_some()).collect::<Vec<_>>(), [true, false]);
    assert!(found.at.is_some() && found.say.is_some() && found.help.is_some() && found.fix.is_some());
}

#[test]
fn the_other_items_have_their_parts() {
    let ItemKind::Use(import) = only("use \"./network.mig\" as net\n") else { panic!() };
    assert_eq!((import.target.text.as_str(), import.file, import.alias.expect("an alias").text.as_str()), ("./network.mig", true, "net"));
    let ItemKind::Fn(function) = only("fn f(a: Int, b: Str) -> Size =\n  a * 1GiB\n") else { panic!() };
    assert_eq!((function.params.len(), function.result.is_some()), (2, true));
    let ItemKind::Enum(found) = only("enum Arch {\n  x86_64, arm64\n}\n") else { panic!() };
    assert_eq!(found.values.iter().map(|value| value.text.as_str()).collect::<Vec<_>>(), ["x86_64", "arm64"]);
    let ItemKind::Table(table) = only("table t: {Str: { a: Int }} = { \"x.y\" = { a = 1 } }\n") else { panic!() };
    assert_eq!((table.name.text.as_str(), table.ty.is_some(), table.default.is_some()), ("t", true, true));
    let ItemKind::Extend(extend) = only("extend a.t { \"x.y\" = { a = 1 } }\n") else { panic!() };
    assert_eq!((extend.target.text.as_str(), extend.rows[0].key.text.as_str()), ("a.t", "x.y"));
    let ItemKind::Test(test) =
        only("test \"t\" { node a { }, let x = 1, expect error MIG2001 at a.disk, expect none, expect error == x }\n")
    else {
        panic!()
    };
    assert_eq!((test.declarations.len(), test.lets.len(), test.expects.len()), (1, 1, 3));
    let words: Vec<Option<&str>> = test.expects.iter().map(|e| e.severity.as_ref().map(|s| s.text.as_str())).collect();
    assert_eq!(words, [Some("error"), None, None]);
    assert!(test.expects[0].place.is_some() && test.expects[1].place.is_none());
}
