//! How long do fifteen operations on ten hosts take? `migc apply`, the same done by two scripts a host by hand, pyinfra and Ansible.
//!
//! Ten files and five commands, on sshd's of their own on loopback, with and without a delay on the way. By hand means: one
//! connection a host, all hosts at once, a script that looks and a script that acts.

use super::{
    delay, languages, machine,
    sshd::{Sshd, identity},
};
use mig_tests::workspace;
use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const HOST_COUNT: usize = 10;
const FILE_COUNT: usize = 10;
const COMMAND_COUNT: usize = 5;
/// Odd, so that there is a median.
const RUN_COUNT: usize = 5;
/// Each way: a round trip takes twice as long.
const DELAY: Duration = Duration::from_millis(25);

/// Prints a table.
pub(crate) fn run() -> Result<(), String> {
    let load_before = machine::load();
    let program = languages::migc()?;
    let lab = Lab::start().map_err(|e| format!("the hosts: {e}"))??;
    let peers = peers().inspect_err(|why| eprintln!("pyinfra and Ansible are not measured: {why}")).ok();
    println!("| {HOST_COUNT} hosts, {} operations each | first run | without change |\n| --- | ---: | ---: |", FILE_COUNT + COMMAND_COUNT);
    for (name, hosts, delayed) in [("", lab.near(), false), (", 50 ms round trip", lab.far().map_err(|e| e.to_string())?, true)] {
        let hand = lab.measured(RUN_COUNT, || lab.by_hand(&hosts))?;
        println!("| two scripts a host by hand{name} | {:.2} s | {:.2} s |", hand.0, hand.1);
        lab.write_project(&hosts).map_err(|e| e.to_string())?;
        let own = lab.measured(RUN_COUNT, || lab.by_migc(&program))?;
        println!("| `migc apply --yes`{name} | {:.2} s, {:.2} x | {:.2} s, {:.2} x |", own.0, own.0 / hand.0, own.1, own.1 / hand.1);
        let Some(peers) = peers.as_ref().filter(|_| !delayed) else { continue };
        lab.write_peers(&hosts).map_err(|e| e.to_string())?;
        for (peer, words) in
            [("pyinfra", &["-y", "inventory.py", "deploy.py"][..]), ("ansible-playbook", &["-i", "inventory.ini", "playbook.yml"])]
        {
            match lab.measured(1, || lab.by_peer(&peers.join(peer), words)) {
                Ok(time) => {
                    println!("| {peer}{name} | {:.2} s, {:.1} x | {:.2} s, {:.1} x |", time.0, time.0 / hand.0, time.1, time.1 / hand.1);
                }
                Err(why) => println!("| {peer}{name} | not measured: {} | |", why.lines().last().unwrap_or_default()),
            }
        }
    }
    println!(
        "\n{}, load {load_before} before and {} after; median of {RUN_COUNT}, of peers one run.",
        machine::processors(),
        machine::load()
    );
    Ok(())
}

/// Where pyinfra and Ansible are, installed below `target` when they are missing.
fn peers() -> Result<PathBuf, String> {
    let folder = workspace::root().join("target/bench/operations");
    let bin = folder.join("bin");
    if !bin.join("ansible-playbook").exists() || !bin.join("pyinfra").exists() {
        done(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        done(Command::new(bin.join("pip")).args(["install", "--quiet", "pyinfra", "ansible-core"]))?;
    }
    Ok(bin)
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].concat();
    Err(format!("{command:?}: {}: {}", output.status, String::from_utf8_lossy(&said)))
}

/// How a host is reached.
struct Reached<'l> {
    name: String,
    port: u16,
    sshd: &'l Sshd,
}

/// The hosts. Their folder is removed when it is dropped.
struct Lab {
    folder: PathBuf,
    hosts: Vec<Sshd>,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Lab {
    fn start() -> io::Result<Result<Self, String>> {
        let folder = std::env::temp_dir().join(format!("migc-bench-operations-{}", std::process::id()));
        fs::create_dir_all(folder.join("project/facts"))?;
        let hosts = (0..HOST_COUNT).map(|number| Sshd::start(&folder, &format!("h{number}"))).collect::<Result<_, _>>();
        Ok(hosts.map(|hosts| Self { folder, hosts }))
    }

    fn near(&self) -> Vec<Reached<'_>> {
        self.hosts.iter().enumerate().map(|(number, sshd)| Reached { name: format!("h{number}"), port: sshd.port, sshd }).collect()
    }

    fn far(&self) -> io::Result<Vec<Reached<'_>>> {
        self.near().into_iter().map(|near| Ok(Reached { port: delay::relay(near.port, DELAY)?, ..near })).collect()
    }

    /// Seconds of a first run, and of one that finds all as it should be; medians.
    fn measured(&self, run_count: usize, act: impl Fn() -> Result<(), String>) -> Result<(f64, f64), String> {
        let (mut first, mut second) = (vec![], vec![]);
        for _ in 0..run_count {
            self.clean().map_err(|e| e.to_string())?;
            for times in [&mut first, &mut second] {
                let start = Instant::now();
                act()?;
                times.push(start.elapsed().as_secs_f64());
                self.verify()?;
            }
        }
        let median = |mut all: Vec<f64>| {
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Ok((median(first), median(second)))
    }

    fn data(&self, host: &str) -> PathBuf {
        self.folder.join("data").join(host)
    }

    /// As if nobody had ever been there.
    fn clean(&self) -> io::Result<()> {
        let _ = fs::remove_dir_all(self.folder.join("data"));
        let _ = fs::remove_dir_all(self.folder.join("project/.migc"));
        (0..HOST_COUNT).try_for_each(|number| fs::create_dir_all(self.data(&format!("h{number}"))))
    }

    fn verify(&self) -> Result<(), String> {
        for host in self.near() {
            for number in 0..FILE_COUNT {
                let path = self.data(&host.name).join(format!("f{number}.conf"));
                let found = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                if found != content(number, &host.name) {
                    return Err(format!("{} has another content", path.display()));
                }
            }
        }
        Ok(())
    }

    /// A script that looks, then one that acts, whatever the first one said.
    fn by_hand(&self, hosts: &[Reached<'_>]) -> Result<(), String> {
        let known: Vec<String> = hosts.iter().map(|host| format!("[127.0.0.1]:{} {}", host.port, host.sshd.key)).collect();
        fs::write(self.folder.join("known"), known.join("\n") + "\n").map_err(|e| e.to_string())?;
        let ssh = |host: &Reached<'_>, words: &[&str]| {
            let mut ssh = Command::new("ssh");
            ssh.args(["-F", "none", "-o", &format!("UserKnownHostsFile={}", self.folder.join("known").display())]);
            ssh.args(["-o", &format!("ControlPath={}", self.folder.join(format!("control-{}", host.port)).display())]);
            ssh.args(["-i", &self.folder.join("id").display().to_string(), "-p", &host.port.to_string()]).args(words).arg("127.0.0.1");
            ssh
        };
        let each = |host: &Reached<'_>| {
            let (look, act) = scripts(&self.data(&host.name), &host.name);
            done(&mut ssh(host, &["-o", "ControlMaster=yes", "-o", "ControlPersist=60", "-N", "-f"]))?;
            for script in [look, act] {
                done(ssh(host, &[]).arg(script))?;
            }
            done(&mut ssh(host, &["-O", "exit"]))
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = hosts.iter().map(|host| scope.spawn(|| each(host))).collect();
            threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread failed".to_owned())?)
        })
    }

    fn write_project(&self, hosts: &[Reached<'_>]) -> io::Result<()> {
        let identity = identity(&self.folder)?;
        let mut program = String::from("use ssh\nuse host\n\nproject bench { name = \"bench\" }\n\n");
        for Reached { name, port, sshd } in hosts {
            let facts = format!("{{\"version\": 1, \"host\": \"{name}\", \"host_keys\": [\"{}\"]}}\n", sshd.key);
            fs::write(self.folder.join(format!("project/facts/{name}.json")), facts)?;
            let data = self.data(name);
            let _ = writeln!(
                program,
                "existing server {name}: ssh.host {{\n  address = 127.0.0.1\n  login = {{ port = {port}/tcp, identity_file = \"{}\" }}\n  \
                 facts = survey(\"facts/{name}.json\")\n}}",
                identity.display()
            );
            for number in 0..FILE_COUNT {
                let content = content(number, name).replace('\n', "\\n");
                let path = data.join(format!("f{number}.conf"));
                let _ = writeln!(
                    program,
                    "host.file {name}_file{number} {{ on = {name}, path = \"{}\", owner = \"root\", mode = \"0644\", content = \"{content}\" }}",
                    path.display()
                );
            }
            for number in 0..COMMAND_COUNT {
                let mark = data.join(format!("c{number}"));
                let mark = mark.display();
                let _ = writeln!(
                    program,
                    "host.command {name}_command{number} {{ on = {name}, run = sh\"uname -a >{mark}\", check = sh\"test -s {mark}\" }}"
                );
            }
        }
        fs::write(self.folder.join("project/main.mig"), program)
    }

    fn by_migc(&self, program: &Path) -> Result<(), String> {
        done(Command::new(program).args(["apply", "--yes"]).current_dir(self.folder.join("project")).env_remove("MIG_STATE"))
    }

    fn write_peers(&self, hosts: &[Reached<'_>]) -> io::Result<()> {
        let (folder, key) = (self.folder.display(), identity(&self.folder)?);
        let mut ansible = String::new();
        let mut pyinfra = String::from("hosts = [\n");
        for Reached { name, port, .. } in hosts {
            let _ = writeln!(
                ansible,
                "{name} ansible_host=127.0.0.1 ansible_port={port} ansible_user=root ansible_ssh_private_key_file={} hostdir={}",
                key.display(),
                self.data(name).display()
            );
            let _ = writeln!(
                pyinfra,
                "    (\"{name}\", {{\"ssh_hostname\": \"127.0.0.1\", \"ssh_port\": {port}, \"ssh_user\": \"root\", \"ssh_key\": \"{}\", \
                 \"ssh_known_hosts_file\": \"{folder}/known\", \"hostdir\": \"{}\"}}),",
                key.display(),
                self.data(name).display()
            );
        }
        fs::write(self.folder.join("inventory.ini"), ansible)?;
        fs::write(self.folder.join("inventory.py"), pyinfra + "]\n")?;
        let arguments = format!("-o UserKnownHostsFile={folder}/known -o ControlMaster=auto -o ControlPersist=60s");
        let config = format!("[defaults]\nforks = 10\ngathering = explicit\n[ssh_connection]\npipelining = True\nssh_args = {arguments}\n");
        fs::write(self.folder.join("ansible.cfg"), config)?;
        let mut playbook = String::from("- hosts: all\n  gather_facts: false\n  tasks:\n");
        let mut deploy = String::from("from io import StringIO\nfrom pyinfra import host\nfrom pyinfra.operations import files, server\n");
        for number in 0..FILE_COUNT {
            let content = |name: &str| content(number, name).replace('\n', "\\n");
            let _ = writeln!(
                playbook,
                "    - ansible.builtin.copy: {{ content: \"{}\", dest: \"{{{{ hostdir }}}}/f{number}.conf\", owner: root, mode: \"0644\" }}",
                content("{{ inventory_hostname }}")
            );
            let _ = writeln!(
                deploy,
                "files.put(name=\"file {number}\", src=StringIO(f\"{}\"), dest=f\"{{host.data.hostdir}}/f{number}.conf\", user=\"root\", mode=\"644\")",
                content("{host.name}")
            );
        }
        for number in 0..COMMAND_COUNT {
            let _ = writeln!(playbook, "    - {{ ansible.builtin.command: uname -a, changed_when: false }}");
            let _ = writeln!(deploy, "server.shell(name=\"command {number}\", commands=[\"uname -a\"])");
        }
        fs::write(self.folder.join("playbook.yml"), playbook)?;
        fs::write(self.folder.join("deploy.py"), deploy)
    }

    fn by_peer(&self, program: &Path, words: &[&str]) -> Result<(), String> {
        let mut command = Command::new(program);
        done(command.args(words).current_dir(&self.folder).env("ANSIBLE_CONFIG", self.folder.join("ansible.cfg")))
    }
}

fn content(number: usize, host: &str) -> String {
    format!("content of file {number} on {host}\nkey=value\nport=80{number}\n")
}

/// What a careful person writes: one script that says what is not as it should be, and one that puts each file in place as a whole.
fn scripts(data: &Path, host: &str) -> (String, String) {
    let (mut look, mut act) = (String::new(), String::from("set -e\n"));
    for number in 0..FILE_COUNT {
        let (path, text) = (data.join(format!("f{number}.conf")), content(number, host));
        let path = path.display();
        let _ = writeln!(look, "printf %s '{text}' | cmp -s - {path} && [ \"$(stat -c '%U %a' {path})\" = 'root 644' ] || echo {path}");
        let _ = writeln!(act, "printf %s '{text}' >{path}.new && chown root {path}.new && chmod 644 {path}.new && mv {path}.new {path}");
    }
    for number in 0..COMMAND_COUNT {
        let mark = data.join(format!("c{number}"));
        let _ = writeln!(look, "test -s {0} || echo {0}", mark.display());
        let _ = writeln!(act, "uname -a >{}", mark.display());
    }
    (look, act)
}
