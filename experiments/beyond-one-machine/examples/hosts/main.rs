//! The same work on several hosts: this is one of several processes, started by hand, that meet at addresses in a file.
//!
//! Write `HOST:PORT` for each process into a file, one a line, give all hosts the same file, and on the host of the first line
//! run `cargo run -p beyond-one-machine --example hosts -- --hosts FILE --process 0`, on that of the second `--process 1`.

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
#[command(after_help = "Exit codes:
  0  this process did its part; process 0 has the result, and it is that of one thread
  1  somebody didn't come or was lost, or the result differs
  2  wrong arguments, or a file of hosts that is none")]
struct Arguments {
    /// The addresses at which the processes meet: HOST:PORT, one a line, the same for all
    #[arg(long, value_name = "FILE")]
    hosts: PathBuf,

    /// Which of them this is: the line of its address, counted from 0
    #[arg(long, value_name = "N")]
    process: Whole<0, { file::MOST as u64 - 1 }, usize>,

    /// The work that they share
    #[arg(long, value_name = "NAME", default_value = "rows", value_parser = WORKS.map(|work| work.name))]
    work: String,

    /// How much of it: the picture's rows, or the graph's edges; by default as much as on one machine
    #[arg(long, value_name = "N")]
    size: Option<Whole<1, 1_000_000_000, usize>>,

    /// How long the others may take to come, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    patience: Whole<1, 3600>,

    /// How long the work may take, in seconds
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
            "--process {me}: {file} has lines for processes 0 to {last}; name one, or add a line"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let work = WORKS
        .into_iter()
        .find(|work| work.name == arguments.work)
        .expect("it is one of them");
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
            true => "All did their part, and the result is that of one thread.",
            false =>
                "NOT as it should be: the result isn't that of one thread. Please report this, with the machines.",
        },
    ))?;
    Ok(if is_right { Ending::Shown } else { Ending::NotShown })
}
