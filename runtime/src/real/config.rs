//! What is ssh told about a host? A configuration file of our own that includes the user's, and the known keys of a plan.
//!
//! Starts nothing. What the plan does not say is left to the user's configuration.

use mig_plan::{Host, HostId, Login};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, DirBuilder},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A Unix socket's path has 108 bytes at most; ssh and the crate need 50 of them below this folder.
const CONTROL_PATH_MAX_BYTES: usize = 56;
/// A way may lead over so many hosts.
const JUMP_COUNT_MAX: usize = 4;
const CONNECT_TIMEOUT_SECONDS: u32 = 10;
const ALIVE_INTERVAL_SECONDS: u32 = 5;
const ALIVE_COUNT_MAX: u32 = 3;

/// A folder for sockets and configurations of one run, for this user only; removed in the end.
#[derive(Debug)]
pub(super) struct ControlFolder(PathBuf);

impl ControlFolder {
    pub(super) fn new() -> io::Result<Self> {
        let name = format!("migc-{}", crate::wire::new_mark()?.get(..8).unwrap_or_default());
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        let places = runtime.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]);
        let mut last = io::Error::other("no folder is short enough");
        for place in places.map(|place| place.join(&name)).filter(|path| path.as_os_str().len() <= CONTROL_PATH_MAX_BYTES) {
            // Made anew with this mode or not at all, so nobody else can have prepared it.
            match DirBuilder::new().mode(0o700).create(&place) {
                Ok(()) => return Ok(Self(place)),
                Err(error) => last = error,
            }
        }
        Err(io::Error::new(last.kind(), format!("no place for the sockets of ssh: {last}; set XDG_RUNTIME_DIR to a folder of yours")))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ControlFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a connection is made with.
#[derive(Debug, Clone)]
pub(super) struct Config {
    /// For `ssh -F`.
    pub(super) file: PathBuf,
    /// As ssh takes it.
    pub(super) destination: String,
    /// The host on the way, if there is one.
    pub(super) jump: Option<HostId>,
    /// Are its keys those of the plan?
    pub(super) pinned: bool,
}

/// Writes the configuration for a way, see [`way`]; `at` makes the file's name.
pub(super) fn write(folder: &ControlFolder, way: &[(&HostId, &Host)], at: usize) -> io::Result<Config> {
    let known = folder.path().join(format!("known-{at}"));
    let file = folder.path().join(format!("config-{at}"));
    let mut keys = String::new();
    let mut text = options();
    for (hop, (name, host)) in way.iter().enumerate() {
        text.push_str(&block(name, host, way.get(hop + 1).map(|(_, next)| *next), &known)?);
        for key in &host.host_keys {
            let _ = writeln!(keys, "{} {}", key_alias(name), sound(key, is_key_character, "host key")?);
        }
    }
    text.push_str("Host *\n");
    for include in ["~/.ssh/config", "/etc/ssh/ssh_config"] {
        let _ = writeln!(text, "    Include {include}");
    }
    private_file(&known, &keys)?;
    private_file(&file, &text)?;
    let (_, host) = way.first().ok_or_else(|| invalid("a way leads to no host".to_owned()))?;
    Ok(Config { file, destination: host.login.host.clone(), jump: host.login.jump.clone(), pinned: !host.host_keys.is_empty() })
}

/// The host, the one before it on the way, and so on.
pub(super) fn way<'a>(hosts: &'a BTreeMap<HostId, Host>, id: &'a HostId) -> io::Result<Vec<(&'a HostId, &'a Host)>> {
    let mut way = Vec::new();
    let mut next = Some(id);
    while let Some(name) = next {
        let host = hosts.get(name).ok_or_else(|| invalid(format!("{name} is no host of the plan")))?;
        if way.len() > JUMP_COUNT_MAX {
            return Err(invalid(format!("the way to {id} leads over more than {JUMP_COUNT_MAX} hosts")));
        }
        way.push((name, host));
        next = host.login.jump.as_ref();
    }
    Ok(way)
}

/// The first value of an option holds, so these come before the user's.
fn options() -> String {
    format!(
        "BatchMode yes\nStrictHostKeyChecking yes\nUpdateHostKeys no\nCheckHostIP no\nConnectTimeout {CONNECT_TIMEOUT_SECONDS}\n\
         ServerAliveInterval {ALIVE_INTERVAL_SECONDS}\nServerAliveCountMax {ALIVE_COUNT_MAX}\nForwardAgent no\nForwardX11 no\n\
         PermitLocalCommand no\nClearAllForwardings yes\nRequestTTY no\nRemoteCommand none\nEscapeChar none\n\
         # The fingerprint that a host offers is told at this level only.\nLogLevel DEBUG1\n"
    )
}

/// What the plan says of one host on the way.
fn block(name: &str, host: &Host, jump: Option<&Host>, known: &Path) -> io::Result<String> {
    let login = &host.login;
    let mut text = format!("Host {}\n", pattern(login)?);
    if let Some(user) = &login.user {
        let _ = writeln!(text, "    User {}", sound(user, is_name_character, "user")?);
    }
    if let Some(port) = login.port {
        let _ = writeln!(text, "    Port {port}");
    }
    if let Some(file) = &login.identity_file {
        let allowed = |c: char| !c.is_control() && c != '"';
        let _ = writeln!(text, "    IdentityFile \"{}\"\n    IdentitiesOnly yes", sound(file, allowed, "identity file")?);
    }
    if !host.host_keys.is_empty() {
        let _ = writeln!(text, "    HostKeyAlias {}", key_alias(name));
        let _ = writeln!(text, "    UserKnownHostsFile \"{}\"\n    GlobalKnownHostsFile none", known.display());
    }
    if let Some(jump) = jump {
        let _ = writeln!(text, "    ProxyJump {}", pattern(&jump.login)?);
    }
    Ok(text)
}

/// The destination as `Host` lines match it.
fn pattern(login: &Login) -> io::Result<&str> {
    let host = login.host.rsplit_once('@').map_or(login.host.as_str(), |(user, host)| if user.is_empty() { "" } else { host });
    sound(&login.host, |c| is_name_character(c) || matches!(c, '@' | ':' | '%'), "host")?;
    if host.is_empty() { Err(invalid("a login has no host".to_owned())) } else { Ok(host) }
}

/// A name for the host's keys, whatever address it has.
fn key_alias(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("migc-{}-{}", name.chars().map(plain).collect::<String>(), mig_plan::Digest::of_bytes(name.as_bytes()).short(8))
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

fn is_key_character(character: char) -> bool {
    is_name_character(character) || matches!(character, '+' | '/' | '=' | ' ' | '@')
}

/// A plan is hostile input, and a line break or a dash in front would be another option.
fn sound<'a>(value: &'a str, allowed: impl Fn(char) -> bool, what: &str) -> io::Result<&'a str> {
    let sound = !value.is_empty() && !value.starts_with(['-', ' ', '#', '|']) && value.chars().all(allowed);
    if sound { Ok(value) } else { Err(invalid(format!("{value:?} is no {what}"))) }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn private_file(path: &Path, text: &str) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(login: Login) -> Host {
        Host { login, ..Host::default() }
    }

    #[test]
    fn a_login_cannot_smuggle_options() {
        let folder = ControlFolder::new().unwrap();
        for (at, (name, user)) in
            [("-oProxyCommand=id", "u"), ("h\nProxyCommand id", "u"), ("", "u"), ("h *", "u"), ("h", "u\nHost *")].iter().enumerate()
        {
            let login = Login { host: (*name).to_owned(), user: Some((*user).to_owned()), ..Login::default() };
            let hosts = BTreeMap::from([("h".to_owned(), host(login))]);
            assert!(write(&folder, &way(&hosts, &"h".to_owned()).unwrap(), at).is_err(), "{name:?} {user:?}");
        }
    }

    #[test]
    fn hosts_on_the_way_keep_their_own_options() {
        let folder = ControlFolder::new().unwrap();
        let jump = Login { host: "gate.example".to_owned(), port: Some(2200), ..Login::default() };
        let behind = Login { host: "root@10.0.0.7".to_owned(), jump: Some("gate".to_owned()), ..Login::default() };
        let mut hosts = BTreeMap::from([("gate".to_owned(), host(jump)), ("in".to_owned(), host(behind))]);
        hosts.get_mut("in").unwrap().host_keys.push("ssh-ed25519 AAAA".to_owned());
        let config = write(&folder, &way(&hosts, &"in".to_owned()).unwrap(), 0).unwrap();
        let text = fs::read_to_string(&config.file).unwrap();
        assert!(text.contains("Host 10.0.0.7\n    HostKeyAlias migc-in-"), "{text}");
        assert!(text.contains("    ProxyJump gate.example\nHost gate.example\n    Port 2200\n"), "{text}");
        hosts.get_mut("gate").unwrap().login.jump = Some("in".to_owned());
        assert!(way(&hosts, &"in".to_owned()).is_err(), "a way that leads in a circle");
    }
}
