//! How does a plan look in a review comment? Tables of Markdown: what a reviewer asks first on top, the steps folded.
//!
//! Texts of the plan are escaped, so that none of them becomes markup.

use super::{count, plan::numbers, quantity, texts, words};
use crate::visible;
use mig_plan::{Plan, Step};
use std::fmt::Write as _;

/// All of it.
pub fn plan(plan: &Plan) -> String {
    let project = text(&plan.project);
    if plan.steps.is_empty() {
        let mut out = format!("### Nothing to do: {project} is as the program says\n");
        drift(plan, &mut out);
        let _ = writeln!(out, "\ndigest: `{}`", plan.digest());
        return out;
    }
    let sizes = [count(plan.steps.len(), "step"), count(plan.moves.len(), "move"), count(plan.hosts.len(), "host")];
    let mut out = format!("### Plan for {project}: {}\n", sizes.join(", "));
    drift(plan, &mut out);
    moves(plan, &mut out);
    downtime(plan, &mut out);
    steps(plan, &mut out);
    changed_texts(plan, &mut out);
    tail(plan, &mut out);
    out
}

/// What is not as it was applied, before what the program changes.
fn drift(plan: &Plan, out: &mut String) {
    if let Some(partial) = &plan.partial {
        let _ = writeln!(out, "\n**{}**", text(&super::plan::partial(partial)));
    }
    let Some(observed) = &plan.observed else { return };
    if !observed.drift.is_empty() {
        out.push_str("\n| drifted | on | what became of it | what is done |\n| --- | --- | --- | --- |\n");
    }
    for one in &observed.drift {
        let (address, host, change) = (text(&one.address), text(&one.host), text(&one.change.in_words()));
        let _ = writeln!(out, "| {address} | {host} | {change} | {} |", super::drift::answer(plan, one));
    }
    if !observed.unseen.is_empty() {
        out.push('\n');
    }
    for unseen in &observed.unseen {
        let _ = writeln!(out, "- not observed: {}: {}", text(&unseen.address), text(&unseen.why));
    }
}

fn moves(plan: &Plan, out: &mut String) {
    if plan.moves.is_empty() {
        return;
    }
    let numbers = numbers(plan);
    out.push_str(
        "\n| move | from | to | data | time | cutover within | no way back from |\n| --- | --- | --- | ---: | ---: | --- | --- |\n",
    );
    for summary in &plan.moves {
        let bytes = summary.bytes.map_or_else(|| "not known".to_owned(), quantity::bytes);
        let time = summary.seconds.map_or_else(|| "not known".to_owned(), quantity::seconds);
        let window = summary.window.as_deref().map_or_else(|| "any time".to_owned(), text);
        let point = summary.point_of_no_return.as_ref().and_then(|id| numbers.get(id.as_str()));
        let point = point.map_or_else(|| "it can be undone to its end".to_owned(), |number| format!("step {number}"));
        let (from, to) = (text(&summary.from), text(&summary.to));
        let _ = writeln!(out, "| {} | {from} | {to} | {bytes} | {time} | {window} | {point} |", text(&summary.address));
    }
}

fn downtime(plan: &Plan, out: &mut String) {
    if plan.forecasts.is_empty() {
        return;
    }
    out.push_str("\n| service | downtime |\n| --- | ---: |\n");
    for forecast in &plan.forecasts {
        let time = forecast.downtime_seconds.map_or_else(|| "not known".to_owned(), |s| format!("about {}", quantity::seconds(s)));
        let _ = writeln!(out, "| {} | {time} |", text(&forecast.address));
    }
}

fn steps(plan: &Plan, out: &mut String) {
    let _ = write!(out, "\n<details><summary>{}</summary>\n\n", count(plan.steps.len(), "step"));
    out.push_str("| | step | why | undo |\n| ---: | --- | --- | --- |\n");
    for (step, number) in plan.steps.iter().zip(1..) {
        let armed = words::armed(step).map(|armed| format!("; armed: {armed}")).unwrap_or_default();
        let undo = words::undo(step) + &armed;
        let _ = writeln!(out, "| {number} | {} | {} | {} |", title(step), text(&step.why), text(&undo));
    }
    out.push_str("\n</details>\n");
}

/// How texts differ, each in a block of its own that nothing in it can close.
fn changed_texts(plan: &Plan, out: &mut String) {
    for (step, number) in plan.steps.iter().zip(1..) {
        let Some(told) = texts::told(step) else { continue };
        let _ = writeln!(out, "\n**step {number}**, {}: {}", text(&step.title), text(&told.summary));
        if told.lines.is_empty() {
            continue;
        }
        let lines: Vec<&str> = told.lines.iter().map(|l| l.text.as_str()).collect();
        let fence = fence(&lines);
        let _ = writeln!(out, "\n{fence}diff\n{}\n{fence}", lines.join("\n"));
        if let Some(more) = told.more() {
            let _ = writeln!(out, "\n{more}");
        }
    }
}

/// Longer than any that stands in the lines.
fn fence(lines: &[&str]) -> String {
    let longest = lines.iter().flat_map(|l| l.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn title(step: &Step) -> String {
    if step.point_of_no_return { format!("**point of no return**: {}", text(&step.title)) } else { text(&step.title) }
}

fn tail(plan: &Plan, out: &mut String) {
    out.push('\n');
    for (currency, micro) in &plan.cost_per_day {
        let _ = writeln!(out, "- {} a day while both sides exist", quantity::money(*micro, &text(currency)));
    }
    for name in &plan.secrets {
        let _ = writeln!(out, "- apply needs the secret `{}`", text(name));
    }
    for entry in &plan.unproven {
        let _ = writeln!(out, "- {}", text(&super::unproven(entry)));
    }
    let _ = writeln!(out, "\ndigest: `{}`", plan.digest());
}

/// What Markdown and HTML would take for their own is written as a character reference.
fn text(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in visible::line(plain).chars() {
        match c {
            '|' | '<' | '>' | '&' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' | '!' | '~' => {
                let _ = write!(out, "&#{};", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{fence, text};

    #[test]
    fn no_line_ends_a_block() {
        assert_eq!(["+a", " ```", "+````` x ``"].map(|line| fence(&[line]).len()), [3, 4, 6]);
    }

    #[test]
    fn no_text_becomes_markup() {
        let hostile = "a|b <img src=x> `x` **b** [l](http://e) @all\nnext\u{1b}[1m";
        let shown = text(hostile);
        assert!(!shown.contains(['|', '<', '>', '`', '*', '[', '@', '\n', '\u{1b}']), "{shown}");
        assert_eq!(text("stop mysql on kruskal"), "stop mysql on kruskal");
    }
}
