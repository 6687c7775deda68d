//! A server that answers after a while, as if it asked a database, and its clients.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use lab::{Shared, process};
use rustix::net::sockopt::set_socket_linger;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Request;

/// A server in a process of its own, which ends when this value is dropped or this process ends.
#[derive(Debug)]
pub struct Server {
    /// The port where it listens, on the loopback interface only.
    pub port: u16,
    seen: Rc<Seen>,
    _process: process::Child,
}

/// What the server shares with the process that started it: how many clients it has, and for how many nanoseconds, at most, an
/// answer lay there before its client read it.
type Seen = Shared<[AtomicU64; 2]>;

/// How long a server serves, at most.
const LIMIT: Duration = Duration::from_secs(600);

/// How long we wait until the last clients have gone.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many connections may wait to be accepted. The standard library asks for 128. If a thousand clients came at once, most of
/// them would be turned away, and try again a second later. The kernel gives at most `net.core.somaxconn`. Source: listen(2).
const BACKLOG: i32 = 4096;

impl Server {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// The system refuses the port or the process.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        rustix::net::listen(&listener, BACKLOG)?;
        listener.set_nonblocking(true)?;
        let (port, seen) = (
            listener.local_addr()?.port(),
            Rc::new(Seen::new(Default::default())?),
        );
        let process = process::fork(LIMIT, || {
            // If the server fails, its clients wait in vain, and say so.
            let _ = serve(listener, &seen);
            Vec::new()
        })?;
        Ok(Self { port, seen, _process: process })
    }

    /// How many clients have sent a request and haven't gone.
    pub fn clients(&self) -> u64 {
        self.seen[0].load(Relaxed)
    }

    /// Waits until the last client has gone.
    ///
    /// # Errors
    /// Clients stay for too long.
    pub fn is_left(&self) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.clients() != 0 {
            if Instant::now() >= deadline {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the server still has clients after 15 s",
                ));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// The longest time that an answer lay there unread since the last call. Waits until all clients have gone.
    ///
    /// # Errors
    /// Clients stay for too long.
    pub fn longest_unread(&self) -> io::Result<Duration> {
        self.is_left()?;
        Ok(Duration::from_nanos(self.seen[1].swap(0, Relaxed)))
    }
}

// ANCHOR: serve
/// Serves until the process is killed. A single thread will do, as it only waits.
fn serve(listener: TcpListener, seen: &Rc<Seen>) -> io::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    drop(tokio::task::spawn_local(answer(stream, Rc::clone(seen))));
                }
                // No descriptor is left. The next client waits in the backlog until
                // another one has gone.
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    })
}

/// Reads a request, waits as long as it says, answers with its number, and learns
/// how long the answer lay there unread.
async fn answer(
    mut stream: tokio::net::TcpStream,
    seen: Rc<Seen>,
) -> io::Result<()> {
    let (delay, number) = (stream.read_u32().await?, stream.read_u32().await?);
    let [clients, unread] = &**seen;
    clients.fetch_add(1, Relaxed);
    // A client that waits sends nothing more. If the client goes, this reads its
    // end at once.
    let gone =
        tokio::time::timeout(Duration::from_millis(delay.into()), stream.read_u8())
            .await
            .is_ok();
    let answered = now();
    if !gone && stream.write_u32(number).await.is_ok() {
        // The client tells when it had the answer. The server itself may have to
        // wait for a CPU before it can look.
        let had = stream.read_u64().await.unwrap_or_else(|_| now());
        unread.fetch_max(had.saturating_sub(answered), Relaxed);
    }
    clients.fetch_sub(1, Relaxed);
    Ok(())
}
// ANCHOR_END: serve

// ANCHOR: request
impl Request {
    /// Sends a request with this number and blocks until the answer is there, which
    /// is the number again. Then tells the server when that was.
    pub(crate) fn send(self, number: u32) -> io::Result<u64> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .map_err(lacking)?;
        stream.set_read_timeout(Some(self.patience()))?;
        stream.write_all(&self.bytes(number))?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer)?;
        stream.write_all(&now().to_be_bytes())?;
        close_at_once(&stream)?;
        Ok(u32::from_be_bytes(answer).into())
    }

    /// The same, but at each `await` other tasks can go on.
    pub(crate) async fn send_async(self, number: u32) -> io::Result<u64> {
        let exchange = async {
            let mut stream =
                tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
                    .await
                    .map_err(lacking)?;
            stream.write_all(&self.bytes(number)).await?;
            let answer = stream.read_u32().await?;
            stream.write_u64(now()).await?;
            close_at_once(&stream)?;
            Ok(answer.into())
        };
        tokio::time::timeout(self.patience(), exchange).await?
    }
    // ANCHOR_END: request

    fn bytes(self, number: u32) -> [u8; 8] {
        (u64::from(self.delay) << 32 | u64::from(number)).to_be_bytes()
    }

    /// How long a client waits for its answer, at most.
    fn patience(self) -> Duration {
        Duration::from_millis(self.delay.into()) + Duration::from_secs(20)
    }
}

/// The time by a clock that all processes of a machine share, in nanoseconds. Source: clock_gettime(2), `CLOCK_MONOTONIC`.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Says which side failed: it's the client, whose `connect` makes a socket first.
fn lacking(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("can't connect to the server: {error}"))
}

/// Makes a socket close without TIME_WAIT, the minute for which a port stays busy after a connection. A thousand clients, many
/// times over, could use up all ports. Nothing is lost, since the client has its answer, and on the loopback interface whatever
/// was sent has arrived. Source: socket(7), `SO_LINGER`.
fn close_at_once(socket: &impl AsFd) -> io::Result<()> {
    Ok(set_socket_linger(socket, Some(Duration::ZERO))?)
}

/// Asks for as many file descriptors as this process may have: the soft limit becomes the hard limit. Processes that it starts
/// inherit this. Returns how many descriptors that is, or nothing if there is no limit. Source: getrlimit(2).
///
/// # Errors
/// The system refuses.
pub fn raise_descriptors() -> io::Result<Option<u64>> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Ok(limit.maximum)
}
