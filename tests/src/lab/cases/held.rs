//! Does migc see that databases hold the same on the other side? Two of them move with their real servers: they take no writes
//! from when they were asked for what they hold until they answer the same on their target, and then take writes again.

use super::surveyed::survey;
use crate::lab::{hosts::Host, paths, process, project::Project, scene::Scene};
use std::{thread::sleep, time::Duration};

const TRIES: u32 = 120;
const POLL: Duration = Duration::from_millis(250);

/// How both run on `old`, as `docker run` starts them.
const START: &str = "
docker run --detach --name pg --restart unless-stopped --volume /data/pg:/var/lib/postgresql/data postgres:15 postgres >/dev/null
docker run --detach --name ldap --restart unless-stopped --volume /data/ldap/data:/var/lib/ldap --volume /data/ldap/config:/etc/ldap/slapd.d \
  osixia/openldap:1.5.0 slapd >/dev/null";
const FILL: &str = "
create database club; \\c club
create table members (id int primary key, name text not null, joined timestamptz);
insert into members select n, '成员 ' || n || md5(n::text), case when n % 7 > 0 then to_timestamp(1500000000 + n * 3600.000001) end from generate_series(1, 5000) n;
create table files (id int primary key, body bytea);
insert into files select n, decode(repeat(md5(n::text), 100), 'hex') from generate_series(1, 400) n;
create table log (id int primary key);";
/// Writes one row after the other until the server takes none; a number is noted once the server said that it is safe.
const WRITER: &str = "rm -f /tmp/acknowledged; touch /tmp/acknowledged; n=0; while n=$((n + 1)); do \
  docker exec pg psql -qU postgres club -c \"insert into log values ($n)\" 2>/dev/null || exit 0; echo $n >>/tmp/acknowledged; done";
const SUMS: &str = "select count(*), md5(string_agg(m::text, ',' order by id)) from members m;
select count(*), md5(string_agg(f::text, ',' order by id)) from files f;";
const ADD: &str = "docker exec -i ldap ldapmodify -Q -Y EXTERNAL -H ldapi:/// >/dev/null <<'END'
dn: olcDatabase={1}mdb,cn=config
changetype: modify
replace: olcSizeLimit
olcSizeLimit: 500
END";
const END: &str = "docker rm --force pg ldap >/dev/null 2>&1 || :; docker rmi postgres:15 osixia/openldap:1.5.0 >/dev/null 2>&1 || :; rm -rf /data/pg /data/ldap";

/// Both, while rows are written until the source takes none.
pub(crate) fn by_databases(scene: &Scene) -> Result<(), String> {
    scene.reset()?;
    let old = &scene.pair.old;
    old.load(&scene.images.engines)?;
    let result = old.sh(START).and_then(|_| moved(scene));
    process::end_marked();
    let ended = old.sh(END).and_then(|_| scene.reset());
    result.and(ended)
}

fn moved(scene: &Scene) -> Result<(), String> {
    let (old, new) = (&scene.pair.old, &scene.pair.new);
    answers(old)?;
    sql(old, "postgres", FILL)?;
    let (sums, entries) = (sql(old, "club", SUMS)?, entries(old)?);
    let project = Project::own("held", &scene.pair, &program(scene))?;
    survey(scene, &project, &["old", "new"])?.must_exit(0)?;
    old.sh_detached(WRITER)?;
    let ended = scene.migc.apply(&project)?;
    ended.must_exit(0)?;
    for service in ["pg", "ldap"] {
        ended.must_say(&[&format!("see that `{service}` on new holds what it held on old")])?;
    }

    answers(new)?;
    must_be_same("the rows", &sums, &sql(new, "club", SUMS)?)?;
    must_be_same("the entries", &entries, &self::entries(new)?)?;
    let acknowledged = old.sh("wc -l </tmp/acknowledged")?;
    let written = sql(new, "club", "select count(*) from log")?;
    must_be_same("the rows that were acknowledged", acknowledged.trim(), written.trim())?;
    // It takes writes again, although that it takes none was written into the data that were copied.
    sql(new, "club", "insert into log values (0)")?;
    new.sh(ADD)?;
    must_be_same(
        "the containers of old",
        "exited no\nexited no\n",
        &old.sh("docker inspect --format '{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}' pg ldap")?,
    )
}

fn sql(host: &Host, database: &str, statements: &str) -> Result<String, String> {
    host.sh(&format!("docker exec -i pg psql -qAtX -v ON_ERROR_STOP=1 -U postgres {database} <<'END'\n{statements}\nEND"))
}

fn entries(host: &Host) -> Result<String, String> {
    host.sh("docker exec ldap slapcat -n 1 -o ldif-wrap=no")
}

/// Both servers answer.
fn answers(host: &Host) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..TRIES {
        let both = sql(host, "postgres", "select 1")
            .and_then(|_| host.sh("docker exec ldap ldapsearch -Q -Y EXTERNAL -H ldapi:/// -b cn=config -s base"));
        match both {
            Ok(_) => return Ok(()),
            Err(message) => last = message,
        }
        sleep(POLL);
    }
    Err(format!("the databases of {} do not answer: {last}", host.name))
}

fn must_be_same(what: &str, wanted: &str, found: &str) -> Result<(), String> {
    if wanted == found { Ok(()) } else { Err(format!("{what} are\n{found}\nand not\n{wanted}")) }
}

fn program(scene: &Scene) -> String {
    let key = paths::key();
    let host = |name: &str, address: &str| {
        format!(
            "existing server {name}: ssh.host {{\n  address = {address}\n  login = {{ user = \"root\", identity_file = \"{}\" }}\n  facts = survey(\"facts/{name}.json\")\n}}\n",
            key.display()
        )
    };
    let hosts = host("old", &scene.pair.old.address) + &host("new", &scene.pair.new.address);
    format!("use ssh\nuse docker\n\nproject held {{ name = \"lab-held\" }}\n{hosts}{SERVICES}")
}

const SERVICES: &str = r#"
service pg: docker.container {
  on      = new
  @allow(image_not_pinned, "the lab builds it under this name")
  image   = "postgres:15"
  command = ["postgres"]
  volume data { source = "/data/pg", target = "/var/lib/postgresql/data", owner = 999:999 }
}
service ldap: docker.container {
  on      = new
  @allow(image_not_pinned, "the lab builds it under this name")
  image   = "osixia/openldap:1.5.0"
  command = ["slapd"]
  volume data { source = "/data/ldap/data", target = "/var/lib/ldap", owner = 911:911 }
  volume config { source = "/data/ldap/config", target = "/etc/ldap/slapd.d", owner = 911:911 }
}
move both: copy { from = old, to = new, services = [pg, ldap] }
"#;
