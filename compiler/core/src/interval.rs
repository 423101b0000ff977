//! How is it said which values are accepted? The tightest ends of an interval, in words that are never less strict than it is.

use crate::{
    quantity::{Quantity, Rounding},
    source::Loc,
    value::Value,
};
use std::cmp::Ordering;

/// One end of what is accepted.
#[derive(Debug, Clone)]
pub struct End {
    /// At least this, or at most?
    pub least: bool,
    /// Is the end itself refused?
    pub strict: bool,
    /// Where it lies.
    pub value: Quantity,
    /// What it is, where it is not just written there: "image.size of base".
    pub source: String,
    /// The condition.
    pub rule: Loc,
    /// The value that the end comes from, and what it is.
    pub from: Option<(Loc, String)>,
    /// Is it the length that is limited?
    pub length: bool,
}

/// What lies between the tightest of some ends.
#[derive(Debug, Clone)]
pub struct Interval {
    /// The lower end.
    pub low: Option<End>,
    /// The upper end.
    pub high: Option<End>,
    sample: Value,
    from_zero: bool,
}

impl Interval {
    /// The tightest of these ends, for values like that one. Ends of whole numbers are whole numbers.
    pub fn of(ends: Vec<End>, sample: &Value) -> Self {
        let mut interval = Self { low: None, high: None, sample: sample.clone(), from_zero: ends.iter().any(|e| e.length) };
        for end in ends {
            let end = if end.length || matches!(sample, Value::Int(_)) { whole(end) } else { end };
            let place = if end.least { &mut interval.low } else { &mut interval.high };
            let tighter = place.as_ref().is_none_or(|old| {
                let order = if end.least { end.value.compare(old.value) } else { old.value.compare(end.value) };
                order == Ordering::Greater || (order == Ordering::Equal && end.strict && !old.strict)
            });
            if tighter {
                *place = Some(end);
            }
        }
        interval
    }

    /// The same, of values that are never below zero. That alone is no end worth a word, unless nothing is left above it.
    #[must_use]
    pub fn never_below_zero(mut self) -> Self {
        self.from_zero = true;
        self.low = self.low.filter(|low| low.value.sign() == Ordering::Greater || (low.strict && low.value.is_zero()));
        self
    }

    /// Both ends, as far as there are any.
    pub fn into_ends(self) -> Vec<End> {
        self.low.into_iter().chain(self.high).collect()
    }

    /// Is it about how long a text or list is?
    pub fn is_of_length(&self) -> bool {
        self.low.iter().chain(&self.high).any(|e| e.length)
    }

    /// Does nothing lie in it?
    pub fn is_empty(&self) -> bool {
        let (Some(low), Some(high)) = (&self.low, &self.high) else { return self.is_below_zero() };
        match low.value.compare(high.value) {
            Ordering::Greater => true,
            Ordering::Equal => low.strict || high.strict,
            Ordering::Less => false,
        }
    }

    /// Does it end below zero, where no value is?
    fn is_below_zero(&self) -> bool {
        let ends_there = |high: &End| high.value.sign() == Ordering::Less || (high.strict && high.value.is_zero());
        self.from_zero && self.high.as_ref().is_some_and(ends_there)
    }

    /// Something that lies in it; nothing for lengths, which are not tried.
    pub fn sample(&self) -> Option<Quantity> {
        let end = self.low.as_ref().or(self.high.as_ref()).filter(|e| !e.length)?;
        if !end.strict {
            return Some(end.value);
        }
        match (&self.low, &self.high) {
            (Some(low), Some(high)) => low.value.add(high.value, 1)?.half(),
            _ => end.value.add(end.value.size().half()?, if end.least { 1 } else { -1 }),
        }
    }

    /// "at least 30 GiB (image.size of base)", "from 20 GiB to 500 GiB"; `given` is shown beside it and keeps apart from the ends.
    pub fn words(&self, given: &Value) -> Option<String> {
        let decimals = self.decimals(given);
        let show = |end: &End| {
            let source = if end.source.is_empty() { String::new() } else { format!(" ({})", end.source) };
            format!("{}{source}", self.show(end, decimals))
        };
        Some(match (&self.low, &self.high) {
            (None, None) => return None,
            (Some(low), Some(high)) if !low.strict && !high.strict && low.value.compare(high.value) == Ordering::Equal => {
                format!("exactly {}", show(low))
            }
            (Some(low), Some(high)) if !low.strict && !high.strict && !self.is_empty() => format!("from {} to {}", show(low), show(high)),
            (Some(low), None) => format!("{} {}", word(low), show(low)),
            (None, Some(high)) if self.is_below_zero() => {
                let what = match &self.sample {
                    _ if high.length => "length".to_owned(),
                    Value::Quantity(q) => q.dim.to_string(),
                    _ => "value".to_owned(),
                };
                format!("{} {}, and no {what} is below zero", word(high), show(high))
            }
            (None, Some(high)) => format!("{} {}", word(high), show(high)),
            (Some(low), Some(high)) => format!("{} {} and {} {}", word(low), show(low), word(high), show(high)),
        })
    }

    /// One end with its word: "at most 500 GiB".
    pub fn end_words(&self, end: &End, given: &Value) -> String {
        format!("{} {}", word(end), self.show(end, self.decimals(given)))
    }

    /// The given value, told apart from the ends.
    pub fn given(&self, given: &Value) -> Option<String> {
        match given {
            Value::Quantity(q) => Some(q.shown(self.decimals(given), Rounding::Near)),
            _ => None,
        }
    }

    fn show(&self, end: &End, decimals: usize) -> String {
        let rounding = if end.least { Rounding::Up } else { Rounding::Down };
        match &self.sample {
            Value::Percent(_) if !end.length => format!("{}%", end.value.times(100).shown(decimals, rounding)),
            _ => end.value.shown(decimals, rounding),
        }
    }

    /// So many decimals that the given value and the ends look as different as they are.
    fn decimals(&self, given: &Value) -> usize {
        const DECIMALS_MAX: usize = 9;
        let Value::Quantity(given) = given else { return 1 };
        let apart = |decimals: usize| {
            self.low.iter().chain(&self.high).filter(|e| e.value.compare(*given) != Ordering::Equal).all(|e| {
                let rounding = if e.least { Rounding::Up } else { Rounding::Down };
                e.value.shown(decimals, rounding) != given.shown(decimals, Rounding::Near)
            })
        };
        (1..DECIMALS_MAX).find(|d| apart(*d)).unwrap_or(DECIMALS_MAX)
    }
}

fn word(end: &End) -> &'static str {
    match (end.least, end.strict) {
        (true, false) => "at least",
        (true, true) => "more than",
        (false, false) => "at most",
        (false, true) => "less than",
    }
}

/// The first whole number that is accepted.
fn whole(end: End) -> End {
    let (up, down) = (end.value.whole(Rounding::Up), end.value.whole(Rounding::Down));
    let number = match (end.least, end.strict) {
        (true, false) => up,
        (true, true) => down.saturating_add(1),
        (false, false) => down,
        (false, true) => up.saturating_sub(1),
    };
    let value = Quantity::new(i128::from(number), 1, end.value.dim, end.value.currency).unwrap_or(end.value);
    End { value, strict: false, ..end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Dim;

    fn end(least: bool, strict: bool, bytes: i128) -> End {
        let value = Quantity::new(bytes * 8, 1, Dim::SIZE, [0; 3]).expect("fits");
        End { least, strict, value, source: String::new(), rule: Loc::default(), from: None, length: false }
    }

    fn size(bytes: i128) -> Value {
        Value::Quantity(end(true, false, bytes).value)
    }

    const GIB: i128 = 1 << 30;

    #[test]
    fn the_tightest_ends_count() {
        let ends = vec![end(true, false, 20 * GIB), end(true, false, 30 * GIB), end(false, false, 500 * GIB), end(false, true, 500 * GIB)];
        let interval = Interval::of(ends, &size(GIB));
        assert_eq!(interval.words(&size(GIB)).as_deref(), Some("at least 30 GiB and less than 500 GiB"));
        assert!(!interval.is_empty());
    }

    #[test]
    fn ends_that_leave_nothing() {
        assert!(Interval::of(vec![end(true, false, 2), end(false, false, 1)], &size(1)).is_empty());
        assert!(Interval::of(vec![end(true, true, 2), end(false, false, 2)], &size(1)).is_empty());
        assert!(!Interval::of(vec![end(true, false, 2), end(false, false, 2)], &size(1)).is_empty());
    }

    #[test]
    fn nothing_lies_below_zero_where_no_value_does() {
        let below = Interval::of(vec![end(false, false, -24 * GIB)], &size(GIB));
        assert!(!below.is_empty());
        let below = below.never_below_zero();
        assert!(below.is_empty());
        assert_eq!(below.words(&size(GIB)).as_deref(), Some("at most -24 GiB, and no Size is below zero"));
        assert!(Interval::of(vec![end(false, true, 0)], &size(GIB)).never_below_zero().is_empty());
        assert!(!Interval::of(vec![end(false, false, 0)], &size(GIB)).never_below_zero().is_empty());
        // An end below zero is none, and one above it is not touched.
        let wide = Interval::of(vec![end(true, false, -GIB), end(false, false, GIB)], &size(2 * GIB)).never_below_zero();
        assert_eq!(wide.words(&size(2 * GIB)).as_deref(), Some("at most 1 GiB"));
        assert!(Interval::of(vec![end(true, true, 0)], &size(GIB)).never_below_zero().low.is_some());
    }

    #[test]
    fn rounding_never_turns_an_inequality_around() {
        let least = Interval::of(vec![end(true, false, 54 * GIB + 1_000_000)], &size(GIB));
        assert_eq!(least.words(&size(GIB)).as_deref(), Some("at least 54.1 GiB"));
        let most = Interval::of(vec![end(false, false, 54 * GIB - 100_000_000)], &size(GIB));
        assert_eq!(most.words(&size(GIB)).as_deref(), Some("at most 53.9 GiB"));
        // What is given and what is wanted look different, because they are.
        let least = Interval::of(vec![end(true, false, 54 * GIB + 100_000_000)], &size(GIB));
        let given = size(54 * GIB + 90_000_000);
        assert_eq!(least.given(&given).as_deref(), Some("54.08 GiB"));
        assert_eq!(least.words(&given).as_deref(), Some("at least 54.1 GiB"));
    }
}
