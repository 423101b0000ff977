//! Which key does a host offer? `ssh` is told to believe any, to log in by no method, and to note the key in a file of its own.

use super::{config::Config, problem};
use crate::WorldError;
use std::{path::Path, process::Stdio, time::Duration};
use tokio::process::Command;

const OFFER_MAX_SECONDS: u64 = 30;

/// A key, as a known-hosts file has it, and what a person compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// `ssh-ed25519 AAAA…`.
    pub key: String,
    /// `SHA256:…`.
    pub fingerprint: String,
}

/// Asks; `noted` is a file that is not there yet.
pub(super) async fn offered(host: &str, config: &Config, noted: &Path) -> Result<Offer, WorldError> {
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(&config.file);
    let noted_option = format!("UserKnownHostsFile=\"{}\"", noted.display());
    for option in [
        "StrictHostKeyChecking=accept-new",
        &noted_option,
        "GlobalKnownHostsFile=none",
        "HostKeyAlias=migc-offer",
        "HashKnownHosts=no",
        "PreferredAuthentications=none",
        "ControlPath=none",
    ] {
        ssh.args(["-o", option]);
    }
    ssh.args(["-T", "--", &config.destination, "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let asked = tokio::time::timeout(Duration::from_secs(OFFER_MAX_SECONDS), ssh.output());
    let log = match asked.await {
        Ok(Ok(output)) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Ok(Err(error)) => format!("{error} (os error {})", error.raw_os_error().unwrap_or(0)),
        Err(_) => return Err(problem::timed_out(host, config, OFFER_MAX_SECONDS)),
    };
    let line = std::fs::read_to_string(noted).unwrap_or_default();
    let key = line.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" ");
    if key.is_empty() {
        return Err(problem::from_log(host, config, &log));
    }
    let fingerprint = fingerprint(noted).await.ok_or_else(|| problem::from_log(host, config, &log))?;
    Ok(Offer { key, fingerprint })
}

/// `256 SHA256:… migc-offer (ED25519)`
async fn fingerprint(noted: &Path) -> Option<String> {
    let output = Command::new("ssh-keygen").arg("-l").arg("-f").arg(noted).stdin(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().find(|word| word.starts_with("SHA256:")).map(str::to_owned)
}
