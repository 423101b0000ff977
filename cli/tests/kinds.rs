//! Do the kinds of a host do what they say? Programs are compiled, planned and performed on folders of this machine, by the shells
//! that hosts have, and by the simulation.

#![allow(clippy::disallowed_methods, reason = "tests make folders and look at what is left")]

mod support;

use mig_plan::{Action, Before, Plan, Request, State};
use mig_runtime::{local::LocalWorld, observe::observe};
use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};
use support::{One, performed};

const HEAD: &str = "use ssh\nuse host\nserver here: ssh.host { address = 127.0.0.1 }\n";

fn plan(text: &str, state: &State) -> Plan {
    One(format!("{HEAD}{text}")).plan(state)
}

/// A folder, a world on it and what was applied there.
struct Scene {
    folder: PathBuf,
    world: LocalWorld,
    state: State,
    /// Scripts are given to this, instead of the system's own shell.
    shell: Option<&'static str>,
}

impl Scene {
    fn new(name: &str, shell: Option<&'static str>) -> Self {
        let folder = std::env::temp_dir().join(format!("migc-kinds-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let state = State { project: "default".to_owned(), ..State::default() };
        Self { world: LocalWorld::new(&folder), folder, state, shell }
    }

    fn at(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    /// The plan that knows what is there.
    async fn plan(&self, text: &str) -> Plan {
        let loaded = One(format!("{HEAD}{text}")).load();
        let compilation = loaded.compile();
        let observed = observe(&self.world, &compilation.reads(&self.state, &[])).await;
        let terms = mig_core::Terms { observed: Some(observed), targets: vec![] };
        compilation.plan_on(&self.state, &terms).unwrap_or_else(|p| panic!("{p:#?}"))
    }

    /// What each step did: `true` if it had to act.
    async fn apply(&mut self, text: &str) -> Result<Vec<bool>, String> {
        self.perform(&plan(text, &self.state)).await
    }

    async fn perform(&mut self, plan: &Plan) -> Result<Vec<bool>, String> {
        let shell = self.shell;
        performed(&self.world, plan, &mut self.state, |action| by_shell(shell, action)).await
    }
}

/// The shell, if it is not the system's, runs every script of a call.
fn by_shell(shell: Option<&str>, action: &Action) -> Action {
    let (Action::Call(call), Some(shell)) = (action, shell) else { return action.clone() };
    let mut call = call.clone();
    for request in call.requests.iter_mut().chain(&mut call.anew).chain([&mut call.look.request]) {
        let Request::Ssh { script, words, .. } = request else { panic!() };
        words.insert(0, std::mem::take(script));
        *script = format!("text=$1; shift; exec {shell} -c \"$text\" kind \"$@\"");
    }
    Action::Call(call)
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The system's own, and others that are there.
fn shells() -> Vec<Option<&'static str>> {
    let found = |name: &str| std::env::var("PATH").unwrap().split(':').any(|place| PathBuf::from(place).join(name).exists());
    let others = [("dash", "dash"), ("busybox", "busybox sh"), ("bash", "bash --posix")];
    [None].into_iter().chain(others.into_iter().filter(|(program, _)| found(program)).map(|(_, shell)| Some(shell))).collect()
}

#[tokio::test]
async fn a_file_is_written_once_mended_changed_and_what_was_there_before_comes_back() {
    for shell in shells() {
        let mut scene = Scene::new("file", shell);
        let path = scene.at("it's $(touch no) \"here\"");
        let literal = path.replace('"', "\\\"");
        let file = |content: &str, mode: &str| {
            format!("host.file f {{ on = here, path = \"{literal}\", content = \"{content}\", mode = \"{mode}\" }}")
        };
        fs::write(&path, "before").unwrap();
        assert_eq!(scene.apply(&file("hello\\n", "0640")).await, Ok(vec![true]), "{shell:?}");
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("hello\n", 0o640));
        assert_eq!(scene.apply(&file("hello\\n", "0640")).await, Ok(vec![]), "a second apply has nothing to do");
        // A run that lost its journal finds everything as it should be.
        let known = std::mem::take(&mut scene.state.resources);
        assert_eq!(scene.apply(&file("hello\\n", "0640")).await, Ok(vec![false]));
        scene.state.resources = known;
        assert_eq!(scene.apply(&file("bye", "0600")).await, Ok(vec![true]));
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("bye", 0o600));
        assert_eq!(scene.apply("").await, Ok(vec![true]));
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert!(!scene.folder.join("no").exists());
    }
}

#[tokio::test]
async fn a_file_that_was_not_there_goes_and_a_long_one_comes_whole() {
    let mut scene = Scene::new("long", None);
    let path = scene.at("long");
    let text = "x'\\\"\\{$`".repeat(20_000);
    assert_eq!(scene.apply(&format!("host.file f {{ on = here, path = \"{path}\", content = \"{text}\" }}")).await, Ok(vec![true]));
    assert_eq!(fs::read_to_string(&path).unwrap(), "x'\"{$`".repeat(20_000));
    fs::remove_file(&path).unwrap();
    let other = format!("host.file f {{ on = here, path = \"{path}\", content = \"short\" }}");
    assert_eq!(scene.apply(&other).await, Ok(vec![true]), "what is gone is created anew");
    assert_eq!(scene.apply("").await, Ok(vec![true]));
    assert!(!PathBuf::from(&path).exists());
}

#[tokio::test]
async fn a_file_that_was_as_declared_is_nobodys_to_delete() {
    for shell in shells() {
        let mut scene = Scene::new("theirs", shell);
        let path = scene.at("theirs");
        let file = |content: &str| format!("host.file f {{ on = here, path = \"{path}\", content = \"{content}\", mode = \"0600\" }}");
        fs::write(&path, "theirs").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(scene.apply(&file("theirs")).await, Ok(vec![false]), "{shell:?}");
        scene.apply("").await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs", "it was never touched");
        assert_eq!(scene.apply(&file("theirs")).await, Ok(vec![false]));
        assert_eq!(scene.apply(&file("ours")).await, Ok(vec![true]));
        assert_eq!(scene.apply("").await, Ok(vec![true]));
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs", "what was there before the first change comes back");
    }
}

#[tokio::test]
async fn a_folder_goes_only_if_it_is_ours_and_empty() {
    for shell in shells() {
        let mut scene = Scene::new("folder", shell);
        let (ours, theirs) = (scene.at("a/b"), scene.at("theirs"));
        fs::create_dir(&theirs).unwrap();
        let of =
            |name: &str, path: &str, mode: &str| format!("host.directory {name} {{ on = here, path = \"{path}\", mode = \"{mode}\" }}\n");
        let both = |mode: &str| of("ours", &ours, mode) + &of("theirs", &theirs, mode);
        assert_eq!(scene.apply(&both("0700")).await, Ok(vec![true, true]), "{shell:?}");
        assert_eq!(scene.apply(&both("0750")).await, Ok(vec![true, true]));
        assert_eq!([mode(&ours), mode(&theirs)], [0o750, 0o750]);
        fs::write(format!("{ours}/kept"), "data").unwrap();
        let refused = scene.apply("").await.unwrap_err();
        assert!(refused.contains("is not deleted: empty it, or declare it again"), "{refused}");
        fs::remove_file(format!("{ours}/kept")).unwrap();
        scene.apply("").await.unwrap();
        assert_eq!([PathBuf::from(&ours).exists(), PathBuf::from(&theirs).exists()], [false, true]);
    }
}

#[tokio::test]
async fn a_command_runs_until_its_check_holds() {
    let mut scene = Scene::new("command", None);
    let (path, word) = (scene.at("made"), "it's \\\"$(id)\\\"");
    let command = |run: &str| {
        format!(
            "let path: Path = \"{path}\"\nlet word = \"{word}\"\nhost.command c {{ on = here, run = sh\"{run}\", check = sh\"grep -qF -e {{word}} -- {{path}}\", undo = sh\"rm -- {{path}}\" }}"
        )
    };
    let useless = scene.apply(&command("true")).await.unwrap_err();
    assert!(useless.ends_with("`c` (host.command) was acted on, and it is not there"), "{useless}");
    let run = command("printf %s {word} >{path}");
    assert_eq!(scene.apply(&run).await, Ok(vec![true]));
    assert_eq!(fs::read_to_string(&path).unwrap(), "it's \"$(id)\"");
    assert_eq!(scene.apply(&run).await, Ok(vec![]));
    assert_eq!(scene.apply("").await, Ok(vec![true]));
    assert!(!PathBuf::from(&path).exists());
}

/// Changes one thing by hand, in one of several ways; gives its address, if that is a change.
fn tamper(scene: &Scene, dice: u64) -> Option<&'static str> {
    let (file, folder, made) = (scene.at("f"), scene.at("d"), scene.at("made"));
    let chmod = |path: &str, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    match dice % 9 {
        0 => fs::write(&file, "by hand").map(|()| "f"),
        1 => chmod(&file, 0o666).map(|()| "f"),
        2 => fs::remove_file(&file).map(|()| "f"),
        3 => fs::remove_file(&file).and_then(|()| std::os::unix::fs::symlink(scene.at("elsewhere"), &file)).map(|()| "f"),
        4 => chmod(&folder, 0o700).map(|()| "d"),
        5 => fs::remove_dir(&folder).map(|()| "d"),
        6 => fs::remove_file(&made).map(|()| "c"),
        // What is in a folder, and when a file was written, is nobody's declaration.
        7 => fs::write(format!("{folder}-beside"), "x").map(|()| ""),
        _ => fs::write(&file, "hello").map(|()| ""),
    }
    .ok()
    .filter(|address| !address.is_empty())
}

#[tokio::test]
async fn whatever_is_changed_by_hand_is_seen_set_back_and_nothing_else_is_touched() {
    for shell in shells() {
        let mut scene = Scene::new("tampered", None);
        // Questions and steps run by the same shell.
        scene.world = LocalWorld::new(&scene.folder).with_shell(&shell.unwrap_or("sh").split(' ').collect::<Vec<_>>());
        let (file, folder, made) = (scene.at("f"), scene.at("d"), scene.at("made"));
        let text = format!(
            "host.file f {{ on = here, path = \"{file}\", content = \"hello\", mode = \"0640\" }}\n\
             host.directory d {{ on = here, path = \"{folder}\", mode = \"0750\" }}\n\
             let made: Path = \"{made}\"\n\
             host.command c {{ on = here, run = sh\"touch {{made}}\", check = sh\"test -e {{made}}\" }}\n"
        );
        scene.apply(&text).await.unwrap();
        let mut dice: u64 = 7;
        for round in 0..12 {
            let mut touched = std::collections::BTreeSet::new();
            for _ in 0..=round % 3 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                touched.extend(tamper(&scene, dice >> 33));
            }
            let plan = scene.plan(&text).await;
            let observed = plan.observed.as_ref().unwrap();
            assert!(observed.unseen.is_empty(), "{:?}", observed.unseen);
            let seen: std::collections::BTreeSet<&str> = observed.drift.iter().map(|d| d.address.as_str()).collect();
            assert!(seen.is_subset(&touched), "drift is not invented: {seen:?} of {touched:?}");
            let declared = |scene: &Scene| {
                let text = fs::read_to_string(scene.at("f")).is_ok_and(|found| found == "hello");
                text && !fs::symlink_metadata(scene.at("f")).unwrap().is_symlink() && mode(&scene.at("f")) == 0o640
            };
            assert_eq!(seen.contains("f"), !declared(&scene));
            assert_eq!(plan.steps.iter().map(|s| s.address.as_str()).collect::<std::collections::BTreeSet<_>>(), seen);
            scene.perform(&plan).await.unwrap();
            assert!(declared(&scene) && mode(&folder) == 0o750 && PathBuf::from(&made).exists(), "{shell:?}");
            assert_eq!(scene.plan(&text).await.steps, []);
        }
    }
}

#[tokio::test]
async fn a_plan_knows_the_text_that_it_replaces_if_everybody_on_the_host_may_read_it() {
    for shell in shells() {
        let mut scene = Scene::new("texts", None);
        scene.world = LocalWorld::new(&scene.folder).with_shell(&shell.unwrap_or("sh").split(' ').collect::<Vec<_>>());
        let path = scene.at("f");
        let file = |content: &str| format!("host.file f {{ on = here, path = \"{path}\", content = \"{content}\" }}");
        let before = |plan: Plan| plan.steps.iter().map(|s| s.before.clone()).collect::<Vec<_>>();
        let found = |text: &str| vec![Some(Before::Found { text: text.to_owned() })];
        assert_eq!(before(scene.plan(&file("one\\n")).await), [Some(Before::Nothing)], "{shell:?}");
        for text in ["a \"b\" \\\\ \\n\ttab\r\n\nend\n", "é %s \\t", "\n", "x\n\n", ""] {
            fs::write(&path, text).unwrap();
            assert_eq!(before(scene.plan(&file("one\\n")).await), found(text), "{shell:?}");
        }
        for (bytes, mode) in [(b"bell\x07".to_vec(), 0o644), (b"private".to_vec(), 0o600), (vec![b'x'; 20_000], 0o644)] {
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(before(scene.plan(&file("one\\n")).await), [Some(Before::Unknown)], "{shell:?}");
        }
        scene.apply(&file("one\\n")).await.unwrap();
        let applied = Some(Before::Applied { text: "one\n".to_owned() });
        assert_eq!(before(plan(&file("two\\n"), &scene.state)), [applied], "no host was asked");
        assert_eq!(before(scene.plan(&file("two\\n")).await), found("one\n"));
        assert_eq!(before(scene.plan(&file("one\\n").replace(" }", ", mode = \"0600\" }")).await), [None], "the text stays");
        fs::write(&path, "by hand").unwrap();
        assert_eq!(before(scene.plan(&file("one\\n")).await), found("by hand"));
    }
}

#[tokio::test]
async fn a_secret_is_in_its_file_and_nowhere_else() {
    for shell in shells() {
        let mut scene = Scene::new("secret", None);
        let world = |scene: &Scene, value: &str| {
            LocalWorld::new(&scene.folder).with_shell(&shell.unwrap_or("sh").split(' ').collect::<Vec<_>>()).with_secret("KEY", value)
        };
        let path = scene.at("key");
        let file = format!("host.file key {{ on = here, path = \"{path}\", content = secret(\"KEY\") }}");
        scene.world = world(&scene, "a-canary\n");
        assert_eq!(scene.apply(&file).await, Ok(vec![true]), "{shell:?}");
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("a-canary\n", 0o600));
        assert_eq!(scene.plan(&file).await.steps, [], "it is as declared");
        // Another value is seen on the host only, and neither of them is told, whoever may read the file.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        scene.world = world(&scene, "b-canary\n");
        let plan = scene.plan(&file).await;
        assert_eq!(plan.steps.iter().map(|s| s.before.clone()).collect::<Vec<_>>(), [Some(Before::Secret)]);
        let told = serde_json::to_string(&plan).unwrap() + &serde_json::to_string(&scene.state).unwrap();
        assert!(told.contains("another text") && !told.contains("canary"), "{told}");
        assert_eq!(scene.perform(&plan).await, Ok(vec![true]));
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("b-canary\n", 0o600));
        // Nor is it told when the content is no secret any more.
        let told = scene.plan(&file.replace("secret(\"KEY\")", "\"plain\"")).await;
        assert_eq!(told.steps.iter().map(|s| s.before.clone()).collect::<Vec<_>>(), [Some(Before::Secret)]);
        assert!(!serde_json::to_string(&told).unwrap().contains("canary"));
    }
}
