//! What does a name server reply, and is it the server that has the key?

use super::{Asking, Sent, text};
use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{DNSClass, RData, RecordType, rdata::tsig::TsigError},
};
use serde_json::{Value, json};

/// Why something is not done; what is there stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// In one line.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The records that a server has of one name and type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    pub(super) ttl_seconds: Option<u32>,
    pub(super) data: Vec<RData>,
    /// What the name is an alias of, where it is one and that was not asked for.
    pub(super) alias: Option<String>,
}

impl Refusal {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: mig_plan::visible::line(&message.into()), help: help.into() }
    }
}

impl Found {
    pub(super) fn is_there(&self) -> bool {
        !self.data.is_empty()
    }

    /// For people.
    pub(super) fn in_words(&self) -> String {
        match self.ttl_seconds {
            None => "not there any more".to_owned(),
            Some(ttl) => {
                let mut list: Vec<String> = self.data.iter().map(text::written).collect();
                list.sort();
                format!("{} for {ttl} s", list.join(", "))
            }
        }
    }
}

impl Asking<'_> {
    /// What the server has. The values are spelt as the program does, if they mean the same.
    pub fn answer(&self, found: &Found) -> Result<Value, Refusal> {
        let Some(ttl) = found.ttl_seconds else {
            return Ok(found.alias.as_ref().map_or_else(|| json!({ "there": false }), |alias| json!({ "there": false, "alias": alias })));
        };
        let values = if self.same(&found.data, &self.request.like)? {
            self.request.like.clone()
        } else {
            let mut values: Vec<String> = found.data.iter().map(text::written).collect();
            values.sort();
            values
        };
        Ok(json!({ "there": true, "value": values, "ttl": ttl }))
    }

    /// Reads the reply to a question.
    pub fn found(&self, sent: &Sent, reply: &[u8]) -> Result<Found, Refusal> {
        let message = self.read(sent, reply)?;
        match message.response_code {
            ResponseCode::NoError | ResponseCode::NXDomain => {}
            code => return Err(self.refused(code)),
        }
        let mut found = Found::default();
        // What is delegated is told as where else to ask.
        let delegated = message.authorities.iter().filter(|_| self.sort == RecordType::NS && !message.authoritative);
        for record in message.answers.iter().chain(delegated).filter(|r| r.name == self.owner && r.dns_class == DNSClass::IN) {
            match &record.data {
                data if data.record_type() == self.sort => {
                    found.ttl_seconds = Some(found.ttl_seconds.map_or(record.ttl, |ttl| ttl.min(record.ttl)));
                    found.data.push(data.clone());
                }
                RData::CNAME(alias) => found.alias = Some(alias.to_string().trim_end_matches('.').to_owned()),
                _ => {}
            }
        }
        if !message.authoritative && !found.is_there() {
            let message = format!("{} does not answer for {} itself", self.request.server, self.request.name);
            return Err(Refusal::new(
                message,
                "name the primary server of the zone in `server`; a name below a delegation is in another zone",
            ));
        }
        Ok(found)
    }

    /// Reads the reply to a change. Whoever is told that a condition does not hold asks what is there, and says it by
    /// [`Asking::not_as_expected`].
    pub fn changed(&self, sent: &Sent, reply: &[u8]) -> Result<Changed, Refusal> {
        match self.read(sent, reply)?.response_code {
            ResponseCode::NoError => Ok(Changed::Done),
            ResponseCode::NXRRSet | ResponseCode::YXRRSet | ResponseCode::NXDomain | ResponseCode::YXDomain => Ok(Changed::NotAsExpected),
            code => Err(self.refused(code)),
        }
    }

    /// Somebody else was faster.
    pub fn not_as_expected(&self, found: &Found) -> Refusal {
        let is_new = self.request.change.as_ref().is_some_and(|change| change.was.is_none());
        if is_new && found.is_there() {
            self.of_another(found)
        } else if let Some(alias) = found.alias.as_ref().filter(|_| is_new) {
            let message =
                format!("{} is an alias (CNAME) of {alias}, beside which it can have no {}", self.request.name, self.request.sort);
            Refusal::new(message, "take the alias away there, or leave this record out")
        } else if is_new {
            let message = format!("{} has other records, beside which it can have no {}", self.request.name, self.request.sort);
            Refusal::new(message, "take them away there, or leave this record out")
        } else {
            self.changed_meanwhile(&format!("it is {}", found.in_words()))
        }
    }

    pub(super) fn of_another(&self, found: &Found) -> Refusal {
        let message = format!("{} is there already, and migc did not make it: it is {}", self.request.in_words(), found.in_words());
        Refusal::new(message, "`migc import` takes it over, and the next apply makes it as declared; or give this record another name")
    }

    pub(super) fn changed_meanwhile(&self, how: &str) -> Refusal {
        let message = format!("{} was changed outside of migc meanwhile: {how}", self.request.in_words());
        Refusal::new(message, "nothing was overwritten; run `migc plan` again, which shows it as it is now")
    }

    /// A reply that is none, or not from who has the key.
    fn read(&self, sent: &Sent, reply: &[u8]) -> Result<Message, Refusal> {
        let server = &self.request.server;
        let strange = |what: &str| {
            let message = format!("the reply of {server} {what}");
            Refusal::new(message, format!("see that {server} is the name server that is meant, and that nobody is between"))
        };
        let message = Message::from_vec(reply).map_err(|error| strange(&format!("is no message of DNS: {error}")))?;
        let code = message.response_code;
        let asked = &sent.message;
        let is_answer = message.id == asked.id && message.message_type == MessageType::Response && message.op_code == asked.op_code;
        if !is_answer {
            return Err(strange("belongs to another question"));
        }
        let signature = message.signature().map(|signature| &signature.data);
        if let Some(error) = signature.and_then(|signature| signature.error) {
            let their_seconds = signature.and_then(|signature| seconds(&signature.other));
            return Err(self.not_believed(error, sent.at_seconds, their_seconds));
        }
        if signature.is_none() {
            return Err(match code {
                ResponseCode::NoError | ResponseCode::NXDomain => strange("is not signed"),
                code => self.refused(code),
            });
        }
        let verified = self.signer.verify_message_byte(reply, Some(&sent.mac), true);
        let (_, signed_at, within) = verified.map_err(|error| strange(&format!("is not signed with the key: {error}")))?;
        if !within.contains(&sent.at_seconds) {
            return Err(self.clocks_differ(sent.at_seconds, signed_at));
        }
        if message.truncation {
            return Err(strange("is cut off"));
        }
        // Servers may leave the zone of a change out, and what they did not understand.
        let may_be_bare = asked.op_code == OpCode::Update || !matches!(code, ResponseCode::NoError | ResponseCode::NXDomain);
        if message.queries != asked.queries && !(may_be_bare && message.queries.is_empty()) {
            return Err(strange("answers another question"));
        }
        Ok(message)
    }

    fn not_believed(&self, error: TsigError, our_seconds: u64, their_seconds: Option<u64>) -> Refusal {
        let (server, key) = (&self.request.server, &self.request.key);
        match error {
            TsigError::BadTime => self.clocks_differ(our_seconds, their_seconds.unwrap_or(our_seconds)),
            TsigError::BadKey => Refusal::new(
                format!("{server} knows no key `{}` of the algorithm {} (BADKEY)", key.name, key.algorithm),
                "give `key` and `algorithm` as the server has them, or add the key there",
            ),
            TsigError::BadSig => Refusal::new(
                format!("{server} has another secret for the key `{}` (BADSIG)", key.name),
                format!("set the secret {} to what stands in the key there", key.secret),
            ),
            other => Refusal::new(format!("{server} does not take what is signed with the key `{}`: {other:?}", key.name), "see its log"),
        }
    }

    fn clocks_differ(&self, our_seconds: u64, their_seconds: u64) -> Refusal {
        let server = &self.request.server;
        let by = our_seconds.abs_diff(their_seconds);
        let how = match our_seconds.cmp(&their_seconds) {
            _ if by == 0 => "differ".to_owned(),
            std::cmp::Ordering::Less => format!("differ: this machine is {by} s behind it"),
            _ => format!("differ: this machine is {by} s ahead of it"),
        };
        let help = "set the clock that is wrong, as by NTP; signatures hold for 300 s";
        Refusal::new(format!("the clocks of this machine and of {server} {how} (BADTIME)"), help)
    }

    fn refused(&self, code: ResponseCode) -> Refusal {
        let (server, zone, key) = (&self.request.server, &self.request.zone, &self.request.key.name);
        match code {
            ResponseCode::Refused => Refusal::new(
                format!("{server} does not let the key `{key}` do that to {} (REFUSED)", self.request.in_words()),
                format!(
                    "its log says why; bind lets it by `update-policy {{ grant {key} zonesub ANY; }};` in the zone `{zone}`, and takes no MX or NS of \
                     a name in the zone that has no address"
                ),
            ),
            ResponseCode::NotAuth => Refusal::new(
                format!("{server} is not the primary server of {zone} (NOTAUTH)"),
                "name that one in `server`, or correct the name of the zone",
            ),
            ResponseCode::NotZone => {
                Refusal::new(format!("{} is not in the zone {zone} (NOTZONE)", self.request.name), "correct the names in the program")
            }
            ResponseCode::NotImp => Refusal::new(
                format!("{server} takes no dynamic updates (NOTIMP)"),
                "name a server that does; this zone may be kept in another way there",
            ),
            ResponseCode::ServFail => Refusal::new(
                format!("{server} failed at it (SERVFAIL)"),
                format!("its log says why: mostly it may not write the folder of {zone}, or the zone did not load"),
            ),
            other => Refusal::new(format!("{server} refuses {}: {other}", self.request.in_words()), "its log says why"),
        }
    }
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// There was something else than the plan expects, and so there still is.
    NotAsExpected,
}

/// A time of 48 bits.
fn seconds(bytes: &[u8]) -> Option<u64> {
    let bytes: [u8; 6] = bytes.try_into().ok()?;
    Some(bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
}
