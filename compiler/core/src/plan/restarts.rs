//! Which services start anew, since what they read at their start changes?

use super::{draft::Service, estimate, lower::Lowering, steps::Draw};
use mig_plan::{Action, Phase, StepId, Undo};
use std::collections::BTreeMap;

impl Lowering<'_> {
    /// Services that run and stay, and name in `restart_on` what one of these steps changes.
    pub(super) fn restarts(&mut self, changed: &BTreeMap<String, StepId>) {
        let draft = self.draft;
        for service in draft.services.values().filter(|s| !s.existing) {
            if self.starts.contains_key(&service.address) {
                continue;
            }
            let after: Vec<(&String, &StepId)> = service.restart_on.iter().filter_map(|name| changed.get_key_value(name)).collect();
            let runs = self.state.resources.get(&service.address).is_some_and(|known| known.attributes.contains_key("container"));
            if !after.is_empty() && runs {
                self.restart(service, &after);
            }
        }
    }

    fn restart(&mut self, service: &Service, after: &[(&String, &StepId)]) {
        let (host, container) = (service.on.clone(), service.spec.name.clone());
        let names: Vec<String> = after.iter().map(|(name, _)| format!("`{name}`")).collect();
        let action =
            Action::StopContainer { host: host.clone(), container: container.clone(), grace_seconds: service.grace_seconds, clean: false };
        let stop = self.graph.add(Draw {
            title: format!("stop `{container}` on {host}"),
            why: format!("it starts anew when {} changes", names.join(" or ")),
            needs: after.iter().map(|(_, step)| (*step).clone()).collect(),
            estimate: estimate::seconds(estimate::STOP_SECONDS),
            undo: Undo::Act { action: Box::new(Action::StartContainer { host, container }) },
            ..Draw::new(&service.address, None, Phase::Finish, action, &service.origin)
        });
        let start = self.start(service, None, vec![stop]);
        self.settle(service, None, start);
    }
}
