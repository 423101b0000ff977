//! What do tests of trees share? A folder that goes away, a tree with everything that copies lose, and an empty plan.
//!
//! Not a test itself.

#![allow(dead_code, clippy::print_stderr, reason = "each test uses a part of this; what cannot be tested here is said")]

pub(crate) mod engine;
pub(crate) mod named;
pub(crate) mod shells;
pub(crate) mod sshd;

use mig_plan::{Action, Class, Digest, Estimate, Origin, Phase, Plan, Step, Tree, Undo};
use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs as unix},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder of its own for a test, removed when it ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("migc-test-{}-{name}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a future gives that waits for nothing, such as one of a journal in a folder.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).expect("it waits for nothing")
}

/// Runs a program; says so if it cannot.
pub(crate) fn tool(program: &str, words: &[&OsStr]) -> bool {
    match Command::new(program).args(words).output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            eprintln!("{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(error) => {
            eprintln!("not tested here: {program}: {error}");
            false
        }
    }
}

/// A text for sh with `$1`, `$2`, …
pub(crate) fn sh(text: &str, words: &[&str]) {
    let output = Command::new("sh").args(["-eu", "-c", text, "sh"]).args(words).output().unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}

pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Names that break what is careless.
pub(crate) const NAMES: &[&[u8]] = &[
    b"with space",
    b"new\nline",
    b"-dash",
    b"--checkpoint=1",
    b"quote'\"x",
    b"back\\slash\\012",
    b"\\n",
    b"star*[a]?",
    b"$(touch x)`id`",
    b"tab\there",
    b"# file: fake",
    b"equal=sign",
    "\u{65e5}\u{672c}".as_bytes(),
    b"latin-\xe9\xff",
    b"ends with space ",
    b"cr\rhere",
];

/// Everything that copies lose.
pub(crate) fn make_tree(path: &str) {
    let root = Path::new(path);
    fs::create_dir_all(root.join("sub/deep/er")).unwrap();
    for (at, name) in NAMES.iter().enumerate() {
        fs::write(root.join(OsStr::from_bytes(name)), format!("contents {at}")).unwrap();
        fs::create_dir(root.join("sub").join(OsStr::from_bytes(name))).unwrap();
    }
    fs::write(root.join("sub/deep/er/file"), vec![7; 100_000]).unwrap();
    fs::write(root.join("empty"), "").unwrap();
    fs::create_dir(root.join("empty dir")).unwrap();
    unix::symlink("/nonexistent/target", root.join("dangling")).unwrap();
    unix::symlink("../sub/deep", root.join("sub/relative")).unwrap();
    unix::symlink("new\nline", root.join("sub/odd\nlink")).unwrap();
    for (at, name) in ["one", "sub/two", "sub/deep/three"].iter().enumerate() {
        if at == 0 {
            fs::write(root.join(name), "linked").unwrap();
        } else {
            fs::hard_link(root.join("one"), root.join(name)).unwrap();
        }
    }
    sh(
        r#"cd "$1"
        mkfifo a.fifo
        truncate -s 8M sparse
        printf middle | dd of=sparse bs=1 seek=4194304 conv=notrunc 2>/dev/null
        chmod 0 empty
        chmod 01777 "empty dir"
        touch -h -d @1600000000.123456789 dangling
        touch -d @-5.5 sub/deep/er/file
        touch -d '2001-02-03 04:05:06.000000007' sub/deep one"#,
        &[path],
    );
    if is_root() {
        sh(
            r#"cd "$1"
            mknod null c 1 3
            chown 999:999 sparse
            chown -h 4242:4243 dangling
            chown 100999:200033 sub/deep
            chown 33:33 one
            chmod 06755 one
            chmod 02770 sub/deep"#,
            &[path],
        );
    } else {
        eprintln!("not tested here, which needs root: owners, device files, setuid");
    }
    attributes(path);
    sh(r#"cd "$1"; touch -d @1234567890.987654321 sub ."#, &[path]);
}

fn attributes(path: &str) {
    sh(
        r#"cd "$1"
        try() { "$@" || echo "not tested here: $*" >&2; }
        try setfattr -n user.origin -v azure "new
line"
        try setfattr -n user.origin -v 0x00ff0a3d sub/deep/er/file
        try setfattr -n 'user.odd=name' -v x ./-dash
        try setfacl -m u:1000:rw,g:33:r 'with space'
        try setfacl -d -m u:33:rwx sub
        try setcap cap_net_bind_service+ep sub/deep/er/file"#,
        &[path],
    );
}

/// A plan with one step, for actions that are performed alone.
pub(crate) fn plan_of(action: &Action) -> Plan {
    let step = Step {
        id: "s000000000001".to_owned(),
        address: "service".to_owned(),
        of_move: None,
        phase: Phase::Prepare,
        title: "do it".to_owned(),
        why: "a test".to_owned(),
        action: action.clone(),
        needs: vec![],
        class: Class::Idempotent,
        estimate: Estimate::default(),
        undo: Undo::Nothing,
        point_of_no_return: false,
        after_no_return: false,
        before: None,
        sets: vec![],
        removes: vec![],
        origin: Origin::default(),
    };
    let json = serde_json::json!({
        "version": 1, "project": "test", "sources": Digest::of_bytes(b""), "serial": 0, "head": "", "hosts": {}, "preconditions": [],
        "steps": [step], "moves": [], "forecasts": [], "cost_per_day": {}, "secrets": ["TOKEN"], "unproven": [], "outputs": {},
    });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn tree(source: &str, target: &str) -> Tree {
    Tree { source: source.to_owned(), target: target.to_owned(), exclude: vec![] }
}
