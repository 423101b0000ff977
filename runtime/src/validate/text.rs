//! Has a text of a plan the form that its place asks for: a word, a path, a container's name, a port?
//!
//! Each check says what is wrong as the rest of a line; where it was found is said by the caller.

/// A word may have so many bytes.
const WORD_LENGTH_MAX_BYTES: usize = 4_096;

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    format!("`{}`", short.escape_debug())
}

/// One word for a command line that can be taken neither for an option nor for two lines.
pub(super) fn check_word(word: &str) -> Result<(), String> {
    let sound = !word.is_empty()
        && word.len() <= WORD_LENGTH_MAX_BYTES
        && !word.starts_with('-')
        && !word.chars().any(|c| c.is_control() || c.is_whitespace());
    if sound { Ok(()) } else { Err(format!("{} is no plain word", quoted(word))) }
}

/// A name of ours, in which a key may be quoted: one line that cannot be taken for an option.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let sound = !name.is_empty() && name.len() <= WORD_LENGTH_MAX_BYTES && !name.starts_with('-') && !name.chars().any(char::is_control);
    if sound { Ok(()) } else { Err(format!("{} is no name", quoted(name))) }
}

/// A text that may have spaces and line breaks, and be empty.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    if text.contains('\0') { Err(format!("{} contains a NUL", quoted(text))) } else { Ok(()) }
}

/// An absolute path without `.`, `..` and NUL.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    let sound = path.starts_with('/')
        && path.len() <= WORD_LENGTH_MAX_BYTES
        && !path.chars().any(char::is_control)
        && !path.split('/').any(|part| matches!(part, "." | ".."));
    if sound { Ok(()) } else { Err(format!("{} is no absolute path without `..`", quoted(path))) }
}

/// As [`check_path`], and not the root: what is written or deleted below it must be a part of the host only.
pub(super) fn check_path_written(path: &str) -> Result<(), String> {
    check_path(path)?;
    if path.trim_matches('/').is_empty() { Err("a host's root is never written as a whole".to_owned()) } else { Ok(()) }
}

/// As Docker has them.
pub(super) fn check_container_name(name: &str) -> Result<(), String> {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    let rest = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if first && rest && name.len() <= WORD_LENGTH_MAX_BYTES { Ok(()) } else { Err(format!("{} is no name of a container", quoted(name))) }
}

/// `3306/tcp`, or a port alone.
pub(super) fn check_port(port: &str) -> Result<(), String> {
    let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
    let sound = number.parse::<u16>().is_ok_and(|n| n != 0) && is_protocol(protocol);
    if sound { Ok(()) } else { Err(format!("{} is no port", quoted(port))) }
}

/// What Docker publishes.
pub(super) fn is_protocol(protocol: &str) -> bool {
    matches!(protocol, "tcp" | "udp" | "sctp")
}

/// What Docker knows; a number of tries may follow `on-failure`.
pub(super) fn check_policy(policy: &str) -> Result<(), String> {
    let tries = policy.strip_prefix("on-failure:").is_some_and(|n| n.parse::<u32>().is_ok());
    if tries || matches!(policy, "no" | "always" | "unless-stopped" | "on-failure") {
        Ok(())
    } else {
        Err(format!("{} is no restart policy", quoted(policy)))
    }
}

/// A name that an environment can hold and an env file can write.
pub(super) fn check_env_name(name: &str) -> Result<(), String> {
    let sound = !name.is_empty() && !name.starts_with('#') && !name.chars().any(|c| c == '=' || c.is_control() || c.is_whitespace());
    if sound { Ok(()) } else { Err(format!("{} is no name of the environment", quoted(name))) }
}

/// `http://…` or `https://…`, one word.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    check_word(url)?;
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    if rest.is_some_and(|rest| !rest.is_empty()) { Ok(()) } else { Err(format!("{} is no http URL", quoted(url))) }
}
