//! Does a service hold on its target what it held on its source? It is asked by a script of its own, while it takes no writes.
//!
//! Equal files prove a copy; what a service says it holds proves that it can read them.

use super::{
    draft::{Move, Service},
    estimate,
    lower::Lowering,
    steps::Draw,
};
use mig_plan::{Action, Class, Phase, StepId, Undo};

/// How a service ends on its source.
pub(super) struct Stop {
    pub(super) quiet: Quiet,
    pub(super) end: StepId,
}

/// What comes before it is stopped.
#[derive(Default)]
pub(super) struct Quiet {
    /// From here on it takes no writes.
    begin: Option<StepId>,
    /// It said what it holds.
    pub(super) noted: Option<StepId>,
}

impl Quiet {
    pub(super) fn steps(&self) -> impl Iterator<Item = &StepId> {
        self.begin.iter().chain(&self.noted)
    }
}

impl Stop {
    /// From here on it is of no use to those who write.
    pub(super) fn begin(&self) -> &StepId {
        self.quiet.begin.as_ref().unwrap_or(&self.end)
    }
}

impl Lowering<'_> {
    /// It takes no writes any more, and says what it holds.
    pub(super) fn quiesce(
        &mut self,
        migration: &Move,
        service: &Service,
        (host, container): (&str, &str),
        bytes: Option<u64>,
        prepared: &[StepId],
    ) -> Quiet {
        let place = || (host.to_owned(), container.to_owned());
        let mut quiet = Quiet::default();
        if let Some(quiesce) = &service.quiesce {
            let (host, container) = place();
            let undo = Action::Resume { host, container, hook: quiesce.undo.clone() };
            let (host, container) = place();
            let draw = Draw {
                title: format!("keep `{container}` on {host} from taking writes"),
                why: "what is written to it while it stops would be missing on its target".to_owned(),
                needs: prepared.to_vec(),
                undo: Undo::Act { action: Box::new(undo) },
                ..self.of_move(migration, &service.address, Phase::Cutover, Action::Quiesce { host, container, hook: quiesce.run.clone() })
            };
            quiet.begin = Some(self.graph.add(draw));
        }
        if let Some(proof) = &service.proof {
            let (host, container) = place();
            let draw = Draw {
                title: format!("ask `{container}` on {host} what it holds"),
                why: "it is asked for the same on its target".to_owned(),
                needs: quiet.begin.iter().chain(prepared).cloned().collect(),
                class: Class::Read,
                estimate: estimate::proof(bytes),
                ..self.of_move(
                    migration,
                    &service.address,
                    Phase::Cutover,
                    Action::ProveData { host, container, hook: proof.clone(), noted: None },
                )
            };
            quiet.noted = Some(self.graph.add(draw));
        }
        quiet
    }

    /// It holds what it held, and then takes writes. Gives the last step, after which others may use it.
    pub(super) fn prove(
        &mut self,
        migration: &Move,
        service: &Service,
        noted: Option<&StepId>,
        bytes: Option<u64>,
        answers: StepId,
    ) -> StepId {
        let place = || (service.on.clone(), service.spec.name.clone());
        let mut last = answers;
        if let (Some(noted), Some(proof)) = (noted, &service.proof) {
            let (host, container) = place();
            let draw = Draw {
                title: format!("see that `{container}` on {host} holds what it held on {}", migration.from),
                why: "equal files prove a copy, and what it says it holds proves that it can read them".to_owned(),
                needs: vec![last, noted.clone()],
                class: Class::Read,
                estimate: estimate::proof(bytes),
                ..self.of_move(
                    migration,
                    &service.address,
                    Phase::Finish,
                    Action::ProveData { host, container, hook: proof.clone(), noted: Some(noted.clone()) },
                )
            };
            last = self.graph.add(draw);
        }
        if let Some(quiesce) = &service.quiesce {
            let (host, container) = place();
            let draw = Draw {
                title: format!("let `{container}` on {host} take writes"),
                why: "its files were copied while it took none, and may say so".to_owned(),
                needs: vec![last],
                ..self.of_move(migration, &service.address, Phase::Finish, Action::Resume { host, container, hook: quiesce.undo.clone() })
            };
            last = self.graph.add(draw);
        }
        self.settled.insert(service.address.clone(), last.clone());
        last
    }
}
