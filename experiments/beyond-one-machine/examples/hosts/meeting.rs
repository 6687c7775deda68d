//! How processes that were started by hand find each other over TCP, before a deadline.
//!
//! The engine can do this itself. But it looks only once in a second, waits for ever, and writes on stdout that it waits. It
//! also takes connected sockets, and we connect them here.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use beyond_one_machine::cluster::{Sockets, Task};

/// What two processes tell each other first: a number for the task, and the process's own number. The protocol's number stands
/// before both.
type Greeting = [u64; 2];
const PROTOCOL: u64 = u64::from_be_bytes(*b"dataflow");

/// How long a caller has to say which process it is. After that it counts as a stranger.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait before the next look for a missing process.
const PAUSE: Duration = Duration::from_millis(20);

/// Connects this process, with its greeting, to all others. Returns a connection to each, and none in its own place. It calls
/// the processes before it in the list, and is called by those behind it, at `listener`. A process with another task is
/// refused.
///
/// # Errors
/// A process hasn't come by the `deadline`, or was started for another task, or the system refuses a connection.
pub fn meet(
    listener: &TcpListener,
    addresses: &[String],
    mine: Greeting,
    deadline: Instant,
) -> io::Result<Sockets> {
    let me = mine[1] as usize;
    let mut connected = Sockets::new();
    for (other, address) in addresses[..me].iter().enumerate() {
        connected.push(Some(call(address, other, mine, deadline)?));
    }
    connected.resize_with(addresses.len(), || None);
    listener.set_nonblocking(true)?;
    while let Some(missing) =
        (me + 1..addresses.len()).find(|other| connected[*other].is_none())
    {
        let left = left(deadline)
            .ok_or_else(|| late(missing, &addresses[missing], "it didn't call"))?;
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(PAUSE.min(left));
            continue;
        };
        // The caller may have left again, and strangers get no answer.
        let Ok([task, other]) = heard(&stream, left.min(PATIENCE)) else {
            continue;
        };
        if task != mine[0] {
            say(&stream, mine)?;
            return Err(elsewhere(other));
        }
        let other = usize::try_from(other).unwrap_or(usize::MAX);
        if other > me
            && connected.get(other).is_some_and(Option::is_none)
            && say(&stream, mine).is_ok()
        {
            connected[other] = Some(stream);
        }
    }
    Ok(connected)
}

/// A number that stands for this task and this number of processes, and for no others.
pub fn number(task: &Task, processes: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    (task.work.name, task.size as u64, processes as u64).hash(&mut hasher);
    hasher.finish()
}

/// Calls another process until it answers.
fn call(
    address: &str,
    other: usize,
    mine: Greeting,
    deadline: Instant,
) -> io::Result<TcpStream> {
    let mut why = "there was no time to try".to_owned();
    loop {
        let left = left(deadline).ok_or_else(|| {
            late(other, address, &format!("it didn't answer ({why})"))
        })?;
        // A process that is busy with others answers later, on the same connection. If we gave it up, it would still count as
        // ours.
        let answered = address.to_socket_addrs().and_then(|mut found| {
            let found = found
                .next()
                .ok_or_else(|| io::Error::other("there is no such host"))?;
            let stream = TcpStream::connect_timeout(&found, left)?;
            say(&stream, mine)?;
            Ok((heard(&stream, left)?, stream))
        });
        match answered {
            Ok(([task, who], _)) if task != mine[0] => return Err(elsewhere(who)),
            Ok(([_, who], stream)) if who == other as u64 => return Ok(stream),
            Ok(([_, who], _)) => {
                let message = format!(
                    "process {who} answers at {address}, where process {other} should be"
                );
                return Err(io::Error::other(format!(
                    "{message}; give all processes the same file of hosts"
                )));
            }
            // The process isn't there yet.
            Err(error) => why = error.to_string(),
        }
        thread::sleep(PAUSE.min(left));
    }
}

/// Listens at the address where the others call.
///
/// # Errors
/// The system refuses the address: this machine doesn't have it, or another program listens there.
pub fn listen(address: &str) -> io::Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        let help = match error.kind() {
            io::ErrorKind::AddrInUse => "; another program listens there already, so take another port",
            io::ErrorKind::AddrNotAvailable => "; this machine has no such address, so start each process on its own host",
            io::ErrorKind::PermissionDenied => "; take a port from 1024 on",
            _ => "",
        };
        io::Error::other(format!("can't listen at {address}: {error}{help}"))
    })
}

/// The time until the deadline, if there is any left.
fn left(deadline: Instant) -> Option<Duration> {
    Some(deadline.saturating_duration_since(Instant::now()))
        .filter(|left| !left.is_zero())
}

fn say(mut stream: &TcpStream, [task, me]: Greeting) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(&[PROTOCOL, task, me].map(u64::to_be_bytes).concat())
}

/// The greeting from the other end, if it comes within so long. Afterwards the stream waits for ever again, as the engine
/// wants it.
fn heard(mut stream: &TcpStream, patience: Duration) -> io::Result<Greeting> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(patience))?;
    let mut greeting = [0; 24];
    stream.read_exact(&mut greeting)?;
    stream.set_read_timeout(None)?;
    let [protocol, task, who] =
        [0, 1, 2].map(|at| u64::from_be_bytes(greeting.as_chunks().0[at]));
    if protocol == PROTOCOL {
        Ok([task, who])
    } else {
        Err(io::Error::other("another program answers there"))
    }
}

fn late(other: usize, address: &str, what: &str) -> io::Error {
    let message =
        format!("process {other} at {address} didn't come in time: {what}");
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!(
            "{message}; start it there, or give all processes a longer --patience"
        ),
    )
}

fn elsewhere(other: u64) -> io::Error {
    io::Error::other(format!(
        "process {other} was started for something else; give all processes the same hosts, --work and --size"
    ))
}
