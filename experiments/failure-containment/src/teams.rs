//! A team of three, main, a victim and a bystander, as threads of one process or as processes. The victim fails, and what
//! is left of the team and of what the victim held is looked at.
//!
//! The team runs in a process of its own, a child of the one that looks. It writes what it sees into a mapping that both
//! share, so that its word outlives it.

use std::io::{self, PipeReader, Read, Write};
use std::panic;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use lab::process::{Child, fork};
use lab::robust::Guard;
use lab::trace::{Event, State};
use lab::{RobustMutex, Shared};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, getppid, kill_process,
    setrlimit, waitid, waitpid,
};

use crate::failures::Failure;

/// The longest that any process of a team may take; it is ended then.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// How long a process may take that has been killed, or that has lost its parent.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it sleeps who looks whether something has happened.
pub(crate) const LOOK: Duration = Duration::from_micros(100);

/// Where and how a team's failure is shown.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// A folder for the victim's temporary files, empty; where there is none, it makes none.
    pub folder: Option<&'a Path>,
    /// How long whoever has ended is kept in the process table, for others to look at.
    pub keep: Duration,
}

/// How a thread or a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It returned, which nobody does who fails.
    Returned,
    /// A thread panicked, and its process goes on.
    Panicked,
    /// The process exited with this code.
    Exited(i32),
    /// A signal ended the process.
    Signalled(i32),
}

/// What somebody else finds who tries a lock that the victim held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It is free.
    Free,
    /// It is free, and whoever takes it is told that its owner died.
    OwnerDied,
    /// It is locked, and nobody is left who could unlock it.
    Stuck,
}

/// What was seen of a team and of what its victim left.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How the victim ended; a thread that took its process along, as that did.
    pub victim: Ended,
    /// Whether main went on after the victim had ended.
    pub main_survives: bool,
    /// Whether the bystander counted on after the victim had ended.
    pub bystander_survives: bool,
    /// Whether main found the victim's `std::sync::Mutex` poisoned.
    pub poisoned: bool,
    /// The robust mutex, in a mapping that outlives the team.
    pub robust: Lock,
    /// The same without robustness.
    pub plain: Lock,
    /// Whether an update in shared memory stayed half done.
    pub half_done: bool,
    /// How many files are left of two temporary ones: one with a name, one without; nothing where there is no folder.
    pub files: Option<usize>,
    /// Whether a child of the victim's process ran on and was handed over.
    pub orphan: bool,
    /// The same of one that had asked to be killed when its parent ends.
    pub tied_orphan: bool,
    /// Whether the victim was a zombie before it was reaped; nothing where /proc doesn't tell.
    pub zombie: Option<bool>,
    /// What the victim, or Rust's runtime in its name, said on stderr.
    pub said: String,
    /// Who lived until when.
    pub timeline: Vec<(String, Vec<Event>)>,
}

/// A team: it starts main, a victim and a bystander, lets the victim fail, and looks what main can still do.
pub type Team = fn(&Stage<'_>, Failure) -> io::Result<()>;

// ANCHOR: threads
/// A victim and a bystander as threads of main's process.
pub fn threads(stage: &Stage<'_>, failure: Failure) -> io::Result<()> {
    let _children = stage.children()?; // the process's: threads have none
    let mutex = Mutex::new(());
    thread::scope(|scope| {
        let bystander = Builder::new().spawn_scoped(scope, || stage.count_on())?;
        let victim = Builder::new().spawn_scoped(scope, || {
            let _guard = mutex.lock();
            stage.hold_and_fail(failure)
        });
        let ended = victim.map(|victim| victim.join()); // `Err` is a panic
        stage.main_goes_on(mutex.is_poisoned());
        let _ = bystander.join();
        ended?.unwrap_or_else(|_| stage.note_panic())
    })
}
// ANCHOR_END: threads

// ANCHOR: processes
/// A victim and a bystander as children of main's process.
pub fn processes(stage: &Stage<'_>, failure: Failure) -> io::Result<()> {
    let mutex = Mutex::new(());
    let bystander = fork(LIMIT, || stage.done(|| stage.count_on()))?;
    let victim = fork(LIMIT, || {
        stage.done(|| {
            let _children = stage.children()?;
            let _guard = mutex.lock(); // a copy, in a memory of its own
            stage.hold_and_fail(failure)
        })
    })?;
    stage.see_zombie(&victim)?;
    stage.note_end(victim.wait()?);
    stage.main_goes_on(mutex.is_poisoned());
    bystander.wait()?;
    Ok(())
}
// ANCHOR_END: processes

/// What a team shares with the process that looks at it.
#[derive(Debug)]
pub struct Stage<'a> {
    board: &'a Shared<Board>,
    robust: &'a RobustMutex,
    plain: &'a RobustMutex,
    scene: Scene<'a>,
    /// Who looks, and to whom orphans are handed over.
    reaper: Pid,
    /// From when on time is told.
    began: Instant,
}

type Board = [AtomicU64; 20];

/// What is noted on the board; 0 where nobody has noted anything.
#[derive(Clone, Copy, Debug)]
enum Note {
    /// The first half of the victim's update.
    First,
    /// The second half.
    Second,
    /// How far the bystander has counted.
    Beats,
    /// Main has seen the victim's end.
    Over,
    /// The bystander has counted on after that.
    BystanderSurvives,
    /// The mutex was poisoned.
    Poisoned,
    /// How the victim ended.
    Victim,
    /// Whether a zombie was seen: 1 for no, 2 for yes.
    Zombie,
    /// The process id of the child that outlives its parent.
    Orphan,
    /// When that child had taken its leave.
    Untied,
    /// It has been handed over.
    Adopted,
    /// The process id of the child that doesn't.
    Tied,
    /// The system refused something; the words are on stderr.
    Refused,
    /// When main started; as all times, in nanoseconds since the team was called together.
    MainStarts,
    /// When main had done all that it does.
    MainEnds,
    /// When the victim started.
    VictimStarts,
    /// When it failed.
    VictimFails,
    /// When it was reaped, if it was a process.
    VictimReaped,
    /// When the bystander started.
    BystanderStarts,
    /// When it counted last.
    LastBeat,
}

/// So far the bystander counts on when the victim has ended.
const ON: u64 = 20;

const PANICKED: u64 = 1;
const EXITED: u64 = 1 << 32;
const SIGNALLED: u64 = 2 << 32;

fn to_number(status: WaitStatus) -> u64 {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => EXITED | u64::from(code.cast_unsigned()),
        (None, signal) => SIGNALLED | u64::from(signal.unwrap_or(0).cast_unsigned()),
    }
}

fn from_number(number: u64) -> Ended {
    let low = (number as u32).cast_signed();
    match number & !u64::from(u32::MAX) {
        EXITED => Ended::Exited(low),
        SIGNALLED => Ended::Signalled(low),
        _ if number == PANICKED => Ended::Panicked,
        _ => Ended::Returned,
    }
}

impl Stage<'_> {
    fn note(&self, note: Note, value: u64) {
        self.board[note as usize].store(value, SeqCst);
    }

    fn noted(&self, note: Note) -> u64 {
        self.board[note as usize].load(SeqCst)
    }

    fn note_time(&self, note: Note) {
        self.note(note, self.began.elapsed().as_nanos() as u64);
    }

    /// The victim's thread has panicked, and main has joined it.
    fn note_panic(&self) -> io::Result<()> {
        self.note(Note::Victim, PANICKED);
        Ok(())
    }

    /// The victim's process has ended so, and main has reaped it.
    fn note_end(&self, status: WaitStatus) {
        self.note_time(Note::VictimReaped);
        self.note(Note::Victim, to_number(status));
    }

    // ANCHOR: victim
    /// The victim takes the locks, does half of an update, makes its temporary files, and fails.
    fn hold_and_fail(&self, failure: Failure) -> io::Result<()> {
        self.note_time(Note::VictimStarts);
        let _robust: Guard<'_> = self.robust.lock()?;
        let _plain = self.plain.lock()?;
        let _named = self.scene.folder.map(tempfile::NamedTempFile::new_in).transpose()?;
        let _unnamed = self.scene.folder.map(tempfile::tempfile_in).transpose()?;
        self.note(Note::First, 1);
        while self.noted(Note::Beats) == 0 {
            thread::sleep(LOOK); // all three are to be there when it happens
        }
        self.note_time(Note::VictimFails);
        failure.happen();
        self.note(Note::Second, 1);
        Ok(())
    }

    /// The bystander counts until main has seen the victim's end, and on.
    fn count_on(&self) -> io::Result<()> {
        self.note_time(Note::BystanderStarts);
        let mut on = 0;
        while on < ON {
            on += self.noted(Note::Over); // 1 from that moment on
            self.board[Note::Beats as usize].fetch_add(1, SeqCst);
            self.note_time(Note::LastBeat);
            thread::sleep(LOOK);
        }
        self.note(Note::BystanderSurvives, 1);
        Ok(())
    }
    // ANCHOR_END: victim

    /// Main has seen the victim's end, and lives.
    fn main_goes_on(&self, poisoned: bool) {
        self.note(Note::Poisoned, u64::from(poisoned));
        self.note(Note::Over, 1);
    }

    /// Two children: one that the kernel kills when its parent ends, and one that lives on until somebody ends it.
    fn children(&self) -> io::Result<[Child; 2]> {
        let maker = getpid();
        let tied = fork(LIMIT, || {
            thread::sleep(LIMIT);
            Vec::new()
        })?;
        self.note(Note::Tied, u64::from(tied.id().cast_unsigned()));
        let orphan = fork(LIMIT, || {
            self.outlive(maker);
            Vec::new()
        })?;
        self.note(Note::Orphan, u64::from(orphan.id().cast_unsigned()));
        while self.noted(Note::Untied) == 0 {
            thread::sleep(LOOK);
        }
        Ok([tied, orphan])
    }

    /// Lives on when `maker` ends, and ends with the process that it is handed over to. If that isn't the one that looks,
    /// then this has been killed, and nobody is left to end an orphan but itself.
    fn outlive(&self, maker: Pid) {
        end_with_parent(false);
        self.note_time(Note::Untied);
        while getppid() == Some(maker) {
            thread::sleep(LOOK);
        }
        end_with_parent(true);
        if getppid() != Some(self.reaper) {
            let _ = kill_process(getpid(), Signal::KILL);
        }
        self.note(Note::Adopted, 1);
        thread::sleep(LIMIT);
    }

    /// Who lived until when; an orphan, until it was ended just now.
    fn timeline(&self, orphan: bool) -> Vec<(String, Vec<Event>)> {
        let event = |state, name: &str, from, to| Event { state, name: name.to_owned(), start: from, end: to };
        let from_to = |from, to| event(State::Runs, "runs", self.noted(from), self.noted(to));
        let mut victim = vec![from_to(Note::VictimStarts, Note::VictimFails)];
        if self.noted(Note::VictimReaped) > 0 {
            victim.push(event(State::Waits, "ends", self.noted(Note::VictimFails), self.noted(Note::VictimReaped)));
        }
        let main = match self.noted(Note::Over) {
            // The victim has taken it along; its parent has noticed a little later.
            0 => vec![
                from_to(Note::MainStarts, Note::VictimFails),
                event(State::Waits, "ends", self.noted(Note::VictimFails), self.noted(Note::MainEnds)),
            ],
            _ => vec![from_to(Note::MainStarts, Note::MainEnds)],
        };
        let mut rows = vec![
            ("main".to_owned(), main),
            ("victim".to_owned(), victim),
            ("bystander".to_owned(), vec![from_to(Note::BystanderStarts, Note::LastBeat)]),
        ];
        if orphan {
            let now = self.began.elapsed().as_nanos() as u64;
            rows.push(("orphan".to_owned(), vec![event(State::Runs, "runs", self.noted(Note::Untied), now)]));
        }
        rows
    }

    /// What a child process of a team does; if the system refuses it something, it says so.
    fn done(&self, work: impl FnOnce() -> io::Result<()>) -> Vec<u8> {
        if let Err(error) = work() {
            self.note(Note::Refused, 1);
            let _ = writeln!(io::stderr(), "{error}");
        }
        Vec::new()
    }

    /// Waits for the end of a child, and looks for it in the process table.
    fn see_zombie(&self, child: &Child) -> io::Result<()> {
        wait_unreaped(child)?;
        thread::sleep(self.scene.keep);
        if let Some(state) = state(child.id()) {
            self.note(Note::Zombie, if state == 'Z' { 2 } else { 1 });
        }
        Ok(())
    }
}

/// Waits for the end of a child, and leaves it to be reaped.
fn wait_unreaped(child: &Child) -> io::Result<()> {
    let pid = Pid::from_raw(child.id()).map(WaitId::Pid).expect("a child has a process id");
    loop {
        match waitid(pid.clone(), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The letter of a process's state, as proc_pid_stat(5) has it; nothing where there is no such process or no /proc.
fn state(process: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold anything.
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Lets a team run in a process of its own, and looks at what is left.
///
/// The calling process must be the one that orphans are handed over to: see [`become_reaper`].
///
/// # Errors
/// The system refuses a process, a thread, a mapping or a file.
pub fn show(team: Team, failure: Failure, scene: Scene<'_>) -> io::Result<Seen> {
    let board = Shared::new([const { AtomicU64::new(0) }; _])?;
    let (robust, plain) = (RobustMutex::shared()?, RobustMutex::shared_but_not_robust()?);
    let stage = Stage { board: &board, robust: &robust, plain: &plain, scene, reaper: getpid(), began: Instant::now() };
    let (hears, says) = io::pipe()?;
    let main = fork(LIMIT + scene.keep, || {
        stage.done(|| {
            rustix::stdio::dup2_stderr(&says)?;
            leave_no_core()?;
            // Without a backtrace, which may take longer than all the rest.
            panic::set_hook(Box::new(|panic| {
                let _ = writeln!(io::stderr(), "panicked: {}", panic.payload_as_str().unwrap_or_default());
            }));
            stage.note_time(Note::MainStarts);
            let shown = team(&stage, failure);
            stage.note_time(Note::MainEnds);
            shown
        })
    })?;
    drop(says);
    wait_unreaped(&main)?;
    if stage.noted(Note::Over) == 0 {
        thread::sleep(scene.keep); // the victim has taken main along
    }
    let status = main.wait()?;
    let main_survives = status.exit_status() == Some(0) && stage.noted(Note::Over) == 1;
    if stage.noted(Note::MainEnds) == 0 {
        stage.note_time(Note::MainEnds);
    }
    let orphan = was_left(stage.noted(Note::Orphan), || stage.noted(Note::Adopted) == 1);
    let tied_orphan = was_left(stage.noted(Note::Tied), || false);
    let said = said(hears)?;
    if stage.noted(Note::Refused) == 1 {
        return Err(io::Error::other(said.trim().to_owned()));
    }
    let victim = if main_survives { stage.noted(Note::Victim) } else { to_number(status) };
    Ok(Seen {
        victim: from_number(victim),
        main_survives,
        bystander_survives: stage.noted(Note::BystanderSurvives) == 1,
        poisoned: stage.noted(Note::Poisoned) == 1,
        robust: find(&robust)?,
        plain: find(&plain)?,
        half_done: (stage.noted(Note::First), stage.noted(Note::Second)) == (1, 0),
        files: scene.folder.map(empty).transpose()?,
        orphan,
        tied_orphan,
        zombie: [None, Some(false), Some(true)][stage.noted(Note::Zombie) as usize],
        said,
        timeline: stage.timeline(orphan),
    })
}

/// Tries a lock whose owner has ended.
fn find(mutex: &RobustMutex) -> io::Result<Lock> {
    Ok(match mutex.try_lock()? {
        None => Lock::Stuck,
        Some(guard) if guard.owner_died() => Lock::OwnerDied,
        Some(_) => Lock::Free,
    })
}

/// Whether this process has become the parent of that one, and that one runs on: until it `is_settled`, or as long as anybody
/// would wait. Then it is ended and reaped.
fn was_left(id: u64, is_settled: impl Fn() -> bool) -> bool {
    let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else { return false };
    let deadline = Instant::now() + PATIENCE;
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let runs_on = loop {
        // Of a child that runs there is nothing to tell yet. One that its parent has reaped is no child of ours.
        match waitid(WaitId::Pid(pid), look) {
            Ok(None) if is_settled() || Instant::now() >= deadline => break true,
            Ok(None) => thread::sleep(LOOK),
            _ => break false,
        }
    };
    if runs_on {
        let _ = kill_process(pid, Signal::KILL);
    }
    let _ = waitpid(Some(pid), WaitOptions::empty());
    runs_on
}

/// What a pipe holds, up to 64 KiB, though others may still hold its other end open.
fn said(mut pipe: PipeReader) -> io::Result<String> {
    let mut bytes = vec![0; 1 << 16];
    let ready = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&Timespec::default()))?;
    let read = if ready > 0 { pipe.read(&mut bytes)? } else { 0 };
    Ok(String::from_utf8_lossy(&bytes[..read]).into_owned())
}

/// Removes all files of a folder; how many there were.
fn empty(folder: &Path) -> io::Result<usize> {
    let mut files = 0;
    for file in std::fs::read_dir(folder)? {
        std::fs::remove_file(file?.path())?;
        files += 1;
    }
    Ok(files)
}

/// Whoever crashes here on purpose is not to be written to a disk, nor to be sent to a program that collects crashes.
/// Source: core(5).
pub(crate) fn leave_no_core() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Makes this process the one that orphans among its descendants are handed over to. Source: prctl(2),
/// `PR_SET_CHILD_SUBREAPER`.
///
/// # Errors
/// The system has no such call.
pub fn become_reaper() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::process::set_child_subreaper(Some(getpid()))?);
    #[cfg(not(target_os = "linux"))]
    return Err(io::Error::new(io::ErrorKind::Unsupported, "this system hands every orphan to its first process"));
}

/// Whether the kernel kills this process when its parent ends; from its next parent on, if it has lost one already. Source:
/// prctl(2), `PR_SET_PDEATHSIG`.
pub(crate) fn end_with_parent(is_to: bool) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(is_to.then_some(Signal::KILL));
    #[cfg(not(target_os = "linux"))]
    let _ = is_to;
}
