//! What is the value of a secret? The environment's, else an entry of the places that the project names: lines `NAME=VALUE`.
//!
//! Values are kept in memory only, and no message repeats one.

use super::SECRET_PREFIX;
use crate::preflight::Problem;
use mig_plan::SecretSource;
use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

/// A place holds at most so much.
const SOURCE_SIZE_MAX_BYTES: u64 = 1 << 20;
/// A person may be asked for a word or a finger meanwhile.
const PROGRAM_MAX_SECONDS: u64 = 300;
/// Read, write or run by the group or by others.
const OTHERS: u32 = 0o077;

/// Values by name, from the places that a project names.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Looks for what the environment does not have, in the order of places, and asks no place when nothing is missing any more.
    /// Relative paths begin at `folder`. What is found nowhere is no problem here: all that is missing is told with what else is.
    pub async fn find(names: &[String], sources: &[SecretSource], folder: &Path) -> Result<Self, Vec<Problem>> {
        let mut missing: Vec<&String> = names.iter().filter(|name| of_environment(name).is_none()).collect();
        let (mut found, mut problems) = (BTreeMap::new(), vec![]);
        tracing::debug!(wanted = names.len(), missing = missing.len(), "secrets of the environment");
        for source in sources {
            if missing.is_empty() {
                break;
            }
            match entries(source, folder).await {
                Ok(mut entries) => missing.retain(|name| match entries.remove(*name) {
                    Some(value) => found.insert((*name).clone(), value).is_some(),
                    None => true,
                }),
                Err(wrong) => problems.push(Problem::new(wrong.message, wrong.help)),
            }
        }
        tracing::debug!(found = found.len(), still_missing = missing.len(), "secrets of the program's places");
        if problems.is_empty() { Ok(Self(found)) } else { Err(problems) }
    }

    /// The value of one, of the environment first.
    pub fn get(&self, name: &str) -> Option<String> {
        of_environment(name).or_else(|| self.0.get(name).cloned())
    }
}

fn of_environment(name: &str) -> Option<String> {
    std::env::var(format!("{SECRET_PREFIX}{name}")).ok()
}

/// What is wrong with a place, and what to do.
#[derive(Debug)]
struct Wrong {
    message: String,
    help: String,
}

type Found<T> = Result<T, Wrong>;

fn problem(message: String, help: impl Into<String>) -> Wrong {
    Wrong { message, help: help.into() }
}

async fn entries(source: &SecretSource, folder: &Path) -> Found<BTreeMap<String, String>> {
    let (place, bytes) = match source {
        SecretSource::File(path) => (path.clone(), private(&folder.join(path), path)?),
        SecretSource::Age(path) => (path.clone(), age(&folder.join(path), path, folder).await?),
        SecretSource::Command(words) => {
            let place = format!("what `{}` prints", words.join(" "));
            let (program, words) = words.split_first().ok_or_else(|| {
                problem(
                    "`command([])` names no program".to_owned(),
                    "write the program and its words: `command([\"pass\", \"show\", \"club\"])`",
                )
            })?;
            (place, run(program, words, folder, "see why it fails by hand, in the project's folder").await?)
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        problem(format!("{place}:{line} is not UTF-8"), FORM)
    })?;
    parse(text, &place)
}

const FORM: &str = "an entry is a line `NAME=VALUE`, a remark begins with `#`; see `project` in the reference";

/// Values stand as they are, quotes and blanks after the `=` included.
fn parse(text: &str, place: &str) -> Found<BTreeMap<String, String>> {
    let mut entries = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let wrong = |what: &str| problem(format!("{place}:{} {what}", number + 1), FORM);
        let (name, value) = line.split_once('=').ok_or_else(|| wrong("has no `=`"))?;
        let name = name.trim();
        // The text before the `=` may be a piece of a secret, so it is not repeated.
        if name.is_empty() || name.starts_with('-') || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong("has no name before its `=`"));
        }
        if value.contains('\0') {
            return Err(wrong("has a value with a NUL"));
        }
        if entries.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(wrong("names a secret a second time"));
        }
    }
    Ok(entries)
}

/// The bytes of a file that nobody else may read, as ssh wants its keys.
fn private(path: &Path, shown: &str) -> Found<Vec<u8>> {
    let failed = |error: io::Error| {
        problem(format!("the secrets in `{shown}` cannot be read: {error}"), "put the file there, or correct `project { secrets }`")
    };
    // A pipe or a device would wait or never end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(problem(format!("`{shown}` is not a regular file, so no secrets are read from it"), "name a file"));
    }
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        let message = format!("others than its owner may read or change `{shown}` (mode {mode:04o}), so no secrets are taken from it");
        return Err(problem(message, format!("`chmod 600 {shown}`; take the secrets for known if others use this machine")));
    }
    let mut bytes = vec![];
    file.take(SOURCE_SIZE_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    fits(&bytes, &format!("`{shown}`"))?;
    Ok(bytes)
}

fn fits(bytes: &[u8], place: &str) -> Found<()> {
    if bytes.len() as u64 <= SOURCE_SIZE_MAX_BYTES {
        return Ok(());
    }
    Err(problem(format!("{place} has more than {} KiB of secrets", SOURCE_SIZE_MAX_BYTES >> 10), "keep nothing but secrets there"))
}

async fn age(path: &Path, shown: &str, folder: &Path) -> Found<Vec<u8>> {
    let identity = identity()?;
    let key = identity.display().to_string();
    // Else whoever reads the key reads all that was ever encrypted for it.
    private(&identity, &key)?;
    if !path.is_file() {
        let message = format!("there is no file `{shown}`, where the project's secrets are");
        return Err(problem(message, "put it there, or correct `project { secrets }`"));
    }
    let words = ["--decrypt".to_owned(), "--identity".to_owned(), key.clone(), path.display().to_string()];
    run("age", &words, folder, &format!("see that it is encrypted for the key in {key}: `age --decrypt --identity {key} {shown}`")).await
}

fn identity() -> Found<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let found = set("AGE_IDENTITY").or_else(|| set("HOME").map(|home| home.join(".config/age/keys.txt")));
    match found {
        Some(path) if path.exists() => Ok(path),
        Some(path) => {
            let message = format!("there is no key for age at `{}`", path.display());
            Err(problem(message, "set AGE_IDENTITY to the file with your key, or put it there; `age-keygen` makes one"))
        }
        None => Err(problem("no key for age is named".to_owned(), "set AGE_IDENTITY to the file with your key")),
    }
}

/// What a program prints. Its words reach it as they are; it may ask a person on the terminal.
async fn run(program: &str, words: &[String], folder: &Path, help: &str) -> Found<Vec<u8>> {
    let shown = program.escape_debug().to_string();
    let failed = |why: String| problem(format!("`{shown}`, which gives secrets, {why}"), help);
    let started =
        Command::new(program).args(words).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut child = started.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            problem(format!("the program `{shown}`, which gives secrets, is not there"), format!("install `{shown}`, or see PATH"))
        }
        _ => failed(format!("cannot be started: {error}")),
    })?;
    let printed = async {
        let mut bytes = vec![];
        if let Some(stdout) = child.stdout.take() {
            stdout.take(SOURCE_SIZE_MAX_BYTES + 1).read_to_end(&mut bytes).await?;
        }
        fits(&bytes, &format!("`{shown}`")).map_err(|too_long| io::Error::other(too_long.message))?;
        Ok::<_, io::Error>((child.wait().await?, bytes))
    };
    match timeout(Duration::from_secs(PROGRAM_MAX_SECONDS), printed).await {
        Err(_) => Err(failed(format!("did not end within {} minutes", PROGRAM_MAX_SECONDS / 60))),
        Ok(Err(error)) => Err(failed(format!("was not read to its end: {error}"))),
        Ok(Ok((status, _))) if !status.success() => Err(failed(format!("failed ({status})"))),
        Ok(Ok((_, bytes))) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn entries_are_lines_and_values_stand_as_they_are() {
        let entries = parse("# of the club\n\n  TOKEN = a=b \"c\" \r\nEMPTY=\n", "x").expect("they are well formed");
        let entries: Vec<(&str, &str)> = entries.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(entries, [("EMPTY", ""), ("TOKEN", " a=b \"c\" ")]);
    }

    #[test]
    fn what_is_no_entry_is_named_by_its_line_and_never_shown() {
        for (text, said) in [
            ("A=1\nhunter2\n", "x:2 has no `=`"),
            ("# a\n=hunter2\n", "x:2 has no name before its `=`"),
            ("hun ter2=\n", "x:1 has no name before its `=`"),
            ("A=hunter2\nA=hunter2\n", "x:2 names a secret a second time"),
            ("A=hunter2\0\n", "x:1 has a value with a NUL"),
        ] {
            let problem = parse(text, "x").expect_err("it is no list of entries");
            assert_eq!(problem.message, said);
            assert!(!problem.help.contains("hun"));
        }
    }
}
