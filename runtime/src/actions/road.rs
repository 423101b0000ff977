//! What if a step cuts the road to its host? Before it acts, the host has armed what undoes it, and migc disarms that only over a
//! connection that was made after it.
//!
//! The host's own part is in `scripts/armed.sh` and `scripts/disarm.sh`. Whatever becomes of migc, the host undoes by itself what
//! nobody disarmed in time, and of the two one wins. So what counts in the end is what the host says.

use super::{Context, Failure, last_lines, refused};
use crate::{Output, Recorded, Script, World, WorldError, scripts};
use mig_plan::{Call, Cut, Digest, Look, Request};
use std::time::Duration;

/// An undo has so long to mend the road, after its time has come.
const UNDO_MAX_SECONDS: u64 = 120;
/// Between two attempts to reach a host, and two questions to one that is at work.
const AGAIN: Duration = Duration::from_secs(1);
/// Digits of the digests that name a folder of tokens and an attempt.
const NAME_DIGITS: usize = 24;
const ATTEMPT_DIGITS: usize = 12;

/// How far an armed undo is, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Road {
    /// Nothing was armed.
    Bare,
    /// What may cut the road goes on.
    Acting(String),
    /// It waits for its time; without its process it waits for ever.
    Armed(String, bool),
    /// The host undoes; without its process nobody knows how that ended.
    Undoing(String, bool),
    /// The host has undone it, by a script that ended with that status and said that.
    Undone(String, i32, String),
    /// It will not be undone.
    Disarmed(String),
}

impl Road {
    fn parse(output: &Output) -> Option<Self> {
        let text = output.text();
        let mut words = text.split(' ');
        let (word, attempt, more) = (words.next()?, words.next().unwrap_or_default().to_owned(), words.next());
        Some(match word {
            "none" => Self::Bare,
            "acting" => Self::Acting(attempt),
            "armed" => Self::Armed(attempt, more? == "yes"),
            "undoing" => Self::Undoing(attempt, more? == "yes"),
            "undone" => Self::Undone(attempt, more?.parse().ok()?, last_lines(&output.stderr)),
            "disarmed" => Self::Disarmed(attempt),
            _ => return None,
        })
    }

    fn attempt(&self) -> &str {
        match self {
            Self::Bare => "",
            Self::Acting(attempt)
            | Self::Armed(attempt, _)
            | Self::Undoing(attempt, _)
            | Self::Undone(attempt, ..)
            | Self::Disarmed(attempt) => attempt,
        }
    }
}

/// The folder of a resource's tokens, in the record folder.
pub(crate) fn folder(address: &str) -> String {
    Digest::of_bytes(address.as_bytes()).short(NAME_DIGITS).to_owned()
}

impl<W: World> Context<'_, W> {
    /// Sees to what an attempt before has armed, of this run or of one that was given up. An attempt of this very step that was
    /// disarmed, or that this sees to its end, is done as far as the road goes; one that the host has undone has failed.
    pub(super) async fn earlier(&self, call: &Call) -> Result<(), Failure> {
        let host = call.look.request.place();
        let road = self.ask_road(host, false).await?;
        let own = call.all_requests().find(|request| request.cut().is_some() && road.attempt() == self.attempt_of(request));
        match (&road, own) {
            (Road::Bare | Road::Disarmed(_) | Road::Armed(_, false) | Road::Undoing(_, false), _) => Ok(()),
            // Its script may still run, so it is asked for its answer as whoever was killed would have.
            (Road::Acting(_) | Road::Armed(_, true), Some(request)) => self.cutting(request, None).await.map(drop),
            (Road::Undone(..), Some(_)) => Err(self.undone(host, &road, None)),
            (Road::Undone(..), None) => Ok(()),
            (_, _) => {
                let (road, _) = self.over_anew(host, longest(call), true, None).await?;
                if own.is_some() && matches!(road, Road::Undone(..)) { Err(self.undone(host, &road, None)) } else { Ok(()) }
            }
        }
    }

    /// Acts, with what undoes it armed on the host, proves the road by a connection of its own, and disarms. Answers what `look` finds
    /// then.
    pub(super) async fn cutting(&self, request: &Request, look: Option<&Look>) -> Result<Option<Output>, Failure> {
        let host = request.place();
        let Some((cut, undo)) = request.cut().and_then(|cut| Some((cut, cut.undo.as_ref()?))) else {
            return Err(Failure::certain(format!("{host}: nothing would bring back the road to it"), "make the plan again"));
        };
        let attempt = self.attempt_of(request);
        let call = self.script(request, true)?;
        let armed = scripts::armed(&call, &folder(&self.step.address), &attempt, cut.within_seconds, undo);
        let acted = match self.changed(host, armed.clone()).await {
            Err(failure) if !failure.lost => return Err(failure),
            acted => acted,
        };
        let failed = acted.as_ref().is_ok_and(|output| output.status != 0);
        let (road, found) = self.over_anew(host, cut.within_seconds, !failed, look).await?;
        if road.attempt() != attempt {
            // It was never begun, or was refused before it was armed.
            return Err(match acted {
                Err(lost) => lost,
                Ok(output) => self.refused_act(host, &output),
            });
        }
        if matches!(road, Road::Undone(..)) {
            return Err(self.undone(host, &road, acted.as_ref().ok()));
        }
        if matches!(road, Road::Undoing(..)) {
            let message = format!("{host}: it began to undo this and was ended in the middle");
            return Err(Failure::certain(message, format!("look how {host} is now, then run `migc apply` again")));
        }
        // Its answer was lost on the way, and its record has it.
        let output = match acted {
            Ok(output) => output,
            Err(_) => self.changed(host, armed).await?,
        };
        if output.status == 0 { Ok(found) } else { Err(self.refused_act(host, &output)) }
    }

    fn refused_act(&self, host: &str, output: &Output) -> Failure {
        refused(host, &format!("the script of `{}`", self.step.address), output)
    }

    /// Asks how far the undo is over a connection that is made now, until that is settled; disarmed before, if wanted. Waits for a
    /// host that cannot be reached until it has undone by itself what cut it off.
    async fn over_anew(
        &self,
        host: &str,
        within_seconds: u64,
        disarms: bool,
        look: Option<&Look>,
    ) -> Result<(Road, Option<Output>), Failure> {
        let began_ms = self.world.elapsed_ms();
        loop {
            let passed_s = self.world.elapsed_ms().saturating_sub(began_ms) / 1_000;
            let is_over = passed_s >= within_seconds.saturating_add(UNDO_MAX_SECONDS);
            let waiting = match self.asked_anew(host, disarms, look).await? {
                Ok((Road::Acting(_), _)) => "waiting until it has acted".to_owned(),
                Ok((Road::Undoing(_, true), _)) => format!("waiting for {host}, which undoes it"),
                Ok(settled) => return Ok(settled),
                Err(error) if is_over => return Err(cut_off(host, &error, within_seconds)),
                Err(_) => {
                    let left_s = within_seconds.saturating_sub(passed_s);
                    format!("{host} cannot be reached anew; it undoes this by itself in about {left_s} s")
                }
            };
            if is_over {
                return Err(uncertain(
                    format!("{host}: it is at work on this for {passed_s} s and has not come to an end"),
                    format!("look what hangs on {host}, then run `migc apply` again: it asks what became of it"),
                ));
            }
            self.report(0, None, waiting);
            self.world.sleep(AGAIN).await;
        }
    }

    /// Once; the inner error is of the connection.
    async fn asked_anew(
        &self,
        host: &str,
        disarms: bool,
        look: Option<&Look>,
    ) -> Result<Result<(Road, Option<Output>), WorldError>, Failure> {
        let mut asked = vec![self.disarm(disarms)];
        if let Some(look) = look {
            asked.push(self.script(&look.request, false)?);
        }
        if let Err(error) = self.world.renew(host).await {
            return Ok(Err(error));
        }
        let mut outputs = match self.world.run(host, &asked).await {
            Ok(outputs) => outputs.into_iter(),
            Err(error) => return Ok(Err(error)),
        };
        let road = self.road(host, &outputs.next().unwrap_or_default())?;
        Ok(Ok((road, outputs.next())))
    }

    async fn ask_road(&self, host: &str, disarms: bool) -> Result<Road, Failure> {
        let output = self.ask(host, self.disarm(disarms)).await?;
        self.road(host, &output)
    }

    fn disarm(&self, disarms: bool) -> Script {
        let epoch = self.done.attempt(&self.step.id).map_or(0, |attempt| attempt.epoch);
        scripts::disarm(&folder(&self.step.address), disarms, epoch)
    }

    fn road(&self, host: &str, output: &Output) -> Result<Road, Failure> {
        let of = self.done.attempt(&self.step.id);
        let record =
            Recorded { run: of.map(|attempt| attempt.run).unwrap_or_default(), key: self.step.id.clone(), epoch: 0, repeatable: true };
        if let Some(failure) = super::record::refusal(host, self.step, &record, output) {
            return Err(failure);
        }
        match Road::parse(output).filter(|_| output.status == 0) {
            Some(road) => Ok(road),
            None => Err(refused(host, "disarm", output)),
        }
    }

    /// What the tokens of this attempt to do it are called.
    fn attempt_of(&self, request: &Request) -> String {
        let what = Digest::of(request);
        match self.done.attempt(&self.step.id) {
            Some(of) => format!("{}.{}.{}.{}", of.run, self.step.id, of.settled, what.short(ATTEMPT_DIGITS)),
            None => format!("{}.{}", self.step.id, what.short(ATTEMPT_DIGITS)),
        }
    }

    /// The host has undone it, because it failed or because nobody came back in time.
    fn undone(&self, host: &str, road: &Road, acted: Option<&Output>) -> Failure {
        let why = match acted.filter(|output| output.status != 0 && output.status < super::SIGNAL_BASE) {
            Some(output) => self.refused_act(host, output).message,
            None => format!("{host}: it was not reached over a new connection in time"),
        };
        let Road::Undone(_, status @ 1.., said) = road else {
            let run = self.done.attempt(&self.step.id).map_or_else(|| "RUN".to_owned(), |attempt| attempt.run);
            let help = format!(
                "see what in it cuts the road to {host} or takes too long, and correct that; if the run is unfinished, `migc undo` goes back over \
                 the rest, and `migc apply --abandon {run}` leaves it"
            );
            return Failure { undone: true, ..Failure::certain(format!("{why}; so the host undid it by itself"), help) };
        };
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        let message = format!("{why}; so the host ran what undoes it, and that ended with status {status}{said}");
        Failure::certain(message, format!("look how {host} is now, mend `undo`, then run `migc apply` again"))
    }
}

/// The longest time that one of its requests may be waited for.
fn longest(call: &Call) -> u64 {
    call.cuts().map(|cut: &Cut| cut.within_seconds).max().unwrap_or_default()
}

/// Not certain: the journal keeps the step as begun, and the next apply asks the host.
fn uncertain(message: String, help: String) -> Failure {
    Failure { certain: false, ..Failure::certain(message, help) }
}

fn cut_off(host: &str, error: &WorldError, within_seconds: u64) -> Failure {
    uncertain(
        format!("{error}: it was cut off by this step, and is still {UNDO_MAX_SECONDS} s after it should have undone that by itself"),
        format!(
            "go to {host} by its console (it undoes nothing if it lost its power within these {within_seconds} s), then run `migc apply` again"
        ),
    )
}
