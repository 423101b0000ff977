//! `migc explain`: what does a check or a code of the language mean, why does it matter, what does a mended program look like?

use crate::{
    exit::{Failure, Outcome, Status},
    pages,
    terminal::Terminal,
    visible,
};

/// Print the page of a check or of an error: what it finds, why it matters, an example and the mended one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name or its code, also one that it had before: `duplicate_node_id`, `MIG3030`, `type_mismatch`, `MIG1004`
    name: String,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> Outcome {
    let checks: Vec<_> = pages::all().into_iter().chain(pages::errors()).collect();
    let Some(check) = pages::find(&checks, &args.name) else {
        let near = pages::near(&checks, &args.name);
        let help = match near.as_slice() {
            [] => "`migc checks` lists the checks, `migc checks WORD` those about something; docs/errors has the rest".to_owned(),
            near => format!("did you mean {}? `migc checks` lists the checks", near.join(" or ")),
        };
        return Err(Failure::new(format!("no check and no error is called `{}`", args.name)).help(help));
    };
    if let Some(now) = check.called_now(&args.name) {
        terminal.print(&visible::text(&format!("{now}\n\n")));
    }
    terminal.print(&visible::text(check.page));
    Ok(Status::Done)
}
