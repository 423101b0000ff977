//! What is in the database of the lab, and does it answer the same afterwards?

use super::hosts::Host;
use std::{io::Read, thread::sleep, time::Duration};

/// Its container on both hosts.
pub(crate) const CONTAINER: &str = "db";
/// Its data on both hosts.
pub(crate) const FOLDER: &str = "/data/mysql";
/// Its port on both hosts.
pub(crate) const PORT: u16 = 3306;
/// Start of a fresh server with its system tables.
const TRIES: u32 = 120;
const POLL: Duration = Duration::from_millis(250);
/// Acknowledged numbers, on the host, where they outlive its power.
const ACKNOWLEDGED: &str = "/var/lib/lab-acknowledged";

const RUN: &str = "docker run --detach --name db --restart unless-stopped --publish 3306:3306 --env TZ=Asia/Shanghai \
                   --volume /data/mysql:/var/lib/mysql mariadb:10.11";

/// Rows of several sizes, an index, a text that is no ASCII, bytes that are no text, absent values.
const TABLES: &str = "
create database club character set utf8mb4;
use club;
create table club.members (id int primary key, name varchar(80) not null, joined datetime(6) null, key (name)) engine=InnoDB;
insert into club.members select seq, concat('成员 ', seq, ' ', sha1(seq)), if(seq % 7, from_unixtime(1500000000 + seq * 3600.000001), null)
  from seq_1_to_5000;
create table club.files (id int primary key, body longblob) engine=InnoDB;
insert into club.files select seq, repeat(unhex(sha2(seq, 512)), 100) from seq_1_to_400;
create table club.scores (id int primary key auto_increment, points decimal(12,4)) engine=Aria;
insert into club.scores (points) select seq / 7 from seq_1_to_3000;
create table club.log (id int primary key, at timestamp(6) default current_timestamp(6)) engine=InnoDB;";

/// Tables that nothing writes to once they are made.
const SUMS: &str = "checksum table club.members, club.files, club.scores;
select count(*), max(id) from club.members; select count(*), sum(length(body)) from club.files; select count(*), sum(points) from club.scores";

/// Starts the database on a host and fills it.
pub(crate) fn start(host: &Host) -> Result<(), String> {
    host.sh(RUN)?;
    wait(host)?;
    sql(host, TABLES).map(|_| ())
}

/// Starts the container again, as it was at the beginning of a run.
pub(crate) fn restore(host: &Host) -> Result<(), String> {
    // Containers that a case removed or renamed would be an error here, and should be.
    host.sh(&format!("docker update --restart unless-stopped {CONTAINER} && docker start {CONTAINER}"))?;
    wait(host)?;
    sql(host, "truncate club.log").map(|_| ())
}

/// What a query answers.
pub(crate) fn sql(host: &Host, statements: &str) -> Result<String, String> {
    host.sh(&format!("docker exec -i {CONTAINER} mariadb --batch --skip-column-names <<'EOF'\n{statements}\nEOF"))
}

/// Checksums and counts of what nothing writes to.
pub(crate) fn sums(host: &Host) -> Result<String, String> {
    sql(host, SUMS)
}

/// Writes numbered rows, one after the other, until the server is gone; a number is noted once the server said that it is safe.
pub(crate) fn start_writer(host: &Host) -> Result<(), String> {
    host.sh(&format!("rm -f {ACKNOWLEDGED}; touch {ACKNOWLEDGED}"))?;
    host.sh_detached(&format!(
        "n=0; while n=$((n + 1)); do \
           docker exec {CONTAINER} mariadb -e \"insert into club.log (id) values ($n)\" 2>/dev/null || exit 0; \
           echo \"$n\" >> {ACKNOWLEDGED}; \
         done"
    ))
}

/// Every acknowledged row of the writer on `from` is in the database of `to`, and none that it never sent.
pub(crate) fn must_have_writers_rows(from: &Host, to: &Host) -> Result<(), String> {
    let acknowledged: u64 = number(&from.sh(&format!("wc -l < {ACKNOWLEDGED} 2>/dev/null || echo 0"))?)?;
    let answer = sql(to, "select count(*) from club.log; select coalesce(max(id), 0) from club.log")?;
    let mut numbers = answer.lines().map(number);
    let (Some(Ok(rows)), Some(Ok(last))) = (numbers.next(), numbers.next()) else {
        return Err(format!("{}: unexpected answer {answer:?}", to.name));
    };
    // The last one may be safe although its acknowledgement was lost with the server.
    if rows == last && (acknowledged..=acknowledged + 1).contains(&rows) {
        return Ok(());
    }
    Err(format!("the writer on {} had {acknowledged} rows acknowledged; {} has {rows}, the last is {last}", from.name, to.name))
}

/// A server that speaks the protocol answers on the host's address.
pub(crate) fn must_greet(host: &Host) -> Result<(), String> {
    let mut greeting = [0; 128];
    let mut stream = host.connect(PORT)?;
    let limit = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let length = limit.and_then(|()| stream.read(&mut greeting)).map_err(|e| format!("{}: {e}", host.name))?;
    let said = String::from_utf8_lossy(greeting.get(..length).unwrap_or_default()).into_owned();
    // A host that asks from outside of the allowed ones gets an error packet of the same protocol, which is an answer too.
    if said.contains("MariaDB") { Ok(()) } else { Err(format!("{} port {PORT} answers {said:?}", host.name)) }
}

fn wait(host: &Host) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..TRIES {
        match sql(host, "select 1") {
            Ok(_) => return Ok(()),
            Err(message) => last = message,
        }
        sleep(POLL);
    }
    Err(format!("the database of {} does not answer: {last}", host.name))
}

fn number(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|e| format!("{text:?} is no number: {e}"))
}
