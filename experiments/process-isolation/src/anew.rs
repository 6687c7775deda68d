//! The other worker as a program that is started anew: it has only what it is given.

use std::env;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use lab::Span;
use lab::process::{fork, hand_over, handed_over, take_over};
use serde::{Deserialize, Serialize};

use crate::places::{FIRST, Memory, OTHER, Pair, Places, Scene, View, of_1, place};

/// The argument that makes this program the other worker. Nobody gives it by mistake.
pub const AS_THE_OTHER: &str = "as-the-other";

/// The only variable that is handed over.
const HANDED_OVER: &str = "HANDED_OVER";

/// How many bytes of a handed over file are read.
pub const READ: usize = 4;

/// What a program that was started anew tells.
#[derive(Serialize, Deserialize)]
pub struct Told {
    view: View,
    environment: Vec<String>,
    /// The files that the program has open.
    open: Vec<Identity>,
    folder: Identity,
}

/// The numbers of a file's device and inode.
type Identity = (u64, u64);

/// The other worker is this program, started anew in a child. It begins with nothing, and ends before the first looks again.
pub fn exec(scene: &Scene) -> io::Result<Pair> {
    let (memory, local) = (Memory::new()?, place());
    let places = Places { memory: &memory, local: &local, lent: None };
    places.write(FIRST);
    let (start, before) = (scene.now(), places.look());
    let (handed_over, kept_back) = (some_file()?, some_file()?);
    let (told, forked) = start_anew(&handed_over, scene)?;
    let is_open = |file: &File| {
        Ok::<_, io::Error>(told.open.contains(&identity(file.metadata()?)))
    };
    let yes_or_no = |what, is, is_to| (what, "of 1", of_1(is), is == is_to);
    let inherited = vec![
        (
            "environment",
            "variables",
            told.environment.len() as f64,
            told.environment == [HANDED_OVER],
        ),
        yes_or_no("input", is_open(&handed_over)?, true),
        yes_or_no("other-file", is_open(&kept_back)?, false),
        yes_or_no("folder", told.folder == identity(fs::metadata(".")?), true),
        yes_or_no("pid", told.view.pid == forked, true),
    ];
    let span = Span { start, end: scene.now() };
    Ok(Pair {
        first: View::new(before, places.look(), span),
        other: View { span, ..told.view },
        inherited,
    })
}

// ANCHOR: exec
/// Starts this program anew in a child, with a file as its input. Returns what the
/// program tells, and its process id.
pub fn start_anew(input: &File, scene: &Scene) -> io::Result<(Told, u32)> {
    let (program, input) = (env::current_exe()?, input.try_clone()?);
    let (mut reads, writes) = io::pipe()?;
    let keep = scene.keep.as_secs().to_string();
    let child = fork(scene.limit(), move || {
        let mut command = Command::new(program);
        command.args([AS_THE_OTHER, &keep]);
        command.env_clear().env(HANDED_OVER, "yes");
        // `exec` returns only if it fails. Then the parent gets the reason.
        hand_over::<()>(Err(command.stdin(input).stdout(writes).exec()))
    })?;
    // ANCHOR_END: exec
    let forked = child.id().cast_unsigned();
    let mut told = Vec::new();
    reads.read_to_end(&mut told)?;
    let told = if told.is_empty() {
        take_over(child, scene.limit())?
    } else {
        handed_over(&told)?
    };
    Ok((told, forked))
}

/// The work of the program that was started anew: it looks, reads some of its input, writes, looks again, stays for this many
/// seconds, and tells its parent what it saw, or why it couldn't.
pub fn as_the_other(keep: u64) -> Vec<u8> {
    hand_over(begin_anew(&Scene::new(keep)))
}

fn begin_anew(scene: &Scene) -> io::Result<Told> {
    let (memory, local) = (Memory::new()?, place());
    let places = Places { memory: &memory, local: &local, lent: None };
    let (start, before) = (scene.now(), places.look());
    places.write(OTHER);
    // The file is unbuffered, since reading ahead would move the offset further.
    File::from(io::stdin().as_fd().try_clone_to_owned()?)
        .read_exact(&mut [0; READ])?;
    let view = View::new(before, places.look(), Span { start, end: scene.now() });
    scene.stay();
    Ok(Told {
        view,
        environment: env::vars_os()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect(),
        open: fs::read_dir("/dev/fd")?
            .filter_map(|entry| {
                Some(identity(fs::metadata(entry.ok()?.path()).ok()?))
            })
            .collect(),
        folder: identity(fs::metadata(".")?), // the folder may have no name any more
    })
}

/// A new file without a name, with sixteen bytes, at its beginning.
pub fn some_file() -> io::Result<File> {
    let file = tempfile::tempfile();
    let mut file = file.map_err(|error| {
        io::Error::other(format!(
            "can't make a temporary file: {error}; set TMPDIR to another folder"
        ))
    })?;
    file.write_all(b"0123456789abcdef")?;
    file.rewind()?;
    Ok(file)
}

fn identity(file: Metadata) -> Identity {
    (file.dev(), file.ino())
}
