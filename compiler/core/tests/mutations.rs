//! Does the compiler survive every text? Programs of the repository with random damage, from a fixed seed.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{folder, load};
use mig_plan::State;

/// A generator that gives the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// How many programs are damaged; `MIG_MUTATIONS` asks for more.
const MUTATIONS: usize = 600;

#[test]
fn no_damage_makes_the_compiler_fall() {
    let wanted = option_env!("MIG_MUTATIONS").and_then(|n| n.parse().ok()).unwrap_or(MUTATIONS);
    let sources = [folder("examples/geekpie"), folder("examples/geekpie/first-attempt"), folder("examples/geekpie/second-attempt")];
    let pieces =
        ["{", "}", "(", ")", "[", "]", "\"", "=", ":", ",", "\n", ".", "?", "=>", " in ", "0", "GiB", "é", "self", "all(", "\r", "-", "//"];
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for _ in 0..wanted {
        let mut files = common::Memory(sources[numbers.below(sources.len())].0.clone());
        let names: Vec<String> = files.0.keys().cloned().collect();
        let name = &names[numbers.below(names.len())];
        let text = files.0.get_mut(name).unwrap();
        for _ in 0..=numbers.below(3) {
            let mut at = numbers.below(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            match numbers.below(3) {
                0 => text.truncate(at.max(1)),
                1 => text.insert_str(at, pieces[numbers.below(pieces.len())]),
                _ => {
                    if at < text.len() {
                        text.remove(at);
                    }
                }
            }
        }
        let loaded = load(&files);
        let compiled = loaded.compile();
        let _ = compiled.plan(&State::default());
    }
}
