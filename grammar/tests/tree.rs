//! Which tree does an expression have? Trees are printed with every parenthesis.

use mig_syntax::ast::{BinaryOp, Expr, ExprKind, ItemKind, Part, UnaryOp};

/// The value of `let a = …`.
fn value(text: &str) -> Expr {
    let module = mig_syntax::parse(&format!("let a = {text}\n"));
    assert!(module.damage.is_empty(), "{text}: {:?}", module.damage);
    match module.items.into_iter().next().map(|item| item.kind) {
        Some(ItemKind::Let(constant)) => constant.value,
        other => panic!("{text}: {other:?}"),
    }
}

/// The tree of a value as text.
fn print(expr: &Expr) -> String {
    let list = |values: &[Expr]| values.iter().map(print).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Missing => "MISSING".into(),
        ExprKind::Literal(literal) => literal.text.to_string(),
        ExprKind::Bool(value) => format!("#{value}"),
        ExprKind::Str(parts) => format!("\"{}\"", parts_of(parts)),
        ExprKind::Tagged(tag, parts) => format!("{}\"{}\"", tag.text, parts_of(parts)),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Root => "$".into(),
        ExprKind::List(values) => format!("[{}]", list(values)),
        ExprKind::Record(fields) => {
            let field = |field: &mig_syntax::ast::Field| format!("{}={}", field.key.text, print(&field.value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        ExprKind::If(arms, otherwise) => {
            let arms: Vec<String> = arms.iter().map(|(condition, value)| format!("{} -> {}", print(condition), print(value))).collect();
            format!("if({}; {})", arms.join(", "), otherwise.as_ref().map_or("-".into(), |value| print(value)))
        }
        ExprKind::Unary(UnaryOp::Neg, value) => format!("(-{})", print(value)),
        ExprKind::Unary(UnaryOp::Not, value) => format!("(not {})", print(value)),
        ExprKind::Binary(op, _, left, right) => format!("({} {} {})", print(left), sign(*op), print(right)),
        ExprKind::Dot(of, name) => format!("{}.{}", print(of), name.text),
        ExprKind::Call(of, args) => {
            let args: Vec<String> = args
                .iter()
                .map(|arg| arg.name.as_ref().map_or(print(&arg.value), |name| format!("{}={}", name.text, print(&arg.value))))
                .collect();
            format!("{}({})", print(of), args.join(", "))
        }
        ExprKind::Every(of) => format!("{}[*]", print(of)),
        ExprKind::Index(of, at) => format!("{}[{}]", print(of), print(at)),
        ExprKind::Present(of) => format!("{}?", print(of)),
        ExprKind::Lambda(name, body) => format!("({} => {})", name.text, print(body)),
    }
}

/// The parts of a string; line breaks are shown.
fn parts_of(parts: &[Part]) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.replace('\n', "⏎"),
        Part::Hole(value) => format!("<{}>", print(value)),
    };
    parts.iter().map(part).collect::<Vec<_>>().join("·")
}

/// An operator as it is written.
fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Range => "..",
        BinaryOp::RangeInclusive => "..=",
        BinaryOp::From => "from",
        BinaryOp::Else => "??",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::In => "in",
        BinaryOp::Is => "is",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
    }
}

/// Compares texts with the trees they have.
fn agree(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(print(&value(text)), *expected, "{text}");
    }
}

#[test]
fn operators_bind_from_tight_to_loose() {
    agree(&[
        ("a + b * c", "(a + (b * c))"),
        ("a * b + c", "((a * b) + c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c", "((a / b) * c)"),
        ("-a.b * c", "((-a.b) * c)"),
        ("-1 - -x", "((-1) - (-x))"),
        ("a + b..=c * d", "((a + b) ..= (c * d))"),
        ("4h + 30min from w", "((4h + 30min) from w)"),
        ("a ?? b from c", "(a ?? (b from c))"),
        ("a ?? b ?? c == d", "(((a ?? b) ?? c) == d)"),
        ("a in b..c", "(a in (b .. c))"),
        ("not a == b", "(not (a == b))"),
        ("not a and not not b", "((not a) and (not (not b)))"),
        ("a or b and c or d", "((a or (b and c)) or d)"),
        ("not a.b in [1, 2] or c?", "((not (a.b in [1, 2])) or c?)"),
        ("x is Str and y is aliyun.ecs", "((x is Str) and (y is aliyun.ecs))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("x => y => a or b", "(x => (y => (a or b)))"),
        ("f(x => x + 1, b = c)", "f((x => (x + 1)), b=c)"),
        ("a?.b[0].c(d)? ?? e", "(a?.b[0].c(d)? ?? e)"),
        ("64GiB / 100Mbps + 12MiB/s", "((64GiB / 100Mbps) + 12MiB/s)"),
        ("2GiB/s + 1.5GiB/min", "(2GiB/s + 1.5GiB/min)"),
        ("2GiB/2 - 2GiB", "((2GiB / 2) - 2GiB)"),
        ("total/4", "(total / 4)"),
        ("8000 - 8010", "(8000 - 8010)"),
        ("$.a[0] == true", "($.a[0] == #true)"),
    ]);
}

#[test]
fn lines_go_on_at_operators_and_dots() {
    agree(&[
        ("a\n  + b // c\n  // d\n  * c", "(a + (b * c))"),
        ("a +\n  b", "(a + b)"),
        ("a and // why\n  b is c", "(a and (b is c))"),
        ("xs // c\n  .map(x => x)\n  .first", "xs.map((x => x)).first"),
        ("\n  if a { b } else { c }", "if(a -> b; c)"),
        ("if a { b }\n  else if c { d }\n  else { e }", "if(a -> b, c -> d; e)"),
        ("if a { { b = 1 } }", "if(a -> {b=1}; -)"),
        ("f(\n  1,\n  b = 2,\n  )", "f(1, b=2)"),
    ]);
}

#[test]
fn an_entry_ends_where_the_next_begins() {
    let module = mig_syntax::parse("node a {\n  x = 4h\n  from = b\n  in = c\n  is = d\n  y = e\n  and = f\n}\n");
    assert!(module.damage.is_empty(), "{:?}", module.damage);
    let Some(ItemKind::Declaration(node)) = module.items.first().map(|item| &item.kind) else { panic!("{:?}", module.items) };
    let keys: Vec<&str> = node.fields.iter().map(|field| field.key.text.as_str()).collect();
    assert_eq!(keys, ["x", "from", "in", "is", "y", "and"]);
}

#[test]
fn strings_have_their_text() {
    agree(&[
        (r#""""#, r#""""#),
        (r#""a\n\t\"\\\{\}\u{65e5}}""#, "\"a⏎\t\"\\{}日}\""),
        (r#""a {b} c{"d {e}"}""#, r#""a ·<b>· c·<"d ·<e>">""#),
        (r#"re"^[a-z]{2,}\d+\"\\$""#, r#"re"^[a-z]{2,}\d+"\\$""#),
        (r#"ip"fd00::1""#, r#"ip"fd00::1""#),
        (r#"sh"echo \$1 \{a} \"{b}\" \n""#, r#"sh"echo \$1 {a} "·<b>·" \n""#),
        (r#"x"a{b}""#, r#"x"a·<b>""#),
        ("\"\"\"\n    a\n      b\n\n    c {d}\n    \"\"\"", "\"a⏎  b⏎⏎c ·<d>\""),
        ("\"\"\"\r\n    a\r\n    b\r\n    \"\"\"", "\"a⏎b\""),
        ("\"\"\"a\n    b\"\"\"", "\"a⏎b\""),
        ("\"\"\"\n  \"\"\"", "\"\""),
        ("\"\"\"\n    {a}\n      {b}\n\n  \"\"\"", "\"<a>·⏎  ·<b>·⏎\""),
        ("\"\"\"\n    \\ta\n    \"b\"\n    \"\"\"", "\"\ta⏎\"b\"\""),
        ("sh\"\"\"\n  awk '\\{print $1}'\n  \"\"\"", "sh\"awk '{print $1}'\""),
    ]);
}

#[test]
fn keys_may_be_dotted_and_quoted() {
    agree(&[("{ \"a.b\" = 1, c.d = 2, e.\"f g\" = 3, }", "{a.b=1, c={d=2}, e={f g=3}}")]);
}
