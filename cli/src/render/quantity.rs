//! How do sizes, times and money read? `54.3 GiB`, `2 h 10 min`, `11.40 EUR`.
//!
//! Rounded for people; numbers for programs are in the JSON.

/// Bytes, to three digits or so.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    // What would be printed as 1024 is one of the next unit.
    while value >= 1023.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("B");
    if unit == 0 || value >= 99.95 { format!("{value:.0} {name}") } else { format!("{value:.1} {name}") }
}

/// Seconds, in the two greatest units that matter.
pub fn seconds(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let Some(first) = UNITS.iter().position(|(unit, _)| seconds >= *unit) else { return "0 s".to_owned() };
    let mut rest = seconds;
    let mut words = vec![];
    for (unit, name) in UNITS.iter().skip(first).take(2) {
        if rest >= *unit {
            words.push(format!("{} {name}", rest / unit));
        }
        rest %= unit;
    }
    words.join(" ")
}

/// Millionths of a currency unit.
pub fn money(millionths: i64, currency: &str) -> String {
    let hundredths = millionths.unsigned_abs().div_ceil(10_000);
    let sign = if millionths < 0 { "-" } else { "" };
    format!("{sign}{}.{:02} {currency}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_them() {
        assert_eq!(
            [0, 1023, 1024, 1_048_575, 54 << 30, 999 << 30].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "54.0 GiB", "999 GiB"]
        );
        assert_eq!(
            [0, 59, 60, 3_725, 7_800, 86_400, 90_061].map(seconds),
            ["0 s", "59 s", "1 min", "1 h 2 min", "2 h 10 min", "1 d", "1 d 1 h"]
        );
        assert_eq!([11_400_000, 1, -2_500_000].map(|m| money(m, "EUR")), ["11.40 EUR", "0.01 EUR", "-2.50 EUR"]);
    }
}
