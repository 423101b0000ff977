//! Is a file the plan that somebody reviewed? Its digest says so, and every field is looked at as hostile input.
//!
//! Whether the state is still the one it was made against is asked by the executor.

#![allow(clippy::disallowed_methods)] // Reading the file that the command line names.

use crate::exit::{Failure, reason};
use mig_plan::{Digest, Plan, proof};
use mig_runtime::validate::validate;
use std::{fs, path::Path};

/// A plan may have so many bytes.
const SIZE_MAX_BYTES: u64 = 64 << 20;
/// So many problems are told of one file.
const PROBLEM_COUNT_MAX: usize = 10;

/// The plan in the file, if it has that digest.
pub(super) fn read(path: &Path, digest: Option<&str>) -> Result<Plan, Failure> {
    let shown = path.display();
    let Some(digest) = digest else {
        return Err(Failure::usage(format!("`{shown}` is a plan, and a file can be changed after it was reviewed"))
            .help("add `--digest sha256:…`, as `migc plan --out` printed it, or give the program's folder instead"));
    };
    let unreadable = |error: std::io::Error| Failure::new(format!("`{shown}` cannot be read: {}", reason(&error)));
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > SIZE_MAX_BYTES {
        return Err(Failure::new(format!("`{shown}` has {size} bytes, and a plan has at most {SIZE_MAX_BYTES}")));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let again = "make it anew with `migc plan --out`";
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|e| Failure::new(format!("`{shown}` is no JSON: {e}")).help(again))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(Plan::VERSION) => {}
        Some(version) => {
            let message = format!("`{shown}` is a plan of version {version}, and this migc reads version {}", Plan::VERSION);
            return Err(Failure::new(message).help("use the migc that wrote it, or make it anew with `migc plan --out`"));
        }
        None => return Err(Failure::new(format!("`{shown}` is no plan: it has no version")).help(again)),
    }
    let plan: Plan = serde_json::from_value(value).map_err(|e| Failure::new(format!("`{shown}` is no plan: {e}")).help(again))?;
    same(&plan.digest(), digest, &shown.to_string())?;
    let problems = validate(&plan).err().unwrap_or_else(|| proof::violations(&plan).into_iter().map(|v| v.message).collect());
    if problems.is_empty() {
        return Ok(plan);
    }
    let list: Vec<String> = problems.into_iter().take(PROBLEM_COUNT_MAX).collect();
    Err(Failure::new(format!("`{shown}` is not a plan that can be applied: {}", list.join("; "))).help(again))
}

fn same(found: &Digest, wanted: &str, shown: &str) -> Result<(), Failure> {
    if found.as_str() == wanted {
        return Ok(());
    }
    if wanted.len() != found.as_str().len() || !wanted.starts_with("sha256:") {
        return Err(Failure::usage(format!("`{wanted}` is no digest: `sha256:` and 64 hexadecimal digits are one")));
    }
    Err(Failure::new(format!("`{shown}` has the digest {found}, and {wanted} was asked for"))
        .help("it is not the plan that was reviewed; make a new one with `migc plan --out`"))
}
