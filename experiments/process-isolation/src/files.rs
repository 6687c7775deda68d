//! The second question: what does the kernel hold for two workers? An open file has an offset, and a pipe holds what was
//! written to it.

use std::fs::File;
use std::io::{self, PipeWriter, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::thread;

use lab::process::{fork, hand_over, take_over};
use lab::{Case, Chosen, Question, Report, Row, team};
use rustix::io::ioctl_fionread;

use crate::anew::{READ, some_file, start_anew};
use crate::places::Scene;

/// A worker reads from a file or writes to a pipe. Does the other worker notice?
#[derive(clap::Args)]
pub struct InTheKernel {}

/// What the first worker finds before and after the other worker's part: the offset at which it would read, or the number of
/// bytes that it could read.
type Way = fn() -> io::Result<[u64; 2]>;

const VARIANTS: [(&str, Way); 6] = [
    ("file-threads", || offset(|file| in_a_thread(|| read(file)))),
    ("file-processes", || offset(|file| in_a_child(|| read(file)))),
    ("file-exec", || offset(|file| start_anew(file, &Scene::new(0)).map(drop))),
    ("file-opened-anew", || {
        offset(|file| in_a_child(|| read(&opened_anew(file)?)))
    }),
    ("pipe-threads", || readable(|pipe| in_a_thread(|| write(pipe)))),
    ("pipe-processes", || readable(|pipe| in_a_child(|| write(pipe)))),
];

fn offset(
    others_part: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<[u64; 2]> {
    let mut file = some_file()?;
    let before = file.stream_position()?;
    others_part(&file)?;
    Ok([before, file.stream_position()?])
}

fn readable(
    others_part: impl FnOnce(&PipeWriter) -> io::Result<()>,
) -> io::Result<[u64; 2]> {
    let (reads, writes) = io::pipe()?;
    let before = ioctl_fionread(reads.as_fd())?;
    others_part(&writes)?;
    Ok([before, ioctl_fionread(reads.as_fd())?])
}

/// The same file, by another `open`.
fn opened_anew(file: &File) -> io::Result<File> {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    File::open(&name)
        .map_err(|error| io::Error::other(format!("can't open {name}: {error}")))
}

fn read(mut file: &File) -> io::Result<()> {
    file.read_exact(&mut [0; READ])
}

fn write(mut pipe: &PipeWriter) -> io::Result<()> {
    pipe.write_all(&[0; READ])
}

fn in_a_thread(part: impl FnOnce() -> io::Result<()> + Send) -> io::Result<()> {
    thread::scope(|scope| {
        thread::Builder::new().spawn_scoped(scope, part)?.join().unwrap()
    })
}

fn in_a_child(part: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    take_over(fork(team::LIMIT, || hand_over(part()))?, team::LIMIT)
}

impl Question for InTheKernel {
    const NAME: &str = "files";
    const SHOWN: &str =
        "the other worker noticed if it shared the file or pipe, and only then";
    const EXAMPLES: &str = "cargo run -p process-isolation -- files
        cargo run -p process-isolation -- files --variant file-opened-anew";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = Way;
    type Run = [u64; 2];

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|(name, _)| name).into()
    }

    fn cases(&self, _: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Way>>> {
        report.say(
            "“before” and “after” are what the first worker finds before and after the other worker has read from the file, or \
             written to the pipe. For a file, this is the offset at which the first worker would read on. For a pipe, it's the \
             number of bytes that the first worker could read.",
        );
        let what = |name: &str| {
            if name.starts_with("file") { "offset" } else { "readable" }
        };
        Ok(VARIANTS.map(|(name, way)| Case::new(name, what(name), way)).into())
    }

    fn run(&self, case: &Case<Way>) -> io::Result<[u64; 2]> {
        (case.given)()
    }

    fn tell(&self, case: &Case<Way>, runs: &[[u64; 2]], row: &mut Row<'_>) {
        let [before, after] = runs[0];
        row.words("value", &case.parameter);
        row.words("before", before.to_string());
        row.words("after", after.to_string());
        row.number("moved", "bytes", (after - before) as f64);
        let moved =
            if case.variant == "file-opened-anew" { 0 } else { READ as u64 };
        if (before, after) != (0, moved) {
            row.wrong();
        }
    }
}
