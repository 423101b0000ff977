//! What does a module consist of? The tree of one source file, typed, with spans and without meaning.
//!
//! Names are not resolved and units not known here. Damage stays in the tree: a missing expression is
//! [`ExprKind::Missing`], and what was skipped or absent is listed in [`Module::damage`].
//! Trees are written by serde only into the program that was built with them: there is no format to keep.

mod checks;
pub(crate) mod shift;

pub use checks::{Binding, Check, Condition, Expect, Test};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Byte offsets into one file, end exclusive. Which file is known by whoever holds the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` up to, and without, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }
    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One word, or a dotted path as one text (`docker.container`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// As written; empty if it is missing.
    pub text: SmolStr,
    /// Where.
    pub span: Span,
}

/// One file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Module {
    /// `//!` lines, joined by line breaks.
    pub docs: String,
    /// In the order of the text.
    pub items: Vec<Item>,
    /// Every `//` comment, for the formatter.
    pub comments: Vec<Span>,
    /// What the grammar skipped or missed, by position.
    pub damage: Vec<Damage>,
}

/// A place where the text is not of the language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Text that was skipped, or the empty span where something is missing.
    pub span: Span,
    /// For people: "expected a value after `=`", "expected `,` or a line break before this".
    pub message: String,
    /// What to do, if there is one thing to do.
    pub help: Option<String>,
    /// The edit that does it.
    pub mend: Option<Mend>,
}

/// An edit that mends damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mend {
    /// What it replaces; empty where it inserts.
    pub span: Span,
    /// What stands there then.
    pub text: String,
    /// Can nothing else have been meant?
    pub is_sure: bool,
}

/// A top-level item with what stands above it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// From its keyword to its last character.
    pub span: Span,
    /// `///` lines above, joined by line breaks.
    pub docs: String,
    /// `@allow(…)`, `@keep`, … above.
    pub annotations: Vec<Annotation>,
    /// Which one.
    pub kind: ItemKind,
}

/// The forms of items.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "a file has few kinds and many declarations, and both are large")]
pub enum ItemKind {
    /// `use aliyun`, `use "./network.mig" as net`
    Use(Use),
    /// `param region: Str = "cn-shanghai"`
    Param(Param),
    /// `let big: Size = 64GiB`
    Let(Let),
    /// `fn gb(n: Int) -> Size = n * 1GiB`
    Fn(Function),
    /// `type Name = Str where …`
    Type(TypeAlias),
    /// `enum Arch { x86_64, arm64 }`
    Enum(Enumeration),
    /// `kind ecs is server { … }`
    Kind(Kind),
    /// `check duplicate_node_id: MIG3030 error { … }`
    Check(Check),
    /// `output judge = kruskal.address`
    Output(Let),
    /// `test "…" { … }`
    Test(Test),
    /// `table types: {Str: {…}} = {…}`
    Table(Param),
    /// `extend aliyun.types { "ecs.x" = {…} }`
    Extend(Extend),
    /// `[existing] noun name: kind { … }`
    Declaration(Declaration),
}

/// `@name(arguments)`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Annotation {
    /// Without the `@`.
    pub name: Name,
    /// Empty without parentheses.
    pub args: Vec<Arg>,
    /// With the `@`.
    pub span: Span,
}

/// `use TARGET [as NAME]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Use {
    /// `aliyun`, or the path between the quotes.
    pub target: Name,
    /// Was it a string, so a file beside this one?
    pub file: bool,
    /// The name after `as`.
    pub alias: Option<Name>,
}

impl Use {
    /// What the module is called here.
    pub fn bound(&self) -> &str {
        let path = self.target.text.as_str();
        self.alias.as_ref().map_or_else(|| path.rsplit('/').next().unwrap_or(path).trim_end_matches(".mig"), |alias| &alias.text)
    }
}

/// `param` and `table`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type; `None` if it is missing (then there is damage).
    pub ty: Option<Type>,
    /// After `=`.
    pub default: Option<Expr>,
}

/// `let`, `output`, and `let` inside a test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// After `:`.
    pub ty: Option<Type>,
    /// After `=`.
    pub value: Expr,
}

/// `fn`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// In order, with their types.
    pub params: Vec<(Name, Option<Type>)>,
    /// After `->`.
    pub result: Option<Type>,
    /// After `=`.
    pub body: Expr,
}

/// `type`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TypeAlias {
    /// Its name.
    pub name: Name,
    /// What it means.
    pub ty: Option<Type>,
}

/// `enum`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enumeration {
    /// Its name.
    pub name: Name,
    /// Its values.
    pub values: Vec<Name>,
}

/// `extend`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Extend {
    /// The table.
    pub target: Name,
    /// Its rows.
    pub rows: Vec<Field>,
}

/// `kind`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kind {
    /// Is it only refined by others?
    pub is_abstract: bool,
    /// Its name.
    pub name: Name,
    /// After `is`.
    pub base: Option<Name>,
    /// Typed fields and derived ones, in order.
    pub fields: Vec<KindField>,
    /// `children { … }`.
    pub children: Vec<ChildRule>,
    /// `create`, `read`, `update`, `delete`.
    pub verbs: Vec<Verb>,
    /// `replace on …`.
    pub replace_on: Vec<Name>,
    /// Checks that stand in the kind.
    pub checks: Vec<Check>,
    /// Declarations of a component.
    pub declarations: Vec<Declaration>,
    /// `@…` above each of `declarations`, in the same order.
    pub declaration_annotations: Vec<Vec<Annotation>>,
}

/// `name: type = default`, or `name = expression` (derived).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KindField {
    /// Its name.
    pub name: Name,
    /// `None` for a derived field.
    pub ty: Option<Type>,
    /// The default, or the expression of a derived field.
    pub value: Option<Expr>,
    /// `///` above.
    pub docs: String,
    /// The whole entry.
    pub span: Span,
}

/// One entry of `children { … }`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChildRule {
    /// The child's own name (`system: disk`) if it has a fixed one, else the noun (`disk*`).
    pub name: Name,
    /// After `:`; `None` where the name is the noun.
    pub kind: Option<Name>,
    /// How many.
    pub many: Many,
}

/// How many children of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Many {
    /// No mark: exactly one.
    One,
    /// `?`
    Optional,
    /// `*`
    Any,
    /// `+`
    Some,
}

/// `create aliyun.rpc("RunInstances") { … } gives { … }`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verb {
    /// `create`, `read`, `update`, `delete`.
    pub verb: Name,
    /// `update type, zone`.
    pub fields: Vec<Name>,
    /// The driver's path.
    pub driver: Name,
    /// Its arguments.
    pub args: Vec<Arg>,
    /// Its parameters.
    pub params: Vec<Field>,
    /// `gives { … }`.
    pub gives: Vec<Field>,
    /// `from PATH { … }`.
    pub from: Option<(Expr, Vec<Field>)>,
    /// `ready COND`, `failed COND`, `gone COND`.
    pub told: Vec<(Name, Expr)>,
    /// `timeout DURATION`, `every DURATION`.
    pub waits: Vec<(Name, Expr)>,
    /// `stdin name = secret` among the parameters.
    pub stdin: Option<Box<Stdin>>,
    /// `needs WORD`.
    pub needs: Option<Name>,
    /// All of it.
    pub span: Span,
}

/// `[existing] noun name[key in keys]: kind { … }`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Declaration {
    /// Is it there already?
    pub existing: bool,
    /// `server`, `aliyun.ecs`, …
    pub noun: Name,
    /// Its name; empty text if it is missing.
    pub name: Name,
    /// `[key in keys]`; as what its script reads apart from the declaration, which is small without them, as most are.
    pub keys: Option<Box<(Name, Expr)>>,
    /// After `:`.
    pub kind: Option<Name>,
    /// Fields, in order.
    pub fields: Vec<Field>,
    /// Declarations inside.
    pub children: Vec<Child>,
    /// What its script reads.
    pub stdin: Option<Box<Stdin>>,
    /// From `existing` or the noun to the closing brace.
    pub span: Span,
}

/// `stdin name = secret`: what a script reads on its standard input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stdin {
    /// What it is, for people.
    pub name: Name,
    /// After `=`.
    pub value: Expr,
    /// The whole entry.
    pub span: Span,
}

/// A declaration inside another, with what stands above it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Child {
    /// `///` above.
    pub docs: String,
    /// `@…` above.
    pub annotations: Vec<Annotation>,
    /// The declaration.
    pub declaration: Declaration,
}

/// `key = value`; a key may be dotted or quoted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Field {
    /// Without its quotes.
    pub key: Name,
    /// After `=`.
    pub value: Expr,
    /// `///` above.
    pub docs: String,
    /// `@…` above.
    pub annotations: Vec<Annotation>,
    /// The whole entry.
    pub span: Span,
}

impl Field {
    /// Is it written with dots: `a.b = 1`, which is `a = { b = 1 }`?
    pub fn is_dotted(&self) -> bool {
        matches!(&self.value.kind, ExprKind::Record(inner) if inner.first().is_some_and(|field| field.span.start == self.value.span.start))
    }
}

/// A type with its refinements, classes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Type {
    /// `A | B`; one member is the usual case.
    pub members: Vec<TypeMember>,
    /// `where …` and `in …`, in order.
    pub refinements: Vec<Refinement>,
    /// `unique`, `unique in x`, `grows`, `fixed`.
    pub classes: Vec<Class>,
    /// Without the default.
    pub span: Span,
}

/// One member of a union.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TypeMember {
    /// Which form.
    pub form: TypeForm,
    /// `secret` stands before it.
    pub secret: bool,
    /// `later` stands before it.
    pub later: bool,
    /// `?` stands after it.
    pub optional: bool,
    /// All of it.
    pub span: Span,
}

/// The forms of types.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum TypeForm {
    /// `Size`, `server`, `aliyun.ecs`, or the value of an enum (`bios`).
    Named(Name),
    /// `Money/Duration`.
    Quotient(Name, Name),
    /// `[T]`.
    List(Box<Type>),
    /// `{Str: T}`.
    Map(Box<Type>, Box<Type>),
    /// `{ port: Port, from: Cidr = … }`.
    Record(Vec<KindField>),
    /// `(A | B)`.
    Group(Box<Type>),
    /// Missing.
    Missing,
}

/// `where EXPR` (about `it`) or `in EXPR`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refinement {
    /// `in` rather than `where`.
    pub is_in: bool,
    /// The condition, or the range or list.
    pub value: Expr,
}

/// A class word of a field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Class {
    /// `unique`, `grows`, `fixed`.
    pub word: Name,
    /// After `unique in`.
    pub scope: Option<Name>,
}

/// An expression.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expr {
    /// Which form.
    pub kind: ExprKind,
    /// Without surrounding space.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ExprKind {
    /// Nothing where a value should be; there is damage for it.
    Missing,
    /// A number, address, port, owner or time, as written.
    Literal(Literal),
    /// `true`, `false`.
    Bool(bool),
    /// `"…"` and `"""…"""`, escapes resolved, indentation dropped.
    Str(Vec<Part>),
    /// `ip"…"`, `cidr"…"`, `re"…"` (raw), `sh"…"` (with parts), or an unknown tag.
    Tagged(Box<Name>, Vec<Part>),
    /// A name.
    Name(SmolStr),
    /// `$`.
    Root,
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a = 1 }`.
    Record(Vec<Field>),
    /// `if c { a } else if d { b } else { c }`.
    If(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// `-x`, `not x`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`; the span is the operator's.
    Binary(BinaryOp, Span, Box<Expr>, Box<Expr>),
    /// `x.name`.
    Dot(Box<Expr>, Name),
    /// `f(a, b = c)`; the callee is a name or a dotted value.
    Call(Box<Expr>, Vec<Arg>),
    /// `x[i]`.
    Index(Box<Expr>, Box<Expr>),
    /// `x[*]`: every element, in the answer of a call.
    Every(Box<Expr>),
    /// `x?`.
    Present(Box<Expr>),
    /// `x => …`.
    Lambda(Name, Box<Expr>),
}

impl Expr {
    /// Is it made of literals only, so that it has one value wherever it stands?
    pub fn is_constant(&self) -> bool {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Bool(_) => true,
            ExprKind::List(items) => items.iter().all(Self::is_constant),
            ExprKind::Unary(_, inner) => inner.is_constant(),
            ExprKind::Binary(op, _, left, right) => *op != BinaryOp::Is && left.is_constant() && right.is_constant(),
            _ => false,
        }
    }
}

/// A piece of a string.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Part {
    /// Text, escapes resolved.
    Text(String),
    /// `{expr}`.
    Hole(Expr),
}

/// An argument, by position or by name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arg {
    /// `within = 60s`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// A literal as written; what it means, and whether its unit exists, is the compiler's to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Literal {
    /// Which shape it has.
    pub form: LiteralForm,
    /// As written: `64GiB`, `10.0.0.0/24`, `9993/udp`, `999:999`, `2020-01-18T02:00+08:00`.
    pub text: SmolStr,
}

/// The shapes of literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LiteralForm {
    /// A number with or without a unit, `%`, and with or without `/unit`.
    Quantity,
    /// Four parts, perhaps `/24`.
    Address,
    /// `443/tcp`, `8000-8010/tcp`.
    Port,
    /// `999:999`.
    Owner,
    /// RFC 3339.
    Time,
}

/// Operators before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `not`
    Not,
}

/// Operators between two values, from tight to loose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `..`
    Range,
    /// `..=`
    RangeInclusive,
    /// `from`
    From,
    /// `??`
    Else,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `is`; its right side is a type, kept as an expression of names
    Is,
    /// `and`
    And,
    /// `or`
    Or,
}
