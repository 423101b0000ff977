//! Which checks of a run are dear? A table, the dearest first.

use super::count;
use crate::visible;
use mig_core::{Cost, Ran};
use std::{fmt::Write as _, time::Duration};

/// So many checks have a line each; the others share one.
const SHOWN_MAX: usize = 20;

/// How often each check was asked and how long that took; empty if nobody looked at the clock.
pub fn table(checks: &[Ran]) -> String {
    let mut costs: Vec<(&str, Cost)> = checks.iter().filter_map(|ran| Some((ran.name.as_str(), ran.cost?))).collect();
    if costs.is_empty() {
        return String::new();
    }
    costs.sort_by_key(|(name, cost)| (std::cmp::Reverse(cost.time), *name));
    let all = total(&costs);
    let (shown, others) = costs.split_at(costs.len().min(SHOWN_MAX));
    let mut rows: Vec<(String, Cost)> = shown.iter().map(|(name, cost)| (visible::line(name), *cost)).collect();
    if !others.is_empty() {
        rows.push((format!("{} more", others.len()), total(others)));
    }
    rows.push((count(costs.len(), "check"), all));
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut out = format!("{:width$}  {:>9}  {:>9}  share\n", "", "asked", "ms");
    for (name, cost) in rows {
        let _ = writeln!(out, "{name:width$}  {:>9}  {:>9.2}  {:>4.0}%", cost.asked, ms(cost.time), share(cost.time, all.time));
    }
    out
}

fn total(costs: &[(&str, Cost)]) -> Cost {
    costs.iter().fold(Cost::default(), |sum, (_, cost)| Cost { asked: sum.asked + cost.asked, time: sum.time + cost.time })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn share(part: Duration, all: Duration) -> f64 {
    if all.is_zero() { 0.0 } else { 100.0 * part.as_secs_f64() / all.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Duration, Ran, SHOWN_MAX, table};

    fn ran(name: String, ms: u64) -> Ran {
        let text = String::new;
        let cost = Some(Cost { asked: 3, time: Duration::from_millis(ms) });
        Ran { name, code: text(), severity: text(), file: text(), allowed: 0, cost }
    }

    #[test]
    fn the_dearest_stand_first_and_the_others_share_a_line() {
        let dear = ran("dear".to_owned(), 60);
        let others = (0..=SHOWN_MAX as u64).map(|number| ran(format!("rule_{number:02}"), u64::from(number < 19) * 2 + 1));
        let text = table(&others.chain([dear]).collect::<Vec<_>>());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + SHOWN_MAX + 2);
        assert_eq!(lines[1], "dear               3      60.00    50%");
        assert_eq!(lines[2], "rule_00            3       3.00     3%");
        assert_eq!(lines[21], "2 more             6       2.00     2%");
        assert_eq!(lines[22], "22 checks         66     119.00   100%");
    }

    #[test]
    fn without_a_clock_there_is_no_table() {
        assert_eq!(table(&[Ran { cost: None, ..ran("a".to_owned(), 1) }]), "");
    }
}
