//! How is a name server reached? Over TCP, a connection for each request, with an end to all waiting.

use super::now_ms;
use crate::{
    WorldError,
    names::{Asking, Changed, Found, Sent},
    world::NamesError,
};
use mig_plan::NameRequest;
use serde_json::Value;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A connection is made within that.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// And a message answered.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Asks, and changes what the request changes.
pub(super) async fn ask(request: &NameRequest, secret: &str) -> Result<Value, NamesError> {
    let asking = Asking::new(request, secret)?;
    let mut way = Way::to(&request.server).await?;
    let found = way.found(&asking).await?;
    if let Some(change) = &request.change {
        let update = asking.update(change, &found, now_seconds())?;
        let reply = way.exchange(&update).await.map_err(|error| way.lost(&error))?;
        if asking.changed(&update, &reply)? == Changed::NotAsExpected {
            let found = way.found(&asking).await?;
            return Err(asking.not_as_expected(&found).into());
        }
    }
    Ok(asking.answer(&found)?)
}

fn now_seconds() -> u64 {
    now_ms() / 1_000
}

/// A connection.
struct Way<'s> {
    server: &'s str,
    stream: TcpStream,
}

impl<'s> Way<'s> {
    async fn to(server: &'s str) -> Result<Self, WorldError> {
        let stream = match timeout(CONNECT_MAX, TcpStream::connect(server)).await {
            Ok(connected) => connected.map_err(|error| unreachable(server, &error))?,
            Err(_) => return Err(unreachable(server, &late(CONNECT_MAX))),
        };
        Ok(Self { server, stream })
    }

    /// A question changes nothing, so it may be asked again.
    async fn found(&mut self, asking: &Asking<'_>) -> Result<Found, NamesError> {
        let question = asking.question(now_seconds())?;
        let reply = self.exchange(&question).await.map_err(|error| unreachable(self.server, &error))?;
        Ok(asking.found(&question, &reply)?)
    }

    /// A message and its reply, each after its length.
    async fn exchange(&mut self, sent: &Sent) -> io::Result<Vec<u8>> {
        let length = u16::try_from(sent.bytes.len()).map_err(io::Error::other)?;
        let stream = &mut self.stream;
        let both = async {
            stream.write_all(&[&length.to_be_bytes()[..], &sent.bytes].concat()).await?;
            let mut reply = vec![0; usize::from(stream.read_u16().await?)];
            stream.read_exact(&mut reply).await?;
            Ok(reply)
        };
        timeout(ANSWER_MAX, both).await.unwrap_or_else(|_| Err(late(ANSWER_MAX)))
    }

    /// Whether the change was made is not known.
    fn lost(&self, error: &io::Error) -> WorldError {
        WorldError::Lost { host: self.server.to_owned(), message: error.to_string() }
    }
}

fn late(within: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", within.as_secs()))
}

fn unreachable(server: &str, error: &io::Error) -> WorldError {
    WorldError::Unreachable {
        host: server.to_owned(),
        message: format!("the name server does not answer over TCP: {error}"),
        help: "see that it runs, that its address is right, and that no firewall is between".to_owned(),
    }
}
