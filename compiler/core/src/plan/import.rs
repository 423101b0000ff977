//! How does what is there already become known? It is looked at by its kind, compared with its declaration, and noted; nothing changes.

use super::{draft::Draft, estimate, lower::Lowering, observed::Terms, steps::Draw};
use crate::{report::Problems, source::Texts};
use mig_plan::{Action, Ask, Difference, Observed, Origin, Phase, Plan, Read, Reads, ResourceState, Seen, State, call::in_words};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is taken into the state.
#[derive(Debug)]
pub struct Import {
    /// One step, which notes it.
    pub plan: Plan,
    /// What is otherwise than declared.
    pub differences: Vec<Difference>,
}

/// Why nothing is taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// What is wrong, and what to do.
    Said(String, String),
    /// The program or the state is the reason.
    Problems(Problems),
}

/// What the state is to know, what differs, and the declaration.
pub(super) type Taken<'d> = (ResourceState, Vec<Difference>, &'d Origin);

/// Why a thing that was looked at is not taken.
pub(super) enum Untaken {
    Absent,
    /// What is wrong, and what to do.
    Said(String, &'static str),
}

impl Draft {
    /// What to ask before something is taken.
    pub(crate) fn import_reads(&self, address: &str) -> Result<Reads, (String, String)> {
        let said = |message: String, help: &str| Err((message, help.to_owned()));
        let resource = || self.resources.get(address).map(|r| Ask::look(&r.look));
        let service = || {
            let service = self.services.get(address).filter(|s| !s.existing)?;
            Some(Ask::Container { host: service.on.clone(), name: service.spec.name.clone() })
        };
        let Some(ask) = resource().or_else(service) else {
            return match (self.servers.contains_key(address), self.addresses.contains(address)) {
                (true, _) => {
                    said(format!("`{address}` is a server"), "write `@adopt(\"i-…\")` above it, and the next apply takes it over by its id")
                }
                (_, true) => said(
                    format!("`{address}` is nothing that migc looks at"),
                    "files, folders, packages, commands, containers, records of names and kinds with `read` over `ssh` are",
                ),
                _ => said(format!("the program does not declare `{address}`"), "declare it as it is to be; the import shows what differs"),
            };
        };
        let mut hosts = BTreeMap::new();
        ask.host().iter().for_each(|host| self.way(host, &mut hosts));
        Ok(Reads { hosts, list: vec![Read { address: address.to_owned(), ask }] })
    }

    /// The plan that notes it.
    pub(crate) fn import(&self, state: &State, observed: &Observed, address: &str, texts: &Texts) -> Result<Import, Refused> {
        let said = |message: String, help: &str| Refused::Said(message, help.to_owned());
        let renames = self.renames(state);
        let known = self.renamed(state, &renames.list);
        if known.resources.contains_key(address) {
            return Err(said(format!("the state knows `{address}` already"), "`migc plan` shows how it is"));
        }
        let reads = self.import_reads(address).map_err(|(message, help)| Refused::Said(message, help))?;
        let Some(ask) = reads.list.first().map(|read| &read.ask) else { return Err(said(String::new(), "")) };
        let Some(answer) = observed.answer(ask) else {
            let why = observed.why_not(ask).unwrap_or("it was not asked");
            return Err(said(format!("`{address}` on {} was not observed: {why}", ask.place()), "mend that, and import it again"));
        };
        let terms = Terms { observed: Some(observed.clone()), targets: vec![address.to_owned()] };
        let mut lowering = Lowering::new(self, &known, &terms, renames.problems);
        lowering.project();
        let (resource, differences, origin) = match self.taken(&lowering, address, ask, answer) {
            Ok(taken) => taken,
            Err(Untaken::Absent) => {
                return Err(said(format!("`{address}` is not there on {}", ask.place()), "`migc apply` creates it"));
            }
            Err(Untaken::Said(message, help)) => return Err(said(message, help)),
        };
        lowering.graph.add(Draw {
            title: format!("note that `{address}` is there on {}", ask.place()),
            why: "it is imported as it is, and nothing of it is changed".to_owned(),
            estimate: estimate::seconds(0),
            sets: vec![(address.to_owned(), resource)],
            role: "imported",
            ..Draw::new(address, None, Phase::Prepare, Action::Note, origin)
        });
        let plan = lowering.finish(&[], texts).map_err(Refused::Problems)?;
        Ok(Import { plan: Plan { observed: None, ..plan }, differences })
    }

    /// What the state is to know of a thing that is there, what of it is otherwise than declared, and where it is declared.
    pub(super) fn taken(&self, lowering: &Lowering<'_>, address: &str, ask: &Ask, answer: &Value) -> Result<Taken<'_>, Untaken> {
        if let Some(resource) = self.resources.get(address) {
            let differences = match resource.look.judge(answer) {
                Seen::Gone => return Err(Untaken::Absent),
                Seen::Failed => {
                    return Err(Untaken::Said(format!("`{address}` on {} says that it failed", ask.place()), "mend it there first"));
                }
                Seen::Settled => vec![],
                Seen::Different(differences) => differences,
            };
            return Ok((lowering.settled_as(resource), differences, &resource.origin));
        }
        let Some(service) = self.services.get(address) else { return Err(Untaken::Absent) };
        let mut wished = lowering.running(service);
        let (fate, differences) = super::containers::compare(&wished, answer, Some(&service.spec.restart));
        if fate.gone {
            return Err(Untaken::Absent);
        }
        if fate.not_ours {
            let message = format!(
                "the container `{}` on {} is not one that migc made for `{address}`: {}",
                service.spec.name,
                service.on,
                in_words(&differences)
            );
            let help = "only containers of this project are taken back; one that others made is declared as `existing service` and moved";
            return Err(Untaken::Said(message, help));
        }
        // The state is to know what is there, so that the next plan makes of it what is declared.
        if let Some(spec) = answer.get("spec").and_then(Value::as_str) {
            spec.clone_into(&mut wished.digest);
        }
        Ok((wished, differences, &service.origin))
    }
}
