//! How is there a real sshd to test with? One of our own on loopback, with its own keys and a port that is free.
//!
//! If the machine has no sshd, the test says so and ends.

use super::{Folder, sh};
use mig_plan::{Host, Login};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

const SSHD: &str = "/usr/sbin/sshd";

/// Ended when it is dropped.
pub(crate) struct Sshd {
    child: Child,
    pub(crate) port: u16,
    pub(crate) host_key: String,
    identity: String,
    user: String,
}

impl Sshd {
    /// Starts one, with further lines for its configuration; `None` if that cannot be done here.
    pub(crate) fn start(folder: &Folder, options: &str) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            eprintln!("not tested here: {SSHD} is missing; install openssh-server");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let identity = folder.at("identity");
        sh(
            r#"ssh-keygen -q -t ed25519 -N "" -f "$1/host_key"
            ssh-keygen -q -t ed25519 -N "" -f "$1/identity"
            cp "$1/identity.pub" "$1/authorized_keys"
            if [ "$(id -u)" = 0 ]; then mkdir -p -m 0755 /run/sshd; fi"#,
            &[folder.path().to_str().unwrap()],
        );
        let config = folder.at("sshd_config");
        let text = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host_key\nAuthorizedKeysFile {0}/authorized_keys\nPidFile none\n\
             StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nSetEnv MIGC_HOME={0}/records\n{options}\n",
            folder.path().display()
        );
        fs::write(&config, text).unwrap();
        let log = fs::File::create(folder.at("sshd.log")).unwrap();
        let child = Command::new(SSHD).args(["-D", "-e", "-f", &config]).stdin(Stdio::null()).stderr(log).spawn().unwrap();
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned();
        let host_key = fs::read_to_string(folder.at("host_key.pub")).unwrap().trim().to_owned();
        let sshd = Self { child, port, host_key, identity, user };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(sshd);
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        panic!("sshd did not start: {}", fs::read_to_string(folder.at("sshd.log")).unwrap());
    }

    /// The process that listens.
    pub(crate) fn listener(&self) -> u32 {
        self.child.id()
    }

    /// The way to it.
    pub(crate) fn host(&self) -> Host {
        let login = Login {
            host: "127.0.0.1".to_owned(),
            user: Some(self.user.clone()),
            port: Some(self.port),
            identity_file: Some(self.identity.clone()),
            ..Login::default()
        };
        Host { login, host_keys: vec![self.host_key.clone()], ..Host::default() }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
