//! What is asked of hosts before a plan is made, what they said, and what of it differs from what was applied?
//!
//! Data only: the compiler drafts the questions, the runtime fetches the answers, and the compiler compares.

use crate::{
    Digest, Look, Request,
    call::Difference,
    plan::{Address, Host, HostId, StepId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// All that is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reads {
    /// The ways to those that are asked, and to hosts on the way.
    pub hosts: BTreeMap<HostId, Host>,
    /// In the order of addresses; no question is there twice.
    pub list: Vec<Read>,
}

impl Reads {
    /// Names of the secrets that questions carry.
    pub fn secrets(&self) -> Vec<String> {
        let mut names: Vec<String> = self.list.iter().filter_map(|r| r.ask.secret()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// A question about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The thing.
    pub address: Address,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// The `read` of a kind.
    Script {
        /// What is sent.
        request: Request,
        /// Is another exit status than 0 an answer too?
        any_status: bool,
    },
    /// What Docker says of a container: `there`, and then `running`, `status`, `exit_code`, `restart`, `owner`, `spec`.
    Container {
        /// Where.
        host: HostId,
        /// Its name.
        name: String,
    },
}

impl Ask {
    /// How a thing is looked at.
    pub fn look(look: &Look) -> Self {
        Self::Script { request: look.request.clone(), any_status: look.reads_status() }
    }

    /// The host that is asked, if it is one of the program's.
    pub fn host(&self) -> Option<&HostId> {
        match self {
            Self::Script { request, .. } => request.host(),
            Self::Container { host, .. } => Some(host),
        }
    }

    /// Who is asked: a host, or a name server with its port.
    pub fn place(&self) -> &str {
        match self {
            Self::Script { request, .. } => request.place(),
            Self::Container { host, .. } => host,
        }
    }

    /// The secret that it carries, by name.
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::Script { request, .. } => request.secret(),
            Self::Container { .. } => None,
        }
    }

    /// What tells it from other questions.
    pub fn key(&self) -> String {
        Digest::of(self).to_string()
    }
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// By [`Ask::key`]: JSON, or why there is none.
    pub answers: BTreeMap<String, Result<Value, String>>,
    /// Hosts and name servers that could not be asked, and why.
    pub away: BTreeMap<String, String>,
}

impl Observed {
    /// The answer to a question, if it was asked and there is one.
    pub fn answer(&self, ask: &Ask) -> Option<&Value> {
        self.answers.get(&ask.key()).and_then(|answer| answer.as_ref().ok())
    }

    /// Why there is no answer.
    pub fn why_not(&self, ask: &Ask) -> Option<&str> {
        let away = self.away.get(ask.place()).map(String::as_str);
        away.or_else(|| self.answers.get(&ask.key())?.as_ref().err().map(String::as_str))
    }
}

/// A plan for some addresses only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// What it is for; what that needs is part of it.
    pub targets: Vec<Address>,
    /// So many steps of the whole plan are not.
    pub left_out: usize,
}

/// What a plan keeps of what was observed before it was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// So many things were looked at.
    pub count: usize,
    /// Things that are not as they were applied, by address.
    pub drift: Vec<Drift>,
    /// What was not seen; it is planned for as the state knows it.
    pub unseen: Vec<Unseen>,
}

/// A thing that is not as it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Which.
    pub address: Address,
    /// `host.file`
    pub kind: String,
    /// Where it is, or was: a host, or a name server with its port.
    pub host: String,
    /// What became of it.
    #[serde(flatten)]
    pub change: Change,
    /// Steps of this plan that deal with it.
    pub steps: Vec<StepId>,
}

/// What became of a thing that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is not there any more.
    Gone,
    /// It is there and otherwise.
    Changed {
        /// What is; empty if the answer does not say.
        differences: Vec<Difference>,
    },
    /// It says that it will never be as declared.
    Failed,
}

impl Change {
    /// In one line, for people.
    pub fn in_words(&self) -> String {
        match self {
            Self::Gone => "it is not there any more".to_owned(),
            Self::Failed => "it says that it failed".to_owned(),
            Self::Changed { differences } if differences.is_empty() => "it is not as it was applied".to_owned(),
            Self::Changed { differences } => {
                let list = differences.iter().map(|d| format!("`{}` was {} and is {}", d.name, d.wished, d.found)).collect::<Vec<_>>();
                list.join(", ")
            }
        }
    }
}

/// What could not be observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// A host, or a thing on one.
    pub address: Address,
    /// Why.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Input;

    #[test]
    fn a_question_is_known_by_all_of_it() {
        let ask = |script: &str, stdin: Option<Input>, any_status| Ask::Script {
            request: Request::Ssh { host: "a".to_owned(), script: script.to_owned(), words: vec![], stdin, cuts: None },
            any_status,
        };
        let asks = [
            ask("x", None, false),
            ask("x", None, true),
            ask("y", None, false),
            ask("x", Some(Input::Secret("S".to_owned())), false),
            ask("x", Some(Input::Text("S".to_owned())), false),
        ];
        let keys: std::collections::BTreeSet<String> = asks.iter().map(Ask::key).collect();
        assert_eq!(keys.len(), asks.len());
        let list = asks.iter().map(|ask| Read { address: "n".to_owned(), ask: ask.clone() }).collect();
        assert_eq!(Reads { hosts: BTreeMap::new(), list }.secrets(), ["S"]);
        let mut observed = Observed::default();
        observed.answers.insert(asks[0].key(), Ok(1.into()));
        observed.answers.insert(asks[1].key(), Err("no JSON".to_owned()));
        assert_eq!((observed.answer(&asks[0]), observed.answer(&asks[2])), (Some(&1.into()), None));
        assert_eq!((observed.why_not(&asks[1]), observed.why_not(&asks[2])), (Some("no JSON"), None));
        observed.away.insert("a".to_owned(), "no route".to_owned());
        assert_eq!(observed.why_not(&asks[2]), Some("no route"));
    }
}
