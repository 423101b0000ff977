//! How is there a real name server to test with? bind's `named` on loopback, with zones and keys of its own and a port that is free.
//!
//! If the machine has no `named`, the test says so and ends.

use super::Folder;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

const NAMED: &str = "/usr/sbin/named";

/// The secret of the key `migc`, which may write; `reader` has the same and may not.
pub(crate) const SECRET: &str = "bWlnYy1jYW5hcnktb2YtdGhlLWtleS1vZi1hLXRlc3Q=";

/// Serves `club.example`; ended when it is dropped.
pub(crate) struct Named {
    child: Child,
    config: String,
    pub(crate) port: u16,
}

impl Named {
    /// Starts one with further records in its zone; `None` if that cannot be done here.
    pub(crate) fn start(folder: &Folder, records: &str) -> Option<Self> {
        if !Path::new(NAMED).exists() {
            eprintln!("not tested here: {NAMED} is missing; install bind9 and bind9-dnsutils");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let zone = folder.at("club.example.zone");
        let text = format!(
            "$TTL 600\n@ SOA ns1 admin 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.1\nold A 192.0.2.1\nalias CNAME old\n*.wild A 192.0.2.9\n{records}\n"
        );
        fs::write(&zone, text).unwrap();
        let key = |name: &str, algorithm: &str| format!("key \"{name}\" {{ algorithm {algorithm}; secret \"{SECRET}\"; }};\n");
        let keys =
            [key("migc", "hmac-sha256"), key("migc-384", "hmac-sha384"), key("migc-512", "hmac-sha512"), key("reader", "hmac-sha256")];
        let config = folder.at("named.conf");
        let text = format!(
            "options {{ directory \"{0}\"; session-keyfile none; pid-file none; recursion no; dnssec-validation no; notify no;\n  \
             listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};\ncontrols {{ }};\n{1}\
             zone \"club.example\" {{ type primary; file \"{zone}\"; update-policy {{\n  \
             grant migc zonesub ANY; grant migc-384 zonesub ANY; grant migc-512 zonesub ANY; }}; }};\n",
            folder.path().display(),
            keys.concat(),
        );
        fs::write(&config, text).unwrap();
        let log = fs::File::create(folder.at("named.log")).unwrap();
        let mut named = Self { child: spawn(&config, log), config, port };
        if named.answers() {
            return Some(named);
        }
        panic!("named did not start: {}", fs::read_to_string(folder.at("named.log")).unwrap());
    }

    fn answers(&mut self) -> bool {
        (0..400).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(25));
            TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        })
    }

    /// Where it is asked.
    pub(crate) fn server(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Goes away, as if its machine did.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Comes back with what it had.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&self.config, fs::File::create("/dev/null").unwrap());
        assert!(self.answers());
    }

    /// What everybody is answered, by another program, as `TTL VALUE` a line.
    pub(crate) fn says(&self, name: &str, sort: &str) -> Vec<String> {
        let port = self.port.to_string();
        let words = ["@127.0.0.1", "-p", &port, "+noall", "+answer", "+norecurse", name, sort];
        let said = Command::new("dig").args(words).output().unwrap().stdout;
        let line = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words.get(3) == Some(&sort)).then(|| format!("{} {}", words[1], words[4..].join(" ")))
        };
        let mut lines: Vec<String> = String::from_utf8(said).unwrap().lines().filter_map(line).collect();
        lines.sort();
        lines
    }

    /// Somebody else changes it, by another program: lines of `nsupdate`.
    pub(crate) fn by_hand(&self, folder: &Folder, lines: &str) {
        let script = folder.at("by-hand");
        fs::write(&script, format!("server 127.0.0.1 {}\nzone club.example\n{lines}\nsend\n", self.port)).unwrap();
        let key = format!("hmac-sha256:migc:{SECRET}");
        let output = Command::new("nsupdate").args(["-y", &key, &script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn spawn(config: &str, log: fs::File) -> Child {
    let mut command = Command::new(NAMED);
    command.args(["-g", "-X", "none", "-n", "1", "-c", config]).stdin(Stdio::null()).stderr(log).stdout(Stdio::null());
    command.spawn().unwrap()
}

impl Drop for Named {
    fn drop(&mut self) {
        self.stop();
    }
}
