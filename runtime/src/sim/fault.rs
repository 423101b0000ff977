//! What goes wrong in a simulated world, and how does it look from there? Each fault strikes one call, before its effect or after it.
//!
//! Which faults are worth a try is the rehearsal's business; here each does what it would do outside.

use super::{SimHost, SimWorld, rival};
use crate::{Output, Script};
use mig_plan::HostId;
use std::future::pending;

/// A lost host is noticed so late: three keep-alives of 15 s that nobody answers.
const SILENCE_MS: u64 = 45_000;
/// What is throttled takes so many times longer.
const THROTTLE: u64 = 100;

/// What goes wrong. Calls of the world are counted from 1: scripts run, streams, journal entries read and written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The program dies before the effect of that call.
    CrashBefore(u64),
    /// The program dies after the effect of that call, before it knows the answer.
    CrashAfter(u64),
    /// The connection is lost before the effect of that call.
    LostBefore(u64),
    /// The connection is lost after the effect of that call.
    LostAfter(u64),
    /// That call has its effect and no answer ever comes; after three keep-alives it is given up.
    NoAnswer(u64),
    /// The disks that the call writes to are full from then on, until somebody makes room.
    Full(u64),
    /// The script of that call ends with a failure and has no effect.
    Refused(u64),
    /// That call takes a hundred times longer.
    Slow(u64),
    /// The operator's clock is wrong from that call on by so many milliseconds, until somebody sets it.
    Clock(u64, i64),
    /// The operator types Ctrl-C at that call.
    Interrupt(u64),
    /// Another operator takes over the journal at that call.
    Overtaken(u64),
    /// The host loses power at that call, and comes back after so many milliseconds; without them, when somebody sees to it.
    Down(u64, HostId, Option<u64>),
    /// What may cut the road to its host in that call does. The answer still comes over the connection there is, or is lost with it.
    Road(u64, bool),
    /// A script fails so many times on a host.
    Script {
        /// Where.
        host: HostId,
        /// Its name.
        name: &'static str,
        /// Its first word, if only that is meant.
        word: Option<String>,
        /// How often.
        times: u32,
        /// What it says on standard error.
        message: String,
    },
}

/// When, seen from a call's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Around {
    Before,
    After,
}

/// What a call has to live with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Struck {
    No,
    /// No answer comes back.
    Lost,
    /// The script fails.
    Refused,
}

impl Fault {
    /// Where the program dies by it, if it does.
    pub(crate) fn death(&self) -> Option<(u64, Around)> {
        self.strikes().filter(|_| matches!(self, Self::CrashBefore(_) | Self::CrashAfter(_)))
    }

    /// The call it strikes, and on which side of its effect.
    fn strikes(&self) -> Option<(u64, Around)> {
        match self {
            Self::CrashAfter(call) | Self::LostAfter(call) | Self::NoAnswer(call) | Self::Road(call, _) => Some((*call, Around::After)),
            Self::CrashBefore(call)
            | Self::LostBefore(call)
            | Self::Full(call)
            | Self::Refused(call)
            | Self::Slow(call)
            | Self::Clock(call, _)
            | Self::Interrupt(call)
            | Self::Overtaken(call)
            | Self::Down(call, ..) => Some((*call, Around::Before)),
            Self::Script { .. } => None,
        }
    }
}

impl SimWorld {
    /// How many times longer than usual a call takes.
    pub(super) fn pace(&self, call: u64) -> u64 {
        if self.faults.borrow().contains(&Fault::Slow(call)) { THROTTLE } else { 1 }
    }

    /// Strikes a call of these hosts, if a fault is meant for it. A crash never returns.
    pub(super) async fn strike(&self, call: u64, around: Around, hosts: &[&str]) -> Struck {
        if let Some(look) = &*self.look.borrow() {
            look(self, (call, around));
        }
        let found = self.faults.borrow().iter().position(|fault| fault.strikes() == Some((call, around)));
        let Some(place) = found else { return Struck::No };
        let fault = self.faults.borrow_mut().remove(place);
        match fault {
            Fault::CrashBefore(_) | Fault::CrashAfter(_) => {
                self.crashed.set(true);
                pending::<()>().await;
            }
            Fault::LostBefore(_) | Fault::LostAfter(_) => return self.lose_connections(hosts),
            Fault::NoAnswer(_) => {
                self.spend(SILENCE_MS).await;
                return self.lose_connections(hosts);
            }
            Fault::Road(_, is_answered) => {
                for name in hosts {
                    if let Some(mut host) = self.host(name) {
                        host.cut_road();
                    }
                }
                if !is_answered {
                    self.spend(SILENCE_MS).await;
                    return self.lose_connections(hosts);
                }
            }
            Fault::Full(_) => {
                let mut all = self.hosts.borrow_mut();
                for name in hosts {
                    all.get_mut(*name).map(SimHost::fill_up);
                }
                // A call without a host writes the journal, on the operator's own disk.
                return if hosts.is_empty() { Struck::Lost } else { Struck::No };
            }
            Fault::Refused(_) => return Struck::Refused,
            Fault::Clock(_, offset_ms) => self.clock.set_offset_ms(offset_ms),
            Fault::Interrupt(_) => (self.interrupt.borrow())(),
            Fault::Overtaken(_) => rival::take_over(&mut self.entries.borrow_mut()),
            Fault::Down(_, host, for_ms) => {
                self.lose_power(&host, for_ms);
                if hosts.contains(&host.as_str()) {
                    self.spend(SILENCE_MS).await;
                    return Struck::Lost;
                }
            }
            Fault::Slow(_) | Fault::Script { .. } => {}
        }
        Struck::No
    }

    /// The answer that a fault puts in the place of a script's own.
    pub(super) fn failing(&self, host: &str, script: &Script) -> Option<Output> {
        let mut faults = self.faults.borrow_mut();
        let fault = faults.iter_mut().find_map(|fault| match fault {
            Fault::Script { host: h, name, word, times, message }
                if h == host && *name == script.name && *times > 0 && (word.is_none() || word.as_ref() == script.words.first()) =>
            {
                Some((times, message))
            }
            _ => None,
        })?;
        *fault.0 -= 1;
        Some(Output { status: 1, stdout: vec![], stderr: fault.1.clone() })
    }

    /// Somebody makes room, sets the clock, and brings hosts back that are gone for good.
    pub fn mend(&self) {
        self.clock.set_offset_ms(0);
        let now_ms = self.clock.true_ms();
        for host in self.hosts.borrow_mut().values_mut() {
            host.make_room();
            if host.down_until_ms == Some(u64::MAX) {
                host.down_until_ms = Some(now_ms);
            }
        }
    }

    fn lose_connections(&self, hosts: &[&str]) -> Struck {
        self.connected.borrow_mut().retain(|host| !hosts.contains(&host.as_str()));
        Struck::Lost
    }

    /// `address on host` of what hosts will undo by themselves.
    pub fn still_armed(&self) -> Vec<String> {
        let hosts = self.hosts.borrow();
        hosts.iter().flat_map(|(host, it)| it.still_armed().map(move |address| format!("{address} on {host}"))).collect()
    }

    /// Lets time pass until all hosts are up that come back by themselves.
    pub fn wait_for_hosts(&self) {
        let names: Vec<HostId> = self.hosts.borrow().keys().cloned().collect();
        let until = self.hosts.borrow().values().filter_map(|host| host.down_until_ms).filter(|until| *until < u64::MAX).max();
        self.clock.pass_to(until.unwrap_or_default().max(self.clock.true_ms()));
        for name in &names {
            self.boot(name);
        }
    }

    /// `container on host`, of those that ended with their host's power and are not started again by themselves.
    pub fn unstarted(&self) -> Vec<String> {
        let hosts = self.hosts.borrow();
        hosts.iter().flat_map(|(host, it)| it.unstarted().map(move |name| format!("{name} on {host}"))).collect()
    }

    fn lose_power(&self, host: &str, for_ms: Option<u64>) {
        let now_ms = self.clock.true_ms();
        self.changes.set(self.changes.get() + 1);
        if let Some(host) = self.hosts.borrow_mut().get_mut(host) {
            host.lose_power(now_ms, self.changes.get());
            host.down_until_ms = Some(for_ms.map_or(u64::MAX, |ms| now_ms.saturating_add(ms)));
        }
    }

    /// A host whose time has come is up again, with what its engine starts by itself.
    pub(super) fn boot(&self, name: &str) {
        let now_ms = self.clock.true_ms();
        let mut hosts = self.hosts.borrow_mut();
        let Some(host) = hosts.get_mut(name).filter(|host| host.down_until_ms.is_some_and(|until| until <= now_ms)) else { return };
        host.down_until_ms = None;
        self.changes.set(self.changes.get() + 1);
        let started = host.boot(now_ms, self.changes.get());
        let mut watch = self.watch.borrow_mut();
        for container in &started {
            watch.started_by_itself(&hosts, name, container);
        }
    }
}
