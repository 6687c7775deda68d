//! How processes that were started by hand find each other over TCP, by a deadline.
//!
//! The engine can do this itself. But it looks once in a second, waits for ever, and says so on stdout. It takes sockets that
//! are connected, too, and these are connected here.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use beyond_one_machine::cluster::{Sockets, Task};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What each tells the other first: the protocol, then what it is to work on, then who it is.
const GREETING: usize = 24;
const PROTOCOL: u64 = u64::from_be_bytes(*b"dataflow");

/// A caller that hasn't said who it is within so long is none of ours.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connects process `me` with all others, and returns a connection for each, with none in its own place. It calls those
/// before it in the list and is called by those behind it, at `listener`. `task` stands for what they are to do: those who
/// come for another task are refused.
///
/// # Errors
/// Somebody hasn't come until `deadline`, was started for another task, or the system refuses a connection.
pub fn meet(
    listener: &TcpListener,
    addresses: &[String],
    me: usize,
    task: u64,
    deadline: Instant,
) -> io::Result<Sockets> {
    let mut connected = Sockets::new();
    for (other, address) in addresses[..me].iter().enumerate() {
        connected.push(Some(call(address, other, me, task, deadline)?));
    }
    connected.resize_with(addresses.len(), || None);
    listener.set_nonblocking(true)?;
    while let Some(missing) = (me + 1..addresses.len()).find(|other| connected[*other].is_none()) {
        if !comes(listener, deadline)? {
            return Err(late(missing, &addresses[missing], "it didn't call"));
        }
        // Whoever called may have left again, and strangers are not answered.
        let Ok((stream, _)) = listener.accept() else { continue };
        let Ok((theirs, other)) = heard(&stream, deadline) else { continue };
        if theirs != task {
            say(&stream, task, me)?;
            return Err(elsewhere(other));
        }
        if (me + 1..addresses.len()).contains(&other) && connected[other].is_none() && say(&stream, task, me).is_ok() {
            connected[other] = Some(ready(stream)?);
        }
    }
    Ok(connected)
}

/// A number that stands for a task, and that no other one for so many processes has.
pub fn number(task: &Task, processes: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    (task.work.name, task.size as u64, processes as u64).hash(&mut hasher);
    hasher.finish()
}

/// Calls another process until it answers.
fn call(address: &str, other: usize, me: usize, task: u64, deadline: Instant) -> io::Result<TcpStream> {
    let mut why = "there was no time to".to_owned();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late(other, address, &format!("it didn't answer ({why})")));
        }
        let answered = resolved(address).and_then(|address| {
            let stream = TcpStream::connect_timeout(&address, left)?;
            say(&stream, task, me)?;
            Ok((heard(&stream, deadline)?, stream))
        });
        match answered {
            Ok(((theirs, who), stream)) if theirs == task && who == other => return ready(stream),
            Ok(((theirs, who), _)) if theirs != task => return Err(elsewhere(who)),
            Ok(((_, who), _)) => {
                let message = format!("process {who} answers at {address}, where process {other} should be");
                return Err(io::Error::other(format!("{message}; give all the same hosts")));
            }
            // It isn't there yet.
            Err(error) => {
                why = error.to_string();
                thread::sleep(Duration::from_millis(20).min(left));
            }
        }
    }
}

fn resolved(address: &str) -> io::Result<SocketAddr> {
    let none = || io::Error::new(io::ErrorKind::NotFound, format!("no host is known at {address}"));
    address.to_socket_addrs()?.next().ok_or_else(none)
}

/// Listens where the others call.
///
/// # Errors
/// The system refuses the address: it isn't one of this machine, or somebody else listens there.
pub fn listen(address: &str) -> io::Result<TcpListener> {
    let refused = |error: io::Error| {
        let help = match error.kind() {
            io::ErrorKind::AddrInUse => "; somebody listens there already: take another port",
            io::ErrorKind::AddrNotAvailable => "; it is no address of this machine: start each process on its own host",
            io::ErrorKind::PermissionDenied => "; take a port from 1024 on",
            _ => "",
        };
        io::Error::other(format!("can't listen at {address}: {error}{help}"))
    };
    TcpListener::bind(address).map_err(refused)
}

/// Waits until somebody calls; false at the deadline.
fn comes(listener: &TcpListener, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).expect("a deadline is less than centuries away");
        match poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn say(mut stream: &TcpStream, task: u64, me: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(&[PROTOCOL, task, me as u64].map(u64::to_be_bytes).concat())
}

/// The task and the number of whoever is at the other end.
fn heard(mut stream: &TcpStream, deadline: Instant) -> io::Result<(u64, usize)> {
    let left = deadline.saturating_duration_since(Instant::now()).min(PATIENCE);
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
    let mut greeting = [0; GREETING];
    stream.read_exact(&mut greeting)?;
    let number = |at: usize| u64::from_be_bytes(greeting[at..at + 8].try_into().expect("eight bytes"));
    match number(0) {
        PROTOCOL => Ok((number(8), usize::try_from(number(16)).unwrap_or(usize::MAX))),
        _ => Err(io::Error::other("a stranger called")),
    }
}

/// A connection as the engine wants it.
fn ready(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(None)?;
    Ok(stream)
}

fn late(other: usize, address: &str, what: &str) -> io::Error {
    let message = format!(
        "process {other} at {address} didn't come in time: {what}; start it there, or give all longer --patience"
    );
    io::Error::new(io::ErrorKind::TimedOut, message)
}

fn elsewhere(other: usize) -> io::Error {
    io::Error::other(format!("process {other} was started for something else; give all the same hosts and arguments"))
}
