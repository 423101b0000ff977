//! Does `systemd.unit` do what it says? By the real `systemctl --root` for what is enabled, and a stand-in for what only a running
//! systemd does: it loads texts, starts and stops, and keeps a log of that.

#![allow(clippy::disallowed_methods, reason = "tests make folders and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Action, Plan, Request, State};
use mig_runtime::local::LocalWorld;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use support::{One, performed};

/// What stands before each script. `$root` is a folder with units; `$root/active.UNIT` is there while one runs.
const STAND_IN: &str = r#"
systemctl() {
    verb=$1 last=
    for last in "$@"; do :; done
    place=$root/etc/systemd/system/$last
    [ -e "$place" ] || place=$root/usr/lib/systemd/system/$last
    case $verb in
    enable | disable | is-enabled) command systemctl --root="$root" "$@" ;;
    show)
        for word in "$@"; do
            case $word in
            --property=LoadState) if [ -e "$place" ]; then echo LoadState=loaded; else echo LoadState=not-found; fi ;;
            --property=ActiveState) if [ -e "$root/active.$last" ]; then echo ActiveState=active; else echo ActiveState=inactive; fi ;;
            esac
        done
        ;;
    start) echo "start" >>"$root/log"; [ -e "$place" ] && : >"$root/active.$last" ;;
    restart) echo "restart" >>"$root/log"; [ -e "$place" ] && : >"$root/active.$last" ;;
    stop) echo "stop" >>"$root/log"; rm -f "$root/active.$last" ;;
    daemon-reload) echo "reload" >>"$root/log" ;;
    reset-failed) ;;
    *) echo "unexpected: $*" >&2; return 1 ;;
    esac
}
"#;

struct Scene {
    folder: PathBuf,
    world: LocalWorld,
    state: State,
    /// What stands before each script.
    stand_in: &'static str,
}

impl Scene {
    fn new(name: &str) -> Option<Self> {
        let has = Command::new("systemctl").arg("--version").output().is_ok_and(|o| o.status.success());
        if !has {
            eprintln!("not tested: there is no systemctl here");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("migc-units-{}-{name}", std::process::id()));
        for place in ["etc/systemd/system", "usr/lib/systemd/system"] {
            fs::create_dir_all(folder.join(place)).unwrap();
        }
        let state = State { project: "default".to_owned(), ..State::default() };
        Some(Self { world: LocalWorld::new(&folder), folder, state, stand_in: STAND_IN })
    }

    fn plan(&self, text: &str) -> Plan {
        One(format!("use ssh\nuse host\nuse systemd\nserver here: ssh.host {{ address = 127.0.0.1 }}\n{text}")).plan(&self.state)
    }

    /// What each step did: `true` if it had to act.
    async fn apply(&mut self, text: &str) -> Result<Vec<bool>, String> {
        let plan = self.plan(text);
        let (folder, stand_in) = (self.folder.clone(), self.stand_in);
        performed(&self.world, &plan, &mut self.state, |action| stood_in(&folder, stand_in, action)).await
    }

    /// What systemd was told since the last time.
    fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let _ = fs::remove_file(self.folder.join("log"));
        text.lines().map(str::to_owned).collect()
    }

    fn runs(&self) -> bool {
        self.folder.join("active.web.service").exists()
    }

    fn is_enabled(&self) -> bool {
        fs::symlink_metadata(self.folder.join("etc/systemd/system/multi-user.target.wants/web.service")).is_ok()
    }

    fn own(&self) -> PathBuf {
        self.folder.join("etc/systemd/system/web.service")
    }

    fn conf(&self, content: &str) -> String {
        format!("host.file conf {{ on = here, path = \"{}\", content = \"{content}\" }}\n", self.folder.join("conf").display())
    }
}

/// The stand-in stands before every script of a call, and systemd's folder is below another.
fn stood_in(folder: &Path, stand_in: &str, action: &Action) -> Action {
    let Action::Call(call) = action else { return action.clone() };
    let root = folder.to_str().unwrap();
    let mut call = call.clone();
    for request in call.requests.iter_mut().chain(&mut call.anew).chain([&mut call.look.request]) {
        let Request::Ssh { script, .. } = request else { panic!() };
        let below = script.replace("/etc/systemd/system", &format!("{root}/etc/systemd/system"));
        *script = format!("root={root}\n{stand_in}\n{below}");
    }
    Action::Call(call)
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const TEXT: &str = "[Service]\\nExecStart=/bin/sleep 9\\n[Install]\\nWantedBy=multi-user.target\\n";

fn unit(more: &str) -> String {
    format!("systemd.unit web {{ on = here, unit = \"web.service\"{more} }}\n")
}

#[tokio::test]
async fn a_unit_of_ours_comes_changes_is_mended_and_goes() {
    let Some(mut scene) = Scene::new("own") else { return };
    let text = |text: &str| unit(&format!(", text = \"{text}\""));
    assert_eq!(scene.apply(&text(TEXT)).await, Ok(vec![true]));
    assert_eq!((scene.log(), scene.runs(), scene.is_enabled()), (vec!["reload".to_owned(), "start".to_owned()], true, true));
    assert_eq!(scene.apply(&text(TEXT)).await, Ok(vec![]));
    // A run that lost its journal finds everything as it should be, and mends what is not.
    for (spoil, mended) in [("", false), ("active.web.service", true), ("etc/systemd/system/multi-user.target.wants/web.service", true)] {
        let known = std::mem::take(&mut scene.state.resources);
        let _ = fs::remove_file(scene.folder.join(spoil));
        assert_eq!(scene.apply(&text(TEXT)).await, Ok(vec![mended]), "{spoil}");
        assert!(scene.runs() && scene.is_enabled());
        scene.state.resources = known;
    }
    scene.log();
    assert_eq!(scene.apply(&text(&TEXT.replace('9', "8"))).await, Ok(vec![true]));
    assert_eq!(scene.log(), ["reload", "restart"]);
    assert!(fs::read_to_string(scene.own()).unwrap().contains("sleep 8"));
    let off = text(TEXT).replace(" }", ", enabled = false, running = false }");
    assert_eq!(scene.apply(&off).await, Ok(vec![true]));
    assert!(!scene.runs() && !scene.is_enabled());
    assert_eq!(scene.apply("").await, Ok(vec![true]));
    assert!(!scene.own().exists() && !scene.runs() && !scene.is_enabled());
}

#[tokio::test]
async fn a_unit_of_a_package_is_as_it_was_before_when_its_declaration_goes() {
    let Some(mut scene) = Scene::new("theirs") else { return };
    let refused = scene.apply(&unit("")).await.unwrap_err();
    assert!(refused.contains("web.service"), "{refused}");
    scene.log();
    let theirs = scene.folder.join("usr/lib/systemd/system/web.service");
    fs::write(&theirs, TEXT.replace("\\n", "\n")).unwrap();
    assert_eq!(scene.apply(&unit("")).await, Ok(vec![true]));
    assert!(scene.runs() && scene.is_enabled());
    assert_eq!(scene.apply(&unit(&format!(", text = \"{TEXT}\""))).await, Ok(vec![true]));
    assert!(scene.own().exists());
    assert_eq!(scene.apply(&unit("")).await, Ok(vec![true]));
    assert!(!scene.own().exists() && theirs.exists() && scene.runs());
    assert_eq!(scene.apply("").await, Ok(vec![true]));
    assert!(!scene.runs() && !scene.is_enabled() && theirs.exists());
    // What has no [Install] cannot be enabled, and the reason is said.
    fs::write(&theirs, "[Service]\nExecStart=/bin/true\n").unwrap();
    let refused = scene.apply(&unit("")).await.unwrap_err();
    assert!(refused.contains("has no [Install]"), "{refused}");
    assert_eq!(scene.apply(&unit(", enabled = false")).await, Ok(vec![true]));
}

#[tokio::test]
async fn a_unit_starts_anew_when_what_it_reads_changes_and_once() {
    let Some(mut scene) = Scene::new("anew") else { return };
    let both = |scene: &Scene, content: &str| scene.conf(content) + &unit(&format!(", text = \"{TEXT}\", restart_on = [conf]"));
    let one = both(&scene, "one");
    assert_eq!(scene.apply(&one).await, Ok(vec![true, true]));
    scene.log();
    assert_eq!(scene.apply(&one).await, Ok(vec![]));
    let two = both(&scene, "two");
    assert_eq!(scene.plan(&two).steps[1].title, "restart `web` (systemd.unit) on here");
    assert_eq!(scene.apply(&two).await, Ok(vec![true, true]));
    assert_eq!(scene.log(), ["restart"]);
    // A run that was cut between the two: the next look sees it.
    fs::write(scene.folder.join("conf"), "by hand").unwrap();
    let known = std::mem::take(&mut scene.state.resources);
    assert_eq!(scene.apply(&two).await, Ok(vec![true, true]));
    assert_eq!(scene.log(), ["restart"]);
    scene.state.resources = known;
    assert_eq!(scene.apply(&two).await, Ok(vec![]));
}

#[tokio::test]
async fn a_host_without_systemd_says_so() {
    let Some(mut scene) = Scene::new("none") else { return };
    scene.stand_in = "command() { return 1; }";
    let refused = scene.apply(&unit("")).await.unwrap_err();
    assert!(refused.contains("needs a host that systemd has started"), "{refused}");
    scene.stand_in = "systemctl() { echo 'System has not been booted with systemd' >&2; return 1; }";
    let refused = scene.apply(&unit("")).await.unwrap_err();
    assert!(refused.contains("has not been booted") && refused.contains("systemd does not run on this host"), "{refused}");
    assert!(!scene.folder.join("log").exists());
}
