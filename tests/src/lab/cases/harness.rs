//! Would the lab notice? Its own comparison, tried on copies that are known to be bad and good, without `migc`.

use crate::{
    lab::{
        manifest::{Difference, Manifest},
        scene::Scene,
        seed::TREES,
    },
    run::{LIMIT_S, limited, must},
};

/// What `cp` without options loses of the seeded files: the file, and what differs.
const LOSSES: [(&str, &str); 14] = [
    ("plain", "owner"),
    ("plain", "mtime"),
    ("setuid", "mode"),
    ("deep/linked too", "hard link"),
    ("sparse.img", "hole"),
    ("with-xattr", "xattr"),
    ("empty", "xattr"),
    ("with-capability", "xattr"),
    ("with-acl", "xattr"),
    ("with-default-acl", "xattr"),
    ("sticky", "mode"),
    ("-rf", "mtime"),
    ("to-plain", "mtime"),
    ("to-nothing", "owner"),
];

/// Each loss is seen, and contents are not accused.
pub(crate) fn plain_copy_is_found_out(scene: &Scene) -> Result<(), String> {
    let found = differences(scene, &["--recursive", "--sparse=never", "--no-preserve=all"])?;
    for (path, what) in LOSSES {
        if !found.iter().any(|d| d.path == path && d.what == what) {
            return Err(format!("{path:?} lost its {what} and the comparison does not see it"));
        }
    }
    let accused: Vec<String> =
        found.iter().filter(|d| matches!(d.what, "content" | "size" | "presence")).map(ToString::to_string).collect();
    if accused.is_empty() { Ok(()) } else { Err(accused.join("\n")) }
}

/// A copy by a tool that keeps everything agrees.
pub(crate) fn full_copy_agrees(scene: &Scene) -> Result<(), String> {
    let found: Vec<String> = differences(scene, &["--archive", "--sparse=always"])?.iter().map(ToString::to_string).collect();
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}

fn differences(scene: &Scene, options: &[&str]) -> Result<Vec<Difference>, String> {
    let source = scene.pair.old.folder(TREES[1]);
    let copy = source.with_file_name("copy");
    must(limited("cp", LIMIT_S).args(options).arg("--").arg(&source).arg(&copy))?;
    let found = Manifest::read(&source).and_then(|a| Ok(Manifest::differences(&a, &Manifest::read(&copy)?)));
    std::fs::remove_dir_all(&copy).map_err(|e| format!("{}: {e}", copy.display()))?;
    found
}
