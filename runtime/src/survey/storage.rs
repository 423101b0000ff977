//! Filesystems, disks, swap, and what lies below paths.

use super::answer::{Answer, field, number, owned};
use mig_plan::{
    Facts,
    facts::{DatabaseFact, DiskFact, FstabEntry, LogicalVolume, MountFact, PartitionFact, PathFact, SwapFact},
};
use std::collections::{BTreeMap, BTreeSet};

const SECTOR_BYTES: u64 = 512;
/// Filesystems without data of their own on a disk.
const PSEUDO: [&str; 28] = [
    "proc",
    "sysfs",
    "devtmpfs",
    "tmpfs",
    "devpts",
    "cgroup",
    "cgroup2",
    "overlay",
    "aufs",
    "squashfs",
    "nsfs",
    "autofs",
    "mqueue",
    "hugetlbfs",
    "debugfs",
    "tracefs",
    "securityfs",
    "pstore",
    "bpf",
    "configfs",
    "fusectl",
    "binfmt_misc",
    "efivarfs",
    "ramfs",
    "rpc_pipefs",
    "selinuxfs",
    "rootfs",
    "iso9660",
];
/// Files that a container engine puts over those of an image, when the host is a container itself.
const PUT_OVER: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

pub(super) fn read(answer: &mut Answer<'_>, facts: &mut Facts) {
    facts.disks = answer.rows("disks").map(|rows| disks(&rows));
    facts.mounts = answer.lines("mounts").map(|lines| mounts(lines, answer, facts.disks.as_ref()));
    facts.fstab = answer.lines("fstab").map(|lines| lines.filter_map(fstab).collect());
    facts.swap = answer.lines("swap").map(|lines| lines.skip(1).filter_map(swap).collect());
    facts.logical_volumes = answer.rows("logical_volumes").map(|rows| rows.iter().filter_map(|row| logical_volume(row)).collect());
    paths(answer, facts);
    facts.databases = answer.rows("databases").map(|rows| rows.iter().filter_map(|row| database(row)).collect());
    for (folder, database) in facts.databases.iter_mut().flatten() {
        database.size = facts.paths.as_ref().and_then(|paths| paths.get(folder)?.size);
    }
}

/// Spaces and the like stand as `\040` in tables of the kernel and in fstab.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()).filter(u8::is_ascii);
        out.push(code.map_or('\\', char::from));
        rest = if code.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    out + rest
}

/// Options whose value is a secret: mount.cifs(8), mount.ceph(8), ecryptfs(7).
const SECRET_OPTIONS: [&str; 8] = ["pass", "passwd", "password", "password2", "passphrase", "passphrase_passwd", "secret", "key"];

/// Options of a mount. Of those that are secret only the name is known: a facts file holds no secret.
fn options(text: &str) -> Vec<String> {
    let is_secret = |name: &str| SECRET_OPTIONS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
    let known = |option: &str| owned(option.split_once('=').map_or(option, |(name, _)| if is_secret(name) { name } else { option }));
    text.split(',').map(known).collect()
}

fn mounts<'a>(
    lines: impl Iterator<Item = &'a str>,
    answer: &Answer<'_>,
    disks: Option<&BTreeMap<String, DiskFact>>,
) -> BTreeMap<String, MountFact> {
    let space = usage(answer, "space");
    let inodes = usage(answer, "inodes");
    let rows = answer.rows("features").unwrap_or_default();
    let features: BTreeMap<&str, Vec<String>> =
        rows.iter().filter_map(|row| Some((*row.first()?, field(row, 1)?.split(' ').map(owned).collect()))).collect();
    let mut all = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let [device, mount, filesystem, mode, ..] = words.as_slice() else { continue };
        let mount = unescape(mount);
        if mount != "/" && (PSEUDO.contains(filesystem) || filesystem.starts_with("fuse.") || PUT_OVER.contains(&mount.as_str())) {
            continue;
        }
        let (uuid, label, disk) = identity(device, answer, disks);
        let space = space.get(&mount);
        let inodes = inodes.get(&mount).filter(|(count, _)| *count > 0);
        let fact = MountFact {
            device: Some(unescape(device)),
            filesystem: Some(owned(filesystem)),
            size: space.map(|(size, _)| size * 1024),
            used: space.map(|(_, used)| used * 1024),
            options: Some(options(mode)),
            inodes: inodes.map(|(count, _)| *count),
            inodes_used: inodes.map(|(_, used)| *used),
            uuid,
            label,
            features: features.get(device).cloned(),
            disk,
        };
        all.insert(mount, fact);
    }
    once_a_device(all)
}

/// A folder that is bound to a second place is measured once, where its filesystem is mounted: at the shortest path.
fn once_a_device(all: BTreeMap<String, MountFact>) -> BTreeMap<String, MountFact> {
    let mut by_length: Vec<(String, MountFact)> = all.into_iter().collect();
    by_length.sort_by_key(|(mount, _)| mount.len());
    let mut seen = BTreeSet::new();
    by_length.into_iter().filter(|(_, fact)| seen.insert(fact.device.clone())).collect()
}

/// Two columns of `df -P` by mount point: all and used.
fn usage(answer: &Answer<'_>, name: &str) -> BTreeMap<String, (u64, u64)> {
    let rows = answer.lines(name).into_iter().flatten().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| word.ends_with('%') || *word == "-").filter(|at| *at >= 4)?;
        let (size, used) = (number(&words, at - 3)?, number(&words, at - 2)?);
        (size < 1 << 50).then(|| (words.get(at + 1..).unwrap_or_default().join(" "), (size, used)))
    });
    rows.collect()
}

/// UUID, label and disk of a device.
fn identity(
    device: &str,
    answer: &Answer<'_>,
    disks: Option<&BTreeMap<String, DiskFact>>,
) -> (Option<String>, Option<String>, Option<String>) {
    let name = device.strip_prefix("/dev/").unwrap_or(device);
    for (disk, fact) in disks.into_iter().flatten() {
        let part = fact.partitions.as_ref().and_then(|parts| parts.get(name));
        if let Some(part) = part {
            return (part.uuid.clone(), part.label.clone(), Some(disk.clone()));
        }
        if disk == name {
            let (uuid, label) = whole(answer, disk);
            return (uuid, label, Some(disk.clone()));
        }
    }
    let mut lines = answer.lines("devices").into_iter().flatten();
    let told = lines.find_map(|line| line.strip_prefix(device)?.strip_prefix(": ")).unwrap_or_default();
    let tag = |name: &str| Some(owned(told.split_once(&format!("{name}=\""))?.1.split_once('"')?.0));
    (tag(" UUID").or_else(|| told.strip_prefix("UUID=\"").and_then(|t| Some(owned(t.split_once('"')?.0)))), tag("LABEL"), None)
}

/// UUID and label of a filesystem on a disk without partitions.
fn whole(answer: &Answer<'_>, disk: &str) -> (Option<String>, Option<String>) {
    let rows = answer.rows("disks").unwrap_or_default();
    let row = rows.iter().find(|row| row.first() == Some(&"whole") && row.get(1) == Some(&disk));
    row.map_or((None, None), |row| (field(row, 3).map(owned), field(row, 4).map(owned)))
}

fn disks(rows: &[Vec<&str>]) -> BTreeMap<String, DiskFact> {
    let lost: Vec<&str> = rows.iter().filter(|row| row.first() == Some(&"lost")).filter_map(|row| field(row, 1)).collect();
    let mut found: BTreeMap<String, DiskFact> = BTreeMap::new();
    for row in rows {
        match (row.first().copied(), field(row, 1)) {
            (Some("disk"), Some(name)) => {
                let Some(size) = number::<u64>(row, 2).and_then(|sectors| sectors.checked_mul(SECTOR_BYTES)).filter(|size| *size > 0)
                else {
                    continue;
                };
                let model = field(row, 6).map(owned);
                let ephemeral = lost.contains(&name) || model.as_ref().is_some_and(|model| model.contains("Instance Storage"));
                let fact = DiskFact {
                    size: Some(size),
                    rotational: field(row, 3).map(|flag| flag == "1"),
                    model,
                    driver: field(row, 4).map(owned),
                    ephemeral: Some(ephemeral),
                    partition_table: field(row, 5).and_then(|table| match table {
                        "dos" => Some(owned("mbr")),
                        "gpt" => Some(owned("gpt")),
                        _ => None,
                    }),
                    partitions: Some(BTreeMap::new()),
                };
                found.insert(owned(name), fact);
            }
            (Some("part"), Some(name)) => {
                let Some(disk) = found.get_mut(name) else { continue };
                let fact = PartitionFact {
                    size: number::<u64>(row, 3).and_then(|sectors| sectors.checked_mul(SECTOR_BYTES)),
                    filesystem: field(row, 4).map(owned),
                    uuid: field(row, 5).map(owned),
                    label: field(row, 6).map(owned),
                };
                // Azure formats its temporary disk so.
                if fact.label.as_deref() == Some("Temporary Storage") {
                    disk.ephemeral = Some(true);
                }
                if let Some(part) = field(row, 2) {
                    disk.partitions.get_or_insert_default().insert(owned(part), fact);
                }
            }
            (Some("whole"), Some(name)) => {
                let Some(disk) = found.get_mut(name) else { continue };
                if field(row, 2).is_some() && disk.partition_table.is_none() {
                    disk.partition_table = Some(owned("none"));
                }
            }
            _ => {}
        }
    }
    found
}

fn fstab(line: &str) -> Option<FstabEntry> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [spec, mount, filesystem, rest @ ..] = words.as_slice() else { return None };
    let mode = rest.first().map_or_else(Vec::new, |mode| options(mode));
    Some(FstabEntry { spec: Some(unescape(spec)), mount: Some(unescape(mount)), filesystem: Some(owned(filesystem)), options: Some(mode) })
}

fn swap(line: &str) -> Option<SwapFact> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [path, kind, size, used, ..] = words.as_slice() else { return None };
    let bytes = |text: &str| text.parse::<u64>().ok()?.checked_mul(1024);
    Some(SwapFact { path: Some(unescape(path)), kind: Some(owned(kind)), size: bytes(size), used: bytes(used) })
}

fn logical_volume(row: &[&str]) -> Option<(String, LogicalVolume)> {
    Some((owned(field(row, 0)?), LogicalVolume { group: field(row, 1).map(owned), size: number(row, 2) }))
}

fn paths(answer: &mut Answer<'_>, facts: &mut Facts) {
    let Some(lines) = answer.lines("paths") else { return };
    let mut found = BTreeMap::new();
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines {
        let row: Vec<&str> = line.splitn(5, '\t').collect();
        let [owner, _, _, why, path] = row.as_slice() else { continue };
        if !why.is_empty() {
            reasons.entry(owned(why)).or_default().push(owned(path));
        }
        let fact = PathFact {
            size: number::<u64>(&row, 1).and_then(|kib| kib.checked_mul(1024)),
            owner: Some(owned(owner)),
            entries: number::<u64>(&row, 2).filter(|count| *count > 0).map(|count| count - 1),
        };
        found.insert(owned(path), fact);
    }
    for (why, paths) in reasons {
        match paths.as_slice() {
            [path] => answer.unknown(&format!("paths.{path}.size"), &why),
            _ => answer.unknown("paths.size", &why),
        }
    }
    facts.paths = Some(found);
}

fn database(row: &[&str]) -> Option<(String, DatabaseFact)> {
    const ENGINES: [(&str, &str); 5] = [("ibd", "InnoDB"), ("MYI", "MyISAM"), ("MAI", "Aria"), ("ARZ", "ARCHIVE"), ("CSM", "CSV")];
    let (kind, path) = (field(row, 0)?, field(row, 1)?);
    let told = field(row, 2).unwrap_or_default();
    let version: String = told.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let endings: Vec<&str> = row.get(3).map(|list| list.split(' ').collect()).unwrap_or_default();
    let engines = ENGINES.iter().filter(|(ending, _)| endings.contains(ending)).map(|(_, engine)| owned(engine));
    let is_sql = matches!(kind, "mysql" | "mariadb");
    let fact = DatabaseFact {
        kind: Some(owned(if told.contains("MariaDB") { "mariadb" } else { kind })),
        version: Some(version.trim_end_matches('.').to_owned()).filter(|version| !version.is_empty()),
        engines: is_sql.then(|| engines.collect()),
        ..DatabaseFact::default()
    };
    Some((owned(path), fact))
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn a_password_among_the_options_of_a_mount_is_not_kept() {
        let found = options("rw,username=ann,password=hush,Password2=hush,secret=hush,secretfile=/etc/ceph/key,mode=0755,");
        assert_eq!(found, ["rw", "username=ann", "password", "Password2", "secret", "secretfile=/etc/ceph/key", "mode=0755", ""]);
    }
}
