//! Which scripts are there, what do they take, and what do they answer? One function for each file in `scripts/`.
//!
//! Knows nothing of plans; what an answer means for a step is decided in `actions`.
//!
//! All of them: POSIX sh, values as positional parameters only. Exit status 0 is an answer, 3 a refusal because something is not
//! ours, 4 somebody else holds the lock, anything else a failure that standard error explains. The record folder is
//! `${MIGC_HOME}/${MIGC_STATE}`, set by whoever runs the script.

use crate::{Script, manifest::Depth, script::Recorded};
use mig_plan::{CutUndo, Digest, Hook};

/// Exit status of a script that found something that is not ours.
pub const STATUS_NOT_OURS: i32 = 3;
/// Exit status of a script that waited in vain for another one.
pub const STATUS_LOCKED: i32 = 4;

/// A script of a service could not ask it, as without its password: nothing is proven, and nothing is wrong.
pub const STATUS_NOT_ASKED: i32 = 75;
/// It was begun under a host's record, must not be done twice, and its end is not known.
pub const STATUS_UNKNOWN: i32 = 240;
/// A later run has acted on the host.
pub const STATUS_OLD_EPOCH: i32 = 241;
/// The host knows an epoch that is far behind.
pub const STATUS_AHEAD: i32 = 242;
/// Not all arrived, and nothing was started.
pub const STATUS_SHORT: i32 = 243;

/// A file of `scripts/`, after what all scripts share, and after what it shares with some (`docker`, `private`, `road`, `tree`).
macro_rules! script {
    ($name:literal, $words:expr) => {
        script!($name, $words, concat!(include_str!("scripts/head.sh"), include_str!(concat!("scripts/", $name, ".sh"))))
    };
    ($($common:ident)+ $name:literal, $words:expr) => {
        script!(
            $name,
            $words,
            concat!(
                include_str!("scripts/head.sh"),
                $(include_str!(concat!("scripts/", stringify!($common), ".sh")),)+
                include_str!(concat!("scripts/", $name, ".sh"))
            )
        )
    };
    ($name:literal, $words:expr, $text:expr) => {
        Script { name: $name, text: $text, words: $words, stdin: vec![] }
    };
}

fn own(words: &[&str]) -> Vec<String> {
    words.iter().map(|&w| w.to_owned()).collect()
}

/// Runs another script under the host's own record, see [`Recorded`]. Its text and input travel on standard input with their digest;
/// lines of `secrets` are removed from what it says before that is written.
pub fn record(record: &Recorded, secrets: &[String], script: &Script) -> Script {
    let program =
        concat!(include_str!("scripts/head.sh"), include_str!("scripts/private.sh"), include_str!("scripts/record.sh")).trim_end();
    let secrets: String = secrets.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    let payload = [script.text.as_bytes(), secrets.as_bytes(), &script.stdin].concat();
    let lengths = [script.text.len(), secrets.len(), script.stdin.len()].map(|length| length.to_string());
    let repeat = if record.repeatable { "yes" } else { "no" };
    let mut words = own(&[&program.len().to_string(), &record.run, &record.key, &record.epoch.to_string(), repeat]);
    words.extend(lengths);
    words.push(Digest::of_bytes(&payload).short(64).to_owned());
    words.extend_from_slice(&script.words);
    // The command line of a small sshd holds no more than this, and what is cut off must not be begun.
    let text = r#"program=$(dd bs=1 count="$1" 2>/dev/null)
[ "$(printf %s "$program" | wc -c)" -eq "$1" ] || exit 243
shift
eval "$program""#;
    Script { name: script.name, text, words, stdin: [program.as_bytes(), &payload].concat() }
}

/// Lines `key=value`: `user`, `uid`, `now_ms`, `hostname`, `arch`, `cpus`, `memory_bytes`, `docker` (version of the server, or empty), `sudo`.
pub fn about() -> Script {
    script!("about", vec![])
}

/// `ID EPOCH` of each state that keeps records on the host, a line each.
pub fn states() -> Script {
    script!("states", vec![])
}

/// The names that are missing, one a line. `tar`, `find` and `sha256sum` must be able to do what GNU's do.
pub fn tools(names: &[String]) -> Script {
    script!("tools", names.to_vec())
}

/// `free_bytes total_bytes` of the filesystem of the path or its nearest parent that exists.
pub fn space(path: &str) -> Script {
    script!("space", own(&[path]))
}

/// `absent`, `empty` (a folder without entries), `ours` (the marker is there), `other`.
pub fn path_look(path: &str, marker: &str) -> Script {
    script!("path_look", own(&[path, marker]))
}

/// `free` or `used`: does anything listen on the port? Protocol `tcp` or `udp`.
pub fn port_look(port: &str, protocol: &str) -> Script {
    script!("port_look", own(&[port, protocol]))
}

/// `absent`, or tab-separated `key=value`: `status`, `running`, `exit_code`, `oom`, `restart`, `image_id`, `image`, `owner`, `spec`.
pub fn container_look(name: &str) -> Script {
    script!(docker "container_look", own(&[name]))
}

/// The last lines that a container wrote, control characters removed. Empty if there are none.
pub fn container_logs(name: &str, lines: u32) -> Script {
    script!("container_logs", own(&[name, &lines.to_string()]))
}

/// `changed` or `unchanged`.
pub fn install_tools(names: &[String]) -> Script {
    script!("install_tools", names.to_vec())
}

/// The image's id, or nothing.
pub fn image_look(image: &str) -> Script {
    script!(docker "image_look", own(&[image]))
}

/// A stream for [`image_load`].
pub fn image_save(image: &str) -> Script {
    script!(docker "image_save", own(&[image]))
}

/// Reads what [`image_save`] wrote.
pub fn image_load() -> Script {
    script!(docker "image_load", vec![])
}

/// Fetches an image from its registry.
pub fn image_pull(image: &str) -> Script {
    script!(docker "image_pull", own(&[image]))
}

/// A manifest, see [`crate::manifest::decode`]. Words: path, `meta` or `full`, then paths relative to it that are left out.
pub fn tree_list(path: &str, depth: Depth, exclude: &[String]) -> Script {
    let mut words = own(&[path, depth.as_str()]);
    words.extend_from_slice(exclude);
    script!("tree_list", words)
}

/// Makes the folder (`dir`), or the folder above a file (`file`), and the marker. Status 3 if there are other data and no marker.
pub fn tree_prepare(path: &str, kind: &str, marker: &str) -> Script {
    script!("tree_prepare", own(&[path, kind, marker]))
}

/// The manifest by which the tree of the marker was taken over, or nothing.
pub fn tree_taken(marker: &str) -> Script {
    script!("tree_taken", own(&[marker]))
}

/// This state may write from now on to what is at the path. Kind: `dir`, `file`, `none`. Status 3 for a link.
pub fn tree_take(path: &str, kind: &str, marker: &str, manifest: &str) -> Script {
    script!("tree_take", own(&[path, kind, marker, manifest]))
}

/// It may not any more, unless it has made the tree itself.
pub fn tree_release(marker: &str) -> Script {
    script!("tree_release", own(&[marker]))
}

/// Reads relative paths (`.` is the tree itself, the others begin with `./`), each ended by NUL, and writes a tar stream.
/// The second word is `live` (files may change or vanish while they are read) or `final` (then that is a failure).
pub fn tree_send(path: &str, live: bool, names: Vec<u8>) -> Script {
    let mut script = script!("tree_send", own(&[path, if live { "live" } else { "final" }]));
    script.stdin = names;
    script
}

/// Reads what [`tree_send`] wrote. Status 3 without the marker.
pub fn tree_receive(path: &str, marker: &str) -> Script {
    script!(tree "tree_receive", own(&[path, marker]))
}

/// Reads relative paths as [`tree_send`] does, deepest first, and removes each of them. Status 3 without the marker.
pub fn tree_delete(path: &str, marker: &str, names: Vec<u8>) -> Script {
    let mut script = script!(tree "tree_delete", own(&[path, marker]));
    script.stdin = names;
    script
}

/// Sets the restart policy; answers the policy before. Asked again for `no` while it is `no`, it answers what was there before the
/// first time, so that a step that is repeated after an interruption learns the same.
pub fn container_restart(name: &str, policy: &str) -> Script {
    script!(docker "container_restart", own(&[name, policy]))
}

/// Stops a container, waiting `grace_seconds` before it is killed; answers as [`container_look`] does.
pub fn container_stop(name: &str, grace_seconds: u64) -> Script {
    script!(docker "container_stop", own(&[name, &grace_seconds.to_string()]))
}

/// `changed` or `unchanged`.
pub fn container_start(name: &str) -> Script {
    script!(docker "container_start", own(&[name]))
}

/// `pid path` of each file below the paths that a process has open for writing, one a line.
pub fn open_files(paths: &[String]) -> Script {
    script!("open_files", paths.to_vec())
}

/// Creates a container without starting it: `created`, `unchanged` or `replaced`. Words: name, owner, spec (a digest), how many
/// networks, the networks, then what `docker create` takes after its own options: options, image, command. Standard input: the
/// environment as a file for `--env-file`.
pub fn container_create(words: Vec<String>, environment: Vec<u8>) -> Script {
    let mut script = script!(docker private "container_create", words);
    script.stdin = environment;
    script
}

/// `removed` or `absent`; what it mounts stays. With `back` the one that it was put in the place of comes back, `restored`, and
/// without such a one it stays. Status 3 if its owner is another.
pub fn container_remove(name: &str, owner: &str, back: bool) -> Script {
    script!(docker "container_remove", own(&[name, owner, &back.to_string()]))
}

/// Status 0 when the port of the host accepts a connection and keeps it.
pub fn probe_tcp(port: u16) -> Script {
    script!("probe_tcp", own(&[&port.to_string()]))
}

/// Status 0 when the URL answers 2xx or 3xx.
pub fn probe_http(url: &str) -> Script {
    script!("probe_http", own(&[url]))
}

/// Status 0 when the text, run by sh with the words, ends with 0. It reads `stdin`, which a secret may be.
pub fn probe_command(text: &str, words: &[String], stdin: Vec<u8>) -> Script {
    let mut all = own(&[text]);
    all.extend_from_slice(words);
    let mut script = script!("probe_command", all);
    script.stdin = stdin;
    script
}

/// Runs a script of a service by which it takes no more writes, or takes them again.
pub fn service_hook(container: &str, hook: &Hook) -> Script {
    script!("service_hook", hook_words(container, hook))
}

/// What a script of a service prints of what the service holds. Status [`STATUS_NOT_ASKED`] if it could not ask.
pub fn service_proof(container: &str, hook: &Hook) -> Script {
    script!("service_proof", hook_words(container, hook))
}

fn hook_words(container: &str, hook: &Hook) -> Vec<String> {
    let mut words = own(&[container, &hook.script]);
    words.extend_from_slice(&hook.words);
    words
}

/// What a script of a kind prints, and its exit status. It knows the record folder as `$MIGC_RECORDS`; one that changes something holds
/// the lock of its resource. Words: the address, `look` or `act`, the text, its words.
pub fn call(address: &str, changes: bool, text: &str, words: &[String], stdin: Vec<u8>) -> Script {
    let mut all = own(&[address, if changes { "act" } else { "look" }, text]);
    all.extend_from_slice(words);
    let mut script = script!("call", all);
    script.stdin = stdin;
    script
}

/// The same for a script that may cut the road to the host; before it, `undo` is armed there. Words: the address, the folder of its
/// tokens, the attempt, seconds until the undo, its text, how many words it has, these, the text, its words.
pub fn armed(call: &Script, folder: &str, attempt: &str, within_seconds: u64, undo: &CutUndo) -> Script {
    let mut words = own(&[call.words.first().map_or("", String::as_str), folder, attempt, &within_seconds.to_string(), &undo.script]);
    words.push(undo.words.len().to_string());
    words.extend_from_slice(&undo.words);
    words.extend_from_slice(call.words.get(2..).unwrap_or_default());
    let mut script = script!(road "armed", words);
    script.stdin.clone_from(&call.stdin);
    script
}

/// How far an armed undo is, see [`crate::actions::road`]; disarmed before, if that is asked for.
pub fn disarm(folder: &str, disarms: bool, epoch: u64) -> Script {
    script!(road "disarm", own(&[folder, if disarms { "yes" } else { "no" }, &epoch.to_string()]))
}

/// What another script answers, given up after so many seconds: then its status is 137. For questions of which nobody knows how long
/// they take; see [`crate::observe`].
pub fn observe(seconds: u64, question: &Script) -> Script {
    let mut words = own(&[&seconds.to_string(), question.name, question.text]);
    words.extend_from_slice(&question.words);
    let mut script = script!("observe", words);
    script.stdin.clone_from(&question.stdin);
    script
}

/// Sections about the whole host; see [`crate::survey`]. Words: a mark that no host can guess, whether sizes are measured and for how
/// long at most, and paths to measure beside those that containers mount.
pub fn survey(mark: &str, sizes_seconds: Option<u64>, paths: &[String]) -> Script {
    let (sizes, seconds) = sizes_seconds.map_or(("quick", 0), |seconds| ("sizes", seconds));
    let mut words = own(&[mark, sizes, &seconds.to_string()]);
    words.extend_from_slice(paths);
    let text = concat!(include_str!("scripts/head.sh"), include_str!("scripts/survey.sh"));
    // A small sshd takes commands of 9,000 bytes and no more, so the script comes as input.
    Script { name: "survey", text: "eval \"$(cat)\"", words, stdin: text.as_bytes().to_vec() }
}
