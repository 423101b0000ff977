//! How is it told? As a table in Markdown; which figures are good is not judged.

use super::measure::Cost;
use std::fmt;

/// One peer with one fleet.
pub(super) struct Row {
    pub(super) peer: String,
    pub(super) server_count: usize,
    pub(super) cost: Result<Cost, String>,
}

/// All that was measured.
pub(super) struct Table<'a>(pub(super) &'a [Row]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| program | servers | CPU ms | wall ms | peak MiB |")?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: |")?;
        for Row { peer, server_count, cost } in self.0 {
            match cost {
                Ok(Cost { cpu_ms, wall_ms, peak_mib }) => {
                    writeln!(f, "| {peer} | {server_count} | {cpu_ms:.1} | {wall_ms:.1} | {peak_mib:.0} |")?;
                }
                Err(reason) => writeln!(f, "| {peer} | {server_count} | not measured: {} | | |", reason.replace('|', "\\|"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, Table};
    use crate::bench::measure::Cost;

    #[test]
    fn what_was_not_measured_says_why() {
        let cost = Cost { cpu_ms: 4.25, wall_ms: 5.0, peak_mib: 9.6 };
        let rows = [
            Row { peer: "a 1".to_owned(), server_count: 10, cost: Ok(cost) },
            Row { peer: "b".to_owned(), server_count: 10, cost: Err("no network".to_owned()) },
        ];
        let text = Table(&rows).to_string();
        assert!(text.ends_with("| a 1 | 10 | 4.2 | 5.0 | 10 |\n| b | 10 | not measured: no network | | |\n"), "{text}");
    }
}
