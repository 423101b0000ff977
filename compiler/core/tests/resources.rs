//! Which steps does a kind with a lifecycle come to? From nothing, from what was applied, and when it goes.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::{load, program};
use mig_plan::{Action, Before, Plan, Request, State, Undo, Verb};

const KINDS: &str = r#"
use ssh
abstract kind thing { on: server fixed, needs: [thing] = [] }
kind note is thing {
  path: Path fixed
  text: Str = "x"
  mode: Str = "0644"
  tag : Str?
  odd : Int = 1
  create ssh(sh"make {path} {mode}") { stdin text = text }
  read ssh(sh"look {path}") { stdin text = text } from $.notes[0] { mode = $.mode } gone not $.there? ready $.state in ["on", 1] timeout 1min every 5s
  update text ssh(sh"fill {path}") { stdin text = text }
  update mode ssh(sh"chmod {mode} {path}")
  replace on tag
  delete ssh(sh"drop {path}")
}
server a: ssh.host { address = 10.0.0.1 }
server b: ssh.host { address = 10.0.0.2 }
"#;

fn planned(text: &str, state: &State) -> Result<Plan, Vec<String>> {
    let files = program(&format!("{KINDS}{text}"));
    let loaded = load(&files);
    loaded.compile().plan(state).map_err(|p| p.diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect())
}

fn plan(text: &str, state: &State) -> Plan {
    planned(text, state).unwrap()
}

/// The state after all of a plan.
fn applied(text: &str) -> State {
    let mut state = State { project: "default".to_owned(), ..State::default() };
    for step in plan(text, &state.clone()).steps {
        step.removes.iter().for_each(|address| drop(state.resources.remove(address)));
        state.resources.extend(step.sets);
    }
    state
}

fn titles(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|s| s.title.clone()).collect()
}

fn scripts(plan: &Plan) -> Vec<(Verb, String)> {
    let calls = plan.steps.iter().filter_map(|s| if let Action::Call(call) = &s.action { Some(call) } else { None });
    calls
        .flat_map(|call| {
            call.requests.iter().map(|request| {
                let Request::Ssh { host, script, words, .. } = request else { panic!("{request:?}") };
                (call.verb, format!("{host}: {script} {words:?}"))
            })
        })
        .collect()
}

const NOTE: &str = r#"note n { on = a, path = "/n", text = "hello" }"#;

#[test]
fn what_is_declared_is_created_with_its_look_and_its_way_back() {
    let plan = plan(NOTE, &State::default());
    assert_eq!(titles(&plan), ["create `n` (note) on a"]);
    let Action::Call(call) = &plan.steps[0].action else { panic!("{plan:?}") };
    let expected = serde_json::json!({
      "thing": "`n` (note)",
      "verb": "create",
      "requests": [
        {
          "driver": "ssh",
          "host": "a",
          "script": "make \"${1}\" \"${2}\"",
          "words": [
            "/n",
            "0644"
          ],
          "stdin": {
            "text": "hello"
          }
        }
      ],
      "look": {
        "request": {
          "driver": "ssh",
          "host": "a",
          "script": "look \"${1}\"",
          "words": [
            "/n"
          ],
          "stdin": {
            "text": "hello"
          }
        },
        "from": [
          {
            "name": "notes"
          },
          {
            "index": 0
          }
        ],
        "gone": {
          "is": "not",
          "of": {
            "is": "present",
            "path": [
              {
                "name": "there"
              }
            ]
          }
        },
        "ready": {
          "is": "one_of",
          "path": [
            {
              "name": "state"
            }
          ],
          "values": [
            "on",
            1
          ]
        },
        "fields": {
          "mode": {
            "path": [
              {
                "name": "mode"
              }
            ],
            "value": "0644"
          }
        },
        "timeout_seconds": 60,
        "every_seconds": 5
      }
    });
    assert_eq!(serde_json::to_value(call).unwrap(), expected);
    let Undo::Act { action } = &plan.steps[0].undo else { panic!("{plan:?}") };
    assert!(matches!(&**action, Action::Call(call) if call.verb == Verb::Delete));
}

#[test]
fn what_was_applied_is_left_alone_until_it_changes() {
    let state = applied(NOTE);
    assert_eq!(titles(&plan(NOTE, &state)), Vec::<String>::new());
    let changed = plan(&NOTE.replace("\"hello\"", "\"bye\", mode = \"0600\""), &state);
    assert_eq!(titles(&changed), ["change `mode`, `text` of `n` (note) on a"]);
    let fill = (Verb::Update, "a: fill \"${1}\" [\"/n\"]".to_owned());
    assert_eq!(scripts(&changed), [fill, (Verb::Update, "a: chmod \"${1}\" \"${2}\" [\"0600\", \"/n\"]".to_owned())]);
    // An order is no change.
    assert_eq!(
        titles(&plan(&format!("{}\nnote m {{ on = a, path = \"/m\" }}", NOTE.replace(" }", ", needs = [m] }")), &state)),
        ["create `m` (note) on a"]
    );
}

#[test]
fn what_another_one_must_take_is_replaced_where_it_was_and_where_it_will_be() {
    let state = applied(NOTE);
    let moved = plan(&NOTE.replace("on = a", "on = b"), &state);
    assert_eq!(titles(&moved), ["delete `n` (note) on a", "create `n` (note) on b"]);
    assert_eq!(moved.steps[1].needs, [moved.steps[0].id.clone()]);
    assert_eq!(titles(&plan(&NOTE.replace("text", "tag = \"t\", text"), &state)).len(), 2);
    let kept = planned(&format!("@keep\n{}", NOTE.replace("/n", "/o")), &state).unwrap_err();
    assert_eq!(kept, ["MIG6014 `n` is kept (`@keep`), and the step \"delete `n` (note) on a\" would replace it"]);
    let stuck = planned(&NOTE.replace("text", "odd = 2, text"), &state).unwrap_err();
    assert_eq!(stuck, ["MIG6013 `odd` of `n` changed, and `note` has no way to change it"]);
}

#[test]
fn what_is_not_declared_any_more_goes_without_its_sources_and_before_what_it_needed() {
    let both = format!("{NOTE}\nnote above {{ on = a, path = \"/z\", needs = [n] }}");
    let state = applied(&both);
    let gone = plan("", &state);
    assert_eq!(titles(&gone), ["delete `above` (note) on a", "delete `n` (note) on a"]);
    assert_eq!(scripts(&gone)[1], (Verb::Delete, "a: drop \"${1}\" [\"/n\"]".to_owned()));
    let kept = applied(&format!("@keep\n{NOTE}"));
    assert!(planned("", &kept).unwrap_err()[0].starts_with("MIG6014 `n` is kept"));
    assert_eq!(titles(&plan("@moved(from = n)\nnote new { on = a, path = \"/n\", text = \"hello\" }", &applied(NOTE))).len(), 1);
}

#[test]
fn what_cannot_be_carried_out_is_said() {
    let circle = "note x { on = a, path = \"/x\", needs = [y] }\nnote y { on = a, path = \"/y\", needs = [x] }";
    assert_eq!(planned(circle, &State::default()).unwrap_err()[0].split(' ').next(), Some("MIG6007"));
    let late = planned(&NOTE.replace("\"hello\"", "env(\"X\")"), &State::default()).unwrap_err();
    assert_eq!(late, ["MIG6006 a value of `n` is known only when the plan runs, and its steps need it now"]);
}

#[test]
fn what_is_needed_through_something_that_stays_as_it_is_comes_first_too() {
    let text = |word: &str| {
        format!(
            "note low {{ on = a, path = \"/l\", text = \"{word}\" }}\nnote middle {{ on = a, path = \"/m\", needs = [low] }}\n\
             note high {{ on = a, path = \"/h\", text = \"{word}\", needs = [middle] }}"
        )
    };
    let plan = plan(&text("new"), &applied(&text("old")));
    let addresses: Vec<&str> = plan.steps.iter().map(|s| s.address.as_str()).collect();
    assert_eq!(addresses, ["low", "high"]);
    assert_eq!(plan.steps[1].needs, [plan.steps[0].id.clone()]);
}

#[test]
fn a_service_starts_anew_when_what_it_reads_changes() {
    let text = |content: &str, more: &str| {
        format!(
            "use host\nuse docker\nhost.file conf {{ on = a, path = \"/etc/w.conf\", content = \"{content}\" }}\nhost.file other {{ on = a, path = \"/etc/o\", content = \"{more}\" }}\nservice w: docker.container {{ on = a, image = \"nginx:1.25.3\", state = stateless, restart_on = [conf] }}\n"
        )
    };
    let state = applied(&text("one", "x"));
    assert_eq!(titles(&plan(&text("one", "x"), &state)), Vec::<String>::new());
    assert_eq!(titles(&plan(&text("one", "y"), &state)), ["change `content` of `other` (host.file) on a"]);
    let changed = plan(&text("two", "x"), &state);
    let wanted = ["change `content` of `conf` (host.file) on a", "stop `w` on a", "start `w` on a", "wait until `w` answers on a"];
    assert_eq!(titles(&changed), wanted);
    for (number, step) in changed.steps.iter().enumerate().skip(1) {
        assert!(step.needs.contains(&changed.steps[number - 1].id), "{}", step.title);
    }
}

#[test]
fn a_plan_tells_which_text_it_replaces_and_never_a_secret() {
    let before = |plan: &Plan| plan.steps.iter().map(|s| s.before.clone()).collect::<Vec<_>>();
    let note = |text: &str| format!("note n {{ on = a, path = \"/n\", text = \"{text}\" }}");
    let state = applied(&note("one"));
    assert_eq!(before(&plan(&note("one"), &State::default())), [Some(Before::Nothing)]);
    assert_eq!(before(&plan(&note("two"), &state)), [Some(Before::Applied { text: "one".to_owned() })]);
    let moved = note("one").replace("text", "mode = \"0600\", text");
    assert_eq!(before(&plan(&moved, &state)), [None], "the text stays");
    let secret = "kind vault is thing {\n  word: secret Str\n  mode: Str\n  create ssh(sh\"put {mode}\") { stdin word = word }\n  read ssh(sh\"look {mode}\") { stdin word = word } gone not $.there?\n  update mode, word ssh(sh\"put {mode}\") { stdin word = word }\n  delete ssh(sh\"drop\")\n}\n";
    let vault = |mode: &str| format!("{secret}vault v {{ on = a, word = secret(\"WORD\"), mode = \"{mode}\" }}\n");
    assert_eq!(before(&plan(&vault("1"), &State::default())), [Some(Before::Secret)]);
    assert_eq!(before(&plan(&vault("2"), &applied(&vault("1")))), [Some(Before::Secret)]);
}

const ROAD: &str = r#"
kind wall is thing {
  port: Int
  open: sh?
  cuts: Duration?
  create ssh(sh"close {port}", cuts = cuts, undo = open)
  read ssh(sh"look {port}") gone not $.status == 0
  update port, cuts ssh(sh"close {port}", cuts = cuts, undo = open)
  update open ssh(sh":")
  delete ssh(open ?? sh":", cuts = cuts, undo = sh"close {port}")
}
"#;

#[test]
fn what_may_cut_the_road_carries_what_brings_it_back() {
    let text = |fields: &str| format!("{ROAD}\nwall w {{ on = a, port = 22, {fields} }}");
    let armed = text("open = sh\"open {22}\", cuts = 90s");
    let cuts = |plan: &Plan| -> Vec<Option<(u64, String)>> {
        let calls = plan.steps.iter().filter_map(|s| if let Action::Call(call) = &s.action { Some(call) } else { None });
        let told = |request: &Request| {
            let cut = request.cut()?;
            Some((cut.within_seconds, cut.undo.as_ref().map(|undo| format!("{} {:?}", undo.script, undo.words))?))
        };
        calls.flat_map(|call| call.requests.iter().map(told)).collect()
    };
    let back = |text: &str| Some((90, format!("{text} \"${{1}}\" [\"22\"]")));
    assert_eq!(cuts(&plan(&armed, &State::default())), [back("open")]);
    // Without a time it is as any other step, and so is what changes nothing on the host.
    assert_eq!(cuts(&plan(&text("open = sh\"open {22}\""), &State::default())), [None]);
    let state = applied(&armed);
    assert_eq!(cuts(&plan(&armed.replace("open {22}", "open now {22}"), &state)), [None]);
    // The state knows how to bring the road back when the declaration is gone.
    assert_eq!(cuts(&plan(ROAD, &state)), [back("close")]);
}

#[test]
fn a_step_that_may_cut_the_road_says_what_brings_it_back() {
    let wall = |fields: &str| planned(&format!("{ROAD}\nwall w {{ on = a, port = 22, {fields} }}"), &State::default()).unwrap_err();
    assert_eq!(
        wall("cuts = 90s"),
        ["MIG6025 \"create `w` (wall) on a\" may cut the road to its host, and nothing there is armed to bring it back"]
    );
    assert_eq!(
        wall("cuts = 1s, open = sh\"x\""),
        ["MIG6015 a host waits from 5 s to 3600 s before it undoes what cut the road to it, and not 1 s"]
    );
}
