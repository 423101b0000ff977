//! Which rules are there? The parser that pest makes of `mig.pest`; what the pairs mean is said in `lower`.

#![allow(missing_docs, unreachable_pub, clippy::pedantic)]

/// Every text is a `Rule::file`.
#[derive(pest_derive::Parser)]
#[grammar = "mig.pest"]
pub(crate) struct Mig;

/// A piece of text that a rule took.
pub(crate) type Pair<'t> = pest::iterators::Pair<'t, Rule>;
/// What a rule holds, in order.
pub(crate) type Pairs<'t> = pest::iterators::Pairs<'t, Rule>;
