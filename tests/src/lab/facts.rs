//! What is known of the lab's hosts before a run? Their facts, measured here, in the format of `facts/*.json`, version 1.
//!
//! Written without the code of `migc` that reads them.

use super::{hosts::Host, images::SERVICES, seed::TREES};
use std::fmt::Write as _;

/// What is measured of the host itself, a name and a value a line.
const HOST: &str = r#"
printf 'hostname %s\n' "$(hostname)"
printf 'machine_id %s\n' "$(cat /etc/machine-id)"
printf 'arch %s\n' "$(uname -m | sed 's/^aarch64$/arm64/')"
printf 'cpus %s\n' "$(nproc)"
printf 'memory %s\n' "$(awk '/^MemTotal/ {printf "%.0f", $2 * 1024}' /proc/meminfo)"
. /etc/os-release
printf 'distribution %s\nversion %s\nkernel %s\n' "$ID" "$VERSION_ID" "$(uname -r)"
printf 'taken %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
printf 'docker %s\n' "$(docker version --format '{{.Server.Version}}')"
printf 'tar %s\n' "$(tar --version | awk 'NR == 1 {print $NF}')"
printf 'find %s\n' "$(find --version | awk 'NR == 1 {print $NF}')"
"#;
/// Mount points that programs of the lab use.
const MOUNTS: [&str; 4] = ["/", "/data", "/srv", "/var/lib/docker"];

/// The facts of one host as JSON; `busy` is the one where everything runs.
pub(crate) fn of(host: &Host, busy: bool) -> Result<String, String> {
    let answers = host.sh(HOST)?;
    let fact = |name: &str| {
        let line = answers.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_default().to_owned()
    };
    let text = |name: &str| quoted(&fact(name));
    let mut json = String::new();
    let _ = write!(
        json,
        "{{\n  \"version\": 1,\n  \"host\": {},\n  \"taken\": {},\n  \"hostname\": {},\n  \"machine_id\": {},\n  \"arch\": {},\n  \
         \"cpus\": {},\n  \"memory\": {},\n  \"os\": {{ \"distribution\": {}, \"version\": {}, \"kernel\": {} }},\n",
        quoted(host.name),
        text("taken"),
        text("hostname"),
        text("machine_id"),
        text("arch"),
        fact("cpus"),
        fact("memory"),
        text("distribution"),
        text("version"),
        text("kernel"),
    );
    let tools = format!("{{ \"docker\": {}, \"tar\": {}, \"find\": {} }}", text("docker"), text("tar"), text("find"));
    let listening = if busy { r#"["22/tcp", "3306/tcp"]"# } else { r#"["22/tcp"]"# };
    let _ = write!(
        json,
        "  \"host_keys\": [{}],\n  \"mounts\": {},\n  \"containers\": {},\n  \"paths\": {},\n  \"listening\": {listening},\n  \
         \"tools\": {tools},\n  \"clock_offset_ms\": 0\n}}\n",
        quoted(&host.host_key()?),
        mounts(host)?,
        if busy { containers(host)? } else { "{}".to_owned() },
        if busy { paths(host)? } else { "{}".to_owned() },
    );
    Ok(json)
}

fn mounts(host: &Host) -> Result<String, String> {
    let table = host.sh(&format!("df -PT -B1 {}", MOUNTS.join(" ")))?;
    let rows = table.lines().skip(1).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [device, filesystem, size, used, .., mount] = words.as_slice() else { return None };
        Some(format!(
            "    {}: {{ \"device\": {}, \"filesystem\": {}, \"size\": {size}, \"used\": {used} }}",
            quoted(mount),
            quoted(device),
            quoted(filesystem)
        ))
    });
    Ok(object(rows))
}

/// The two services, as their engine describes them.
fn containers(host: &Host) -> Result<String, String> {
    let mut rows = vec![];
    for ((name, mounts, ports, env), (_, image)) in
        [("db", ("/data/mysql", "/var/lib/mysql"), r#"["3306/tcp"]"#, r#"["TZ"]"#), ("files", ("/data/tree", "/files"), "[]", "[]")]
            .into_iter()
            .zip(SERVICES)
    {
        let id = host.sh(&format!("docker image inspect --format '{{{{.Id}}}} {{{{.Size}}}}' {image}"))?;
        let (id, size) = id.trim().split_once(' ').unwrap_or_default();
        rows.push(format!(
            "    {}: {{ \"image\": {}, \"image_id\": {}, \"image_size\": {size}, \"running\": true, \"restart\": \"unless-stopped\",\n      \
             \"mounts\": [{{ \"source\": {}, \"target\": {} }}], \"ports\": {ports}, \"env\": {env} }}",
            quoted(name),
            quoted(image),
            quoted(id),
            quoted(mounts.0),
            quoted(mounts.1)
        ));
    }
    Ok(object(rows))
}

/// Folders that move, as `du` and `stat` see them.
fn paths(host: &Host) -> Result<String, String> {
    let mut rows = vec![];
    for path in [super::database::FOLDER].into_iter().chain(TREES) {
        let answer = host.sh(&format!(
            "printf '%s %s %s' \"$(du -s -B1 {path} | cut -f1)\" \"$(stat -c %u:%g {path})\" \"$(find {path} -mindepth 1 -printf . | wc -c)\""
        ))?;
        let words: Vec<&str> = answer.split_whitespace().collect();
        let [size, owner, entries] = words.as_slice() else { return Err(format!("unexpected answer {answer:?}")) };
        rows.push(format!("    {}: {{ \"size\": {size}, \"owner\": {}, \"entries\": {entries} }}", quoted(path), quoted(owner)));
    }
    Ok(object(rows))
}

fn object(rows: impl IntoIterator<Item = String>) -> String {
    format!("{{\n{}\n  }}", rows.into_iter().collect::<Vec<_>>().join(",\n"))
}

/// Good for what hosts of ours answer: ASCII without control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
