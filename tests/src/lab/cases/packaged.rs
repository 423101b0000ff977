//! Does the Debian package work where nothing else is? It is built, installed on a Debian of the base system only, used and removed.

use crate::{
    lab::{engine::docker, scene::Scene},
    run::{limited, must},
};
use mig_tests::workspace;

/// `migc` is built already, unless a binary was given.
const BUILD_LIMIT_S: u32 = 1800;
/// On the other system: what a person does with a package, and that nothing of it stays. A C library that is older than the one it
/// was built with does not take it, and dpkg must say so.
const USE: &str = r#"
set -eu
needs=$(dpkg-deb --field /migc.deb Depends | sed 's/^libc6 (>= \([0-9.]*\)).*/\1/')
if dpkg --compare-versions "$needs" gt "$(dpkg-query --show --showformat='${Version}' libc6)"; then
    if dpkg --install /migc.deb; then echo 'a C library that is too old is taken'; exit 1; fi
    echo 'older than needed'
    exit
fi
before=$(find / -xdev -path /proc -prune -o -name '*migc*' -print | sort)
dpkg --install /migc.deb
migc --version
migc explain duplicate_node_id
migc checks
cd "$(mktemp -d)"
migc init .
migc check .
migc check /usr/share/doc/migc/examples/geekpie
gzip -dc /usr/share/man/man1/migc.1.gz /usr/share/man/man1/migc-check.1.gz
bash -n /usr/share/bash-completion/completions/migc
dpkg --verify migc
dpkg --purge migc
cd /
rm -rf /tmp/*
[ "$before" = "$(find / -xdev -path /proc -prune -o -name '*migc*' -print | sort)" ] || { echo 'the package left something behind'; exit 1; }
"#;
const SAID: [&str; 6] = [
    concat!("migc ", env!("CARGO_PKG_VERSION")),
    "# duplicate_node_id",
    "MIG2001  ",
    "checks hold on the facts of 7 hosts",
    ".TH migc 1",
    ".TH migc-check 1",
];

/// The package of this repository.
pub(crate) fn installs(scene: &Scene) -> Result<(), String> {
    let mut packaging = limited("sh", BUILD_LIMIT_S);
    workspace::at_root(&mut packaging);
    let said = must(packaging.arg("cli/packaging/debian"))?;
    let package = workspace::root().join(said.lines().last().unwrap_or_default());
    let mount = format!("{}:/migc.deb:ro", package.display());
    let mut run = docker();
    run.args(["run", "--rm", "--network", "none", "--volume", &mount, &scene.images.base, "sh", "-c", USE]);
    let said = must(&mut run)?;
    let missing: Vec<&str> = SAID.into_iter().filter(|text| !said.contains(text)).collect();
    if missing.is_empty() || said.ends_with("older than needed\n") {
        Ok(())
    } else {
        Err(format!("it does not say {missing:?}, but:\n{said}"))
    }
}
