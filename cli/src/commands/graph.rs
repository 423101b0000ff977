//! `migc graph`: what refers to what? The declarations of a program as a graph, for other programs or as a picture.
//!
//! The picture is drawn by Graphviz, whose layout is better than one of our own would be.

#![allow(clippy::disallowed_methods, reason = "`--svg` asks Graphviz for the picture; `check` starts nothing")]

use super::program;
use crate::{
    exit::{Failure, Outcome, Status},
    terminal::Terminal,
};
use std::{
    io::{self, Write as _},
    process::{Command, Stdio},
    thread,
};

/// What somebody does who has no Graphviz.
const INSTALL: &str = "install Graphviz (`apt install graphviz`, `dnf install graphviz`, `brew install graphviz`), or leave `--svg` away: the DOT text is drawn by many other programs";

/// Print the declarations and what they refer to, in the DOT language or as a picture: `migc graph --svg > graph.svg`
///
/// Servers hold their services, moves are bold arrows, networks stand apart, and what exists already is dashed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    program: program::Program,
    /// Print a picture instead, drawn by `dot` of Graphviz
    #[arg(long)]
    svg: bool,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let loaded = args.program.load(&args.program.open()?)?;
    let graph = loaded.graph();
    let text = if args.svg { drawn(graph)? } else { graph };
    terminal.print(&text);
    Ok(Status::Done)
}

/// The picture as SVG.
fn drawn(graph: String) -> Result<String, Failure> {
    let asked = Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut dot = asked.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::new("the picture is drawn by `dot` of Graphviz, which is not installed").help(INSTALL),
        _ => Failure::new(format!("`dot` of Graphviz cannot be started: {error}")).help(INSTALL),
    })?;
    let mut input = dot.stdin.take();
    // Written beside the reading: a large graph fills both pipes.
    let writer = thread::spawn(move || input.as_mut().map(|input| input.write_all(graph.as_bytes())));
    let done = dot.wait_with_output().map_err(|error| Failure::new(format!("`dot` of Graphviz ended without a picture: {error}")))?;
    let _ = writer.join();
    let picture = String::from_utf8(done.stdout).ok().filter(|text| done.status.success() && text.contains("</svg>"));
    picture.ok_or_else(|| {
        let said = String::from_utf8_lossy(&done.stderr);
        let first = said.lines().next().unwrap_or("it says nothing");
        Failure::new(format!("`dot` of Graphviz drew no picture: {first}")).help("`migc graph` without `--svg` prints what it was given")
    })
}
