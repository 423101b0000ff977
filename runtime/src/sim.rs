//! What if the world were made of facts? Hosts, disks, containers and a clock in memory, behind the same door as the real ones.
//!
//! Every script of the catalogue has a model here, known by its name. Deterministic: one seed, a clock that advances with the work, no
//! sleeping. Knows neither steps nor the journal's meaning; what must never happen is watched by [`watch`].

mod build;
mod clock;
mod container;
mod fault;
mod host;
mod log;
pub mod model;
mod power;
mod record;
mod resource;
mod rival;
mod road;
mod script;
mod tree;
pub mod watch;

pub(crate) use fault::Around;
pub use fault::Fault;
pub use host::{Disk, Node, NodeKind, SimContainer, SimHost, SimImage};
pub use log::Call;
pub use resource::SimResource;

use crate::{NamesError, Output, Piped, Recorded, Script, StoreError, World, WorldError, names::Refusal};
use clock::Clock;
use fault::Struck;
use log::Log;
use mig_plan::{Facts, HostId, NameRequest, Plan};
use serde_json::Value;
use std::{
    cell::{Cell, RefCell, RefMut},
    collections::{BTreeMap, BTreeSet},
    future::{Future, pending},
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use watch::Watch;

/// A round trip takes at least so long.
const ROUND_TRIP_MIN_MS: u64 = 20;
/// And by the seed so much more at most.
const ROUND_TRIP_SPREAD_MS: u64 = 40;
/// Bytes between two hosts in a second: 100 Mbit/s.
const BANDWIDTH_BYTES_PER_S: u64 = 12_500_000;
/// More turns than that are no work any more.
const TURN_COUNT_MAX: u64 = 10_000_000;
/// Milliseconds since 1970 when a simulation begins, unless a window says otherwise.
const BEGIN_MS: u64 = 1_700_000_000_000;

/// Looks at a world around the effect of a call.
type Look = Box<dyn Fn(&SimWorld, (u64, Around))>;

/// The simulated world.
pub struct SimWorld {
    hosts: RefCell<BTreeMap<HostId, SimHost>>,
    clock: Clock,
    entries: RefCell<BTreeMap<u64, Rc<Vec<u8>>>>,
    missing_secrets: RefCell<BTreeSet<String>>,
    watch: RefCell<Watch>,
    faults: RefCell<Vec<Fault>>,
    calls: Cell<u64>,
    log: RefCell<Log>,
    /// Done by a simulated Ctrl-C.
    interrupt: RefCell<Box<dyn Fn()>>,
    look: RefCell<Option<Look>>,
    /// When a run is held to be hanging.
    give_up_ms: Cell<u64>,
    /// Counts changes of trees, so that a listing can be older than a change.
    changes: Cell<u64>,
    crashed: Cell<bool>,
    /// Hosts that the program has a connection to.
    connected: RefCell<BTreeSet<HostId>>,
    seed: u64,
}

impl SimWorld {
    /// A world that has what the facts say; a host without facts has what the plan expects of it.
    pub fn new(facts: &BTreeMap<HostId, Facts>, plan: &Plan) -> Self {
        Self::with_seed(facts, plan, 0)
    }

    /// The same, with other round-trip times.
    pub fn with_seed(facts: &BTreeMap<HostId, Facts>, plan: &Plan, seed: u64) -> Self {
        let window = plan.moves.iter().filter_map(|m| m.window_unix).map(|(begin, _)| u64::try_from(begin).unwrap_or(0)).max();
        Self {
            hosts: RefCell::new(build::hosts(facts, plan)),
            clock: Clock::new(window.map_or(BEGIN_MS, |begin_s| begin_s.saturating_mul(1_000))),
            entries: RefCell::default(),
            missing_secrets: RefCell::default(),
            watch: RefCell::new(Watch::new(plan)),
            faults: RefCell::default(),
            calls: Cell::new(0),
            log: RefCell::default(),
            interrupt: RefCell::new(Box::new(|| ())),
            look: RefCell::default(),
            give_up_ms: Cell::new(u64::MAX),
            changes: Cell::new(1),
            crashed: Cell::new(false),
            connected: RefCell::default(),
            seed,
        }
    }

    /// Another world that is as this one is now, without the program that acts in it: what is going to go wrong here and who waits
    /// stay behind.
    pub(crate) fn fork(&self) -> Self {
        Self {
            hosts: self.hosts.clone(),
            clock: self.clock.fork(),
            entries: self.entries.clone(),
            missing_secrets: self.missing_secrets.clone(),
            watch: self.watch.clone(),
            faults: RefCell::default(),
            calls: self.calls.clone(),
            log: RefCell::default(),
            interrupt: RefCell::new(Box::new(|| ())),
            look: RefCell::default(),
            give_up_ms: self.give_up_ms.clone(),
            changes: self.changes.clone(),
            crashed: Cell::new(false),
            connected: RefCell::default(),
            seed: self.seed,
        }
    }

    /// Looks at the world before and after the effect of each call from now on.
    pub(crate) fn on_calls(&self, look: impl Fn(&Self, (u64, Around)) + 'static) {
        *self.look.borrow_mut() = Some(Box::new(look));
    }

    /// Adds something that goes wrong.
    pub fn inject(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// Another plan comes after the one that the world was made for; what was seen so far stays.
    pub fn next_plan(&self, plan: &Plan) {
        let mut watch = Watch::new(plan);
        std::mem::swap(&mut watch.violations, &mut self.watch.borrow_mut().violations);
        *self.watch.borrow_mut() = watch;
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// A run that acts longer than until then, in milliseconds since 1970, is held to be hanging.
    pub fn give_up_at_ms(&self, at_ms: u64) {
        self.give_up_ms.set(at_ms);
    }

    /// What a simulated Ctrl-C does.
    pub fn on_interrupt(&self, act: impl Fn() + 'static) {
        *self.interrupt.borrow_mut() = Box::new(act);
    }

    /// What must never happen and did, each as a line.
    pub fn violations(&self) -> Vec<String> {
        self.watch.borrow().violations.iter().cloned().collect()
    }

    /// The operator does not have this secret.
    pub fn forget_secret(&self, name: &str) {
        self.missing_secrets.borrow_mut().insert(name.to_owned());
    }

    /// A host, to look at or to change.
    pub fn host(&self, name: &str) -> Option<RefMut<'_, SimHost>> {
        RefMut::filter_map(self.hosts.borrow_mut(), |hosts| hosts.get_mut(name)).ok()
    }

    /// All hosts as they are.
    pub fn hosts(&self) -> BTreeMap<HostId, SimHost> {
        self.hosts.borrow().clone()
    }

    /// The bytes of a journal entry, to look at.
    pub fn entry(&self, number: u64) -> Option<Vec<u8>> {
        self.entries.borrow().get(&number).map(|bytes| bytes.to_vec())
    }

    /// The same, without a copy.
    pub(crate) fn shared_entry(&self, number: u64) -> Option<Rc<Vec<u8>>> {
        self.entries.borrow().get(&number).cloned()
    }

    /// Puts bytes in the place of a journal entry, whatever is there; `None` removes it.
    pub fn set_entry(&self, number: u64, bytes: Option<Vec<u8>>) {
        match bytes {
            Some(bytes) => self.entries.borrow_mut().insert(number, Rc::new(bytes)),
            None => self.entries.borrow_mut().remove(&number),
        };
    }

    /// Lets time pass until then, in milliseconds since 1970, while nothing runs.
    pub fn set_now_ms(&self, now_ms: u64) {
        self.clock.pass_to(now_ms);
    }

    /// What the operator's clock should show, in milliseconds since 1970.
    pub fn true_ms(&self) -> u64 {
        self.clock.true_ms()
    }

    /// The hosts in the end, which are taken out of it.
    pub(crate) fn take_end(&self) -> End {
        End(self.hosts.take())
    }

    /// What the whole world looks like in the end, line by line: equal for runs that came to the same, whatever the times were.
    pub fn fingerprint(&self) -> BTreeMap<String, String> {
        lines(&self.hosts.borrow())
    }

    /// Runs a future to its end, advancing the clock whenever it waits. `None` if the program was made to crash; all it did stays.
    pub fn drive<F: Future>(&self, future: F) -> Option<F::Output> {
        self.drive_by_turns(future, || ())
    }

    /// The same; between two turns something else is done.
    pub(crate) fn drive_by_turns<F: Future>(&self, future: F, mut between: impl FnMut()) -> Option<F::Output> {
        self.crashed.set(false);
        self.connected.take();
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let mut turns = 0;
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Some(output);
            }
            if self.crashed.get() {
                return None;
            }
            between();
            if !self.clock.advance() {
                self.watch.borrow_mut().violate("the program waits for something that will never happen".to_owned());
                return None;
            }
            turns += 1;
            if turns > TURN_COUNT_MAX || self.clock.true_ms() > self.give_up_ms.get() {
                self.watch.borrow_mut().violate("the program goes on and on and comes to no end".to_owned());
                return None;
            }
        }
    }

    async fn spend(&self, milliseconds: u64) {
        self.clock.sleep(milliseconds).await;
        if self.crashed.get() {
            pending::<()>().await;
        }
    }

    fn round_trip_ms(&self, call: u64) -> u64 {
        // A multiplicative hash is enough to make neighbours differ.
        let mixed = (self.seed ^ call).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        ROUND_TRIP_MIN_MS + mixed % ROUND_TRIP_SPREAD_MS
    }

    fn count_call(&self, hosts: &[&str], scripts: &[&Script]) -> u64 {
        let call = self.calls.get() + 1;
        // What else had its turn when the program died does not come to call anything.
        if !self.crashed.get() {
            self.calls.set(call);
        }
        self.log.borrow_mut().note(call, hosts, scripts);
        call
    }

    fn reach(&self, host: &str) -> Result<(), WorldError> {
        self.boot(host);
        let now_ms = self.clock.true_ms();
        let is_up = self.host(host).is_some_and(|mut it| {
            it.undo_in_time(now_ms);
            it.reachable && it.down_until_ms.is_none() && (!it.is_cut_off() || self.connected.borrow().contains(host))
        });
        if is_up {
            self.connected.borrow_mut().insert(host.to_owned());
            return Ok(());
        }
        self.connected.borrow_mut().remove(host);
        let message = "connect: timed out after 10 s".to_owned();
        Err(WorldError::Unreachable { host: host.to_owned(), message, help: "see that the host is up and its address is right".to_owned() })
    }

    /// One script on one host: the time it takes, then its effect. Nothing, if the host was lost meanwhile.
    async fn run_one(&self, host: &str, script: &Script, pace: u64, struck: Struck) -> Option<Output> {
        self.spend(self.cost_ms(host, script).saturating_mul(pace)).await;
        self.effect(host, script, struck)
    }

    fn cost_ms(&self, host: &str, script: &Script) -> u64 {
        self.hosts.borrow().get(host).map_or(0, |h| h.cost_ms(script))
    }

    fn effect(&self, host: &str, script: &Script, struck: Struck) -> Option<Output> {
        self.reach(host).ok()?;
        if struck == Struck::Refused {
            return Some(refused(script));
        }
        if let Some(output) = self.failing(host, script) {
            return Some(output);
        }
        let now_ms = self.clock.true_ms();
        let mut hosts = self.hosts.borrow_mut();
        self.watch.borrow_mut().before(&hosts, host, script, now_ms);
        self.changes.set(self.changes.get() + 1);
        let host = hosts.get_mut(host)?;
        Some(host.answer(script, now_ms, self.changes.get()))
    }
}

/// How hosts look in the end.
#[derive(Default)]
pub(crate) struct End(BTreeMap<HostId, SimHost>);

impl End {
    /// Would the lines be the same?
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let are_alike = |(one, other): (&SimHost, &SimHost)| one.traits().eq(other.traits());
        self.0.keys().eq(other.0.keys()) && self.0.values().zip(other.0.values()).all(are_alike)
    }

    /// As [`SimWorld::fingerprint`].
    pub(crate) fn lines(&self) -> BTreeMap<String, String> {
        lines(&self.0)
    }
}

fn lines(hosts: &BTreeMap<HostId, SimHost>) -> BTreeMap<String, String> {
    hosts.iter().flat_map(|(name, host)| host.fingerprint(name)).collect()
}

/// What a host says that does not do it, whatever the reason is.
fn refused(script: &Script) -> Output {
    Output { status: 1, stdout: vec![], stderr: format!("{}: Operation not permitted", script.name) }
}

fn no_store() -> StoreError {
    StoreError::Failed("the store did not answer".to_owned())
}

fn lost(host: &str) -> WorldError {
    WorldError::Lost { host: host.to_owned(), message: "broken pipe".to_owned() }
}

impl World for SimWorld {
    async fn run(&self, host: &str, scripts: &[Script]) -> Result<Vec<Output>, WorldError> {
        let call = self.count_call(&[host], &scripts.iter().collect::<Vec<_>>());
        let pace = self.pace(call);
        self.spend(self.round_trip_ms(call).saturating_mul(pace)).await;
        self.reach(host)?;
        let struck = self.strike(call, Around::Before, &[host]).await;
        if struck == Struck::Lost {
            return Err(lost(host));
        }
        let mut outputs = vec![];
        for script in scripts {
            outputs.push(self.run_one(host, script, pace, struck).await.ok_or_else(|| lost(host))?);
        }
        if self.strike(call, Around::After, &[host]).await == Struck::Lost { Err(lost(host)) } else { Ok(outputs) }
    }

    async fn names(&self, address: &str, request: &NameRequest, _secret: &str) -> Result<Value, NamesError> {
        let said = self.run(&request.server, &[resource::asked(address, request)]).await?.into_iter().next();
        match said {
            Some(output) if output.status == 0 => Ok(serde_json::from_slice(&output.stdout).unwrap_or_default()),
            Some(output) => Err(Refusal { message: output.stderr, help: String::new() }.into()),
            None => Err(lost(&request.server).into()),
        }
    }

    /// The host answers from its record, or runs the script and keeps the answer.
    async fn run_recorded(&self, host: &str, record: &Recorded, _secrets: &[String], script: &Script) -> Result<Output, WorldError> {
        let call = self.count_call(&[host], &[script]);
        let pace = self.pace(call);
        self.spend(self.round_trip_ms(call).saturating_mul(pace)).await;
        self.reach(host)?;
        let struck = self.strike(call, Around::Before, &[host]).await;
        if struck == Struck::Lost {
            return Err(lost(host));
        }
        // Time passes before the effect and its record, which come together: what a host has begun goes on without us.
        if !self.host(host).is_some_and(|host| host.records.contains_key(&record.key)) {
            self.spend(self.cost_ms(host, script).saturating_mul(pace)).await;
            self.reach(host).map_err(|_| lost(host))?;
        }
        let kept = self.host(host).and_then(|mut host| host.consult(record));
        let output = match kept {
            Some(output) => output,
            None => {
                let output = self.effect(host, script, struck).ok_or_else(|| lost(host))?;
                if let Some(mut host) = self.host(host) {
                    host.records.insert(record.key.clone(), Some(output.clone()));
                }
                output
            }
        };
        if self.strike(call, Around::After, &[host]).await == Struck::Lost { Err(lost(host)) } else { Ok(output) }
    }

    async fn renew(&self, host: &str) -> Result<(), WorldError> {
        let call = self.count_call(&[host], &[]);
        self.connected.borrow_mut().remove(host);
        self.spend(self.round_trip_ms(call).saturating_mul(self.pace(call))).await;
        if self.strike(call, Around::Before, &[host]).await == Struck::Lost {
            return Err(lost(host));
        }
        self.reach(host)?;
        if self.strike(call, Around::After, &[host]).await == Struck::Lost { Err(lost(host)) } else { Ok(()) }
    }

    async fn pipe(&self, from: (&str, &Script), to: (&str, &Script), progress: &dyn Fn(u64)) -> Result<Piped, WorldError> {
        let call = self.count_call(&[from.0, to.0], &[from.1, to.1]);
        let pace = self.pace(call);
        self.spend(self.round_trip_ms(call).saturating_mul(pace)).await;
        self.reach(from.0)?;
        self.reach(to.0)?;
        let struck = self.strike(call, Around::Before, &[from.0, to.0]).await;
        if struck == Struck::Lost {
            return Err(lost(to.0));
        }
        let bytes = self.hosts.borrow().get(from.0).map_or(0, |host| host.stream_bytes(from.1));
        let half_ms = bytes.saturating_mul(500) / BANDWIDTH_BYTES_PER_S;
        // Told once in the middle, so that whoever shows progress is exercised.
        self.spend(half_ms.saturating_mul(pace)).await;
        progress(bytes / 2);
        self.spend(half_ms.saturating_mul(pace)).await;
        for host in [from.0, to.0] {
            self.reach(host).map_err(|_| lost(host))?;
        }
        if struck == Struck::Refused {
            return Ok(Piped { from: Output::default(), to: refused(to.1), bytes: 0 });
        }
        if let Some(output) = self.failing(from.0, from.1) {
            return Ok(Piped { from: output, to: Output::default(), bytes: 0 });
        }
        if let Some(output) = self.failing(to.0, to.1) {
            return Ok(Piped { from: Output::default(), to: output, bytes: 0 });
        }
        let piped = self.carry(from, to, bytes);
        progress(bytes);
        if self.strike(call, Around::After, &[from.0, to.0]).await == Struck::Lost { Err(lost(to.0)) } else { Ok(piped) }
    }

    fn attend(&self, step: Option<&str>) {
        self.log.borrow_mut().attend(step);
    }

    fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    fn elapsed_ms(&self) -> u64 {
        self.clock.true_ms()
    }

    async fn sleep(&self, time: Duration) {
        self.spend(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).await;
    }

    async fn entry_numbers(&self) -> Result<Vec<u64>, StoreError> {
        self.ask_store().await?;
        Ok(self.entries.borrow().keys().copied().collect())
    }

    async fn read_entry(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask_store().await?;
        Ok(self.entry(number))
    }

    async fn create_entry(&self, number: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let call = self.count_call(&[], &[]);
        self.log.borrow_mut().writes(call);
        self.spend(1).await;
        if self.strike(call, Around::Before, &[]).await == Struck::Lost {
            return Err(no_store());
        }
        if self.entries.borrow().contains_key(&number) {
            return Err(StoreError::Taken(number));
        }
        self.set_entry(number, Some(bytes.to_vec()));
        if self.strike(call, Around::After, &[]).await == Struck::Lost {
            return Err(no_store());
        }
        Ok(())
    }

    fn secret(&self, name: &str) -> Option<String> {
        (!self.missing_secrets.borrow().contains(name)).then(|| format!("simulated {name}"))
    }
}

impl SimWorld {
    /// A call that reads from the store, and changes nothing.
    async fn ask_store(&self) -> Result<(), StoreError> {
        let call = self.count_call(&[], &[]);
        for around in [Around::Before, Around::After] {
            if self.strike(call, around, &[]).await == Struck::Lost {
                return Err(no_store());
            }
        }
        Ok(())
    }

    /// A stream: what the one side reads is written on the other.
    fn carry(&self, from: (&str, &Script), to: (&str, &Script), bytes: u64) -> Piped {
        let mut hosts = self.hosts.borrow_mut();
        let mut watch = self.watch.borrow_mut();
        let now_ms = self.clock.true_ms();
        watch.before(&hosts, from.0, from.1, now_ms);
        watch.before(&hosts, to.0, to.1, now_ms);
        self.changes.set(self.changes.get() + 1);
        let sent = hosts.get(from.0).map_or_else(|| Err("no such host".to_owned()), |host| host.send(from.1, now_ms));
        let refuse = |stderr: String| Output { status: 1, stdout: vec![], stderr };
        let cargo = match sent {
            Ok(cargo) => cargo,
            Err(message) => return Piped { from: refuse(message), to: Output::default(), bytes: 0 },
        };
        let Some(host) = hosts.get_mut(to.0) else { return Piped { from: Output::default(), to: refuse(String::new()), bytes: 0 } };
        Piped { from: Output::default(), to: host.receive(to.1, cargo, now_ms, self.changes.get()), bytes }
    }
}
