//! The machine and its system: values, cloud-init, kernel, tools, certificates, units.

use super::answer::{Answer, owned, version};
use mig_plan::{
    Facts,
    facts::{CertificateFact, CloudInit, LoginFact, Os, UnitFact},
};
use std::collections::BTreeMap;

pub(super) fn read(answer: &mut Answer<'_>, facts: &mut Facts) {
    let values = answer.pairs("values");
    let text = |name: &str| values.get(name).map(|value| owned(value));
    let flag = |name: &str| values.get(name).and_then(|value| value.parse().ok());
    let number = |name: &str| values.get(name).and_then(|value| value.parse().ok());
    facts.login = Some(LoginFact { user: text("user"), uid: number("uid"), sudo: flag("sudo") });
    facts.hostname = text("hostname");
    facts.arch = text("arch").and_then(|arch| arch_of(&arch));
    facts.cpus = number("cpus");
    facts.memory = values.get("memory").and_then(|value| value.parse().ok()).filter(|bytes| *bytes > 0);
    facts.boot = text("boot");
    facts.os = os(answer, text("kernel"));
    facts.machine_id = text("machine_id");
    facts.hypervisor = text("hypervisor").and_then(|said| hypervisor(&said));
    facts.grub = text("grub").and_then(|said| version(&said));
    facts.cgroup = text("cgroup");
    facts.ip_unprivileged_port_start = number("unprivileged");
    facts.selinux = text("selinux");
    facts.qemu_guest_agent = flag("qemu_guest_agent");
    facts.timezone = text("timezone");
    facts.locale = text("locale");
    facts.clock_synchronized = flag("synchronized");
    if facts.arch.is_none() && text("arch").is_some() {
        answer.unknown("arch", "its processor is neither x86_64 nor arm64");
    }
    facts.host_keys = answer.lines("host_keys").map(|lines| lines.map(owned).collect::<Vec<_>>()).filter(|keys| !keys.is_empty());
    facts.cloud_init = cloud_init(answer);
    facts.kernel_features = words(answer, "kernel_features");
    facts.initramfs = words(answer, "initramfs");
    facts.certificates = answer.lines("certificates").map(certificates);
    facts.units = answer.get("units").map(units);
    facts.crontabs = words(answer, "crontabs");
    facts.pinned_interfaces = words(answer, "pinned_interfaces");
    facts.iscsi_initiator = answer.get("iscsi_initiator").map(|said| owned(said.trim()));
    facts.tools = answer.rows("tools").map(|rows| rows.iter().filter_map(|row| tool(row)).collect());
}

fn words(answer: &Answer<'_>, name: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = answer.lines(name)?.map(owned).collect();
    words.sort();
    words.dedup();
    Some(words)
}

/// By the names that image manifests use.
pub(super) fn arch_of(said: &str) -> Option<String> {
    match said {
        "x86_64" | "amd64" => Some(owned("x86_64")),
        "aarch64" | "arm64" => Some(owned("arm64")),
        _ => None,
    }
}

fn os(answer: &Answer<'_>, kernel: Option<String>) -> Option<Os> {
    let pairs: BTreeMap<&str, &str> = answer.lines("os")?.filter_map(|line| line.split_once('=')).collect();
    let text = |name: &str| pairs.get(name).map(|value| owned(value.trim().trim_matches(['"', '\''])));
    Some(Os { distribution: text("ID"), version: text("VERSION_ID"), kernel })
}

/// A word of systemd as it is; else by what the firmware calls the machine.
fn hypervisor(said: &str) -> Option<String> {
    const FIRMWARE: [(&str, &str); 9] = [
        ("Microsoft Corporation", "microsoft"),
        ("Amazon EC2", "amazon"),
        ("Alibaba Cloud", "kvm"),
        ("QEMU", "kvm"),
        ("KVM", "kvm"),
        ("VMware", "vmware"),
        ("Xen", "xen"),
        ("xen", "xen"),
        ("VirtualBox", "oracle"),
    ];
    if said.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit()) {
        return Some(owned(said));
    }
    FIRMWARE.iter().find(|(name, _)| said.contains(name)).map(|(_, word)| owned(word))
}

fn cloud_init(answer: &Answer<'_>) -> Option<CloudInit> {
    answer.get("cloud_init")?;
    let said = answer.pairs("cloud_init");
    let source = said.get("datasource").and_then(|line| line.split([':', ' ']).next()).map(owned);
    let list = said.get("list").map(|line| {
        let names = line.trim_matches(['[', ']']).split(',').map(|name| name.trim().trim_matches(['"', '\'']));
        names.filter(|name| !name.is_empty()).map(owned).collect()
    });
    Some(CloudInit { present: said.get("present").and_then(|p| p.parse().ok()), datasource: source, datasource_list: list })
}

/// A tool that is there and does not say which it is counts all the same.
fn tool(row: &[&str]) -> Option<(String, String)> {
    let [name, said] = row else { return None };
    let version = version(said).unwrap_or_else(|| owned("present"));
    let is_small = said.to_ascii_lowercase().contains("busybox");
    Some((owned(name), if is_small { format!("busybox {version}") } else { version }))
}

fn certificates<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, CertificateFact> {
    let mut found: BTreeMap<String, CertificateFact> = BTreeMap::new();
    let mut path = None;
    for line in lines {
        if let Some(file) = line.strip_prefix("file\t") {
            path = Some(file);
            continue;
        }
        let Some(path) = path else { continue };
        let fact = found.entry(owned(path)).or_default();
        let line = line.trim();
        if let Some(time) = line.strip_prefix("notAfter=") {
            fact.not_after = openssl_time(time);
        } else if let Some(issuer) = line.strip_prefix("issuer=") {
            fact.issuer = Some(owned(issuer.trim()));
        } else if let Some(subject) = line.strip_prefix("subject=") {
            let name = subject.split(['/', ',']).find_map(|part| part.trim().strip_prefix("CN")?.trim().strip_prefix('='));
            fact.names.get_or_insert_default().extend(name.map(|name| owned(name.trim())));
        } else if let Some((_, print)) = line.split_once("Fingerprint=") {
            fact.fingerprint = Some(owned(print));
        } else {
            let names =
                line.split(',').filter_map(|part| part.trim().split_once(':')).filter(|(kind, _)| matches!(*kind, "DNS" | "IP Address"));
            fact.names.get_or_insert_default().extend(names.map(|(_, name)| owned(name.trim())));
        }
    }
    // A file without an end is no certificate that could be read.
    found.retain(|_, fact| fact.not_after.is_some());
    for names in found.values_mut().filter_map(|fact| fact.names.as_mut()) {
        names.sort();
        names.dedup();
    }
    found
}

/// `Jan  1 00:00:00 2030 GMT` as RFC 3339.
fn openssl_time(said: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = said.split_whitespace().collect();
    let [month, day, clock, year, "GMT"] = words.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name == month)? + 1;
    let (day, year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    Some(format!("{year:04}-{month:02}-{day:02}T{clock}Z"))
}

/// Blocks of `systemctl show`, an empty line between them.
fn units(said: &str) -> BTreeMap<String, UnitFact> {
    let blocks = said.split("\n\n").filter_map(|block| {
        let pairs: BTreeMap<&str, &str> = block.lines().filter_map(|line| line.split_once('=')).collect();
        let name = pairs.get("Id")?;
        let fact = UnitFact {
            path: pairs.get("FragmentPath").filter(|path| !path.is_empty()).map(|path| owned(path)),
            enabled: pairs.get("UnitFileState").filter(|state| !state.is_empty()).map(|state| state.starts_with("enabled")),
            running: pairs.get("ActiveState").map(|state| *state == "active"),
        };
        Some((owned(name), fact))
    });
    blocks.collect()
}
