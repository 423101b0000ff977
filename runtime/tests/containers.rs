//! Do scripts and a real container engine understand each other? Against a dockerd that the test starts.
//!
//! Networks and registries are not tested here.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Action, Ask, ContainerSpec, Digest, EnvValue, Mount, Probe, Read, Reads};
use mig_runtime::{
    World,
    actions::{Failure, Performed, perform},
    local::LocalWorld,
    observe::observe,
    scripts,
};
use std::{collections::BTreeMap, fs};
use support::{Folder, engine::Engine, plan_of};

type Steps = BTreeMap<String, BTreeMap<String, String>>;

const SECRET: &str = "it's a \"$ecret\" \\ one #2";

async fn act(world: &LocalWorld, action: Action) -> Result<Performed, Failure> {
    act_after(world, action, &Steps::new()).await
}

async fn act_after(world: &LocalWorld, action: Action, done: &Steps) -> Result<Performed, Failure> {
    let plan = plan_of(&action);
    perform(world, &plan, &plan.steps[0], &action, done, &|_| ()).await
}

fn spec(name: &str, command: &[&str], source: &str) -> ContainerSpec {
    ContainerSpec {
        owner: "test/service".to_owned(),
        name: name.to_owned(),
        image: "busybox:1".to_owned(),
        command: command.iter().map(|&word| word.to_owned()).collect(),
        restart: "unless-stopped".to_owned(),
        networks: vec!["none".to_owned()],
        privileged: false,
        devices: vec![],
        mounts: vec![Mount { source: source.to_owned(), target: "/in the/data".to_owned(), read_only: false }],
        publish: vec![],
        env: BTreeMap::from([
            ("PLAIN".to_owned(), EnvValue::Plain(" two  words ".to_owned())),
            ("TOKEN".to_owned(), EnvValue::Secret("TOKEN".to_owned())),
        ]),
        memory: Some(64 << 20),
        cpus_milli: Some(500),
        user: Some("0:0".to_owned()),
    }
}

fn create(container: &ContainerSpec) -> Action {
    Action::CreateContainer { host: "a".to_owned(), container: container.clone() }
}

fn stop(name: &str, clean: bool) -> Action {
    Action::StopContainer { host: "a".to_owned(), container: name.to_owned(), grace_seconds: 1, clean }
}

fn start(name: &str) -> Action {
    Action::StartContainer { host: "a".to_owned(), container: name.to_owned() }
}

#[tokio::test]
async fn containers() {
    let folder = Folder::new("c");
    let Some(engine) = Engine::start(&folder) else { return };
    let world = LocalWorld::new(folder.path()).with_variable("DOCKER_HOST", &engine.address).with_secret("TOKEN", SECRET);
    created_once_and_replaced_when_it_differs(&folder, &engine, &world).await;
    a_restart_policy_is_remembered(&world).await;
    a_kill_is_no_clean_stop(&world, &folder).await;
    a_fence_sees_writers_in_other_namespaces(&world, &folder).await;
    a_wait_tells_what_the_container_said(&world, &folder).await;
    what_became_of_one_is_observed(&folder, &engine, &world).await;
    images_travel(&world).await;
}

async fn what_became_of_one_is_observed(folder: &Folder, engine: &Engine, world: &LocalWorld) {
    let spec = spec("observed", &["sleep", "1000"], &folder.at("observed"));
    let ask = |name: &str| Ask::Container { host: "a".to_owned(), name: name.to_owned() };
    let list = ["observed", "observe", "other"].map(|name| Read { address: name.to_owned(), ask: ask(name) });
    let reads = Reads { hosts: BTreeMap::new(), list: list.to_vec() };
    let look = async || {
        let observed = observe(world, &reads).await;
        list.each_ref().map(|read| observed.answer(&read.ask).cloned().unwrap_or_else(|| panic!("{:?}", observed.why_not(&read.ask))))
    };
    act(world, create(&spec)).await.unwrap();
    act(world, start("observed")).await.unwrap();
    let [seen, part_of_a_name, other] = look().await;
    assert_eq!((&seen["there"], &seen["running"], &seen["restart"]), (&true.into(), &true.into(), &"unless-stopped".into()), "{seen}");
    assert_eq!((&seen["owner"], &seen["spec"]), (&"test/service".into(), &Digest::of(&spec).as_str().into()), "{seen}");
    assert_eq!([&part_of_a_name["there"], &other["there"]], [&serde_json::json!(false); 2]);
    engine.docker(&["kill", "observed"]).unwrap();
    let [seen, ..] = look().await;
    assert_eq!((&seen["running"], &seen["exit_code"]), (&false.into(), &137.into()), "{seen}");
    engine.docker(&["rm", "-f", "observed"]).unwrap();
    assert_eq!(look().await[0], serde_json::json!({ "there": false }));
}

/// `wider` stands in the place of `spec`, and each cut leaves a state that the next try goes on from.
async fn comes_back_wherever_it_was_cut(
    engine: &Engine,
    world: &LocalWorld,
    other: &LocalWorld,
    spec: &ContainerSpec,
    wider: &ContainerSpec,
) {
    let back = || Action::RemoveContainer {
        host: "a".to_owned(),
        container: "my-service".to_owned(),
        owner: Some(spec.owner.clone()),
        back: true,
    };
    let docker = |words: &[&str]| engine.docker(words).unwrap().trim().to_owned();
    let id = || docker(&["inspect", "--format", "{{.Id}}", "my-service"]);
    let is = |name: &str| docker(&["inspect", "--format", "{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}", name]);
    assert!(act(world, back()).await.unwrap().changed, "the one before comes back");
    act(world, start("my-service")).await.unwrap();
    let (first, ran) = (id(), is("my-service"));
    for cut in ["", "renamed", "created", "back"] {
        assert_eq!(act(other, create(wider)).await.unwrap().values["how"], "replaced", "{cut}");
        assert_eq!(is("my-service.migc-old"), "false no", "{cut}");
        match cut {
            // Cut before the new one had the name, and before it was made: that is done again.
            "renamed" => drop(docker(&["rm", "my-service"])),
            "created" => drop(docker(&["rename", "my-service", "my-service.migc-new"])),
            // Cut when the old one just had its name again.
            "back" => {
                docker(&["rm", "my-service"]);
                docker(&["rename", "my-service.migc-old", "my-service"]);
            }
            _ => {}
        }
        if matches!(cut, "renamed" | "created") {
            assert_eq!(act(other, create(wider)).await.unwrap().values["how"], "replaced", "{cut}");
        }
        act(world, back()).await.unwrap();
        assert_eq!((id(), is("my-service")), (first.clone(), ran.clone()), "{cut}");
    }
    assert_eq!(act(other, create(wider)).await.unwrap().values["how"], "replaced");
}

async fn created_once_and_replaced_when_it_differs(folder: &Folder, engine: &Engine, world: &LocalWorld) {
    let spec = spec("my-service", &["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done", "$(id)"], &folder.at("data"));
    assert_eq!(act(world, create(&spec)).await.unwrap().values["how"], "created");
    let again = act(world, create(&spec)).await.unwrap();
    assert!(!again.changed && again.values["how"] == "unchanged");
    assert!(act(world, start("my-service")).await.unwrap().changed);
    assert!(!act(world, start("my-service")).await.unwrap().changed);

    let inspected = engine.docker(&["inspect", "my-service"]).unwrap();
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    let inspected = &inspected[0];
    let env: Vec<&str> = inspected["Config"]["Env"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
    assert!(env.contains(&format!("TOKEN={SECRET}").as_str()) && env.contains(&"PLAIN= two  words "), "{env:?}");
    assert_eq!(inspected["Config"]["Labels"]["migc.owner"], "test/service");
    assert_eq!(inspected["HostConfig"]["Binds"][0], format!("{}:/in the/data", folder.at("data")));
    assert_eq!(inspected["HostConfig"]["NanoCpus"], 500_000_000);
    assert_eq!(inspected["Config"]["Cmd"][3], "$(id)");

    let other = LocalWorld::new(folder.path()).with_variable("DOCKER_HOST", &engine.address).with_secret("TOKEN", "another");
    assert_eq!(act(&other, create(&spec)).await.unwrap().values["how"], "replaced");
    let mut wider = spec.clone();
    wider.memory = Some(65 << 20);
    assert_eq!(act(&other, create(&wider)).await.unwrap().values["how"], "replaced");

    comes_back_wherever_it_was_cut(engine, world, &other, &spec, &wider).await;

    let mut foreign = spec.clone();
    "another/service".clone_into(&mut foreign.owner);
    let failure = act(world, create(&foreign)).await.unwrap_err();
    assert!(failure.message.contains("is not ours"), "{failure:?}");
    let output = world.run("a", &[scripts::container_remove("my-service", "another/service", false)]).await.unwrap().remove(0);
    assert_eq!(output.status, scripts::STATUS_NOT_OURS);
    for secret in [SECRET, "another"] {
        let found = std::process::Command::new("grep").args(["-rlF", secret, &folder.at("a")]).output().unwrap();
        assert!(found.stdout.is_empty(), "a secret stays in {}", String::from_utf8_lossy(&found.stdout));
    }
    let mut two_lines = spec;
    two_lines.env.insert("KEY".to_owned(), EnvValue::Plain("a\nb".to_owned()));
    assert!(act(world, create(&two_lines)).await.unwrap_err().message.contains("line break"));
}

async fn a_restart_policy_is_remembered(world: &LocalWorld) {
    let set = Action::SetRestart { host: "a".to_owned(), container: "my-service".to_owned(), policy: "no".to_owned() };
    let first = act(world, set.clone()).await.unwrap();
    let again = act(world, set).await.unwrap();
    assert_eq!(first.values["was"], "unless-stopped");
    assert_eq!(again.values["was"], "unless-stopped", "a step that is repeated must not forget");
    let restore = Action::RestoreRestart { host: "a".to_owned(), container: "my-service".to_owned(), of: "s1".to_owned() };
    assert!(act(world, restore.clone()).await.is_err());
    let done = Steps::from([("s1".to_owned(), first.values)]);
    act_after(world, restore, &done).await.unwrap();
    let text = world.run("a", &[scripts::container_look("my-service")]).await.unwrap()[0].text();
    assert!(text.contains("\trestart=unless-stopped\t"), "{text}");
}

async fn a_kill_is_no_clean_stop(world: &LocalWorld, folder: &Folder) {
    act(world, start("my-service")).await.unwrap();
    let stopped = act(world, stop("my-service", true)).await.unwrap();
    assert_eq!((stopped.changed, stopped.values["exit_status"].as_str()), (true, "0"));
    assert!(!act(world, stop("my-service", true)).await.unwrap().changed);
    let deaf = spec("deaf", &["sleep", "1000"], &folder.at("data"));
    act(world, create(&deaf)).await.unwrap();
    act(world, start("deaf")).await.unwrap();
    let failure = act(world, stop("deaf", true)).await.unwrap_err();
    assert!(failure.certain && failure.message.contains("exit status 137"), "{failure:?}");
    act(world, stop("deaf", false)).await.unwrap();
    let remove = Action::RemoveContainer { host: "a".to_owned(), container: "deaf".to_owned(), owner: None, back: false };
    let (plan, done) = (plan_of(&create(&deaf)), Steps::new());
    for expected in [true, false] {
        let removed = perform(world, &plan, &plan.steps[0], &remove, &done, &|_| ()).await.unwrap();
        assert_eq!(removed.changed, expected);
    }
}

async fn a_fence_sees_writers_in_other_namespaces(world: &LocalWorld, folder: &Folder) {
    let paths = vec![folder.at("data")];
    let mut writer = spec("writer", &["sh", "-c", "exec 3>>'/in the/data/file'; sleep 1000"], &paths[0]);
    "no".clone_into(&mut writer.restart);
    act(world, create(&writer)).await.unwrap();
    act(world, start("writer")).await.unwrap();
    let fence = |container: &str| Action::CheckFenced { host: "a".to_owned(), container: container.to_owned(), paths: paths.clone() };
    for _ in 0..50 {
        if fs::exists(folder.at("data/file")).unwrap() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(act(world, fence("writer")).await.unwrap_err().message.contains("runs, and must not"));
    assert!(act(world, fence("my-service")).await.unwrap_err().message.contains("restart policy"));
    let set = Action::SetRestart { host: "a".to_owned(), container: "my-service".to_owned(), policy: "no".to_owned() };
    act(world, set).await.unwrap();
    let failure = act(world, fence("my-service")).await.unwrap_err();
    assert!(failure.message.contains("open for writing") && failure.message.contains("/file"), "{failure:?}");
    act(world, stop("writer", false)).await.unwrap();
    act(world, fence("my-service")).await.unwrap();
    act(world, fence("writer")).await.unwrap();
}

async fn a_wait_tells_what_the_container_said(world: &LocalWorld, folder: &Folder) {
    let mut talker = spec("talker", &["sh", "-c", "echo \"starting with $TOKEN\"; exit 3"], &folder.at("data"));
    "no".clone_into(&mut talker.restart);
    act(world, create(&talker)).await.unwrap();
    act(world, start("talker")).await.unwrap();
    let wait = |container: &str, probe| Action::Await { host: "a".to_owned(), container: container.to_owned(), probe };
    let command = Probe::Command { script: "exit \"$1\"".to_owned(), words: vec!["0".to_owned()], stdin: None, within_seconds: 20 };
    let failure = act(world, wait("talker", command.clone())).await.unwrap_err();
    assert!(failure.message.contains("exit status 3"), "{failure:?}");
    assert!(failure.help.contains("starting with (secret TOKEN)"), "{failure:?}");
    act(world, start("my-service")).await.unwrap();
    act(world, wait("my-service", command)).await.unwrap();
    act(world, wait("my-service", Probe::Running { within_seconds: 20 })).await.unwrap();
    let read = |name: &str, within_seconds| Probe::Command {
        script: "read -r it; [ \"$it\" = \"$(cat \"$1\")\" ]".to_owned(),
        words: vec![folder.at("expected")],
        stdin: Some(name.to_owned()),
        within_seconds,
    };
    fs::write(folder.at("expected"), SECRET).unwrap();
    act(world, wait("my-service", read("TOKEN", 20))).await.unwrap();
    fs::remove_file(folder.at("expected")).unwrap();
    let missing = act(world, wait("my-service", read("NOBODY", 1))).await.unwrap_err();
    assert!(missing.message.contains("the secret NOBODY for the check command"), "{missing:?}");
}

async fn images_travel(world: &LocalWorld) {
    let bring = |image: &str| Action::BringImage { from: Some("a".to_owned()), to: "b".to_owned(), image: image.to_owned() };
    let brought = act(world, bring("busybox:1")).await.unwrap();
    assert_eq!((brought.changed, brought.values["by"].as_str()), (false, "present"));
    let piped = world.pipe(("a", &scripts::image_save("busybox:1")), ("b", &scripts::image_load()), &|_| ()).await.unwrap();
    assert_eq!((piped.from.status, piped.to.status), (0, 0), "{piped:?}");
    let failure = act(world, bring("localhost:1/no-such-image:1")).await.unwrap_err();
    assert!(failure.message.contains("no-such-image"), "{failure:?}");
}
