//! Does a journal hold in an S3 that is not ours? Moto, a simulator of AWS that checks what it is sent, from Python's index.

use crate::{
    cargo,
    options::Options,
    part::Outcome,
    run::{is_on_path, limited, must, succeeds},
};
use mig_tests::workspace;
use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const PACKAGE: &str = "moto[s3,server]==5.2.5";
/// A slow mirror may take this long.
const PIP_LIMIT_S: u32 = 600;
const START_LIMIT: Duration = Duration::from_secs(60);
const BUCKET: &str = "migc-states";

/// The whole tier.
pub(crate) fn run(options: &Options) -> Outcome {
    let folder = workspace::root().join("target/judges");
    // A machine that has it already need not fetch it.
    let is_there = succeeds(limited("python3", 60).args(["-c", "import moto.server"]).env("PYTHONPATH", &folder));
    if !is_there {
        if !is_on_path("python3") || !succeeds(limited("python3", 30).args(["-m", "pip", "--version"])) {
            return Outcome::Skipped("Python's pip is not installed (`apt-get install python3-pip`)".to_owned());
        }
        if !options.installs {
            return Outcome::Skipped(format!("`{PACKAGE}` is not in {}", folder.display()));
        }
        let installed =
            must(limited("python3", PIP_LIMIT_S).args(["-m", "pip", "install", "--quiet", "--target"]).arg(&folder).arg(PACKAGE));
        if let Err(message) = installed {
            return Outcome::Failed(message);
        }
    }
    match Server::start(&folder) {
        Ok(server) => cargo::objects(&server.url),
        Err(message) => Outcome::Failed(message),
    }
}

/// A server that ends with this.
struct Server {
    process: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start(folder: &Path) -> Result<Self, String> {
        // Free now, which is as good as can be had.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).map_err(|e| format!("no port: {e}"))?.port();
        let mut command = Command::new("python3");
        command.args(["-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command.env("PYTHONPATH", folder).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        let process = command.spawn().map_err(|e| format!("python3: {e}"))?;
        let server = Self { process, url: format!("http://127.0.0.1:{port}") };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if began.elapsed() > START_LIMIT {
                return Err(format!("moto does not answer at {}", server.url));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        // Moto takes a bucket from whoever asks.
        let script = format!(
            "import urllib.request as u; u.urlopen(u.Request('{}/{BUCKET}', method='PUT', headers={{'Authorization': \
             'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request'}}))",
            server.url
        );
        must(limited("python3", 30).args(["-c", &script]))?;
        Ok(server)
    }
}
