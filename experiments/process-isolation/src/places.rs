//! Places in memory, as two workers see them: at which address each lies, and what it holds before and after a write.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;
use std::{env, fs, thread};

use lab::{Shared, Span, process};
use serde::{Deserialize, Serialize};

use crate::line::{self, Line, Role};
use crate::{Scene, hand_over, take_over};

/// What every place holds when its program, its thread or its function begins.
pub const INITIAL: u64 = 1;
/// What the first worker has written before the other begins.
pub const FIRST: u64 = 2;
/// What the other one writes then.
pub const OTHER: u64 = 3;

// ANCHOR: places
static STATIC: AtomicU64 = place();

thread_local! {
    static THREAD_LOCAL: AtomicU64 = const { place() };
}

/// What lies neither there nor on a stack.
#[derive(Debug)]
struct Memory {
    heap: Box<AtomicU64>,
    /// In a mapping that forked children share.
    mapping: Shared<AtomicU64>,
}

/// Where a worker looks and writes, besides the two at the top.
#[derive(Clone, Copy, Debug)]
struct Places<'a> {
    memory: &'a Memory,
    /// On the stack of the worker itself.
    local: &'a AtomicU64,
    /// On the stack of the first worker, which lends it to the other.
    lent: Option<&'a AtomicU64>,
}

/// A place at its beginning.
const fn place() -> AtomicU64 {
    AtomicU64::new(INITIAL)
}
// ANCHOR_END: places

impl Memory {
    fn new() -> io::Result<Self> {
        Ok(Self { heap: Box::new(place()), mapping: Shared::new(place())? })
    }
}

/// A place, as one worker sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its name in the table.
    pub place: String,
    /// Its address.
    pub address: usize,
    /// What it holds.
    pub value: u64,
}

impl Places<'_> {
    fn each<R>(&self, visit: impl Fn(&str, &AtomicU64) -> R) -> Vec<R> {
        let mut all = vec![visit("static", &STATIC), visit("heap", &self.memory.heap), visit("local", self.local)];
        all.extend(self.lent.map(|lent| visit("lent-local", lent)));
        all.push(THREAD_LOCAL.with(|own| visit("thread-local", own)));
        all.push(visit("mapping", &self.memory.mapping));
        all
    }

    /// Looks at all of them.
    fn look(&self) -> Vec<Seen> {
        self.each(|place, at| Seen {
            place: place.to_owned(),
            address: (&raw const *at).addr(),
            value: at.load(SeqCst),
        })
    }

    /// Writes this number to all of them.
    fn write(&self, number: u64) {
        self.each(|_, at| at.store(number, SeqCst));
    }
}

/// What one worker saw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct View {
    /// The process that it belongs to.
    pub pid: i32,
    /// The kernel's number for the thread that it is.
    pub tid: i32,
    /// Where the function lies that both are in.
    pub function: usize,
    /// The places before the other one writes; the first has written them already.
    pub before: Vec<Seen>,
    /// The places after the other one wrote.
    pub after: Vec<Seen>,
    /// When it was in that function.
    pub span: Span,
}

/// What two workers saw of the same places.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The first one's view.
    pub first: View,
    /// The other one's.
    pub other: View,
    /// What a program that was started anew has been handed over.
    pub inherited: Option<Inherited>,
}

// ANCHOR: take-part
/// A worker's part: it looks, and looks again once the other one has written.
fn take_part(places: Places, mut line: Line, scene: &Scene) -> io::Result<View> {
    let (start, before) = (scene.now(), places.look());
    line.meet()?; // both are in this function
    match line.role {
        Role::First => line.hear()?, // it stands here while the other one writes
        Role::Other => {
            places.write(OTHER);
            line.tell()?;
        }
    }
    let after = places.look();
    thread::sleep(scene.keep);
    line.meet()?; // nobody leaves before both have looked
    Ok(View::new(before, after, Span { start, end: scene.now() }))
}
// ANCHOR_END: take-part

impl View {
    fn new(before: Vec<Seen>, after: Vec<Seen>, span: Span) -> Self {
        Self { pid: pid(), tid: tid(), function: take_part as *const () as usize, before, after, span }
    }
}

// ANCHOR: threads
/// The other one is a thread. Its local is on a stack of its own, the rest is lent.
pub fn threads(scene: &Scene) -> io::Result<Pair> {
    let (memory, local, lent) = (Memory::new()?, place(), place());
    let places = Places { memory: &memory, local: &local, lent: Some(&lent) };
    places.write(FIRST);
    let (line, others_line) = line::pair()?;
    thread::scope(|scope| {
        let part = move || {
            let local = place();
            take_part(Places { local: &local, ..places }, others_line, scene)
        };
        let other = thread::Builder::new().spawn_scoped(scope, part)?;
        let first = take_part(places, line, scene)?;
        Ok(Pair { first, other: other.join().unwrap()?, inherited: None })
    })
}
// ANCHOR_END: threads

// ANCHOR: processes
/// The other one is a forked child. It goes on with a copy of all, the stack too.
pub fn processes(scene: &Scene) -> io::Result<Pair> {
    let (memory, local) = (Memory::new()?, place());
    let places = Places { memory: &memory, local: &local, lent: None };
    places.write(FIRST);
    let (line, others_line) = line::pair()?;
    let part = || hand_over(take_part(places, others_line, scene));
    let other = process::fork(scene.limit(), part)?;
    let first = take_part(places, line, scene)?;
    Ok(Pair { first, other: take_over(other, scene.limit())?, inherited: None })
}
// ANCHOR_END: processes

/// The other one is this program, started anew in a child: it begins with nothing, and ends before the first looks again.
pub fn exec(scene: &Scene) -> io::Result<Pair> {
    let (memory, local) = (Memory::new()?, place());
    let places = Places { memory: &memory, local: &local, lent: None };
    places.write(FIRST);
    let (start, before) = (scene.now(), places.look());
    let (handed_over, kept_back) = (some_file()?, some_file()?);
    let told = start_anew(&handed_over, scene)?;
    let is_open = |file: &fs::File| Ok::<_, io::Error>(told.open.contains(&identity(&file.metadata()?)));
    let inherited = Inherited {
        environment: told.environment,
        handed_over: is_open(&handed_over)?,
        kept_back: is_open(&kept_back)?,
        folder: told.folder == folder()?,
        pid: told.view.pid == told.forked,
    };
    let span = Span { start, end: scene.now() };
    let first = View::new(before, places.look(), span);
    Ok(Pair { first, other: View { span, ..told.view }, inherited: Some(inherited) })
}

/// What a program that was started anew has been handed over.
#[derive(Clone, Debug)]
pub struct Inherited {
    /// The names in its environment: it was handed [`HANDED_OVER`], and nothing else.
    pub environment: Vec<String>,
    /// Whether the file that it was handed as its input is open in it.
    pub handed_over: bool,
    /// Whether another file is, that was open in its parent.
    pub kept_back: bool,
    /// Whether it began in its parent's working directory.
    pub folder: bool,
    /// Whether it has the process id that the fork before it gave.
    pub pid: bool,
}

/// The variable that is handed over.
pub const HANDED_OVER: &str = "HANDED_OVER";

/// What this program tells when it was started anew.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    view: View,
    environment: Vec<String>,
    open: Vec<(u64, u64)>,
    folder: (u64, u64),
    #[serde(skip)]
    forked: i32,
}

/// So many bytes a worker reads from a file that it was handed.
pub const READ: usize = 4;

// ANCHOR: exec
/// Starts this program anew in a child, with a file as its input.
pub(crate) fn start_anew(input: &fs::File, scene: &Scene) -> io::Result<Told> {
    let (program, input) = (env::current_exe()?, input.try_clone()?);
    let (mut reads, writes) = io::pipe()?;
    let keep = scene.keep.as_secs().to_string();
    let child = process::fork(scene.limit(), move || {
        let mut command = Command::new(program);
        command.args(["--as-the-other", "--keep", &keep]);
        command.env_clear().env(HANDED_OVER, "yes");
        // This returns only if it fails, and then there is a reason to hand over.
        command.stdin(input).stdout(writes).exec().to_string().into_bytes()
    })?;
    // ANCHOR_END: exec
    let forked = child.id();
    let mut told = String::new();
    reads.read_to_string(&mut told)?;
    let failed = process::gather(vec![child], Instant::now() + scene.limit())?.concat();
    if !failed.is_empty() {
        return Err(io::Error::other(String::from_utf8_lossy(&failed).into_owned()));
    }
    let told: Told = serde_json::from_str::<Result<_, String>>(&told)?.map_err(io::Error::other)?;
    Ok(Told { forked, ..told })
}

/// What the program does that was started anew: it looks, reads some of its input, writes, looks again, and tells. What it
/// tells is for its parent alone, be it why it couldn't.
pub fn as_the_other(scene: &Scene) -> String {
    String::from_utf8_lossy(&hand_over(begin_anew(scene))).into_owned()
}

fn begin_anew(scene: &Scene) -> io::Result<Told> {
    let (memory, local) = (Memory::new()?, place());
    let places = Places { memory: &memory, local: &local, lent: None };
    let (start, before) = (scene.now(), places.look());
    places.write(OTHER);
    // Unbuffered: what is read ahead would move the offset further.
    fs::File::from(io::stdin().as_fd().try_clone_to_owned()?).read_exact(&mut [0; READ])?;
    let view = View::new(before, places.look(), Span { start, end: scene.now() });
    thread::sleep(scene.keep);
    Ok(Told {
        view,
        environment: env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect(),
        open: open_files()?,
        folder: folder()?,
        forked: 0,
    })
}

/// A new file with sixteen bytes, at its beginning, that has no name.
pub(crate) fn some_file() -> io::Result<fs::File> {
    use io::{Seek, Write};
    let file = tempfile::tempfile();
    let mut file = file.map_err(|error| io::Error::other(format!("can't make a temporary file: {error}")))?;
    file.write_all(b"0123456789abcdef")?;
    file.rewind()?;
    Ok(file)
}

/// The files that this process has open.
fn open_files() -> io::Result<Vec<(u64, u64)>> {
    let open = fs::read_dir("/dev/fd")?.filter_map(|entry| fs::metadata(entry.ok()?.path()).ok());
    Ok(open.map(|file| identity(&file)).collect())
}

/// The working directory, which may have no name any more.
fn folder() -> io::Result<(u64, u64)> {
    Ok(identity(&fs::metadata(".")?))
}

fn identity(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

fn pid() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// The kernel's number for the calling thread; elsewhere than on Linux nobody gives one, and the process's stands for it.
fn tid() -> i32 {
    #[cfg(target_os = "linux")]
    return rustix::thread::gettid().as_raw_nonzero().get();
    #[cfg(not(target_os = "linux"))]
    pid()
}
