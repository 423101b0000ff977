//! How does a plan look to a person who must say yes to it? Every step with its reason, cost and way back; then the sums.
//!
//! Without a character beyond ASCII of its own, and without colour but for how texts differ. The numbers are the order of the plan, and everything
//! that talks about steps uses them.

use super::{count, drift, quantity, texts, words};
use crate::{terminal::Look, visible};
use mig_plan::{Action, Estimate, Host, Partial, Phase, Plan, Step};
use std::{collections::BTreeMap, fmt::Write as _};

/// Columns of a ruled line.
const RULE_WIDTH: usize = 78;

/// All of it.
pub fn plan(plan: &Plan, look: Look) -> String {
    let mut out = String::new();
    if let Some(partial) = &plan.partial {
        let _ = writeln!(out, "{}", self::partial(partial));
    }
    if plan.steps.is_empty() {
        let of = if plan.partial.is_some() { "that part of " } else { "" };
        let _ = writeln!(out, "nothing to do: {of}{} is as the program says", visible::line(&plan.project));
        drift::told(plan, &mut out);
        tail(plan, &mut out);
        return out;
    }
    if let Some(run) = &plan.reverses {
        let _ = writeln!(
            out,
            "back: what run {} has moved, with all that was written since; what it did beside that stays",
            visible::line(run)
        );
    }
    let sizes = [count(plan.steps.len(), "step"), count(plan.moves.len(), "move"), count(plan.hosts.len(), "host")];
    let _ = writeln!(out, "plan for {}: {}", visible::line(&plan.project), sizes.join(", "));
    drift::told(plan, &mut out);
    hosts(plan, &mut out);
    moves(plan, &mut out);
    let numbers = numbers(plan);
    let mut before = None;
    for (index, step) in plan.steps.iter().enumerate() {
        let here = heading(step);
        if before.as_ref() != Some(&here) {
            let _ = writeln!(out, "\n{here}");
        }
        before = Some(here);
        self::step(&numbers, index, step, look, &mut out);
    }
    downtime(plan, &numbers, &mut out);
    tail(plan, &mut out);
    out
}

/// Says that a plan is for a part only.
pub(super) fn partial(partial: &Partial) -> String {
    let targets: Vec<String> = partial.targets.iter().map(|t| visible::line(t)).collect();
    let rest = match partial.left_out {
        0 => "nothing else is to do".to_owned(),
        left_out => format!("{} of the whole plan left out", count(left_out, "step")),
    };
    format!("partial: only {} and what it needs; {rest}", targets.join(", "))
}

/// The numbers that steps have for people, where many are asked for.
pub type Numbers<'p> = BTreeMap<&'p str, usize>;

/// Each step's, by its id.
pub fn numbers(plan: &Plan) -> Numbers<'_> {
    plan.steps.iter().zip(1..).map(|(step, number)| (step.id.as_str(), number)).collect()
}

/// The number a step has for people.
pub fn number(plan: &Plan, id: &str) -> Option<usize> {
    plan.steps.iter().position(|s| s.id == id).map(|i| i + 1)
}

fn hosts(plan: &Plan, out: &mut String) {
    if plan.hosts.is_empty() {
        return;
    }
    out.push_str("\nhosts\n");
    for (name, host) in &plan.hosts {
        let _ = writeln!(out, "  {}: {}", visible::line(name), visible::line(&way(host)));
        let needed = plan.preconditions.iter().filter(|p| &p.host == name).map(|p| &p.requirement);
        for (index, need) in words::requirements(needed).iter().enumerate() {
            let word = if index == 0 { "needs" } else { "" };
            let _ = writeln!(out, "    {word:5} {}", visible::line(need));
        }
    }
    out.push_str("  All of that is looked at, and every host is reached, before anything is changed.\n");
}

fn way(host: &Host) -> String {
    let login = &host.login;
    let user = login.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let mut way = format!("ssh {user}{}", login.host);
    if let Some(port) = login.port {
        let _ = write!(way, " port {port}");
    }
    if let Some(jump) = &login.jump {
        let _ = write!(way, " through {jump}");
    }
    if login.sudo {
        way.push_str(", acting through sudo");
    }
    way.push_str(if host.host_keys.is_empty() { ", host key by your known_hosts" } else { ", host key by its facts" });
    way
}

fn moves(plan: &Plan, out: &mut String) {
    if plan.moves.is_empty() {
        return;
    }
    out.push_str("\nmoves\n");
    for summary in &plan.moves {
        let ends = visible::line(&format!("{}: from {} to {}", summary.address, summary.from, summary.to));
        let size = Estimate { seconds: summary.seconds, bytes: summary.bytes };
        let _ = writeln!(out, "  {ends}, {}", estimate(size, true));
        if let Some(window) = &summary.window {
            let _ = writeln!(out, "    its cutover only within {}", visible::line(window));
        }
        match summary.point_of_no_return.as_ref().and_then(|id| number(plan, id)) {
            Some(step) => {
                let _ = writeln!(out, "    its point of no return is step {step}");
            }
            None => out.push_str("    it can be undone to its end\n"),
        }
    }
}

/// Of which move, and in which part of its life.
fn heading(step: &Step) -> String {
    let Some(address) = &step.of_move else { return "beside the moves".to_owned() };
    let phase = match step.phase {
        Phase::Prepare => "PREPARE, nothing is down",
        Phase::Cutover => "CUTOVER, the source is down and the target not yet up",
        Phase::Finish => "FINISH, the target is up",
    };
    format!("{}: {phase}", visible::line(address))
}

fn step(numbers: &Numbers<'_>, index: usize, step: &Step, look: Look, out: &mut String) {
    if step.point_of_no_return {
        no_return(step, index + 1, out);
    }
    let _ = writeln!(out, "  {:>3}. {}", index + 1, visible::line(&step.title));
    if !step.why.is_empty() {
        let _ = writeln!(out, "         why:  {}", visible::line(&step.why));
    }
    let mut needs: Vec<usize> = step.needs.iter().filter_map(|id| numbers.get(id.as_str()).copied()).collect();
    needs.sort_unstable();
    let after = if needs.is_empty() { "can begin at once".to_owned() } else { format!("after {}", ranges(&needs)) };
    let travels = matches!(step.action, Action::CopyTrees { .. } | Action::BringImage { from: Some(_), .. });
    let _ = writeln!(out, "         how:  {after}, {}", estimate(step.estimate, travels));
    let past = if step.after_no_return { " (after the point of no return)" } else { "" };
    let _ = writeln!(out, "         undo: {}{past}", visible::line(&words::undo(step)));
    if let Some(armed) = words::armed(step) {
        let _ = writeln!(out, "         armed: {}", visible::line(&armed));
    }
    if let Some(told) = texts::told(step) {
        text(&told, look, out);
    }
}

/// How a text changes, below its step.
fn text(told: &texts::Told, look: Look, out: &mut String) {
    let _ = writeln!(out, "         text: {}", told.summary);
    for line in &told.lines {
        let paint = match line.sign {
            '+' => "\u{1b}[32m",
            '-' => "\u{1b}[31m",
            '@' => "\u{1b}[36m",
            _ => "",
        };
        let (paint, plain) = if look.colour && !paint.is_empty() { (paint, "\u{1b}[0m") } else { ("", "") };
        let _ = writeln!(out, "           {paint}{}{plain}", line.text);
    }
    if let Some(more) = told.more() {
        let _ = writeln!(out, "           {more}");
    }
}

fn no_return(step: &Step, number: usize, out: &mut String) {
    let address = visible::line(step.of_move.as_deref().unwrap_or(&step.address));
    let _ = writeln!(out, "\n{:=^RULE_WIDTH$}", format!(" POINT OF NO RETURN of {address} "));
    let _ = writeln!(out, "  Until here a failure brings the source back. Once step {number} is done, only a reverse move does.");
    let _ = writeln!(out, "{:=<RULE_WIDTH$}\n", "");
}

fn downtime(plan: &Plan, numbers: &Numbers<'_>, out: &mut String) {
    if plan.forecasts.is_empty() {
        return;
    }
    out.push_str("\ndowntime\n");
    let width = plan.forecasts.iter().map(|f| f.address.chars().count()).max().unwrap_or(0);
    for forecast in &plan.forecasts {
        let time = forecast.downtime_seconds.map_or_else(|| "not known".to_owned(), |s| format!("about {}", quantity::seconds(s)));
        let step = |id: &String| numbers.get(id.as_str()).map_or_else(|| "?".to_owned(), ToString::to_string);
        let (down, up) = (step(&forecast.down), step(&forecast.up));
        let _ = writeln!(out, "  {:width$}  {time:<16} from step {down} to step {up}", visible::line(&forecast.address));
    }
}

fn tail(plan: &Plan, out: &mut String) {
    out.push('\n');
    if !plan.steps.is_empty() {
        let _ = writeln!(out, "in all: {}, {}", count(plan.steps.len(), "step"), total(plan));
    }
    if !plan.cost_per_day.is_empty() {
        let money: Vec<String> = plan.cost_per_day.iter().map(|(currency, m)| quantity::money(*m, &visible::line(currency))).collect();
        let _ = writeln!(out, "cost: {} a day while both sides exist", money.join(" and "));
    }
    if !plan.secrets.is_empty() {
        let names: Vec<String> = plan.secrets.iter().map(|name| visible::line(name)).collect();
        let _ = writeln!(out, "secrets: apply needs {}; MIG_SECRET_NAME in its environment, or `project {{ secrets }}`", names.join(", "));
    }
    for (name, value) in &plan.outputs {
        let value = if value.is_null() { "known after the apply".to_owned() } else { value.to_string() };
        let _ = writeln!(out, "output: {} = {}", visible::line(name), visible::line(&value));
    }
    for entry in &plan.unproven {
        let _ = writeln!(out, "{}", super::unproven(entry));
    }
    match plan.serial {
        0 => out.push_str("state: nothing was applied yet\n"),
        serial => {
            let seen = match plan.observed.as_ref().map(|observed| observed.count) {
                // What matters on the hosts is looked at by its own first steps.
                None if plan.reverses.is_some() => String::new(),
                None => "; no host was asked what became of it".to_owned(),
                Some(0) => String::new(),
                Some(things) => format!("; {} looked at on the hosts", count(things, "thing")),
            };
            let _ = writeln!(out, "state: entry {serial} of the journal{seen}");
        }
    }
    let _ = writeln!(out, "digest: {}", plan.digest());
}

/// Sums of what is known, and a word where something is not.
fn total(plan: &Plan) -> String {
    let sum = |of: fn(&Step) -> Option<u64>| plan.steps.iter().filter_map(of).fold(0, u64::saturating_add);
    let seconds = sum(|s| s.estimate.seconds);
    let unknown = plan.steps.iter().filter(|s| s.estimate.seconds.is_none()).count();
    let least = if unknown > 0 { format!(" (without {}, whose time is not known)", count(unknown, "step")) } else { String::new() };
    let bytes = quantity::bytes(sum(|s| s.estimate.bytes));
    format!("about {} if one after the other{least}, {bytes} over the network", quantity::seconds(seconds))
}

/// An unknown size is said only of what travels.
fn estimate(estimate: Estimate, travels: bool) -> String {
    let time = estimate.seconds.map_or_else(|| "time not known".to_owned(), |s| format!("about {}", quantity::seconds(s)));
    match estimate.bytes {
        Some(bytes) if bytes > 0 => format!("{time}, {} over the network", quantity::bytes(bytes)),
        None if travels => format!("{time}, size not known"),
        _ => time,
    }
}

/// `1, 3-5`.
pub(super) fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = vec![];
    for number in numbers {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == *number => *end = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let words = ranges.iter().map(|(from, to)| match to - from {
        0 => from.to_string(),
        1 => format!("{from}, {to}"),
        _ => format!("{from}-{to}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mig_plan::{Class, Digest, Forecast, MoveSummary, Origin, Precondition, Requirement, Tree, Undo};

    fn step(id: &str, phase: Phase, title: &str, action: Action, needs: &[&str]) -> Step {
        Step {
            id: id.to_owned(),
            address: "mysql".to_owned(),
            of_move: Some("services".to_owned()),
            phase,
            title: title.to_owned(),
            why: "the data must be the same on both sides".to_owned(),
            action,
            needs: needs.iter().map(|id| (*id).to_owned()).collect(),
            class: Class::Idempotent,
            estimate: Estimate::default(),
            undo: Undo::Nothing,
            point_of_no_return: false,
            after_no_return: false,
            before: None,
            sets: vec![],
            removes: vec![],
            origin: Origin::default(),
        }
    }

    fn example() -> Plan {
        let (old, new, mysql) = ("old".to_owned(), "new".to_owned(), "mysql".to_owned());
        let tree = Tree { source: "/data/mysql".to_owned(), target: "/data/mysql".to_owned(), exclude: vec![] };
        let copy = Action::CopyTrees { from: old.clone(), to: new.clone(), trees: vec![tree], live: true };
        let stop = Action::StopContainer { host: old.clone(), container: mysql.clone(), grace_seconds: 60, clean: true };
        let start = |host: &str| Action::StartContainer { host: host.to_owned(), container: mysql.clone() };
        let mut steps = vec![
            step("sa", Phase::Prepare, "copy `/data/mysql` from old to new while it is used", copy, &[]),
            step("sb", Phase::Cutover, "stop `mysql` on old", stop, &["sa"]),
            step("sc", Phase::Cutover, "start `mysql` on new\u{1b}[1m", start("new"), &["sa", "sb"]),
        ];
        steps[0].estimate = Estimate { seconds: Some(5_040), bytes: Some(54 << 30) };
        steps[1].undo = Undo::Act { action: Box::new(start("old")) };
        steps[1].estimate.seconds = Some(20);
        steps[2].undo = Undo::Impossible { why: "new accepts writes".to_owned() };
        steps[2].point_of_no_return = true;
        let requirement = Requirement::FreeSpace { path: "/data".to_owned(), bytes: 54 << 30 };
        let space = Precondition { host: new.clone(), address: mysql.clone(), requirement, origin: Origin::default() };
        let host = |name: &str| {
            (name.to_owned(), Host { login: mig_plan::Login { host: name.to_owned(), ..Default::default() }, ..Default::default() })
        };
        let summary = MoveSummary {
            address: "services".to_owned(),
            from: old,
            to: new,
            point_of_no_return: Some("sc".to_owned()),
            bytes: Some(54 << 30),
            seconds: None,
            window: Some("4h from 2020-01-18T02:00+08:00".to_owned()),
            window_unix: None,
        };
        Plan {
            version: Plan::VERSION,
            project: "geekpie".to_owned(),
            sources: Digest::of_bytes(b""),
            serial: 0,
            head: String::new(),
            hosts: ["old", "new"].map(host).into(),
            preconditions: vec![space.clone(), space],
            steps,
            moves: vec![summary],
            forecasts: vec![Forecast { address: mysql, downtime_seconds: Some(320), down: "sb".to_owned(), up: "sc".to_owned() }],
            cost_per_day: [("EUR".to_owned(), 11_400_000)].into(),
            secrets: vec!["MYSQL_ROOT_PASSWORD".to_owned()],
            unproven: vec![],
            outputs: [("judge".to_owned(), serde_json::Value::Null)].into(),
            observed: None,
            partial: None,
            reverses: None,
        }
    }

    #[test]
    fn what_is_signed() {
        let text = plan(&example(), Look::PLAIN);
        let (text, digest) = text.split_once("digest: ").expect("it ends with its digest");
        assert_eq!(digest, format!("{}\n", example().digest()));
        insta::assert_snapshot!(text, @r"
        plan for geekpie: 3 steps, 1 move, 2 hosts

        hosts
          new: ssh new, host key by your known_hosts
            needs room: 54.0 GiB at /data
          old: ssh old, host key by your known_hosts
          All of that is looked at, and every host is reached, before anything is changed.

        moves
          services: from old to new, time not known, 54.0 GiB over the network
            its cutover only within 4h from 2020-01-18T02:00+08:00
            its point of no return is step 3

        services: PREPARE, nothing is down
            1. copy `/data/mysql` from old to new while it is used
                 why:  the data must be the same on both sides
                 how:  can begin at once, about 1 h 24 min, 54.0 GiB over the network
                 undo: nothing to undo

        services: CUTOVER, the source is down and the target not yet up
            2. stop `mysql` on old
                 why:  the data must be the same on both sides
                 how:  after 1, about 20 s
                 undo: start mysql on old

        ======================= POINT OF NO RETURN of services =======================
          Until here a failure brings the source back. Once step 3 is done, only a reverse move does.
        ==============================================================================

            3. start `mysql` on new\u{1b}[1m
                 why:  the data must be the same on both sides
                 how:  after 1, 2, time not known
                 undo: IMPOSSIBLE: new accepts writes

        downtime
          mysql  about 5 min 20 s from step 2 to step 3

        in all: 3 steps, about 1 h 24 min if one after the other (without 1 step, whose time is not known), 54.0 GiB over the network
        cost: 11.40 EUR a day while both sides exist
        secrets: apply needs MYSQL_ROOT_PASSWORD; MIG_SECRET_NAME in its environment, or `project { secrets }`
        output: judge = known after the apply
        state: nothing was applied yet
        ");
    }

    #[test]
    fn colours_are_for_what_differs_and_only_where_asked() {
        let lines = [('-', "-old"), ('+', "+new"), (' ', " same")];
        let lines = lines.map(|(sign, text)| texts::Line { sign, text: text.to_owned() }).into();
        let told = texts::Told { summary: "differs".to_owned(), lines, rest: 2 };
        let of = |look: Look| {
            let mut out = String::new();
            super::text(&told, look, &mut out);
            out
        };
        assert_eq!(
            of(Look::PLAIN),
            "         text: differs\n           -old\n           +new\n            same\n           ... and 2 more lines\n"
        );
        let coloured = of(Look { colour: true, ..Look::PLAIN });
        assert!(coloured.contains("\u{1b}[31m-old\u{1b}[0m") && coloured.contains("\n            same\n"), "{coloured}");
    }

    #[test]
    fn nothing_to_do_is_said() {
        let text = plan(&Plan { steps: vec![], ..example() }, Look::PLAIN);
        assert!(text.starts_with("nothing to do: geekpie is as the program says\n"), "{text}");
    }

    #[test]
    fn ranges_are_short() {
        assert_eq!([&[][..], &[1], &[1, 2], &[1, 3, 4, 5, 9]].map(ranges), ["", "1", "1, 2", "1, 3-5, 9"]);
    }
}
