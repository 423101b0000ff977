//! What are hosts and services made from? Images built here, since no registry is reachable; each is built again only if its
//! recipe changed.

use super::{
    engine::{docker, docker_within},
    paths,
};
use crate::run::{limited, must, succeeds};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    thread,
};

const SUITE: &str = "bookworm";
const MIRROR: &str = "http://deb.debian.org/debian";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// The base system is about 200 MB of packages; slow mirrors need minutes.
const BUILD_LIMIT_S: u32 = 900;
/// Raise it when the base system below is made differently.
const BASE_RECIPE: &str = "minbase bookworm busybox-static 1";

/// The images that `old` has at the beginning, by the names that examples/lab-move uses.
pub(crate) const SERVICES: [(&str, &str); 2] = [("mariadb", "mariadb:10.11"), ("files", "files:1.0")];

/// Databases that a case of its own moves; one image that is either, by the first word of its command.
const DATABASES: [&str; 2] = ["postgres:15", "osixia/openldap:1.5.0"];

const HOST: [(&str, &str); 2] =
    [("Dockerfile", include_str!("../../lab/host/Dockerfile")), ("start", include_str!("../../lab/host/start"))];
const MARIADB: [(&str, &str); 2] =
    [("Dockerfile", include_str!("../../lab/mariadb/Dockerfile")), ("entry", include_str!("../../lab/mariadb/entry"))];
const FILES: [(&str, &str); 1] = [("Dockerfile", include_str!("../../lab/files/Dockerfile"))];

const ENGINES: [(&str, &str); 4] = [
    ("Dockerfile", include_str!("../../lab/engines/Dockerfile")),
    ("entry", include_str!("../../lab/engines/entry")),
    ("config.ldif", include_str!("../../lab/engines/config.ldif")),
    ("club.ldif", include_str!("../../lab/engines/club.ldif")),
];

const BOOTED: [(&str, &str); 1] = [("Dockerfile", include_str!("../../lab/booted/Dockerfile"))];

const SMALL: [(&str, &str); 1] = [("Dockerfile", include_str!("../../lab/small/Dockerfile"))];

/// What was built.
#[derive(Debug)]
pub(crate) struct Images {
    /// A Debian with nothing but its base system.
    pub(crate) base: String,
    /// Of the hosts themselves.
    pub(crate) host: String,
    /// Of a host that has nothing but busybox.
    pub(crate) small: String,
    /// Of a host that systemd has started.
    pub(crate) booted: String,
    /// `docker save` of [`DATABASES`].
    pub(crate) engines: PathBuf,
    /// `docker save` of each of [`SERVICES`].
    pub(crate) archives: Vec<PathBuf>,
}

/// Builds what is missing.
pub(crate) fn build() -> Result<Images, String> {
    let base = tag("base", &[("recipe", BASE_RECIPE)], "");
    let host = tag("host", &HOST, &base);
    let mariadb = tag("mariadb", &MARIADB, &base);
    let files = tag("files", &FILES, &base);
    let small = tag("small", &SMALL, &base);
    let booted = tag("booted", &BOOTED, &base);
    let engines = tag("engines", &ENGINES, &base);
    if !exists(&base) {
        make_base(&base)?;
    }
    let built = thread::scope(|scope| {
        let host = scope.spawn(|| from_recipe(&host, &HOST, &base));
        let mariadb = scope.spawn(|| from_recipe(&mariadb, &MARIADB, &base));
        let files = scope.spawn(|| from_recipe(&files, &FILES, &base));
        let small = scope.spawn(|| from_recipe(&small, &SMALL, &base));
        let booted = scope.spawn(|| from_recipe(&booted, &BOOTED, &base));
        let engines = scope.spawn(|| from_recipe(&engines, &ENGINES, &base));
        [host, mariadb, files, small, booted, engines].map(|t| t.join().unwrap_or_else(|_| Err("a build panicked".to_owned())))
    });
    built.into_iter().collect::<Result<Vec<()>, String>>()?;
    let archives = vec![archive(&mariadb, &[SERVICES[0].1])?, archive(&files, &[SERVICES[1].1])?];
    let databases = archive(&engines, &DATABASES)?;
    let kept: Vec<PathBuf> = archives.iter().chain([&databases]).cloned().collect();
    forget_others(&[&base, &host, &mariadb, &files, &small, &booted, &engines], &kept);
    Ok(Images { base, host, small, booted, engines: databases, archives })
}

/// `migc-lab-NAME:DIGEST`, so that a recipe that changed is another image.
fn tag(name: &str, recipe: &[(&str, &str)], base: &str) -> String {
    let all: Vec<&str> = recipe.iter().flat_map(|(file, text)| [*file, *text]).chain([base]).collect();
    format!("migc-lab-{name}:{:016x}", digest(all.join("\0").as_bytes()))
}

/// FNV-1a. It tells recipes apart and guards nothing.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn exists(image: &str) -> bool {
    succeeds(docker().args(["image", "inspect", image]))
}

/// A minimal Debian from its own mirror, signatures checked.
fn make_base(image: &str) -> Result<(), String> {
    println!("building {image} with debootstrap");
    let folder = paths::at("work/rootfs");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    must(
        limited("debootstrap", BUILD_LIMIT_S)
            .args(["--variant=minbase", "--include=busybox-static,ca-certificates", "--keyring", KEYRING, SUITE])
            .arg(&folder)
            .arg(MIRROR),
    )?;
    let pipe = "tar -C \"$1\" --one-file-system -c . | docker import - \"$2\"";
    let socket = format!("unix://{}", paths::at("engine/docker.sock").display());
    let mut import = limited("sh", BUILD_LIMIT_S);
    must(import.env("DOCKER_HOST", socket).args(["-c", pipe, "sh"]).arg(&folder).arg(image))?;
    fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))
}

/// `docker build` of files that are part of this program.
fn from_recipe(image: &str, recipe: &[(&str, &str)], base: &str) -> Result<(), String> {
    if exists(image) {
        return Ok(());
    }
    println!("building {image}");
    let folder = paths::at("work").join(image.replace(':', "-"));
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for (name, text) in recipe {
        write_script(&folder.join(name), text)?;
    }
    let mut build = docker_within(BUILD_LIMIT_S);
    build.args(["build", "--network", "host", "--build-arg", &format!("BASE={base}"), "--tag", image]);
    for name in ["http_proxy", "https_proxy", "no_proxy"] {
        if std::env::var_os(name).is_some() {
            build.args(["--build-arg", name]);
        }
    }
    must(build.arg(&folder)).map(|_| ())
}

fn write_script(path: &Path, text: &str) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// The file that an inner engine loads, under the names that programs use.
fn archive(image: &str, names: &[&str]) -> Result<PathBuf, String> {
    let path = paths::at("images").join(format!("{}.tar", image.replace(':', "-")));
    if path.exists() {
        return Ok(path);
    }
    fs::create_dir_all(paths::at("images")).map_err(|e| format!("{}: {e}", paths::ROOT))?;
    let part = path.with_extension("part");
    for name in names {
        must(docker().args(["tag", image, name]))?;
    }
    must(docker_within(BUILD_LIMIT_S).args(["save", "--output"]).arg(&part).args(names))?;
    must(docker().arg("rmi").args(names))?;
    // Renamed when it is whole, so that a killed run leaves no half archive.
    fs::rename(&part, &path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

/// Images and archives of recipes that are no more; that one stays is no harm.
fn forget_others(images: &[&String], archives: &[PathBuf]) {
    let all = must(docker().args(["images", "--format", "{{.Repository}}:{{.Tag}}"])).unwrap_or_default();
    for image in all.lines().filter(|i| i.starts_with("migc-lab-") && !images.iter().any(|kept| kept == i)) {
        succeeds(docker().args(["rmi", image]));
    }
    for entry in fs::read_dir(paths::at("images")).into_iter().flatten().flatten() {
        if !archives.contains(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// For people: what is kept between runs, and its size.
pub(crate) fn kept() -> String {
    let size = must(limited("du", crate::run::LIMIT_S).args(["-sh", paths::ROOT])).unwrap_or_default();
    let mut text = String::new();
    let size = size.split_whitespace().next().unwrap_or("?");
    let _ = write!(text, "kept for the next run: images and logs in {} ({size}; `cargo verify --clean` removes them)", paths::ROOT);
    text
}
