//! `migc why ADDRESS.FIELD`: where does a value come from? From the field to the literal, fact, default or parameter that made it.

use super::program;
use crate::{
    exit::{Failure, Outcome, Status},
    render::json,
    terminal::Terminal,
    visible,
};
use serde::Serialize;

/// Show where a value comes from: what is written, computed, measured or a default, down to the first literal
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The field: `kruskal.cpus`, `web["a"].system.size`
    field: String,
    #[command(flatten)]
    program: program::Program,
    /// Print one object
    #[arg(long)]
    json: bool,
}

/// A value of the chain as data.
#[derive(Serialize)]
struct Row<'l> {
    depth: usize,
    text: &'l str,
    file: &'l str,
    line: u32,
    column: u32,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let loaded = args.program.load(&args.program.open()?)?;
    let links = loaded.why(&args.field).map_err(|why| Failure::new(why).help("an address is the path of declaration names"))?;
    if args.json {
        let row = |l: &'_ mig_core::Link| (l.depth, l.text.clone(), l.origin.clone());
        let rows: Vec<_> = links.iter().map(row).collect();
        let rows: Vec<Row<'_>> =
            rows.iter().map(|(depth, text, o)| Row { depth: *depth, text, file: &o.file, line: o.line, column: o.column }).collect();
        terminal.print(&json::pretty(&rows));
        return Ok(Status::Done);
    }
    for link in &links {
        let place = format!("{}:{}:{}", link.origin.file, link.origin.line, link.origin.column);
        terminal.print(&format!("{}{}\n{0}    {}\n", "  ".repeat(link.depth), visible::line(&link.text), visible::line(&place)));
    }
    Ok(Status::Done)
}
