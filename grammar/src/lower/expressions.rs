//! What do expressions become? The grammar gives operands and operators in one flat list; this file builds the tree
//! by precedence. What literals and strings hold is beside it.

use super::{Around, LEVELS_MAX, Lower};
use crate::ast::{BinaryOp, Expr, ExprKind, Name, Span, UnaryOp};
use crate::grammar::{Pair, Pairs, Rule};
use core::iter::Peekable;

/// The flat list, without its comments.
type Flat<'t> = Peekable<Pairs<'t>>;

/// How tight operators bind; a larger number takes its operands first.
mod tightness {
    pub(super) const LAMBDA: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const COMPARISON: u8 = 4;
    pub(super) const ELSE: u8 = 5;
    pub(super) const FROM: u8 = 6;
    pub(super) const RANGE: u8 = 7;
    pub(super) const SUM: u8 = 8;
    pub(super) const PRODUCT: u8 = 9;
    pub(super) const NEGATION: u8 = 10;
}

impl Lower<'_> {
    /// An expression, or nothing where one should be.
    pub(super) fn value(&mut self, pair: Pair<'_>, around: Around) -> Expr {
        match pair.as_rule() {
            Rule::expr => self.expr(pair),
            rule if is_simple(rule) => self.simple(pair),
            _ => {
                self.stray(&pair, around);
                Self::missing(self.start(&pair))
            }
        }
    }

    /// A literal or a plain string that is a value as it is.
    fn simple(&mut self, pair: Pair<'_>) -> Expr {
        if self.depth >= LEVELS_MAX {
            self.too_deep = Some(Span::new(self.start(&pair), self.start(&pair) + 1));
            return Self::missing(self.start(&pair));
        }
        if pair.as_rule() == Rule::plain { self.string(pair) } else { self.literal(&pair) }
    }

    /// A flat list of operands and operators.
    fn expr(&mut self, pair: Pair<'_>) -> Expr {
        let around = self.around(&pair);
        let flat = pair.into_inner();
        let levels = self.levels(&flat, around);
        if self.depth + levels > LEVELS_MAX {
            self.too_deep = Some(Span::new(around.start, around.start + 1));
            return Self::missing(around.start);
        }
        self.depth += levels;
        let found = self.tree(flat, around);
        self.depth -= levels;
        found
    }

    /// The tree of a flat list.
    fn tree(&mut self, mut flat: Pairs<'_>, around: Around) -> Expr {
        // A lone operand: most are.
        if flat.len() == 1
            && let Some(operand) = flat.next()
        {
            return self.operand(operand, around);
        }
        self.climb(&mut flat.peekable(), tightness::LAMBDA, around)
    }

    /// How many levels the tree of a flat list may have; its comments are taken on the way.
    fn levels(&mut self, flat: &Pairs<'_>, around: Around) -> usize {
        // A lone operand: most are.
        if flat.len() == 1 {
            return 1;
        }
        let mut levels = 0;
        for kid in flat.clone() {
            match kid.as_rule() {
                Rule::op | Rule::prefix | Rule::dot | Rule::call | Rule::index | Rule::every | Rule::present => levels += 1,
                Rule::comment => self.stray(&kid, around),
                _ => {}
            }
        }
        levels.max(1)
    }

    /// The next pair that is no comment, left where it is.
    fn peek(flat: &mut Flat<'_>) -> Option<Rule> {
        while flat.peek().is_some_and(|pair| pair.as_rule() == Rule::comment) {
            flat.next();
        }
        flat.peek().map(Pair::as_rule)
    }

    /// Operators that bind at least as tight as `least`, with what is left of them.
    fn climb(&mut self, flat: &mut Flat<'_>, least: u8, around: Around) -> Expr {
        let mut left = self.unary(flat, around);
        let mut compared: Vec<[Span; 3]> = Vec::new();
        while Self::peek(flat) == Some(Rule::op) {
            let Some(op) = flat.peek() else { break };
            let tight = tightness_of(op.as_str());
            if tight < least {
                break;
            }
            let span = self.span(op);
            let text = op.as_str();
            flat.next();
            let Some(binary) = binary(text) else {
                let body = self.climb(flat, tightness::LAMBDA, around);
                left = self.lambda(left, span, body);
                continue;
            };
            let right = self.climb(flat, tight + 1, around);
            if tight == tightness::COMPARISON {
                let before = compared.last().map_or(left.span, |[_, _, right]| *right);
                compared.push([before, span, right.span]);
                self.type_after_is(binary, &right);
            }
            let whole = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(binary, span, Box::new(left), Box::new(right)), span: whole };
        }
        self.unchained(&compared);
        left
    }

    /// `-x`, `not x`, or an operand with what follows it.
    fn unary(&mut self, flat: &mut Flat<'_>, around: Around) -> Expr {
        if Self::peek(flat) != Some(Rule::prefix) {
            return self.primary(flat, around);
        }
        let Some(prefix) = flat.next() else { return Self::missing(around.start) };
        let (op, tight) = match prefix.as_str() {
            "-" => (UnaryOp::Neg, tightness::NEGATION),
            _ => (UnaryOp::Not, tightness::NOT),
        };
        let operand = self.climb(flat, tight, around);
        let span = self.span(&prefix).to(operand.span);
        Expr { kind: ExprKind::Unary(op, Box::new(operand)), span }
    }

    /// An operand and its `.name`, `(…)`, `[…]` and `?`.
    fn primary(&mut self, flat: &mut Flat<'_>, around: Around) -> Expr {
        let mut found = match flat.next() {
            Some(pair) => self.operand(pair, around),
            None => return Self::missing(around.start),
        };
        while matches!(Self::peek(flat), Some(Rule::dot | Rule::call | Rule::index | Rule::every | Rule::present)) {
            let Some(postfix) = flat.next() else { break };
            let span = found.span.to(self.span(&postfix));
            found = Expr { kind: self.postfix(found, postfix), span };
        }
        found
    }

    /// What follows an operand without a space.
    fn postfix(&mut self, of: Expr, pair: Pair<'_>) -> ExprKind {
        match pair.as_rule() {
            Rule::call => {
                self.callee(&of, &pair);
                ExprKind::Call(Box::new(of), self.args(pair))
            }
            Rule::every => ExprKind::Every(Box::new(of)),
            Rule::index => ExprKind::Index(Box::new(of), Box::new(self.bracketed(pair))),
            Rule::present => ExprKind::Present(Box::new(of)),
            _ => {
                let at = self.end_of(&pair);
                let name = self.only_name(pair).unwrap_or_else(|| Self::nameless(at));
                ExprKind::Dot(Box::new(of), name)
            }
        }
    }

    /// Only what has a name can be called.
    fn callee(&mut self, of: &Expr, call: &Pair<'_>) {
        if !matches!(of.kind, ExprKind::Name(_) | ExprKind::Dot(..) | ExprKind::Missing) {
            let at = self.start(call);
            self.note(Span::new(at, at + 1), "only a name can be called", None);
        }
    }

    /// The one value between brackets.
    fn bracketed(&mut self, pair: Pair<'_>) -> Expr {
        let around = self.around(&pair);
        let mut found = Self::missing(self.end_of(&pair).start as usize);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::expr | Rule::no_value => found = self.value(kid, around),
                _ => self.stray(&kid, around),
            }
        }
        found
    }

    /// A value without operators.
    fn operand(&mut self, pair: Pair<'_>, around: Around) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::plain | Rule::template | Rule::multi => return self.string(pair),
            Rule::tagged => return self.tagged(pair),
            rule if is_simple(rule) => return self.literal(&pair),
            Rule::name => match pair.as_str() {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                word => ExprKind::Name(word.into()),
            },
            Rule::root => ExprKind::Root,
            Rule::list => ExprKind::List(self.list(pair)),
            Rule::record => ExprKind::Record(self.record(pair)),
            Rule::if_expr => self.choice(pair),
            Rule::paren => self.bracketed(pair).kind,
            _ => {
                self.stray(&pair, around);
                ExprKind::Missing
            }
        };
        Expr { kind, span }
    }

    /// `[a, b]`
    fn list(&mut self, pair: Pair<'_>) -> Vec<Expr> {
        let around = self.around(&pair);
        let mut values = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::expr | Rule::no_value => values.push(self.value(kid, around)),
                _ => self.stray(&kid, around),
            }
        }
        values
    }

    /// `if c { a } else if d { b } else { c }`
    fn choice(&mut self, pair: Pair<'_>) -> ExprKind {
        let around = self.around(&pair);
        let end = self.end_of(&pair).start as usize;
        let (mut arms, mut condition, mut otherwise) = (Vec::with_capacity(1), None, None);
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::expr | Rule::no_value => condition = Some(self.value(kid, around)),
                Rule::branch | Rule::no_body => {
                    let value = self.branch(kid, around);
                    match condition.take() {
                        Some(condition) => arms.push((condition, value)),
                        None => otherwise = Some(Box::new(value)),
                    }
                }
                _ => self.stray(&kid, around),
            }
        }
        if let Some(condition) = condition {
            arms.push((condition, Self::missing(end)));
        }
        ExprKind::If(arms, otherwise)
    }

    /// `{ a }` after a condition or `else`.
    fn branch(&mut self, pair: Pair<'_>, around: Around) -> Expr {
        if pair.as_rule() == Rule::branch {
            return self.bracketed(pair);
        }
        self.stray(&pair, around);
        Self::missing(self.start(&pair))
    }

    /// `x => …`: what stands before `=>` must be a name.
    fn lambda(&mut self, left: Expr, arrow: Span, body: Expr) -> Expr {
        let span = left.span.to(body.span);
        let name = match left.kind {
            ExprKind::Name(text) => Name { text, span: left.span },
            ExprKind::Missing => Self::nameless(left.span),
            _ => {
                self.note(arrow, "expected a name before `=>`", Some("as in `n => n.size`".to_owned()));
                Self::nameless(left.span)
            }
        };
        Expr { kind: ExprKind::Lambda(name, Box::new(body)), span }
    }

    /// A type follows `is`.
    fn type_after_is(&mut self, binary: BinaryOp, right: &Expr) {
        if binary == BinaryOp::Is && !is_path(right) && !matches!(right.kind, ExprKind::Missing) {
            self.note(right.span, "expected a type after `is`", Some("as in `x is Str`".to_owned()));
        }
    }

    /// `a < b < c` is said once, with what to write instead.
    fn unchained(&mut self, compared: &[[Span; 3]]) {
        let [_, [_, second, _], ..] = compared else { return };
        let text = |span: &Span| &self.text[span.start as usize..span.end as usize];
        let pairs: Vec<String> = compared.iter().map(|spans| spans.each_ref().map(text).join(" ")).collect();
        let code = pairs.join(" and ");
        let help =
            if code.len() > 100 || code.contains('\n') { "join comparisons with `and`".to_owned() } else { format!("write `{code}`") };
        self.note(*second, "comparisons do not chain", Some(help));
    }
}

/// Does a rule take what is a value by itself? In a field it has no `expr` around it.
pub(super) fn is_simple(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::plain
            | Rule::quantity
            | Rule::number
            | Rule::address
            | Rule::port
            | Rule::owner
            | Rule::time
            | Rule::bad_date
            | Rule::bad_number
    )
}

/// Names and dots only.
fn is_path(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Name(_) => true,
        ExprKind::Dot(of, _) => is_path(of),
        _ => false,
    }
}

/// How tight an operator binds.
fn tightness_of(op: &str) -> u8 {
    match op {
        "*" | "/" => tightness::PRODUCT,
        "+" | "-" => tightness::SUM,
        ".." | "..=" => tightness::RANGE,
        "from" => tightness::FROM,
        "??" => tightness::ELSE,
        "and" => tightness::AND,
        "or" => tightness::OR,
        "=>" => tightness::LAMBDA,
        _ => tightness::COMPARISON,
    }
}

/// The operator of a text; none for `=>`.
fn binary(op: &str) -> Option<BinaryOp> {
    Some(match op {
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        ".." => BinaryOp::Range,
        "..=" => BinaryOp::RangeInclusive,
        "from" => BinaryOp::From,
        "??" => BinaryOp::Else,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "in" => BinaryOp::In,
        "is" => BinaryOp::Is,
        "and" => BinaryOp::And,
        "or" => BinaryOp::Or,
        _ => return None,
    })
}
