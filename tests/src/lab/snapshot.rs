//! Did anything change on the hosts? Containers, images and every file that a step could touch, before and after.

use super::hosts::Pair;

/// Containers with their restart policies and the times of their starts, images, then files. Of a database that runs, only names
/// and owners are looked at, since it writes by itself.
const LOOK: &str = r#"
docker ps --all --quiet --no-trunc | sort | while read -r id; do
  docker inspect --format '{{.Name}} {{.Id}} {{.State.Status}} {{.State.StartedAt}} {{.HostConfig.RestartPolicy.Name}} {{json .Config.Labels}}' "$id"
done
docker images --no-trunc --quiet | sort -u
find /data/mysql -printf '%p %y %m %U:%G\n' 2>/dev/null | sort
# The lab's engine writes three files of /etc anew when a cable is pulled. Folders above a place that is cut off or filled on purpose have times that change by the test itself.
find /data /srv /etc /root /home /usr/local /var/lib/migc /tmp /var/tmp \( -path /data/mysql -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf \) -prune -o ! -type d -printf '%p %y %m %U:%G %s %T@\n' 2>/dev/null | sort
find /data /srv /etc /root /home /usr/local /var/lib/migc /tmp /var/tmp \( -path /data/mysql -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf \) -prune -o -type d -printf '%p %m %U:%G\n' 2>/dev/null | sort
"#;
const SHOWN: usize = 12;

/// What both hosts look like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot([String; 2]);

impl Snapshot {
    /// Looks.
    pub(crate) fn take(pair: &Pair) -> Result<Self, String> {
        Ok(Self([pair.old.sh(LOOK)?, pair.new.sh(LOOK)?]))
    }

    /// Fails with what changed since.
    pub(crate) fn must_hold(&self, pair: &Pair) -> Result<(), String> {
        let now = Self::take(pair)?;
        let mut changes = vec![];
        for (name, (before, after)) in ["old", "new"].into_iter().zip(self.0.iter().zip(&now.0)) {
            let gone = before.lines().filter(|l| !after.lines().any(|a| a == *l)).map(|l| format!("    {name}: no more: {l}"));
            let come = after.lines().filter(|l| !before.lines().any(|b| b == *l)).map(|l| format!("    {name}: now: {l}"));
            changes.extend(gone.chain(come));
        }
        if changes.is_empty() {
            return Ok(());
        }
        let count = changes.len();
        changes.truncate(SHOWN);
        Err(format!("{count} things changed on the hosts\n{}", changes.join("\n")))
    }
}
