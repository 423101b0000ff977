//! Which input do all languages get? One fleet of servers, written as source text of each; how it is read is not known here.

use std::fmt::Write as _;

/// An odd factor permutes the numbers below a power of two, so no two servers have one node id.
const NODE_FACTOR: u64 = 2_654_435_761;
const NODE_OFFSET: u64 = 0x9f3a;
const NODE_MODULUS: u64 = 1 << 40;

const MIG_HEAD: &str = r#"//! Every disk holds its image, and a node id belongs to one server.

kind node {
  node_id: Str where it.matches(re"^[0-9a-f]{10}$")
  image: Size in 1GiB..=65536GiB
  disk: Size
  ip: Ip
}

check image_exceeds_disk: FLEET001 error {
  for server in all(node)
  when server.disk < server.image
  at server.disk
  also server.image: "the image"
  say "{server} has a disk of {server.disk} for an image of {server.image}"
}

check node_id_taken: FLEET002 error {
  for second, first in all(node).duplicates(n => n.node_id)
  at second.node_id
  also first.node_id: "taken here"
  say "{second} has the node id of {first}"
}

"#;

const PKL_HEAD: &str = r##"module fleet

class Node {
  id: String(!isEmpty)
  node_id: String(matches(Regex("[0-9a-f]{10}")))
  image: Int(isBetween(1, 65536))
  disk: Int(this >= image)
  ip: String(matches(Regex(#"\d+\.\d+\.\d+\.\d+"#)))
}

nodes: Listing<Node>(isDistinctBy((n) -> n.node_id)) = new {
"##;

const KCL_HEAD: &str = r#"import regex

schema Node:
    id: str
    node_id: str
    image: int
    disk: int
    ip: str

    check:
        1 <= image <= 65536, "an image of ${image} GiB"
        disk >= image, "a disk of ${disk} GiB for an image of ${image} GiB"
        regex.match(node_id, "^[0-9a-f]{10}$"), "not a node id: ${node_id}"
        regex.match(ip, r"^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$"), "not an address: ${ip}"

schema Nodes:
    nodes: [Node]

    check:
        isunique([n.node_id for n in nodes]), "a node id is taken twice"

fleet = Nodes {
    nodes = [
"#;

/// What is wrong with a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing.
    Ok,
    /// One disk is smaller than its image, and one node id is used twice.
    Bad,
}

struct Server {
    id: String,
    node_id: String,
    disk_gib: usize,
    image_gib: usize,
    ip: String,
}

/// Servers without a language yet.
pub(super) struct Fleet {
    servers: Vec<Server>,
}

impl Fleet {
    /// The same numbers give the same fleet, always.
    pub(super) fn new(server_count: usize, mode: Mode) -> Self {
        let mut servers: Vec<Server> = (0..server_count).map(Server::new).collect();
        if mode == Mode::Bad {
            let first = servers[1].node_id.clone();
            servers[server_count - 1].node_id = first;
            let small = &mut servers[small_disk(server_count)];
            (small.disk_gib, small.image_gib) = (20, 40);
        }
        Self { servers }
    }

    pub(super) fn mig(&self) -> String {
        let mut text = MIG_HEAD.to_owned();
        for Server { id, node_id, disk_gib, image_gib, ip } in &self.servers {
            let _ = writeln!(text, "node {id} {{ node_id = \"{node_id}\", disk = {disk_gib}GiB, image = {image_gib}GiB, ip = {ip} }}");
        }
        text
    }

    pub(super) fn pkl(&self) -> String {
        let mut text = PKL_HEAD.to_owned();
        for Server { id, node_id, disk_gib, image_gib, ip } in &self.servers {
            let _ =
                writeln!(text, "  new {{ id = \"{id}\"; node_id = \"{node_id}\"; disk = {disk_gib}; image = {image_gib}; ip = \"{ip}\" }}");
        }
        text + "}\n"
    }

    pub(super) fn kcl(&self) -> String {
        let mut text = KCL_HEAD.to_owned();
        for Server { id, node_id, disk_gib, image_gib, ip } in &self.servers {
            let _ = writeln!(
                text,
                "        Node {{id = \"{id}\", node_id = \"{node_id}\", disk = {disk_gib}, image = {image_gib}, ip = \"{ip}\"}}"
            );
        }
        text + "    ]\n}\n"
    }
}

impl Server {
    fn new(index: usize) -> Self {
        let node = (index as u64 * NODE_FACTOR + NODE_OFFSET) % NODE_MODULUS;
        Self {
            id: format!("srv_{index:05}"),
            node_id: format!("{node:010x}"),
            disk_gib: 40 + index % 60,
            image_gib: 20 + index % 20,
            ip: format!("10.{}.{}.{}", (index >> 16) & 255, (index >> 8) & 255, index & 255),
        }
    }
}

/// The lines of the `.mig` text of a bad fleet, each with the code that must stand there.
pub(super) fn faults(server_count: usize) -> [(usize, &'static str); 2] {
    let line = |index: usize| MIG_HEAD.lines().count() + index + 1;
    [(line(small_disk(server_count)), "FLEET001"), (line(server_count - 1), "FLEET002")]
}

fn small_disk(server_count: usize) -> usize {
    server_count / 2
}

#[cfg(test)]
mod tests {
    use super::{Fleet, Mode, faults};
    use std::collections::BTreeSet;

    const SERVER_COUNT: usize = 10_000;

    fn small_disks(fleet: &Fleet) -> usize {
        fleet.servers.iter().filter(|s| s.disk_gib < s.image_gib).count()
    }

    fn node_ids(fleet: &Fleet) -> usize {
        fleet.servers.iter().map(|s| &s.node_id).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn a_good_fleet_has_no_fault() {
        let fleet = Fleet::new(SERVER_COUNT, Mode::Ok);
        assert_eq!((small_disks(&fleet), node_ids(&fleet)), (0, SERVER_COUNT));
        assert!(fleet.servers.iter().all(|s| s.node_id.len() == 10));
    }

    #[test]
    fn a_bad_fleet_has_exactly_two_faults() {
        let fleet = Fleet::new(SERVER_COUNT, Mode::Bad);
        assert_eq!((small_disks(&fleet), node_ids(&fleet)), (1, SERVER_COUNT - 1));
    }

    #[test]
    fn faults_stand_where_they_are_said_to() {
        let (good, bad) = (Fleet::new(SERVER_COUNT, Mode::Ok).mig(), Fleet::new(SERVER_COUNT, Mode::Bad).mig());
        let differs = good.lines().zip(bad.lines()).enumerate().filter(|(_, (a, b))| a != b).map(|(index, _)| index + 1);
        assert!(differs.eq(faults(SERVER_COUNT).map(|(line, _)| line)));
    }

    #[test]
    fn each_language_has_every_server() {
        let fleet = Fleet::new(100, Mode::Ok);
        for text in [fleet.mig(), fleet.pkl(), fleet.kcl()] {
            assert_eq!(text.lines().filter(|line| line.contains("srv_")).count(), 100);
        }
    }
}
