//! In which state do cases find the hosts, and how do they get back there? Both services run on `old`, and `new` is empty.

use super::{
    database,
    hosts::{Host, Pair},
    images::Images,
    migc::Migc,
    process,
    project::Project,
    seed::TREES,
};
use std::cell::RefCell;

/// The container that mounts the tree.
pub(crate) const FILES: &str = "files";
const RUN_FILES: &str = "docker run --detach --name files --restart unless-stopped --volume /data/tree:/files:ro files:1.0";

/// `umount` first, since a case may have covered a folder; our records and locks go too, as on a machine that never saw us.
const EMPTY: &str = r"
while grep -q ' /data tmpfs ' /proc/mounts; do umount /data; done
docker ps --all --quiet | xargs -r docker rm --force >/dev/null
docker images --quiet | sort -u | xargs -r docker rmi --force >/dev/null
find /data /srv -mindepth 1 -delete
rm -rf /var/lib/migc /root/.local/state/migc
";
const RESTORE: &str = r"
rm -rf /var/lib/migc /root/.local/state/migc
rm -f /data/mysql/grow-on-stop /data/mysql/grown
docker update --restart unless-stopped files >/dev/null
docker start files >/dev/null
";

/// The hosts, the program under test, and what is known of both.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The hosts.
    pub(crate) pair: Pair,
    /// What hosts are made of.
    pub(crate) images: Images,
    /// The program.
    pub(crate) migc: Migc,
    /// A project whose move was done and whose hosts were not reset since.
    moved: RefCell<Option<Project>>,
}

/// Starts the container that mounts the tree.
pub(crate) fn start_files(host: &Host) -> Result<(), String> {
    host.sh(RUN_FILES).map(|_| ())
}

impl Scene {
    /// Hosts that were just started.
    pub(crate) fn new(pair: Pair, images: Images, migc: Migc) -> Self {
        Self { pair, images, migc, moved: RefCell::new(None) }
    }

    /// A project on the hosts as they are now, with a state of its own.
    pub(crate) fn project(&self, name: &str, changes: &[(&str, &str)]) -> Result<Project, String> {
        Project::write(name, &self.pair, changes)
    }

    /// As at the beginning: both services run on `old`, and nothing is on `new`.
    pub(crate) fn reset(&self) -> Result<(), String> {
        process::end_marked();
        self.moved.replace(None);
        self.pair.new.sh(EMPTY)?;
        self.pair.old.sh(RESTORE)?;
        database::restore(&self.pair.old)
    }

    /// Remembers that this project's move is done.
    pub(crate) fn set_moved(&self, project: Project) {
        self.moved.replace(Some(project));
    }

    /// The project whose move is done.
    pub(crate) fn moved(&self) -> Result<Project, String> {
        self.moved.take().ok_or_else(|| "not tried: the move before did not succeed".to_owned())
    }
}

/// Bytes of the folders that move, as far as they are on a host. Read from outside, so it is quick enough to watch a copy.
pub(crate) fn bytes_on(host: &Host) -> u64 {
    let folders = TREES.into_iter().chain([database::FOLDER]);
    folders.map(|folder| bytes_below(&host.folder(folder))).sum()
}

/// As allocated, since a sparse file is large at once. What vanishes while we look counts nothing.
fn bytes_below(folder: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    const BLOCK_BYTES: u64 = 512;
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => folders.push(entry.path()),
                Ok(meta) => bytes += meta.blocks() * BLOCK_BYTES,
                Err(_) => {}
            }
        }
    }
    bytes
}
