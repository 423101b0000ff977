//! What are a host's machine facts, and has it the tools? Taking over a host changes nothing on it; preflight judged its hardware.

use super::{Context, Failure, Performed};
use crate::{World, scripts};
use std::collections::BTreeMap;

impl<W: World> Context<'_, W> {
    /// Reads what there is; the journal keeps it.
    pub(super) async fn adopt(&self, host: &str, id: &str) -> Result<Performed, Failure> {
        const KEPT: [&str; 5] = ["hostname", "arch", "cpus", "memory_bytes", "docker"];
        let output = self.tell(host, scripts::about()).await?;
        let mut values: BTreeMap<String, String> = lines(&output.text()).filter(|(key, _)| KEPT.contains(&key.as_str())).collect();
        values.insert("id".to_owned(), id.to_owned());
        Ok(Performed { changed: false, values })
    }

    /// Installs programs that are missing.
    pub(super) async fn install_tools(&self, host: &str, names: &[String]) -> Result<Performed, Failure> {
        let output = self.change(host, scripts::install_tools(names)).await?;
        Ok(Performed::new(output.text() == "changed", []))
    }
}

/// `key=value` lines.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (String, String)> {
    text.lines().filter_map(|line| line.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned()))
}
