//! How do scripts that are asked for at one moment travel to a host together? What the first asks waits a turn for what others ask.
//!
//! Knows nothing of SSH, nor of what scripts mean. A script is never begun twice, and nobody waits long for the slowest of them.

use crate::{Output, Script, WorldError, wire::locked};
use std::{fmt, mem, sync::Mutex};
use tokio::sync::oneshot;

/// Of what travels by one command.
const PART_MAX_BYTES: usize = 4 << 20;
const PART_JOB_COUNT_MAX: usize = 256;

type Answer = Result<Vec<Output>, WorldError>;

/// Scripts of one who waits for all their answers.
pub(super) struct Job {
    pub(super) scripts: Vec<Script>,
    reply: oneshot::Sender<Answer>,
}

impl fmt::Debug for Job {
    // Inputs may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("scripts", &self.scripts.len()).finish_non_exhaustive()
    }
}

impl Job {
    /// Answers who waits, if anybody still does.
    pub(super) fn answer(self, answer: Answer) {
        let _ = self.reply.send(answer);
    }

    fn bytes(&self) -> usize {
        self.scripts.iter().map(|script| script.stdin.len() + script.words.iter().map(String::len).sum::<usize>()).sum()
    }
}

/// Those who wait to be taken along.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Vec<Job>>);

impl Queue {
    /// Adds scripts. Who is the first must see that all are taken a moment later.
    pub(super) fn push(&self, scripts: Vec<Script>) -> (oneshot::Receiver<Answer>, bool) {
        let (reply, answer) = oneshot::channel();
        let mut jobs = locked(&self.0);
        jobs.push(Job { scripts, reply });
        (answer, jobs.len() == 1)
    }

    /// All that wait now.
    pub(super) fn take(&self) -> Vec<Job> {
        mem::take(&mut *locked(&self.0))
    }
}

/// Divides jobs so that each part is of some size.
pub(super) fn parts(jobs: Vec<Job>) -> Vec<Vec<Job>> {
    let mut parts: Vec<Vec<Job>> = vec![];
    let mut room = 0;
    for job in jobs {
        let bytes = job.bytes();
        match parts.last_mut().filter(|part| bytes <= room && part.len() < PART_JOB_COUNT_MAX) {
            Some(part) => {
                room -= bytes;
                part.push(job);
            }
            None => {
                room = PART_MAX_BYTES.saturating_sub(bytes);
                parts.push(vec![job]);
            }
        }
    }
    parts
}

/// Jobs that travelled together, and what is known of them.
pub(super) struct Part {
    jobs: Vec<Option<Job>>,
    /// Of all scripts in their order: whose it is, and its answer.
    outputs: Vec<(usize, Option<Output>)>,
}

impl Part {
    pub(super) fn new(jobs: Vec<Job>) -> Self {
        let of_job = |(place, job): (usize, &Job)| vec![(place, None); job.scripts.len()];
        let outputs = jobs.iter().enumerate().flat_map(of_job).collect();
        Self { jobs: jobs.into_iter().map(Some).collect(), outputs }
    }

    pub(super) fn script_count(&self) -> usize {
        self.outputs.len()
    }

    /// A script was answered, the first is number 1. Of two answers with one number the first counts, and one that is of none counts
    /// nothing.
    pub(super) fn note(&mut self, number: usize, output: Output) {
        if let Some((_, known @ None)) = number.checked_sub(1).and_then(|at| self.outputs.get_mut(at)) {
            *known = Some(output);
        }
    }

    /// Answers the jobs of which all is known.
    pub(super) fn answer_known(&mut self) {
        for place in 0..self.jobs.len() {
            let known = self.is_known(place);
            if let Some(job) = self.jobs.get_mut(place).filter(|_| known).and_then(Option::take) {
                let of_job = self.outputs.iter_mut().filter(|(of, _)| *of == place);
                job.answer(Ok(of_job.filter_map(|(_, output)| output.take()).collect()));
            }
        }
    }

    /// Is there a job to answer?
    pub(super) fn has_known(&self) -> bool {
        (0..self.jobs.len()).any(|place| self.is_known(place))
    }

    fn is_known(&self, place: usize) -> bool {
        let mut outputs = self.outputs.iter().filter(|(of, _)| *of == place);
        self.jobs.get(place).is_some_and(Option::is_some) && outputs.all(|(_, output)| output.is_some())
    }

    /// Answers the others.
    pub(super) fn fail(self, error: &WorldError) {
        self.jobs.into_iter().flatten().for_each(|job| job.answer(Err(error.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(bytes: usize) -> Script {
        Script { name: "call", text: "", words: vec!["x".repeat(bytes)], stdin: vec![] }
    }

    fn output(text: &str) -> Output {
        Output { stdout: text.into(), ..Output::default() }
    }

    #[test]
    fn a_job_is_answered_when_all_of_it_is_known_and_hostile_numbers_change_nothing() {
        let queue = Queue::default();
        let (mut first, is_first) = queue.push(vec![script(1), script(1)]);
        let (mut second, is_again) = queue.push(vec![script(1)]);
        assert!(is_first && !is_again);
        let mut part = Part::new(queue.take());
        for (number, text) in [(3, "c"), (2, "b"), (2, "again"), (0, "none"), (usize::MAX, "far")] {
            part.note(number, output(text));
        }
        part.answer_known();
        assert_eq!(second.try_recv().unwrap(), Ok(vec![output("c")]));
        assert!(first.try_recv().is_err());
        part.note(1, output("a"));
        part.answer_known();
        assert_eq!(first.try_recv().unwrap(), Ok(vec![output("a"), output("b")]));
    }

    #[test]
    fn what_is_much_travels_in_parts() {
        let queue = Queue::default();
        drop(queue.push(vec![script(PART_MAX_BYTES)]));
        (0..300).for_each(|_| drop(queue.push(vec![script(1)])));
        let sizes: Vec<usize> = parts(queue.take()).iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 256, 44]);
    }
}
