//! Which programs of this machine are missing, and how do they get here? By apt, as root; otherwise it says what to install.

use crate::{
    part::Outcome,
    run::{is_on_path, limited, must},
};
use std::path::Path;

/// A slow mirror may take this long.
const APT_LIMIT_S: u32 = 600;

/// What the editor's tier needs, as in `NEEDS`; without it that tier is left out.
const EDITOR_NEEDS: &[(&str, &str, &str)] = &[("neovim", "nvim", "an editor that speaks to migc lsp")];

/// What the judge of object stores needs, likewise.
const JUDGE_NEEDS: &[(&str, &str, &str)] = &[("python3-pip", "pip3", "installs Moto, a simulator of S3")];

/// What is needed beside Rust: its package, how to tell that it is here, and what it is for.
const NEEDS: &[(&str, &str, &str)] = &[
    ("openssh-client", "ssh", "migc reaches hosts with it"),
    ("openssh-client", "ssh-keygen", "makes the lab's throw-away key pair"),
    ("openssh-server", "/usr/sbin/sshd", "the tests of connections start their own"),
    ("bind9", "/usr/sbin/named", "the tests of names start their own name server"),
    ("bind9-dnsutils", "nsupdate", "changes names as somebody else would, in those tests"),
    ("docker.io", "dockerd", "runs the lab's hosts"),
    ("docker.io", "docker", "runs the lab's hosts"),
    ("debootstrap", "debootstrap", "makes the lab's system image, since no image is pulled"),
    ("debian-archive-keyring", "/usr/share/keyrings/debian-archive-keyring.gpg", "checks the packages of that image"),
    ("attr", "getfattr", "reads extended attributes for the lab's comparison"),
    ("acl", "setfacl", "gives the lab's files access lists"),
];

/// Installs what is missing.
pub(crate) fn missing(for_lab: bool, for_editor: bool, for_judge: bool) -> Outcome {
    let chosen = [(for_lab, NEEDS), (for_editor, EDITOR_NEEDS), (for_judge, JUDGE_NEEDS)];
    let needs: Vec<_> = chosen.iter().filter(|(is_wanted, _)| *is_wanted).flat_map(|(_, needs)| *needs).collect();
    if needs.is_empty() {
        return Outcome::Skipped("nothing needs more than Rust".to_owned());
    }
    let missing: Vec<_> = needs.into_iter().filter(|(_, sign, _)| !is_there(sign)).collect();
    let mut packages: Vec<&str> = missing.iter().map(|(package, ..)| *package).collect();
    packages.dedup();
    if packages.is_empty() {
        println!("nothing is missing");
        return Outcome::Done;
    }
    for (package, sign, why) in &missing {
        println!("{sign} is missing: {package} ({why})");
    }
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !for_lab && (!is_root() || !is_on_path("apt-get")) {
        return Outcome::Skipped(format!("as root on Debian or Ubuntu, `{by_hand}` installs it"));
    }
    if !is_root() || !is_on_path("apt-get") {
        return Outcome::Failed(format!("as root on Debian or Ubuntu, run `{by_hand}`; or leave the lab out with `--no-lab`"));
    }
    match install(&packages) {
        Ok(()) => Outcome::Done,
        Err(message) => Outcome::Failed(format!("{message}\n    by hand: {by_hand}")),
    }
}

/// Do we run as root? The owner of our own entry under /proc tells.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

fn is_there(sign: &str) -> bool {
    if sign.starts_with('/') { Path::new(sign).exists() } else { is_on_path(sign) }
}

fn install(packages: &[&str]) -> Result<(), String> {
    // The lists of a fresh machine are often empty or stale; a repository that is down must not stop the others.
    let _ = must(limited("apt-get", APT_LIMIT_S).args(["-q", "update"]));
    must(
        limited("apt-get", APT_LIMIT_S)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-q", "-y", "install", "--no-install-recommends"])
            .args(packages),
    )?;
    println!("installed {}", packages.join(" "));
    Ok(())
}
