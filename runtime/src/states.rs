//! Which states do hosts keep records of? Asked when a state was lost; what a host says is shown, and chosen by a person.

use crate::{World, WorldError, scripts};
use futures_util::future::join_all;
use mig_plan::HostId;
use std::collections::BTreeMap;

/// Longer ones are no id of ours.
const ID_MAX_BYTES: usize = 64;

/// A state that hosts know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The highest number of a run that acted there.
    pub epoch: u64,
    /// Where.
    pub hosts: Vec<HostId>,
}

/// All of them by id; or why a host does not tell.
pub async fn known<W: World>(world: &W, hosts: impl Iterator<Item = &HostId>) -> Result<BTreeMap<String, Known>, Vec<WorldError>> {
    let script = &[scripts::states()];
    let asked = join_all(hosts.map(|host| async move { (host, world.run(host, script).await) })).await;
    let (mut out, mut failed) = (BTreeMap::<String, Known>::new(), vec![]);
    for (host, answer) in asked {
        match answer {
            Err(error) => failed.push(error),
            Ok(outputs) => {
                for (id, epoch) in outputs.iter().flat_map(|output| read(&output.text())) {
                    let known = out.entry(id).or_default();
                    known.epoch = known.epoch.max(epoch);
                    known.hosts.push(host.clone());
                }
            }
        }
    }
    if failed.is_empty() { Ok(out) } else { Err(failed) }
}

/// What is not of the form is passed over.
fn read(text: &str) -> Vec<(String, u64)> {
    let line = |line: &str| {
        let (id, epoch) = line.split_once(' ')?;
        let is_sound = !id.is_empty() && id.len() <= ID_MAX_BYTES && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_sound.then_some((id.to_owned(), epoch.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_state_is_passed_over() {
        assert_eq!(read("a1 7\n../x 1\nb x\n 3\nc 0\nlock.x 2"), [("a1".to_owned(), 7), ("c".to_owned(), 0)]);
    }
}
