//! The same work on several hosts. This is one of several processes that are started by hand and meet at the addresses in a
//! file.
//!
//! Write `HOST:PORT` for each process into a file, one on each line, and give all hosts the same file. On the host of the
//! first line run `cargo run -p beyond-one-machine --example hosts -- --hosts FILE --process 0`, on the host of the second
//! line the same with `--process 1`, and so on.

mod file;
mod meeting;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use base::arguments::parse;
use base::telling::print;
use beyond_one_machine::WORKS;
use beyond_one_machine::cluster::{self, Task};
use clap::Parser;
use lab::{Ending, Whole};

/// Do one process's part of the work that the processes at these addresses share.
#[derive(Parser)]
#[command(
    bin_name = "cargo run -p beyond-one-machine --example hosts --",
    after_help = "Exit codes:
  0  this process did its part; process 0 has the result, and it is that of one thread
  1  a process didn't come or was lost, or the result is another one
  2  wrong arguments, or a file that is no list of addresses"
)]
struct Arguments {
    /// Read the addresses of all processes from this file, HOST:PORT on each line; all need the same file
    #[arg(long, value_name = "FILE")]
    hosts: PathBuf,

    /// Be the process of this line, counted from 0
    #[arg(long, value_name = "N")]
    process: Whole<0, { file::MOST as u64 - 1 }, usize>,

    /// Share this work: the rows of a picture, or the degrees of a graph's nodes
    #[arg(long, value_name = "NAME", default_value = "rows", value_parser = WORKS.map(|work| work.name))]
    work: String,

    /// Do this many rows or edges; by default as many as on one machine
    #[arg(long, value_name = "N")]
    size: Option<Whole<1, 1_000_000_000, usize>>,

    /// Wait this many seconds for the other processes
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    patience: Whole<1, 3600>,

    /// Let the work take this many seconds at most
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    limit: Whole<1, 86_400>,
}

fn main() -> ExitCode {
    let arguments: Arguments = parse();
    lab::run(|| take_part(&arguments))
}

fn take_part(arguments: &Arguments) -> io::Result<Ending> {
    let (addresses, me) = (file::read(&arguments.hosts)?, arguments.process.0);
    if me >= addresses.len() {
        let (file, last) = (arguments.hosts.display(), addresses.len() - 1);
        let what = format!(
            "--process {me}: {file} has lines for processes 0 to {last}; name one of them, or add a line"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let work = WORKS
        .into_iter()
        .find(|work| work.name == arguments.work)
        .expect("clap accepts only these names");
    let task = Task { work, size: arguments.size.map_or(work.size, |size| size.0) };

    let listener = meeting::listen(&addresses[me])?;
    let (launched, patience) =
        (Instant::now(), Duration::from_secs(arguments.patience.0));
    let same = meeting::number(&task, addresses.len());
    let sockets = meeting::meet(
        &listener,
        &addresses,
        [same, me as u64],
        launched + patience,
    )?;
    let run = cluster::one_of(
        sockets,
        me,
        task,
        launched,
        Duration::from_secs(arguments.limit.0),
    )?;
    if me > 0 {
        print(&format!("Process {me} did its part; process 0 has the result.\n"))?;
        return Ok(Ending::Shown);
    }
    let began = Instant::now();
    let (right, alone) = ((work.plain)(task.size), began.elapsed());
    let is_right = run.total == right;
    print(&format!(
        "{} on {} processes took {:.1?}: {:.1?} to start up, {:.1?} of work, {:.1?} to end.\nOne thread takes {alone:.1?}.\n{}\n",
        work.name,
        addresses.len(),
        run.elapsed(),
        run.start_up,
        run.work,
        run.end,
        match is_right {
            true =>
                "All processes did their part, and the result is that of one thread.",
            false =>
                "Wrong: the result isn't that of one thread. Please report this, and say which machines these are.",
        },
    ))?;
    Ok(if is_right { Ending::Shown } else { Ending::NotShown })
}
