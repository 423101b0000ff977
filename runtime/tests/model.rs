//! Do the simulation and real hosts come to the same? One story of actions, told by both worlds, word by word.
//!
//! What `migc rehearse` proves counts for real hosts as far as this holds. Real: the scripts of hosts on this machine, with an engine that
//! the test starts. What is left out of the comparison is named in `TOLD` and `told`.

#![allow(clippy::disallowed_methods, reason = "tests make folders, start processes and look at what is left")]
#![allow(clippy::print_stderr, reason = "what cannot be tested here is said")]

mod support;

use mig_plan::{Action, Call, ContainerSpec, Facts, Hook, Mount, Plan, Probe, Tree, facts::PathFact};
use mig_runtime::{
    Script, World,
    actions::{Failure, Performed, perform},
    local::LocalWorld,
    scripts,
    sim::{SimHost, SimImage, SimWorld},
};
use std::{collections::BTreeMap, fs, net::TcpListener, os::unix::fs as unix, path::Path};
use support::{Folder, engine::Engine, plan_of, sh, tree};

type Steps = BTreeMap<String, BTreeMap<String, String>>;

/// Values of an outcome that are the same in both; times, bytes of a stream and digests cannot be.
const TOLD: [&str; 7] = ["by", "entries", "exit_status", "how", "not_verified", "passes", "was"];
const IMAGE: &str = "busybox:1";
/// Ends when it is asked to, and writes to what it mounts.
const SERVICE: &str = "exec 3>>/data/running; trap 'exit 0' TERM; while :; do sleep 0.1; done";
/// What the simulation plants below a path of this size.
const SIZE_BYTES: u64 = 8_000;

/// A world whose files somebody else changes too.
trait Stage: World {
    /// A file has other contents of the same size, since now.
    fn change(&self, host: &str, path: &str);
    /// A file is there too.
    fn add(&self, host: &str, path: &str, like: &str);
    /// A file is gone.
    fn remove(&self, host: &str, path: &str);
    /// A folder with a file is there, as `like` is on the source.
    fn settle(&self, host: &str, path: &str, like: &str);
}

impl Stage for LocalWorld {
    fn change(&self, _host: &str, path: &str) {
        let size = fs::metadata(path).unwrap().len();
        fs::write(path, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
    }

    fn add(&self, _host: &str, path: &str, like: &str) {
        fs::copy(like, path).unwrap();
    }

    fn remove(&self, _host: &str, path: &str) {
        fs::remove_file(path).unwrap();
    }

    fn settle(&self, _host: &str, path: &str, like: &str) {
        fs::create_dir_all(path).unwrap();
        fs::copy(format!("{like}/data"), format!("{path}/data")).unwrap();
    }
}

impl Stage for SimWorld {
    fn change(&self, host: &str, path: &str) {
        let now_ms = self.true_ms();
        let mut host = self.host(host).unwrap();
        let node = host.nodes.get_mut(path).unwrap();
        (node.modified_ms, node.changed_ms, node.content) = (now_ms, now_ms, format!("{now_ms:064x}"));
    }

    fn add(&self, host: &str, path: &str, like: &str) {
        let mut host = self.host(host).unwrap();
        let node = host.nodes.get(like).unwrap().clone();
        host.nodes.insert(path.to_owned(), node);
        touch_above(&mut host, path, self.true_ms());
    }

    fn remove(&self, host: &str, path: &str) {
        let mut host = self.host(host).unwrap();
        host.nodes.remove(path).unwrap();
        touch_above(&mut host, path, self.true_ms());
    }

    fn settle(&self, host: &str, path: &str, like: &str) {
        let nodes = self.host("a").unwrap().nodes.clone();
        let mut host = self.host(host).unwrap();
        host.nodes.insert(path.to_owned(), nodes[like].clone());
        host.nodes.insert(format!("{path}/data"), nodes[&format!("{like}/data")].clone());
    }
}

/// A folder changes with what is in it.
fn touch_above(host: &mut SimHost, path: &str, now_ms: u64) {
    let folder = host.nodes.get_mut(path.rsplit_once('/').unwrap().0).unwrap();
    (folder.modified_ms, folder.changed_ms) = (now_ms, now_ms);
}

/// Where things are; the same words in both worlds.
struct Places {
    tree: Tree,
    file: Tree,
    /// Nothing is there.
    nowhere: String,
    /// On the target, with files of somebody else.
    others: String,
    /// Something listens on it.
    taken: u16,
    /// Nothing does.
    free: u16,
}

impl Places {
    fn new(folder: &Folder, taken: u16) -> Self {
        Self {
            tree: tree(&folder.at("old/tree"), &folder.at("new/place/tree")),
            file: tree(&folder.at("old/one.conf"), &folder.at("new/one.conf")),
            nowhere: folder.at("old/nowhere"),
            others: folder.at("new/others"),
            taken,
            free: 1,
        }
    }

    /// As the simulation plants it.
    fn make(&self) {
        let (root, file) = (Path::new(&self.tree.source), Path::new(&self.file.source));
        fs::create_dir_all(root.join("nested")).unwrap();
        for (name, share) in [("data", 2), ("nested/more", 4), ("running", 8)] {
            fs::write(root.join(name), vec![b'.'; usize::try_from(SIZE_BYTES / share).unwrap()]).unwrap();
        }
        fs::write(root.join("zero"), "").unwrap();
        unix::symlink("data", root.join("nested/link")).unwrap();
        fs::write(file, vec![b'.'; usize::try_from(SIZE_BYTES).unwrap()]).unwrap();
        sh(r#"find "$1" "$2" -exec touch -h -d @1500000000.123 {} +"#, &[&self.tree.source, &self.file.source]);
    }

    fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        let path = |entries| PathFact { size: Some(SIZE_BYTES), entries: Some(entries), ..PathFact::default() };
        facts.paths = Some(BTreeMap::from([(self.tree.source.clone(), path(7)), (self.file.source.clone(), path(0))]));
        facts
    }
}

/// Says what an action came to.
struct Teller<'w, W> {
    world: &'w W,
    done: Steps,
    lines: Vec<String>,
}

impl<W: World> Teller<'_, W> {
    async fn act(&mut self, what: &str, action: Action) {
        let plan = plan_of(&action);
        let result = perform(self.world, &plan, &plan.steps[0], &action, &self.done, &|_| ()).await;
        if let (Action::SetRestart { .. }, Ok(performed)) = (&action, &result) {
            self.done.insert("s1".to_owned(), performed.values.clone());
        }
        self.lines.push(format!("{what}: {}", told(result)));
    }

    /// What a script that only looks answers, as far as both can say it.
    async fn look(&mut self, what: &str, script: Script, words: &[&str]) {
        let output = self.world.run("a", &[script]).await.unwrap().remove(0);
        let text = output.text();
        let fields = text.split('\t').filter(|field| words.is_empty() || words.iter().any(|word| field.starts_with(word)));
        self.lines.push(format!("{what}: {} {}", output.status, fields.collect::<Vec<_>>().join(" ")));
    }
}

fn told(result: Result<Performed, Failure>) -> String {
    match result {
        Ok(Performed { changed, values }) => {
            let values = values.into_iter().filter(|(name, _)| TOLD.contains(&name.as_str()));
            let values: Vec<String> = values.map(|(name, value)| format!("{name}={value}")).collect();
            format!("changed={changed} {}", values.join(" "))
        }
        Err(Failure { message, certain, lost, .. }) => format!("failed, certain={certain} lost={lost}: {message}"),
    }
}

fn spec(name: &str, owner: &str, source: &str) -> ContainerSpec {
    ContainerSpec {
        owner: owner.to_owned(),
        name: name.to_owned(),
        image: IMAGE.to_owned(),
        command: ["sh", "-c", SERVICE].map(str::to_owned).to_vec(),
        restart: "unless-stopped".to_owned(),
        networks: vec!["none".to_owned()],
        privileged: false,
        devices: vec![],
        mounts: vec![Mount { source: source.to_owned(), target: "/data".to_owned(), read_only: false }],
        publish: vec![],
        env: BTreeMap::new(),
        memory: None,
        cpus_milli: None,
        user: None,
    }
}

fn host() -> String {
    "a".to_owned()
}

async fn containers<W: World>(teller: &mut Teller<'_, W>, places: &Places) {
    let folder = places.tree.source.clone();
    let create = |name: &str, owner: &str| Action::CreateContainer { host: host(), container: spec(name, owner, &folder) };
    let named = |name: &str| name.to_owned();
    let start = |name: &str| Action::StartContainer { host: host(), container: named(name) };
    let stop = |name: &str, clean| Action::StopContainer { host: host(), container: named(name), grace_seconds: 10, clean };
    let restart = |name: &str, policy: &str| Action::SetRestart { host: host(), container: named(name), policy: named(policy) };
    let restore = |name: &str| Action::RestoreRestart { host: host(), container: named(name), of: "s1".to_owned() };
    let fence = |name: &str| Action::CheckFenced { host: host(), container: named(name), paths: vec![folder.clone()] };
    let remove =
        |name: &str, owner: &str| Action::RemoveContainer { host: host(), container: named(name), owner: Some(named(owner)), back: false };
    let back =
        |name: &str, owner: &str| Action::RemoveContainer { host: host(), container: named(name), owner: Some(named(owner)), back: true };
    let running = |name: &str| Action::Await { host: host(), container: named(name), probe: Probe::Running { within_seconds: 30 } };
    let fields = ["status=", "running=", "exit_code=", "oom=", "restart=", "image=", "owner=", "absent"];

    for (what, action) in [
        ("start what is not there", start("web")),
        ("stop what is not there", stop("web", true)),
        ("a policy for what is not there", restart("web", "no")),
        ("fence what is not there", fence("web")),
        ("remove what is not there", remove("web", "club/web")),
    ] {
        teller.act(what, action).await;
    }
    teller.look("what is not there", scripts::container_look("web"), &fields).await;
    teller.act("create", create("web", "club/web")).await;
    teller.look("created", scripts::container_look("web"), &fields).await;
    teller.act("create again", create("web", "club/web")).await;
    teller.act("create for another", create("web", "club/other")).await;
    teller.act("stop what never ran", stop("web", true)).await;
    teller.act("start", start("web")).await;
    teller.act("wait", running("web")).await;
    let answers = Probe::Tcp { port: places.taken, within_seconds: 30 };
    teller.act("wait for an answer", Action::Await { host: host(), container: "web".to_owned(), probe: answers }).await;
    teller.act("start again", start("web")).await;
    teller.look("running", scripts::container_look("web"), &fields).await;
    teller.act("fence what runs", fence("web")).await;
    teller.act("restore what nobody knows", restore("web")).await;
    let hook = |script: &str| Hook { script: script.to_owned(), words: vec![] };
    let quiesce = Action::Quiesce { host: host(), container: named("web"), hook: hook("exit 0") };
    let resume = |name: &str| Action::Resume { host: host(), container: named(name), hook: hook("exit 0;") };
    let says = r#"docker exec -- "$MIGC_CONTAINER" cat /data/zero"#;
    let prove = |name: &str| Action::ProveData { host: host(), container: named(name), hook: hook(says), noted: None };
    teller.act("take no writes", quiesce).await;
    teller.act("say what is held", prove("web")).await;
    teller.act("take writes", resume("web")).await;
    teller.act("let what is not there take writes", resume("beside")).await;
    teller.act("no restarts", restart("web", "no")).await;
    teller.act("no restarts, again", restart("web", "no")).await;
    teller.act("stop", stop("web", true)).await;
    teller.act("stop again", stop("web", true)).await;
    teller.look("stopped", scripts::container_look("web"), &fields).await;
    teller.act("fence", fence("web")).await;
    teller.act("create a second", create("beside", "club/beside")).await;
    teller.act("start the second", start("beside")).await;
    teller.act("wait for the second", running("beside")).await;
    teller.act("stop the second, whatever comes", stop("beside", false)).await;
    teller.act("remove the second", remove("beside", "club/beside")).await;
    teller.act("fence once more", fence("web")).await;
    teller.act("restore", restore("web")).await;
    teller.look("restored", scripts::container_look("web"), &fields).await;
    teller.act("fence what may start", fence("web")).await;
    // Another takes its place, and it comes back; the second time it is let go.
    let another = |name: &str| Action::CreateContainer {
        host: host(),
        container: ContainerSpec { memory: Some(64 << 20), ..spec(name, "club/web", &folder) },
    };
    teller.act("start once more", start("web")).await;
    teller.act("put another in its place", another("web")).await;
    teller.act("put another in its place, again", another("web")).await;
    teller.look("another", scripts::container_look("web"), &fields).await;
    teller.look("what was replaced", scripts::container_look("web.migc-old"), &fields).await;
    teller.act("bring it back", back("web", "club/web")).await;
    teller.look("what came back", scripts::container_look("web"), &fields).await;
    teller.look("nothing beside it", scripts::container_look("web.migc-old"), &fields).await;
    teller.act("put another in its place for good", another("web")).await;
    teller.act("let the old one go", remove("web.migc-old", "club/web")).await;
    teller.act("bring back what is gone", back("web", "club/web")).await;
    teller.look("nothing came back", scripts::container_look("web"), &fields).await;
    teller.act("create it once more", create("web", "club/web")).await;
    teller.act("remove what is another's", remove("web", "club/other")).await;
    teller.act("remove", remove("web", "club/web")).await;
    teller.act("remove again", remove("web", "club/web")).await;
    let bring = Action::BringImage { from: None, to: host(), image: IMAGE.to_owned() };
    teller.act("an image that is there", bring).await;
}

/// What preflight and probes ask.
async fn looks<W: Stage>(teller: &mut Teller<'_, W>, places: &Places) {
    let Places { tree, nowhere, taken, free, .. } = places;
    let folder = format!("{}/nested", tree.source);
    for (what, path) in [("nothing", nowhere), ("a folder", &folder), ("a file", &places.file.source)] {
        teller.look(&format!("is a path free: {what}"), scripts::path_look(path, "tree-none"), &[]).await;
    }
    for port in [taken, free] {
        teller.look("is a port free", scripts::port_look(&port.to_string(), "tcp"), &[]).await;
    }
    teller.look("tools", scripts::tools(&["tar", "find", "no-such-program"].map(str::to_owned)), &[]).await;
    teller.look("an image that is not there", scripts::image_look("no/such:1"), &[]).await;
    let probe = Probe::Tcp { port: *taken, within_seconds: 2 };
    teller.act("wait for what is not there", Action::Await { host: host(), container: "web".to_owned(), probe }).await;
}

async fn trees<W: Stage>(teller: &mut Teller<'_, W>, places: &Places) {
    let copy = |tree: &Tree, live| Action::CopyTrees { from: host(), to: "b".to_owned(), trees: vec![tree.clone()], live };
    let verify = |tree: &Tree| Action::VerifyTrees { from: host(), to: "b".to_owned(), trees: vec![tree.clone()] };
    let Places { tree, file, nowhere, others, .. } = places;
    let at = |root: &str, name: &str| format!("{root}/{name}");
    let world = teller.world;

    teller.act("copy what is not there", copy(&support::tree(nowhere, &at(nowhere, "x")), true)).await;
    teller.act("verify what is not there", verify(&support::tree(nowhere, &at(nowhere, "x")))).await;
    teller.act("copy", copy(tree, true)).await;
    teller.act("copy again", copy(tree, true)).await;
    teller.act("verify", verify(tree)).await;
    world.change("a", &at(&tree.source, "data"));
    teller.act("verify what changed", verify(tree)).await;
    teller.act("copy what changed", copy(tree, false)).await;
    teller.act("verify after that", verify(tree)).await;
    world.add("b", &at(&tree.target, "extra"), &at(&tree.target, "nested/more"));
    teller.act("verify with one too many", verify(tree)).await;
    teller.act("copy over one too many", copy(tree, false)).await;
    teller.act("verify without it", verify(tree)).await;
    world.remove("a", &at(&tree.source, "nested/more"));
    teller.act("copy what went", copy(tree, false)).await;
    teller.act("verify what went", verify(tree)).await;
    let part = Tree { exclude: vec![at(&tree.source, "nested")], ..tree.clone() };
    teller.act("verify a part", verify(&part)).await;
    teller.act("leave out what is not below", copy(&Tree { exclude: vec!["/elsewhere".to_owned()], ..tree.clone() }, true)).await;
    teller.act("copy a file", copy(file, true)).await;
    teller.act("copy a file again", copy(file, true)).await;
    teller.act("verify a file", verify(file)).await;
    teller.act("copy a folder over a file", copy(&support::tree(&tree.source, &file.target), true)).await;
    world.settle("b", others, &tree.source);
    teller.act("copy a file over a folder", copy(&support::tree(&file.source, others), true)).await;
    teller.act("copy over what is somebody's", copy(&support::tree(&tree.source, others), true)).await;
}

/// A thing of a kind with a lifecycle: a file that is made and removed.
fn thing(folder: &Folder, verb: &str, script: &str) -> Action {
    let request = |script: &str| serde_json::json!({ "driver": "ssh", "host": "a", "script": script, "words": [folder.at("thing")] });
    let read = r#"if [ -e "$1" ]; then printf '{"there": true, "text": "%s"}' "$(cat "$1")"; else echo '{"there": false}'; fi"#;
    let path = |name: &str| serde_json::json!([{ "name": name }]);
    let text = if verb == "update" { "second" } else { "first" };
    let call = serde_json::json!({
        "thing": "a thing", "verb": verb, "requests": [request(script)],
        "look": {
            "request": request(read), "from": [], "fields": { "text": { "path": path("text"), "value": text } },
            "gone": { "is": "one_of", "path": path("there"), "values": [false] }, "timeout_seconds": 0, "every_seconds": 1,
        },
    });
    Action::Call(serde_json::from_value::<Call>(call).unwrap())
}

const LIFE: [(&str, &str, &str); 3] = [
    ("create", "create", r#"printf first >"$1""#),
    ("update", "update", r#"printf second >"$1""#),
    ("delete", "delete", r#"rm -f -- "$1""#),
];

async fn things<W: World>(teller: &mut Teller<'_, W>, folder: &Folder) {
    for (what, verb, script) in [LIFE[2], LIFE[0], LIFE[0], LIFE[1], LIFE[1], LIFE[2], LIFE[2]] {
        teller.act(what, thing(folder, verb, script)).await;
    }
}

/// All hosts and things that the story is about, for the simulation to know them.
fn cast(folder: &Folder, places: &Places) -> Plan {
    let action = Action::CopyTrees { from: host(), to: "b".to_owned(), trees: vec![places.tree.clone(), places.file.clone()], live: true };
    let mut plan = plan_of(&action);
    let way = serde_json::json!({ "login": { "host": "a" }, "host_keys": [], "origin": { "file": "", "line": 1, "column": 1 } });
    plan.hosts = ["a", "b"].map(|name| (name.to_owned(), serde_json::from_value(way.clone()).unwrap())).into();
    plan.steps.extend(LIFE.iter().map(|(_, verb, script)| plan_of(&thing(folder, verb, script)).steps.remove(0)));
    plan
}

async fn story<W: Stage>(world: &W, folder: &Folder, places: &Places) -> Vec<String> {
    let mut teller = Teller { world, done: Steps::new(), lines: vec![] };
    looks(&mut teller, places).await;
    trees(&mut teller, places).await;
    containers(&mut teller, places).await;
    things(&mut teller, folder).await;
    teller.lines
}

#[tokio::test]
async fn both_tell_the_same() {
    let folder = Folder::new("model");
    let Some(engine) = Engine::start(&folder) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let places = Places::new(&folder, listener.local_addr().unwrap().port());
    fs::create_dir_all(folder.at("old")).unwrap();
    places.make();
    let real = LocalWorld::new(folder.path()).with_variable("DOCKER_HOST", &engine.address);
    let real = story(&real, &folder, &places).await;

    let plan = cast(&folder, &places);
    let world = SimWorld::new(&BTreeMap::from([(host(), places.facts())]), &plan);
    {
        let mut host = world.host("a").unwrap();
        host.images.insert(IMAGE.to_owned(), SimImage { id: "sha256:1".to_owned(), size: 1 });
        host.listening.insert(format!("{}/tcp", places.taken));
        host.missing_tools.insert("no-such-program".to_owned());
    }
    let simulated = world.drive(story(&world, &folder, &places)).unwrap();
    assert_eq!(world.violations(), Vec::<String>::new());

    assert!(real.len() > 60, "{real:#?}");
    let differ = real.iter().zip(&simulated).filter(|(real, simulated)| real != simulated);
    let differences: Vec<String> = differ.map(|(real, simulated)| format!("real:      {real}\nsimulated: {simulated}")).collect();
    assert!(differences.is_empty(), "the simulation says otherwise than a real host:\n{}", differences.join("\n"));
    assert_eq!(simulated.len(), real.len());
}
