//! How is a link made long? By a relay on loopback that holds back each byte for a while, in both directions; many kernels have no
//! other way.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

const CHUNK_BYTES: usize = 64 << 10;
/// In flight; more of them wait as a full window does.
const CHUNK_COUNT_MAX: usize = 1_024;

/// A port that leads to another one, `one_way` later. It is there until this program ends.
pub(super) fn relay(port: u16, one_way: Duration) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let own = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || {
                // Connecting is a round trip too.
                thread::sleep(one_way * 2);
                let _ = both(client, port, one_way);
            });
        }
    });
    Ok(own)
}

fn both(client: TcpStream, port: u16, one_way: Duration) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || pump(from, to, one_way));
    pump(server, client, one_way);
    Ok(())
}

fn pump(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(CHUNK_COUNT_MAX);
    let writer = thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    let mut buffer = vec![0; CHUNK_BYTES];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let chunk = buffer.get(..length).unwrap_or_default().to_vec();
        if sender.send((Instant::now() + delay, chunk)).is_err() {
            break;
        }
    }
    drop(sender);
    let _ = writer.join();
}
