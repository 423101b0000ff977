//! Where do measured hosts come from? Each is an sshd of its own on loopback, with keys of its own.

use std::{
    fs, io,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

const PROGRAM: &str = "/usr/sbin/sshd";
const START_POLL: Duration = Duration::from_millis(25);
const START_POLL_COUNT: usize = 200;

/// Ended when it is dropped.
pub(super) struct Sshd {
    pub(super) port: u16,
    /// `ssh-ed25519 AAAA…`, which it proves to have.
    pub(super) key: String,
    child: Child,
}

impl Sshd {
    /// Starts one whose files are in the folder; who has the key of [`identity`] logs in.
    pub(super) fn start(folder: &Path, name: &str) -> Result<Self, String> {
        if !Path::new(PROGRAM).exists() {
            return Err(format!("{PROGRAM} is missing; install openssh-server"));
        }
        Self::start_in(folder, name).map_err(|e| format!("sshd in {}: {e}", folder.display()))
    }

    fn start_in(folder: &Path, name: &str) -> io::Result<Self> {
        let identity = identity(folder)?;
        let own = folder.join(name);
        make_key(&own)?;
        let port = free_port()?;
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}.pub\nPidFile none\nStrictModes no\n\
             UsePAM no\nPermitRootLogin yes\nLogLevel ERROR\nSubsystem sftp internal-sftp\nSetEnv HOME={}\n",
            own.display(),
            identity.display(),
            folder.display()
        );
        // What the profile of this machine's user does at each login is not measured.
        let file = folder.join(format!("{name}.conf"));
        fs::write(&file, config)?;
        let key = fs::read_to_string(own.with_extension("pub"))?.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        fs::create_dir_all("/run/sshd")?;
        let child = Command::new(PROGRAM).args(["-D", "-f"]).arg(file).stdin(Stdio::null()).spawn()?;
        for _ in 0..START_POLL_COUNT {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            sleep(START_POLL);
        }
        Ok(Self { port, key, child })
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The key that all hosts of a folder let in, made when it is not there.
pub(super) fn identity(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("id");
    if !path.exists() {
        make_key(&path)?;
    }
    Ok(path)
}

/// A port that nobody has now.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn make_key(path: &Path) -> io::Result<()> {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status()?;
    if made.success() { Ok(()) } else { Err(io::Error::other("ssh-keygen failed")) }
}
