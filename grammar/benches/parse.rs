//! How long is text to tree? A fleet with a server on each line: `cargo bench -p mig_syntax`.

use std::{fmt::Write as _, hint::black_box, time::Instant};

/// Servers of one text.
const SERVER_COUNTS: [usize; 2] = [1_000, 10_000];
/// The best of so many runs counts; the others had something beside them.
const RUN_COUNT: usize = 31;

fn fleet(server_count: usize) -> String {
    (0..server_count).fold(String::new(), |mut text, number| {
        let (disk, image, third, fourth) = (40 + number % 60, 20 + number % 20, number / 250, number % 250);
        let fields = format!("node_id = \"{:010x}\", disk = {disk}GiB, image = {image}GiB, ip = 10.0.{third}.{fourth}", number * 97);
        writeln!(text, "node srv_{number:05} {{ {fields} }}").ok();
        text
    })
}

// A clock is what a benchmark is for.
#[allow(clippy::disallowed_methods, clippy::print_stdout)]
fn main() {
    for server_count in SERVER_COUNTS {
        let text = fleet(server_count);
        let best_ms = (0..RUN_COUNT).map(|_| {
            let start = Instant::now();
            let tree = black_box(mig_syntax::parse(black_box(&text)));
            let taken_ms = start.elapsed().as_secs_f64() * 1e3;
            assert_eq!((tree.items.len(), tree.damage.len()), (server_count, 0), "the text is read as it is meant");
            taken_ms
        });
        let best_ms = best_ms.fold(f64::INFINITY, f64::min);
        println!("{server_count} servers, {} KB: text to tree in {best_ms:.1} ms", text.len() / 1_000);
    }
}
