//! How is there a container engine to test with? A dockerd of our own, with its own data and socket, and without networks.
//!
//! If the machine cannot run one, the test says so and ends.

use super::{Folder, is_root, sh};
use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Ended when it is dropped.
pub(crate) struct Engine {
    child: Child,
    pub(crate) address: String,
    folder: String,
}

impl Engine {
    /// Starts one with an image `busybox:1` in it.
    pub(crate) fn start(folder: &Folder) -> Option<Self> {
        let lacks = ["dockerd", "docker", "busybox"].into_iter().find(|program| {
            let found = Command::new("sh").args(["-c", "command -v \"$1\"", "sh", program]).output();
            !found.is_ok_and(|output| output.status.success())
        });
        if let Some(program) = lacks.or_else(|| (!is_root()).then_some("root")) {
            eprintln!("not tested here: {program} is missing");
            return None;
        }
        fs::create_dir_all(folder.at("engine")).unwrap();
        let at = folder.at("engine");
        let log = fs::File::create(format!("{at}/log")).unwrap();
        let address = format!("unix://{at}/sock");
        let mut command = Command::new("dockerd");
        for (name, value) in [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")] {
            command.arg(name).arg(format!("{at}/{value}"));
        }
        command.args(["-H", &address, "--bridge", "none", "--iptables=false", "--ip6tables=false", "--storage-driver", "vfs"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut engine = Self { child, address, folder: at };
        for _ in 0..300 {
            if engine.docker(&["version"]).is_some() {
                engine.import();
                return Some(engine);
            }
            if engine.child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(format!("{}/log", engine.folder)).unwrap_or_default();
        eprintln!("not tested here: dockerd does not start: {}", log.lines().last().unwrap_or_default());
        None
    }

    fn import(&self) {
        sh(
            r#"mkdir -p "$2/root/bin" "$2/root/tmp"
            cp "$(command -v busybox)" "$2/root/bin/busybox"
            for name in sh sleep cat echo; do ln -sf busybox "$2/root/bin/$name"; done
            for library in $(ldd "$2/root/bin/busybox" 2>/dev/null | grep -o '/[^ ]*'); do
                mkdir -p "$2/root$(dirname "$library")"
                cp "$library" "$2/root$library"
            done
            tar -C "$2/root" -c . | DOCKER_HOST=$1 docker import -c 'CMD ["sleep", "1000"]' - busybox:1"#,
            &[&self.address, &self.folder],
        );
    }

    /// What docker printed, if it ended with 0.
    pub(crate) fn docker(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("docker").env("DOCKER_HOST", &self.address).args(words).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(ids) = self.docker(&["ps", "-aq"]) {
            for id in ids.lines() {
                self.docker(&["rm", "-f", id]);
            }
        }
        // SIGTERM, so that it ends what it started.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
