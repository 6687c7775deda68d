//! What the kernel holds for two workers: an open file with its offset, and a pipe.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::thread;

use lab::process;
use rustix::io::ioctl_fionread;

use crate::places::{READ, some_file, start_anew};
use crate::{Scene, hand_over, take_over};

/// What the first worker found before and after the other one did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// What is looked at.
    pub what: &'static str,
    /// Before, in bytes: the offset at which it would read, or what it could read.
    pub before: u64,
    /// After.
    pub after: u64,
}

// ANCHOR: files
/// A thread reads from the file.
pub fn file_threads(scene: &Scene) -> io::Result<Shift> {
    offset(|file| in_a_thread(scene, || read(file)))
}

/// A forked child reads from the file, which was open before the fork.
pub fn file_processes(scene: &Scene) -> io::Result<Shift> {
    offset(|file| in_a_child(scene, || read(file)))
}

/// A program that was started anew reads from the file, which it was handed as its input.
pub fn file_exec(scene: &Scene) -> io::Result<Shift> {
    offset(|file| start_anew(file, scene).map(drop))
}

/// A forked child opens the file itself, and reads from it.
pub fn file_opened_anew(scene: &Scene) -> io::Result<Shift> {
    offset(|file| in_a_child(scene, || read(&opened_anew(file)?)))
}

/// Where the first worker would go on reading, before and after the other one reads.
fn offset(others_part: impl FnOnce(&File) -> io::Result<()>) -> io::Result<Shift> {
    let mut file = some_file()?;
    let before = file.stream_position()?;
    others_part(&file)?;
    Ok(Shift { what: "offset", before, after: file.stream_position()? })
}

/// The same file, by another `open`.
fn opened_anew(file: &File) -> io::Result<File> {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    File::open(&name).map_err(|error| io::Error::other(format!("can't open {name}: {error}")))
}

fn read(mut file: &File) -> io::Result<()> {
    file.read_exact(&mut [0; READ])
}
// ANCHOR_END: files

/// A thread writes to a pipe.
pub fn pipe_threads(scene: &Scene) -> io::Result<Shift> {
    readable(|pipe| in_a_thread(scene, || write(pipe)))
}

/// A forked child writes to a pipe.
pub fn pipe_processes(scene: &Scene) -> io::Result<Shift> {
    readable(|pipe| in_a_child(scene, || write(pipe)))
}

/// How much the first worker could read without waiting, before and after the other one writes.
fn readable(others_part: impl FnOnce(&io::PipeWriter) -> io::Result<()>) -> io::Result<Shift> {
    let (reads, writes) = io::pipe()?;
    let before = ioctl_fionread(reads.as_fd())?;
    others_part(&writes)?;
    Ok(Shift { what: "readable", before, after: ioctl_fionread(reads.as_fd())? })
}

fn write(mut pipe: &io::PipeWriter) -> io::Result<()> {
    pipe.write_all(&[0; READ])
}

fn in_a_thread(scene: &Scene, part: impl FnOnce() -> io::Result<()> + Send) -> io::Result<()> {
    thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, || kept(scene, part))?;
        other.join().unwrap()
    })
}

fn in_a_child(scene: &Scene, part: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    take_over(process::fork(scene.limit(), || hand_over(kept(scene, part)))?, scene.limit())
}

/// Does a worker's part, and stays as long as the scene says.
fn kept(scene: &Scene, part: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    part()?;
    thread::sleep(scene.keep);
    Ok(())
}
