//! Is a call such as the compiler makes? Texts without NUL, secrets of the plan, waits that end, paths and conditions of some size.

use super::{
    Problems,
    action::{WAIT_MAX_S, check_secret},
    text::{check_name, check_text, check_word},
};
use mig_plan::{Call, Condition, Cut, Input, NameRequest, Part, Plan, Request, Selector};

/// Of one name and type.
const RECORD_COUNT_MAX: usize = 1_000;
/// Paths and conditions may be so deep.
const DEPTH_MAX: usize = 32;

/// Looks at all of it; that its hosts are there was looked at.
pub(super) fn check_call(plan: &Plan, place: &str, call: &Call, problems: &mut Problems) {
    problems.check(place, check_name(&call.thing));
    if call.requests.is_empty() {
        problems.add(format!("{place}: it asks for nothing"));
    }
    for request in call.all_requests() {
        check_request(plan, place, request, problems);
        if request == &call.look.request && request.cut().is_some() {
            problems.add(format!("{place}: what only looks cuts no road"));
        }
        if request.place() != call.look.request.place() {
            problems.add(format!("{place}: it acts on one host and looks at another"));
        }
    }
    let look = &call.look;
    if look.timeout_seconds > WAIT_MAX_S || look.every_seconds > WAIT_MAX_S || look.every_seconds == 0 {
        problems.add(format!("{place}: a wait is nothing, or more than a day"));
    }
    let conditions = || [&look.gone, &look.ready, &look.failed].into_iter().flatten();
    if conditions().any(|condition| !is_flat(condition, 0)) {
        problems.add(format!("{place}: a condition is nested too deep"));
    }
    let paths = conditions().flat_map(Condition::paths).chain(look.fields.values().map(|f| &f.path)).chain([&look.from]);
    for path in paths {
        check_selector(place, path, problems);
    }
}

fn check_request(plan: &Plan, place: &str, request: &Request, problems: &mut Problems) {
    let (script, words, stdin, cuts) = match request {
        Request::Ssh { script, words, stdin, cuts, .. } => (script, words, stdin, cuts),
        Request::Rfc2136(request) => return check_names(plan, place, request, problems),
    };
    problems.check(place, check_text(script));
    for word in words {
        problems.check(place, check_text(word));
    }
    if let Some(Input::Secret(name)) = stdin {
        check_secret(plan, place, name, problems);
    }
    if let Some(cut) = cuts {
        check_cut(place, cut, problems);
    }
}

/// What a message is made of is short, and its key is a secret of the plan.
fn check_names(plan: &Plan, place: &str, request: &NameRequest, problems: &mut Problems) {
    check_secret(plan, place, &request.key.secret, problems);
    for word in [&request.server, &request.zone, &request.name, &request.sort, &request.key.name, &request.key.algorithm] {
        problems.check(place, check_word(word));
    }
    let changed = request.change.iter().flat_map(|change| change.was.iter().chain(&change.becomes));
    for values in changed.map(|set| &set.values).chain([&request.like]) {
        if values.len() > RECORD_COUNT_MAX {
            problems.add(format!("{place}: more records of one name than fit into a message"));
        }
        for value in values {
            problems.check(place, check_name(value));
        }
    }
}

/// What brings the road back is said, and comes after a time that is worth waiting for.
fn check_cut(place: &str, cut: &Cut, problems: &mut Problems) {
    if !(Cut::WITHIN_MIN_SECONDS..=Cut::WITHIN_MAX_SECONDS).contains(&cut.within_seconds) {
        problems.add(format!("{place}: a host does not wait for {} s to bring back a road", cut.within_seconds));
    }
    match &cut.undo {
        None => problems.add(format!("{place}: it may cut the road to its host, and nothing there brings it back")),
        Some(undo) => std::iter::once(&undo.script).chain(&undo.words).for_each(|text| problems.check(place, check_text(text))),
    }
}

fn check_selector(place: &str, path: &Selector, problems: &mut Problems) {
    if path.len() > DEPTH_MAX {
        problems.add(format!("{place}: a path into an answer is too long"));
    }
    for part in path {
        if let Part::Name(name) = part {
            problems.check(place, check_text(name));
        }
    }
}

fn is_flat(condition: &Condition, depth: usize) -> bool {
    depth < DEPTH_MAX
        && match condition {
            Condition::OneOf { .. } | Condition::Present { .. } => true,
            Condition::All { of } | Condition::Any { of } => of.iter().all(|c| is_flat(c, depth + 1)),
            Condition::Not { of } => is_flat(of, depth + 1),
        }
}
