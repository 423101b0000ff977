//! How is a name server asked, how is it told to change a name, and what does its reply say? Messages of RFC 2136 under RFC 8945.
//!
//! Makes and reads messages only; they are carried elsewhere. A reply counts only if its signature, its number and its question are ours.

mod reply;
mod text;

pub use reply::{Changed, Found, Refusal};

use hickory_proto::{
    op::{Message, MessageType, OpCode, Query},
    rr::{DNSClass, Name, RData, Record, RecordType, TSigner, rdata::tsig::TsigAlgorithm},
};
use mig_plan::{NameChange, NameRequest};
use std::str::FromStr as _;

/// Clocks may differ by so much, as everybody has it (RFC 8945, 10).
const FUDGE_SECONDS: u16 = 300;

/// A request with its names and key read.
pub struct Asking<'r> {
    request: &'r NameRequest,
    signer: TSigner,
    zone: Name,
    owner: Name,
    sort: RecordType,
}

/// A message on its way, with what its reply has to be like.
pub struct Sent {
    /// As it travels, without its length.
    pub bytes: Vec<u8>,
    message: Message,
    mac: Vec<u8>,
    at_seconds: u64,
}

impl<'r> Asking<'r> {
    /// Fails if a name, the type or the key is no such thing. `secret` is that of the key, in base64.
    pub fn new(request: &'r NameRequest, secret: &str) -> Result<Self, Refusal> {
        let key = &request.key;
        let no_name = |name: &str| Refusal::new(format!("`{name}` is no name of a domain"), "correct it in the program");
        let name = |text: &str| whole_name(text).ok_or_else(|| no_name(text));
        let algorithm = match key.algorithm.as_str() {
            "hmac_sha256" => TsigAlgorithm::HmacSha256,
            "hmac_sha384" => TsigAlgorithm::HmacSha384,
            "hmac_sha512" => TsigAlgorithm::HmacSha512,
            other => return Err(Refusal::new(format!("there is no algorithm `{other}` of keys"), "correct it in the program")),
        };
        let bytes = data_encoding::BASE64.decode(secret.trim().as_bytes()).map_err(|_| {
            let message = format!("the secret {} is no base64", key.secret);
            Refusal::new(message, "it is what stands between the quotes after `secret` of the key, as `tsig-keygen` prints it")
        })?;
        let signer = TSigner::new(bytes, algorithm, name(&key.name)?, FUDGE_SECONDS);
        let sort = RecordType::from_str(&request.sort).ok().filter(|sort| text::is_known(*sort));
        let (zone, owner) = (name(&request.zone)?, name(&request.name)?);
        if !zone.zone_of(&owner) {
            return Err(Refusal::new(format!("`{}` is not in the zone `{}`", request.name, request.zone), "correct it in the program"));
        }
        Ok(Self {
            request,
            signer: signer.map_err(|error| Refusal::new(format!("the key `{}` cannot be used: {error}", key.name), "correct it"))?,
            zone,
            owner,
            sort: sort.ok_or_else(|| Refusal::new(format!("records of the type `{}` are not written", request.sort), "leave it out"))?,
        })
    }

    /// What the server has now.
    pub fn question(&self, now_seconds: u64) -> Result<Sent, Refusal> {
        let mut message = Message::query();
        message.metadata.recursion_desired = false;
        message.add_query(Query::query(self.owner.clone(), self.sort));
        self.sign(message, now_seconds)
    }

    /// The change, on the condition that there is what was found, which has to be what the plan expects.
    pub fn update(&self, change: &NameChange, found: &Found, now_seconds: u64) -> Result<Sent, Refusal> {
        let mut message = Message::new(Message::query().id, MessageType::Query, OpCode::Update);
        let mut zone = Query::new();
        zone.set_name(self.zone.clone()).set_query_class(DNSClass::IN).set_query_type(RecordType::SOA);
        message.add_query(zone);
        match &change.was {
            // Under a wildcard a server answers what is not there, so what it answered decides nothing here.
            None => drop(message.add_answers(self.free())),
            Some(was) => {
                let as_planned = found.ttl_seconds == Some(was.ttl_seconds) && self.same(&found.data, &was.values)?;
                if !as_planned {
                    return Err(self.changed_meanwhile(&format!("it was {}, and is {}", was.in_words(), found.in_words())));
                }
                // What must be there is asked for as the server itself spells it; times to live are no part of a condition.
                message.add_answers(found.data.iter().map(|data| Record::from_rdata(self.owner.clone(), 0, data.clone())));
                message.add_authority(self.empty(self.sort, DNSClass::ANY));
            }
        }
        if let Some(set) = &change.becomes {
            for value in &set.values {
                let data = self.data(value)?;
                message.add_authority(Record::from_rdata(self.owner.clone(), set.ttl_seconds, data));
            }
        }
        self.sign(message, now_seconds)
    }

    /// Conditions: there is no such record, and no alias beside which it could not be; beside an alias there is nothing at all.
    fn free(&self) -> Vec<Record> {
        let sorts = if self.sort == RecordType::CNAME { vec![RecordType::ANY] } else { vec![self.sort, RecordType::CNAME] };
        sorts.into_iter().map(|sort| self.empty(sort, DNSClass::NONE)).collect()
    }

    fn empty(&self, sort: RecordType, class: DNSClass) -> Record {
        let mut record = Record::update0(self.owner.clone(), 0, sort);
        record.dns_class = class;
        record
    }

    fn data(&self, value: &str) -> Result<RData, Refusal> {
        text::parse(self.sort, value).map_err(|why| {
            let message = format!("`{}` is no value of a record {}: {why}", mig_plan::visible::line(value), self.request.in_words());
            Refusal::new(message, "correct it in the program")
        })
    }

    /// Do they mean the same, in whatever order?
    fn same(&self, found: &[RData], values: &[String]) -> Result<bool, Refusal> {
        let wished = values.iter().map(|value| self.data(value)).collect::<Result<Vec<_>, _>>()?;
        let within = |of: &[RData], all: &[RData]| of.iter().all(|one| all.iter().any(|other| text::same(one, other)));
        Ok(within(found, &wished) && within(&wished, found))
    }

    fn sign(&self, mut message: Message, now_seconds: u64) -> Result<Sent, Refusal> {
        let unsigned = |error: String| Refusal::new(format!("{}: no message can be made: {error}", self.request.in_words()), "correct it");
        message.finalize(&self.signer, now_seconds).map_err(|error| unsigned(error.to_string()))?;
        let bytes = message.to_vec().map_err(|error| unsigned(error.to_string()))?;
        let mac = message.signature().map(|signature| signature.data.mac.clone()).unwrap_or_default();
        if u16::try_from(bytes.len()).is_err() {
            return Err(unsigned("it has more than 65535 bytes".to_owned()));
        }
        Ok(Sent { bytes, message, mac, at_seconds: now_seconds })
    }
}

/// A name with all its labels, whether or not its last dot is written.
fn whole_name(text: &str) -> Option<Name> {
    let mut name = Name::from_ascii(text.trim_end_matches('.')).ok().filter(|name| !name.is_root())?;
    name.set_fqdn(true);
    Some(name)
}
