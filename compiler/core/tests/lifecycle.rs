//! What may stand in the lifecycle of a kind? One kind that is right, and each rule broken once.
#![allow(missing_docs, reason = "a test")]

mod common;

use common::said;

const DISK: &str = r#"
use aliyun
enum Category { fast, slow }
kind thing is disk {
  provider : aliyun
  sort     : Category = fast
  mode     : Str = "x"
  zone     : Str fixed = "y"
  password : secret Str?
  double   = size * 2
  id       : later Str
  address  : later [Ip]

  create aliyun.rpc("CreateDisk", product = "ecs") {
    RegionId  = provider.region
    Disk.Size = size.in(GiB)
    Disk.Kind = sort
    Password  = password
    Tags      = [{ Key = "a", Value = mode }]
    Token     = token
  } gives { id = $.DiskId } timeout 10min
  read aliyun.rpc("DescribeDisks") { DiskIds = json([id]) } from $.Disks.Disk[0] {
    size    = $.Size.in(GiB)
    sort    = $.Category
    address = $.Addresses[*].Ip
  } ready $.Status == "Available" and $.X? failed $.Status in ["Error", "Lost"] gone not $.Status? every 5s
  update mode aliyun.rpc("ModifyDisk") { Mode = mode } needs stopped
  replace on sort, zone
  delete aliyun.rpc("DeleteDisk") { DiskId = id, Force = true } timeout 5min
}

kind file {
  on  : server fixed
  text: Str
  key : secret Str
  create ssh(sh"write {text}") { stdin key = key }
  read ssh(sh"look {text}") gone $.absent == true
  delete ssh(sh"rm {text}")
}

kind record_set {
  name: Str
  id  : later Str
  create rest(POST, "https://example.org/{name}") { name = name } gives { id = $["the id"] }
  read rest(GET, "https://example.org/{id}")
  delete rest(DELETE, "https://example.org/{id}")
}
"#;

/// What is said where a piece of the text is another.
fn broken(from: &str, to: &str) -> Vec<(String, String)> {
    assert!(DISK.contains(from), "{from}");
    said(&DISK.replacen(from, to, 1)).into_iter().map(|(_, code, message)| (code, message)).collect()
}

#[test]
fn a_lifecycle_that_is_right_is_said_nothing_of() {
    assert_eq!(said(DISK), []);
}

#[test]
fn every_rule_of_a_lifecycle_is_looked_at() {
    let mut wrong = vec![];
    for (from, to, code, message) in [
        ("aliyun.rpc(\"ModifyDisk\")", "aliyun.rcp(\"ModifyDisk\")", "MIG1002", "there is no driver `aliyun.rcp`"),
        ("rest(POST,", "rest(PSOT,", "MIG1002", "`PSOT` is none of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`"),
        ("aliyun.rpc(\"ModifyDisk\")", "aliyun.rpc()", "MIG1004", "`aliyun.rpc` needs a value for `action`"),
        ("product = \"ecs\"", "produkt = \"ecs\"", "MIG1004", "`aliyun.rpc` has no parameter `produkt`"),
        ("rest(GET, \"https", "rest(GET, 7, \"https", "MIG1004", "`rest` takes 2 values at most"),
        ("ssh(sh\"rm {text}\")", "ssh(\"rm\")", "MIG1004", "`script` takes a sh, and this is a Str"),
        ("sh\"rm {text}\")", "sh\"rm {text}\", cuts = 60s)", "MIG1005", "`cuts` of `ssh` needs `undo` beside it"),
        ("sh\"rm {text}\")", "sh\"rm {text}\", undo = sh\"put\")", "MIG1005", "`undo` of `ssh` needs `cuts` beside it"),
        ("sh\"rm {text}\")", "sh\"rm {text}\", cuts = 60, undo = sh\"put\")", "MIG1004", "`cuts` takes a Duration, and this is an Int"),
        ("sh\"look {text}\")", "sh\"look\", cuts = 60s, undo = sh\"put\")", "MIG1004", "`read` changes nothing, so it cuts no road"),
        ("size.in(GiB)\n    Disk", "size\n    Disk", "MIG1004", "`Disk.Size` is sent as text or a number, and this is a Size"),
        ("Value = mode", "Value = provider", "MIG1004", "`Tags.Value` is sent as text or a number, and this is an aliyun"),
        ("Token     = token", "Mode = tokn", "MIG1002", "there is nothing called `tokn` here"),
        ("json([id])", "token", "MIG1002", "there is nothing called `token` here"),
        ("DiskId = id,", "DiskId = $.Id,", "MIG1002", "`$` is the answer of a call, and here is none"),
        (
            "https://example.org/{name}",
            "https://example.org/{secret(\"X\")}",
            "MIG1012",
            "a secret does not go into a text, which may be shown",
        ),
        (
            "ssh(sh\"rm {text}\")",
            "ssh(sh\"rm {key}\")",
            "MIG1012",
            "a secret does not go into a script, where other users of the host could see it",
        ),
        ("stdin key = key", "key = key", "MIG1004", "`ssh` takes no parameters: values stand in its script, each as a word"),
        ("stdin key = key", "stdin key = 7", "MIG1004", "`stdin key` takes a secret Str, and this is an Int"),
        ("{ Mode = mode }", "{ stdin a = password }", "MIG1004", "`aliyun.rpc` runs no script, so nothing reads `stdin`"),
        ("  on  : server fixed\n", "", "MIG1005", "`ssh` runs on the server that `on` names, and `file` has no such field"),
        ("gives { id", "gives { idd", "MIG1002", "`thing` has no field `idd`"),
        (
            "gives { id = $.DiskId }",
            "gives { id = $.DiskId, mode = $.M }",
            "MIG1012",
            "`gives` tells what is known later, and `mode` is what a program says",
        ),
        ("sort    = $.Category", "double = $.Size.in(GiB)", "MIG1004", "`double` is computed and cannot be read"),
        ("sort    = $.Category", "password = $.Password", "MIG1004", "`password` is a secret Str, which no answer holds"),
        ("$.Size.in(GiB)", "$.Size", "MIG1004", "`size` is a Size, and an answer has bare numbers"),
        ("$.Size.in(GiB)", "$.Size.in(h)", "MIG1004", "`size` is a Size, which is not counted in h"),
        ("$.DiskId }", "\"{$.DiskId}\" }", "MIG1004", "what is taken from an answer is a path into it"),
        ("$.Disks.Disk[0]", "$.Disks.Disk[0 + 1]", "MIG1004", "what is taken from an answer is a path into it"),
        (
            "$.Status == \"Available\"",
            "$.Status == mode",
            "MIG1004",
            "an answer is compared with constants: texts, numbers, `true` and `false`",
        ),
        ("$.Status == \"Available\"", "$.Status != \"Available\"", "MIG1004", "this is no condition on an answer"),
        ("$.Status == \"Available\"", "true", "MIG1004", "this is no condition on an answer"),
        ("$.absent == true", "mode == true", "MIG1004", "what is taken from an answer is a path into it"),
        ("every 5s", "every 5", "MIG1004", "`every` takes a Duration, and this is an Int"),
        ("every 5s", "every 0s", "MIG1004", "`every` is a duration that is known now and longer than nothing"),
        ("timeout 5min", "gone $.X? timeout 5min ready $.Y > 1", "MIG1004", "this is no condition on an answer"),
        ("timeout 10min", "gone $.X?", "MIG1004", "`create` has no `gone`"),
        ("needs stopped", "needs stoped", "MIG1002", "there is no state `stoped` to be needed"),
        ("timeout 10min", "needs stopped", "MIG1004", "`create` needs no state of the thing before it"),
        ("update mode", "update mod", "MIG1002", "`thing` has no field `mod`"),
        ("update mode", "update double", "MIG1004", "`double` is computed, so nobody changes it"),
        ("update mode", "update id", "MIG1012", "`id` is told by the world, so nobody changes it"),
        ("update mode", "update sort", "MIG1003", "a change of `sort` is carried out in two ways"),
        ("update mode", "update", "MIG1005", "`update` names the fields that it changes"),
        (
            "replace on sort, zone\n",
            "replace on sort\n  update zone aliyun.rpc(\"M\")\n",
            "MIG1004",
            "`zone` is `fixed`, so it changes only by replacing the thing",
        ),
        ("delete ssh(sh\"rm {text}\")", "", "MIG1005", "what is created is read and deleted, and `file` has no `delete`"),
        ("delete ssh(sh\"rm {text}\")", "delete ssh(sh\"rm {text}\")\n  delete ssh(sh\"rm {text}\")", "MIG1003", "`file` has one `delete`"),
        ("    address = $.Addresses[*].Ip\n", "", "MIG1005", "nothing tells `address`, which is known later"),
        (
            "  name: Str\n  id",
            "  name: Str\n  file part { on = s, text = \"x\", key = \"y\" }\n  s: server\n  id",
            "MIG1007",
            "`record_set` declares things, so it is a component, which nobody creates as such",
        ),
    ] {
        let found = broken(from, to);
        if found != [(code.to_owned(), message.to_owned())] {
            wrong.push((from, to, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_kind_has_the_lifecycle_of_its_base_and_replaces_parts_of_it() {
    let base = r#"use aliyun
abstract kind thing { id: later Str, name: Str, size: Size = 1GiB
  provider: aliyun
  create aliyun.rpc("Create") { Name = name, Size.Of = size.in(GiB) } gives { id = $.Id }
  read aliyun.rpc("Read") { Id = id } from $.Things[0] { name = $.Name }
  update name, size aliyun.rpc("Rename") { Id = id, Name = name }
  delete aliyun.rpc("Delete") { Id = id }
}
kind plain is thing { }
"#;
    let said = |kind: &str| {
        let said = common::said(&format!("{base}{kind}\n"));
        said.into_iter().map(|(line, code, message)| (line, format!("{code} {message}"))).collect::<Vec<_>>()
    };
    let read = "read aliyun.rpc(\"ReadMore\") { Id = id } from $.X { zone = $.Zone }";
    for right in [
        String::new(),
        "kind other is thing { replace on name\n  update size aliyun.rpc(\"Resize\") { Id = id } }".to_owned(),
        "kind other is plain { delete aliyun.rpc(\"Remove\") { Id = id, Size = size.in(GiB) } }".to_owned(),
        format!("kind other is plain {{ zone: later Str\n  {read} }}"),
    ] {
        assert_eq!(said(&right), [], "{right}");
    }
    for (wrong, message) in [
        ("kind more is plain { zone: later Str }", "MIG1005 nothing tells `zone`, which is known later"),
        ("kind lost is plain { create aliyun.rpc(\"Make\") { Name = name } }", "MIG1005 nothing tells `id`, which is known later"),
        ("kind half is plain { delete aliyun.rcp(\"X\") }", "MIG1002 there is no driver `aliyun.rcp`"),
        ("kind twice is plain { replace on size, size }", "MIG1003 a change of `size` is carried out in two ways"),
        (
            "kind parts is plain { plain x { name = \"x\" } }",
            "MIG1007 `parts` declares things, so it is a component, which nobody creates as such",
        ),
    ] {
        assert_eq!(said(wrong), [(10, message.to_owned())], "{wrong}");
    }
    // What is wrong with a base is said there, and not of each kind that refines it.
    let untold = base.replace(" gives { id = $.Id }", "");
    let said: Vec<_> =
        common::said(&format!("{untold}kind other is plain {{ delete aliyun.rpc(\"X\") }}\n")).into_iter().map(|s| (s.0, s.2)).collect();
    assert_eq!(said, [(4, "nothing tells `id`, which is known later".to_owned())]);
}

#[test]
fn a_script_takes_a_secret_on_its_standard_input_only() {
    let text = |entry: &str| {
        format!(
            "use ssh\nserver a: ssh.host {{ address = 10.0.0.1 }}\nserver b: ssh.host {{ address = 10.0.0.2 }}\nmove m: command {{ from = a, to = b, run = sh\"copy\"\n  {entry}\n}}\n"
        )
    };
    let said = |entry: &str| said(&text(entry)).into_iter().map(|(_, code, message)| (code, message)).collect::<Vec<_>>();
    assert_eq!(said("stdin password = secret(\"X\")"), []);
    for (entry, code, message) in [
        ("stdin password = 7", "MIG1004", "`stdin password` takes a secret Str, and this is an Int"),
        ("stdin = secret(\"X\")", "MIG1002", "a `command` has no field `stdin`"),
        ("stdin a = secret(\"X\"), stdin b = secret(\"Y\")", "MIG1001", "a script has one standard input"),
        ("exclude = [{ stdin a = secret(\"X\") }].map(x => \"y\")", "MIG1001", "nothing here runs a script that could read `stdin`"),
    ] {
        assert_eq!(said(entry).first().unwrap(), &(code.to_owned(), message.to_owned()), "{entry}");
    }
    let host = common::said("use ssh\nserver a: ssh.host { address = 10.0.0.1, stdin b = secret(\"X\") }\n");
    assert_eq!(host[0].2, "an `ssh.host` runs no script, so nothing reads `stdin`");
}

#[test]
fn the_command_of_a_probe_reads_a_secret_whose_name_is_in_the_plan() {
    let text = |stdin: &str| {
        format!(
            "use ssh\nuse docker\nserver a: ssh.host {{ address = 10.0.0.1 }}\nservice s: docker.container {{\n  on = a\n  image = \"redis:5.0.7\"\n  state = stateless\n  healthy = command(within = 30s, script = sh\"ask\", stdin = {stdin})\n}}\n"
        )
    };
    let files = common::program(&text("secret(\"KEY\")"));
    let loaded = common::load(&files);
    let plan = loaded.compile().plan(&mig_plan::State::default()).unwrap();
    assert_eq!(plan.secrets, ["KEY"]);
    let json = serde_json::to_string(&plan).unwrap();
    assert!(json.contains(r#""probe":{"by":"command","script":"ask","words":[],"stdin":"KEY","within_seconds":30}"#), "{json}");
    assert_eq!(said(&text("7"))[0].2, "`stdin` takes a secret Str, and this is an Int");
}
