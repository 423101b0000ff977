//! How does a service come to run? Its image is brought, its container created, started and awaited.
//!
//! A service that moves is stopped and copied in `moves`, which uses the same steps.

use super::{
    draft::{Move, Service},
    estimate,
    lower::Lowering,
    steps::Draw,
};
use mig_plan::{Action, Class, Digest, Estimate, Phase, Probe, Requirement, ResourceState, StepId, Undo};
use std::collections::BTreeMap;

/// Programs that a copy needs on both sides.
pub(super) const COPY_TOOLS: [&str; 4] = ["tar", "find", "getfattr", "sha256sum"];

/// What a container is called that another was put in the place of, behind its name.
const REPLACED: &str = ".migc-old";

impl Lowering<'_> {
    /// Services that no unfinished move brings.
    pub(super) fn services(&mut self) {
        let draft = self.draft;
        for service in draft.services.values().filter(|s| !s.existing) {
            if !self.starts.contains_key(&service.address) {
                self.service(service);
            }
        }
    }

    fn service(&mut self, service: &Service) {
        let fate = self.fate(&service.address, Some(&service.spec.restart));
        let before = self.before(service).filter(|_| !fate.gone);
        let elsewhere = before.as_ref().filter(|(host, name)| *host != service.on || *name != service.spec.name);
        let settled = self.is_settled(&service.address, Digest::of(&service.spec).as_str());
        if settled && elsewhere.is_none() && !fate.gone && !fate.another {
            self.mend(service, &fate);
            return;
        }
        if !self.stays_with_its_data(service) {
            return;
        }
        self.require(&service.on, &service.address, Requirement::Tools { names: vec!["docker".to_owned()] }, &service.origin);
        if before.is_some() {
            self.may_be_replaced(service);
        }
        if before.as_ref().is_none_or(|(host, _)| *host != service.on) {
            self.ports(service);
        }
        let image = self.bring_image(service, None, None, None);
        let why = match &before {
            None if fate.gone => "it was applied, and is not there any more",
            None => "it is declared and not there yet",
            Some(_) if fate.another => "another container of that name was made outside of migc",
            Some(_) => "it differs from what is declared",
        };
        let replaces = before.is_some() && elsewhere.is_none();
        let create = self.create(service, None, vec![image], why, replaces);
        match elsewhere {
            // Another container of the host has its ports and folders, so it ends first.
            Some((host, name)) if *host == service.on => {
                let gone = self.remove_old(service, host, name, create.clone());
                let start = self.start(service, None, vec![create, gone]);
                self.settle(service, None, start);
            }
            // On another host the new one answers before the old one ends.
            Some((host, name)) => {
                let start = self.start(service, None, vec![create]);
                let up = self.settle(service, None, start);
                self.remove_old(service, host, name, up);
            }
            None => {
                let start = self.start(service, None, vec![create]);
                let up = self.settle(service, None, start);
                if replaces {
                    self.remove_replaced(service, up);
                }
            }
        }
    }

    /// The container that it was, which is kept until the new one answers.
    fn remove_replaced(&mut self, service: &Service, after: StepId) {
        let (host, name) = (&service.on, &service.spec.name);
        let (owner, container) = (Some(service.spec.owner.clone()), format!("{name}{REPLACED}"));
        let draw = Draw {
            title: format!("remove the container that `{name}` was on {host}"),
            why: "the new one answers; what it mounts stays".to_owned(),
            needs: vec![after],
            estimate: estimate::seconds(1),
            undo: Undo::Impossible { why: "declare it as it was to have it created again".to_owned() },
            role: "replaced",
            ..draw(service, None, Phase::Finish, Action::RemoveContainer { host: host.clone(), container, owner, back: false })
        };
        self.graph.add(draw);
    }

    /// Where the state knows it: host and container.
    fn before(&self, service: &Service) -> Option<(String, String)> {
        let known = &self.state.resources.get(&service.address)?.attributes;
        Some((known.get("host")?.clone(), known.get("container")?.clone()))
    }

    /// The container that it was, which would stay beside the new one.
    fn remove_old(&mut self, service: &Service, host: &str, name: &str, after: StepId) -> StepId {
        let owner = Some(service.spec.owner.clone());
        let action = Action::RemoveContainer { host: host.to_owned(), container: name.to_owned(), owner, back: false };
        let draw = Draw {
            title: format!("remove the container `{name}` from {host}"),
            why: if host == service.on {
                format!(
                    "its container is `{}` now, and `container = \"{name}\"` would leave it as it is; what it mounts stays on {host}",
                    service.spec.name
                )
            } else {
                format!("it runs on {} now; what it mounts stays on {host}", service.on)
            },
            needs: vec![after],
            estimate: estimate::seconds(estimate::STOP_SECONDS),
            undo: Undo::Impossible { why: "declare it as it was to have it created again".to_owned() },
            ..draw(service, None, Phase::Finish, action)
        };
        self.graph.add(draw)
    }

    /// Ports that must be free on the server.
    pub(super) fn ports(&mut self, service: &Service) {
        for publish in &service.spec.publish {
            let port = format!("{}/{}", publish.host, publish.protocol);
            self.require(&service.on, &service.address, Requirement::PortFree { port }, &service.origin);
        }
    }

    /// What comes before anything else on a host.
    pub(super) fn first(&self, host: &str) -> Vec<StepId> {
        self.adopted.get(host).cloned().into_iter().collect()
    }

    pub(super) fn bring_image(&mut self, service: &Service, migration: Option<&Move>, from: Option<&str>, bytes: Option<u64>) -> StepId {
        let image = &service.spec.image;
        let action = Action::BringImage { from: from.map(str::to_owned), to: service.on.clone(), image: image.clone() };
        let link = migration.and_then(|m| m.bits_per_second).unwrap_or(estimate::LINK_BITS_PER_SECOND);
        let way = from.map_or_else(|| "pulled if it is not there".to_owned(), |f| format!("from {f} if it is not there"));
        let draw = Draw {
            title: format!("bring the image {image} to {}", service.on),
            why: format!("`{}` runs it; {way}", service.address),
            needs: self.first(&service.on),
            estimate: if from.is_some() { estimate::transfer(bytes, link) } else { Estimate::default() },
            undo: Undo::Leave { what: format!("the image stays on {}", service.on) },
            ..draw(service, migration, Phase::Prepare, action)
        };
        self.graph.add(draw)
    }

    /// `replaces`: another of that name runs there, which comes back when this is undone.
    pub(super) fn create(&mut self, service: &Service, migration: Option<&Move>, needs: Vec<StepId>, why: &str, replaces: bool) -> StepId {
        let action = Action::CreateContainer { host: service.on.clone(), container: service.spec.clone() };
        let (host, container) = (service.on.clone(), service.spec.name.clone());
        let remove = Action::RemoveContainer { host, container, owner: None, back: replaces };
        let draw = Draw {
            title: format!("create the container `{}` on {}, not started", service.spec.name, service.on),
            why: format!("{why}; one of ours that differs is replaced"),
            needs,
            undo: Undo::Act { action: Box::new(remove) },
            ..draw(service, migration, Phase::Prepare, action)
        };
        self.graph.add(draw)
    }

    pub(super) fn start(&mut self, service: &Service, migration: Option<&Move>, needs: Vec<StepId>) -> StepId {
        let action = Action::StartContainer { host: service.on.clone(), container: service.spec.name.clone() };
        let (phase, why, undo) = match migration {
            Some(m) => (
                Phase::Cutover,
                format!("its data are here and verified; from now on {} may write them", m.to),
                Undo::Impossible { why: format!("{} may have written; going back is a move from {} to {}", m.to, m.to, m.from) },
            ),
            None => {
                let stop = Action::StopContainer {
                    host: service.on.clone(),
                    container: service.spec.name.clone(),
                    grace_seconds: service.grace_seconds,
                    clean: false,
                };
                (Phase::Finish, "it is declared to run".to_owned(), Undo::Act { action: Box::new(stop) })
            }
        };
        let draw = Draw {
            title: format!("start `{}` on {}", service.spec.name, service.on),
            why,
            needs,
            undo,
            no_return: migration.is_some(),
            ..draw(service, migration, phase, action)
        };
        let step = self.graph.add(draw);
        self.starts.insert(service.address.clone(), step.clone());
        step
    }

    /// What the state is to know of a service that runs.
    pub(super) fn running(&self, service: &Service) -> ResourceState {
        let attributes = BTreeMap::from([
            ("host".to_owned(), service.on.clone()),
            ("container".to_owned(), service.spec.name.clone()),
            ("owner".to_owned(), service.spec.owner.clone()),
        ]);
        self.resource(&service.address, &service.kind, &Digest::of(&service.spec), attributes)
    }

    /// Waits for the answer; the state knows the service from then on.
    pub(super) fn settle(&mut self, service: &Service, migration: Option<&Move>, start: StepId) -> StepId {
        let action = Action::Await { host: service.on.clone(), container: service.spec.name.clone(), probe: service.probe.clone() };
        let wished = self.running(service);
        let draw = Draw {
            title: format!("wait until `{}` answers on {}", service.spec.name, service.on),
            why: format!("a service counts only when it answers: {}", answer(&service.probe)),
            needs: vec![start],
            class: Class::Read,
            estimate: estimate::seconds(estimate::START_SECONDS),
            sets: vec![(service.address.clone(), wished)],
            ..draw(service, migration, Phase::Finish, action)
        };
        let step = self.graph.add(draw);
        self.settled.insert(service.address.clone(), step.clone());
        step
    }
}

fn draw(service: &Service, migration: Option<&Move>, phase: Phase, action: Action) -> Draw {
    Draw::new(&service.address, migration.map(|m| m.address.as_str()), phase, action, &service.origin)
}

fn answer(probe: &Probe) -> String {
    match probe {
        Probe::Running { .. } => "it keeps running".to_owned(),
        Probe::Tcp { port, within_seconds } => format!("port {port} accepts within {within_seconds} s"),
        Probe::Http { url, within_seconds } => format!("{url} answers within {within_seconds} s"),
        Probe::Command { within_seconds, .. } => format!("its command exits 0 within {within_seconds} s"),
    }
}
