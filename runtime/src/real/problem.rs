//! Why can a host not be reached, in words for people? Read from what ssh said, which is all there is.
//!
//! Tries nothing again and changes nothing.

use super::config::Config;
use crate::{WorldError, wire};
use std::error::Error as _;

/// A connection that could not be made.
pub(super) fn unreachable(host: &str, config: &Config, error: &openssh::Error) -> WorldError {
    let log = error.source().map_or_else(|| error.to_string(), |source| format!("{error}\n{source}"));
    from_log(host, config, &log)
}

/// The same, of what ssh printed.
pub(super) fn from_log(host: &str, config: &Config, log: &str) -> WorldError {
    let (message, help) = explain(log, config);
    WorldError::Unreachable { host: host.to_owned(), message, help }
}

/// A connection that took too long in all.
pub(super) fn timed_out(host: &str, config: &Config, seconds: u64) -> WorldError {
    let message = format!("no connection to {} within {seconds} s", config.destination);
    WorldError::Unreachable { host: host.to_owned(), message, help: format!("try `ssh -v {}`", config.destination) }
}

/// A host that took the connection and would not run the scripts.
pub(super) fn refused(host: &str, said: &str) -> WorldError {
    let (message, help) = if said.contains("sudo:") && said.contains("password") {
        ("sudo asks for a password", "allow the user `NOPASSWD` in its /etc/sudoers.d, or log in as root")
    } else if said.contains("sudo:") || said.contains("sudo: not found") {
        ("sudo cannot be used", "see that sudo is installed and allows the user everything, or log in as root")
    } else {
        ("the login shell ran nothing", "see that the user's shell is sh, bash, dash or the like, and that nothing in its profile ends it")
    };
    let said = said.lines().last().unwrap_or_default();
    let message = if said.is_empty() { message.to_owned() } else { format!("{message}: {said}") };
    WorldError::Unreachable { host: host.to_owned(), message, help: help.to_owned() }
}

fn explain(log: &str, config: &Config) -> (String, String) {
    let destination = &config.destination;
    let said: Vec<String> = log.lines().map(|line| wire::printable(line.as_bytes())).filter(|line| is_said(line)).collect();
    let line = |wanted: &str| said.iter().find(|line| line.contains(wanted)).cloned();
    let offered =
        log.lines().filter_map(|line| line.split_once("Server host key: ")).map(|(_, key)| wire::printable(key.as_bytes())).next_back();
    let offered = offered.map_or_else(String::new, |key| format!("; it offered {key}"));
    if log.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") || log.contains("Host key verification failed") && config.pinned {
        let known = if config.pinned { "the surveyed facts" } else { "your known hosts" };
        let help = format!(
            "find out by another way whether the host was installed anew or somebody is in between; only then {}",
            if config.pinned { "survey it again with `--accept-key SHA256:…`" } else { "remove the old key by `ssh-keygen -R`" }
        );
        return (format!("the host key of {destination} is not the one in {known}{offered}"), help);
    }
    if log.contains("Host key verification failed") {
        let help = format!(
            "compare that fingerprint with the one on the host's console; then `migc survey --accept-key SHA256:…` notes it in the facts, and `ssh {destination}` in your known hosts"
        );
        return (format!("the host key of {destination} is not known{offered}"), help);
    }
    if let Some(line) = line("Permission denied (") {
        let help =
            format!("see that `ssh {destination}` works without a password: the right user, a key that the host knows, a running agent");
        return (format!("{destination} refused the login: {line}"), help);
    }
    if let Some(line) = line("Could not resolve hostname") {
        return (line, "correct `login.host`, or give the name to your ssh configuration".to_owned());
    }
    if let Some(line) = line("timed out") {
        return (line, "see that the host runs, its address is right and no firewall drops the connection".to_owned());
    }
    if let Some(line) = line("Connection refused") {
        return (line, "see that sshd runs there and listens on this port".to_owned());
    }
    if log.contains("No such file or directory") && said.len() <= 2 && log.contains("os error 2") {
        return ("there is no `ssh` on this machine".to_owned(), "install OpenSSH's client".to_owned());
    }
    let last = said.last().cloned().unwrap_or_else(|| "ssh ended without a word".to_owned());
    (last, format!("try `ssh -v {destination}`"))
}

/// Lines that are about the problem, and not the debugging that we asked for.
fn is_said(line: &str) -> bool {
    const NOISE: [&str; 4] = ["debug1:", "debug2:", "OpenSSH_", "Authenticated to"];
    !line.is_empty() && !NOISE.iter().any(|noise| line.starts_with(noise))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn explained(log: &str, pinned: bool) -> String {
        explain(log, &Config { file: PathBuf::new(), destination: "kruskal".to_owned(), jump: None, pinned }).0
    }

    #[test]
    fn what_ssh_says_becomes_a_sentence() {
        let unknown = "debug1: Server host key: ssh-ed25519 SHA256:abc\r\nNo ED25519 host key is known for kruskal\r\nHost key verification failed.\r\n";
        assert_eq!(explained(unknown, false), "the host key of kruskal is not known; it offered ssh-ed25519 SHA256:abc");
        assert_eq!(
            explained(unknown, true),
            "the host key of kruskal is not the one in the surveyed facts; it offered ssh-ed25519 SHA256:abc"
        );
        let denied = "debug1: x\nroot@kruskal: Permission denied (publickey).";
        assert_eq!(explained(denied, false), "kruskal refused the login: root@kruskal: Permission denied (publickey).");
        let dark = "ssh: connect to host 10.0.0.1 port 22: Connection timed out";
        assert_eq!(explained(dark, false), dark);
    }
}
