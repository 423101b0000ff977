//! Is nothing lost or asked twice where a program is gone through in parts? Programs around the length of a part, and of several.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};
use std::{fmt::Write as _, time::Duration};

const CHECKS: &str = r#"
kind box {
  size: Int
  odd : Bool
  check too_small: T001 error {
    when odd
    at size
    say "{self}"
  }
}
check too_large: T002 error {
  for b in all(box).filter(x => x.size >= 10)
  for by in [1, 2].filter(n => n > 1)
  when not b.odd
  at b.size
  say "{b} by {by}"
}
check last_of_all: T003 warning {
  for b in [all(box).last].filter(x => x?)
  when true
  at b
  say "{b}"
}
"#;

#[test]
fn every_declaration_is_asked_about_once() {
    for count in [1, 63, 64, 65, 129, 300] {
        let mut text = CHECKS.to_owned();
        for number in 0..count {
            writeln!(text, "box b{number} {{ size = {number}, odd = {} }}", number % 2 == 1).unwrap();
        }
        let files = program(&text);
        let loaded = load(&files);
        let compiled = loaded.compile_timed(&|| Duration::ZERO);
        let said = |code: &str| compiled.report.diagnostics.iter().filter(|d| d.code == code).count();
        let even_from_ten = (10..count).filter(|number| number % 2 == 0).count();
        assert_eq!((said("T001"), said("T002"), said("T003")), (count / 2, even_from_ten, 1), "of {count}");
        let asked = |name: &str| compiled.checks.iter().find(|ran| ran.name == name).and_then(|ran| ran.cost).map(|cost| cost.asked);
        let from_ten = count.saturating_sub(10) as u64;
        assert_eq!(
            [asked("too_small"), asked("too_large"), asked("last_of_all")],
            [Some(count as u64), Some(from_ten), Some(1)],
            "of {count}"
        );
    }
}
