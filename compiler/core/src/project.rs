//! Is the program one project, and is this a migc that may compile it?

use crate::{
    model::Model,
    report::{DUPLICATE_NAME, OTHER_VERSION, Problem, REFUSED_VALUE, STAGE},
    source::Loc,
    value::{InstanceId, Value},
};
use semver::{Version, VersionReq};

/// Of this migc; all crates of it have one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Says that there are two projects, or that the one wants another migc.
pub fn check(model: &Model<'_, '_>) {
    let Some(kind) = model.program.noun("project") else { return };
    let all = model.of_kind(kind);
    let [first, rest @ ..] = &*all else { return };
    for second in rest {
        let problem = Problem::error(DUPLICATE_NAME, second.at, "a program is one project, and this is a second one");
        model.program.report(problem.also(first.at, "the first one"));
    }
    if let Value::Ref(id) = first.v {
        version(model, id);
        commands(model, id);
    }
}

/// `secrets = [command(["pass", "show", "club"])]` starts a program on the operator's machine, so that a module which was taken from
/// elsewhere must not bring it along.
fn commands(model: &Model<'_, '_>, project: InstanceId) {
    let Value::List(sources) = model.get(project, "secrets").v else { return };
    for source in sources.iter().filter(|source| !is_main(model, source.at)) {
        let Value::Map(parts) = &source.v else { continue };
        if parts.get("by").is_some_and(|by| by.as_str() == Some("command")) {
            let message = "only the file that the program begins with may start a program for its secrets";
            let help = "write `command([…])` there, after a look at what it starts";
            model.program.report(Problem::error(STAGE, source.at, message).help(help));
        }
    }
}

/// Is a place in the file that the program begins with?
pub fn is_main(model: &Model<'_, '_>, at: Loc) -> bool {
    model.program.syntax.modules.iter().find(|m| m.own).is_some_and(|m| m.file == at.file)
}

/// `migc = ">=0.1, <0.2"`
fn version(model: &Model<'_, '_>, project: InstanceId) {
    let Value::Str(wanted) = model.get(project, "migc").v else { return };
    let kind = model.program.kind(model.instance(project).kind);
    let at = kind.by_name.get("migc").map_or(model.instance(project).at, |number| model.entry(project, *number));
    let problem = match VersionReq::parse(&wanted) {
        Err(why) => {
            Problem::error(REFUSED_VALUE, at, format!("`migc` says for which versions of migc the program is, and this is none: {why}"))
                .help("write it as `migc = \">=0.1, <0.2\"`")
        }
        Ok(range) => match Version::parse(VERSION) {
            Ok(own) if !range.matches(&own) => {
                Problem::error(OTHER_VERSION, at, format!("the program is for migc {wanted}, and this is migc {VERSION}"))
                    .help("use a migc of that range, or widen the range after a look at the changelog")
            }
            _ => return,
        },
    };
    model.program.report(problem);
}
