//! How does a report look to GitHub Actions? A workflow command a problem, which becomes a note beside the line of a pull request.
//!
//! Files are named from the repository's root, as the service knows them.

use crate::visible;
use mig_plan::{Diagnostic, Report, Severity, Unproven};

/// A command for each diagnostic, then one for each check that lacked a fact.
pub fn report(report: &Report) -> String {
    let diagnostics = report.diagnostics.iter().map(diagnostic);
    diagnostics.chain(report.unproven.iter().map(unproven)).collect()
}

fn diagnostic(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let mut properties = vec![];
    if !diagnostic.file.is_empty() {
        properties.push(("file", diagnostic.file.clone()));
        properties.extend(place(diagnostic));
    }
    properties.push(("title", format!("{}[{}] {}", diagnostic.severity.as_str(), diagnostic.code, diagnostic.name)));
    let places = diagnostic.labels.iter().map(|label| {
        let at = label.span.start;
        format!("{}:{}:{}: {}", label.file, at.line, at.column, label.text)
    });
    let help = diagnostic.help.iter().map(|help| format!("help: {help}"));
    let lines: Vec<String> = [diagnostic.message.clone()].into_iter().chain(places).chain(help).collect();
    command(level, &properties, &lines)
}

/// Lines, and columns where the place is on one line: the service takes no others.
fn place(diagnostic: &Diagnostic) -> Vec<(&'static str, String)> {
    let (start, end) = (diagnostic.span.start, diagnostic.span.end);
    if start.line == 0 {
        return vec![];
    }
    let mut out = vec![("line", start.line.to_string()), ("endLine", end.line.to_string())];
    if start.line == end.line {
        out.push(("col", start.column.to_string()));
        out.push(("endColumn", end.column.to_string()));
    }
    out
}

fn unproven(entry: &Unproven) -> String {
    let title = format!("not proven[{}] {}", entry.code, entry.name);
    command("notice", &[("title", title)], &[super::unproven(entry)])
}

/// `::error file=main.mig,line=3::message`, in which nothing ends a property, a command or a line.
fn command(level: &str, properties: &[(&str, String)], lines: &[String]) -> String {
    let properties: Vec<String> = properties.iter().map(|(name, value)| format!("{name}={}", property(&visible::line(value)))).collect();
    let message: Vec<String> = lines.iter().map(|line| data(&visible::text(line))).collect();
    format!("::{level} {}::{}\n", properties.join(","), message.join("%0A"))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use crate::render::human::tests::report;

    #[test]
    fn a_command_each() {
        insta::assert_snapshot!(super::report(&report()), @r"
        ::error file=main.mig,line=3,endLine=3,col=28,endColumn=40,title=error[MIG3030] duplicate_node_id::`prim` and `brent` would be one node of `club`\u{1b}[2J%0Anet.mig:2:28: first used here%0Amain.mig:1:8: in this server%0Ahelp: let the clone make an identity of its own
        ::warning file=old.mig,title=warning[MIG1009] unreadable_file::there is no such file
        ::notice title=not proven[MIG2001] disk_too_small::not proven[MIG2001]: disk_too_small for kruskal_services: needs a survey of `kruskal_azure`
        ");
    }

    #[test]
    fn nothing_ends_a_command_early() {
        let mut report = report();
        let first = &mut report.diagnostics[0];
        first.file = "a,b:c%d\n::error::x.mig".to_owned();
        first.message = "100 % of\r\n::add-mask::x".to_owned();
        first.help = Some("one\n::set-env::two".to_owned());
        let text = super::report(&report);
        assert_eq!(text.lines().filter(|line| line.starts_with("::")).count(), text.lines().count(), "{text}");
        let line = text.lines().next().unwrap_or("");
        assert!(line.contains("file=a%2Cb%3Ac%25d\\u{a}%3A%3Aerror%3A%3Ax.mig,"), "{line}");
        assert!(line.contains("::100 %25 of"), "{line}");
        assert!(line.ends_with("help: one%0A::set-env::two"), "{line}");
    }
}
