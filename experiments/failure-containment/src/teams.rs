//! The first question. Main, a victim and a bystander are a team of threads in one process, or of processes. The victim fails,
//! and we look at what is left of the team and of the things that the victim held.
//!
//! The team runs in a process of its own, a child of the process that looks. It notes what happens in a mapping that both
//! share, so that its notes outlive it.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::panic;
use std::path::Path;
use std::process::ExitStatus;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use lab::process::{Child, fork, heed};
use lab::trace::{Event, State};
use lab::{Case, Chosen, Done, Question, Report, RobustMutex, Row, Shared, Whole};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, getppid,
    kill_process, test_kill_process, waitid, waitpid,
};

use crate::failures::{EXIT_CODE, Failure};
use crate::folder::Folder;
use crate::{LIMIT, LOOK, in_words, leave_no_core, until};

/// What else ends when a thread or a process panics, aborts, hangs or is killed?
#[derive(clap::Args)]
pub struct Failures {
    /// Keep the dead victim and the child that it left for this many seconds, so that you can look at them with other tools
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    keep: Whole<0, 20>,
}

/// Every failure, in a thread and in a process.
const FAILURES: [(Failure, [&str; 2]); 8] = [
    (Failure::Panic, ["panic-thread", "panic-process"]),
    (Failure::Abort, ["abort-thread", "abort-process"]),
    (Failure::Segfault, ["segfault-thread", "segfault-process"]),
    (Failure::StackOverflow, ["stack-overflow-thread", "stack-overflow-process"]),
    (Failure::OutOfMemory, ["no-memory-thread", "no-memory-process"]),
    (Failure::Exit, ["exit-thread", "exit-process"]),
    (Failure::Kill, ["kill-thread", "kill-process"]),
    (Failure::Hang, ["hang-thread", "hang-process"]),
];

/// Where a victim fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Thread,
    Process,
    /// In a process that is the only reader of a pipe. The bystander writes to the pipe, and this says whether it ignores
    /// SIGPIPE.
    Reader(bool),
}

/// All cases, in the order of the table.
fn all() -> Vec<(&'static str, Failure, Place)> {
    let [threads, processes] =
        [(0, Place::Thread), (1, Place::Process)].map(|(at, place)| {
            FAILURES.map(|(failure, names)| (names[at], failure, place))
        });
    let readers = [("sigpipe-default", false), ("sigpipe-ignored", true)];
    let readers = readers
        .map(|(name, ignored)| (name, Failure::Kill, Place::Reader(ignored)));
    [&threads[..], &processes, &readers].concat()
}

/// How long a process may take to end after it was killed, or after it has lost its parent.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long main waits for a process that hangs.
const DEADLINE: Duration = Duration::from_millis(100);

/// A failure, and where it happens.
pub struct Given {
    failure: Failure,
    place: Place,
    /// An empty folder for the victim's temporary files. Without a folder the victim makes none.
    folder: Rc<Option<Folder>>,
}

/// What we saw of a team, and of the things that its victim left.
#[derive(Debug)]
pub struct Seen {
    /// How the victim ended. If a thread took its process along, this is how the process ended.
    victim: String,
    /// What is true and what isn't, in the order of [`FACTS`].
    facts: [bool; 8],
    /// How many of the victim's two temporary files are left, of which one has no name. Nothing if there is no folder.
    files: Option<usize>,
    /// Whether the victim was a zombie before it was reaped. Nothing if /proc doesn't tell.
    zombie: Option<bool>,
    /// What the bystander got when it wrote to a pipe without a reader, if it did.
    broken_pipe: Option<&'static str>,
    /// What the victim or Rust's runtime wrote on stderr.
    said: String,
    /// When each of them lived.
    timeline: Vec<(String, Vec<Event>)>,
}

/// What we tell of each failure: whether main and the bystander go on; whether main finds the victim's `std::sync::Mutex`
/// poisoned; whether a robust mutex in shared memory tells of its owner's death, and an ordinary one stays locked; whether an
/// update stays half done; whether a child of the victim's process runs on; and whether even a child does that asked to be
/// killed when its parent ends.
const FACTS: [&str; 8] = [
    "main-survives",
    "bystander-survives",
    "poisoned",
    "owner-died",
    "stuck",
    "half-done",
    "orphan",
    "tied-orphan",
];

// ANCHOR: threads
/// A victim and a bystander as threads of main's process.
fn threads(stage: &Stage<'_>, failure: Failure) -> io::Result<()> {
    let _children = stage.children()?; // children belong to the process
    let mutex = Mutex::new(());
    thread::scope(|scope| {
        let bystander =
            Builder::new().spawn_scoped(scope, || stage.count_on(None))?;
        let victim = Builder::new().spawn_scoped(scope, || {
            let _guard = mutex.lock();
            stage.hold_and_fail(failure)
        });
        // `Err` means a panic. If the victim hangs, `join` never returns.
        let ended = victim.map(|victim| victim.join());
        stage.main_goes_on(mutex.is_poisoned());
        let _ = bystander.join();
        ended?.unwrap_or_else(|_| {
            stage.note(Note::Victim, PANICKED);
            Ok(())
        })
    })
}
// ANCHOR_END: threads

// ANCHOR: processes
/// A victim and a bystander as children of main's process.
fn processes(stage: &Stage<'_>, failure: Failure) -> io::Result<()> {
    let mutex = Mutex::new(());
    let bystander = fork(LIMIT, || stage.done(|| stage.count_on(None)))?;
    let victim = fork(LIMIT, || {
        stage.done(|| {
            let _children = stage.children()?;
            let _guard = mutex.lock(); // a copy, in the victim's own memory
            stage.hold_and_fail(failure)
        })
    })?;
    if failure == Failure::Hang {
        stage.kill_at_a_deadline(&victim)?;
    }
    stage.see_end(victim)?;
    stage.main_goes_on(mutex.is_poisoned());
    bystander.wait()?;
    Ok(())
}
// ANCHOR_END: processes

// ANCHOR: readers
/// Processes again. The victim reads from a pipe, and the bystander writes to it.
fn reader_and_writer(
    stage: &Stage<'_>,
    failure: Failure,
    ignored: bool,
) -> io::Result<()> {
    let (reads, writes) = io::pipe()?;
    let victim = fork(LIMIT, move || {
        let _reads = reads; // all other processes have closed it
        stage.done(|| stage.hold_and_fail(failure))
    })?;
    let bystander = fork(LIMIT, move || {
        if !ignored {
            heed(Signal::PIPE); // the default action; Rust ignores SIGPIPE
        }
        stage.done(|| stage.count_on(Some(writes)))
    })?;
    stage.see_end(victim)?;
    stage.main_goes_on(false);
    if bystander.wait()?.terminating_signal() == Some(libc::SIGPIPE) {
        stage.note(Note::BrokenPipe, 2);
    }
    Ok(())
}
// ANCHOR_END: readers

/// What a team shares with the process that looks at it.
struct Stage<'a> {
    board: &'a Shared<Board>,
    robust: &'a RobustMutex,
    plain: &'a RobustMutex,
    folder: Option<&'a Path>,
    /// How long a dead process is kept in the process table, so that somebody can look at it.
    keep: Duration,
    /// The process that looks, which orphans get as their new parent.
    reaper: Pid,
    /// When times begin.
    began: Instant,
    /// The note after which it means something that the bystander goes on.
    over: Note,
}

type Board = [AtomicU64; 22];

/// The notes on the board; 0 is a note that hasn't been made. Times are nanoseconds since the team was called together.
#[derive(Clone, Copy)]
enum Note {
    /// The two halves of the victim's update.
    First,
    Second,
    /// How far the bystander has counted, and when it counted last.
    Beats,
    LastBeat,
    /// Main has seen the victim's end, and the bystander has counted on after that.
    Over,
    BystanderSurvives,
    /// The pipe has no reader any more: 1 if `write` told the bystander, 2 if SIGPIPE ended it.
    BrokenPipe,
    Poisoned,
    /// How the victim ended: [`PANICKED`], or what [`number_of`] makes of a status.
    Victim,
    /// The process id of the dead victim that is kept.
    Kept,
    /// Whether we saw a zombie: 1 for no, 2 for yes.
    Zombie,
    /// The child that outlives its parent: its process id, when it stopped depending on its parent, and that it has a new one.
    Orphan,
    Untied,
    Adopted,
    /// The process id of the child that doesn't outlive its parent.
    Tied,
    /// The system refused something; the words are on stderr.
    Refused,
    MainStarts,
    MainEnds,
    BystanderStarts,
    VictimStarts,
    VictimFails,
    /// Only if the victim was a process.
    VictimReaped,
}

/// How far the bystander still counts when the victim has ended.
const ON: u64 = 20;

const PANICKED: u64 = 1;

fn number_of(status: WaitStatus) -> u64 {
    2 + u64::from(status.as_raw().cast_unsigned())
}

impl Stage<'_> {
    fn note(&self, note: Note, value: u64) {
        self.board[note as usize].store(value, SeqCst);
    }

    fn noted(&self, note: Note) -> u64 {
        self.board[note as usize].load(SeqCst)
    }

    fn is(&self, note: Note) -> bool {
        self.noted(note) == 1
    }

    fn note_time(&self, note: Note) {
        self.note(note, self.began.elapsed().as_nanos() as u64);
    }

    // ANCHOR: victim
    /// The victim takes two locks, makes temporary files, does half of an update,
    /// and fails.
    fn hold_and_fail(&self, failure: Failure) -> io::Result<()> {
        self.note_time(Note::VictimStarts);
        let _robust = self.robust.lock()?;
        let _plain = self.plain.lock()?;
        let _named =
            self.folder.map(tempfile::NamedTempFile::new_in).transpose()?;
        let _unnamed = self.folder.map(tempfile::tempfile_in).transpose()?;
        self.note(Note::First, 1);
        // Main, victim and bystander should all be there when it happens.
        until(|| self.noted(Note::Beats) > 0);
        self.note_time(Note::VictimFails);
        failure.happen();
        self.note(Note::Second, 1);
        Ok(())
    }

    /// The bystander counts until main has seen the victim's end, and a bit longer.
    /// If there is a pipe, it also writes to the pipe.
    fn count_on(&self, mut pipe: Option<PipeWriter>) -> io::Result<()> {
        self.note_time(Note::BystanderStarts);
        let mut on = 0;
        while on < ON {
            on += u64::from(self.noted(self.over) > 0);
            self.board[Note::Beats as usize].fetch_add(1, SeqCst);
            self.note_time(Note::LastBeat);
            if pipe.as_mut().is_some_and(|pipe| pipe.write_all(b".").is_err()) {
                self.note(Note::BrokenPipe, 1);
            }
            thread::sleep(LOOK);
        }
        self.note(Note::BystanderSurvives, 1);
        Ok(())
    }
    // ANCHOR_END: victim

    /// Waits for the victim until the deadline, and then kills it.
    fn kill_at_a_deadline(&self, victim: &Child) -> io::Result<()> {
        until(|| self.noted(Note::VictimFails) > 0 || victim.has_ended());
        let deadline = Instant::now() + DEADLINE;
        until(|| victim.has_ended() || Instant::now() >= deadline);
        victim.signal(Signal::KILL)
    }

    /// Main has seen the victim's end, and lives.
    fn main_goes_on(&self, poisoned: bool) {
        self.note(Note::Poisoned, u64::from(poisoned));
        self.note(Note::Over, 1);
    }

    /// Two children: the kernel kills the first when its parent ends, and the second lives on until somebody ends it.
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
        until(|| self.noted(Note::Untied) > 0);
        Ok([tied, orphan])
    }

    /// Lives on when `maker` ends, and ends with its new parent. If the new parent isn't the process that looks, that process
    /// has been killed. Then only the orphan itself is left to end it.
    fn outlive(&self, maker: Pid) {
        end_with_parent(false);
        self.note_time(Note::Untied);
        until(|| getppid() != Some(maker));
        end_with_parent(true);
        if getppid() != Some(self.reaper) {
            let _ = kill_process(getpid(), Signal::KILL);
        }
        self.note(Note::Adopted, 1);
        thread::sleep(LIMIT);
    }

    /// When each of them lived. An orphan has lived until now.
    fn timeline(&self, orphan: bool) -> Vec<(String, Vec<Event>)> {
        let event = |(state, name): (State, &str), from, to| Event {
            state,
            name: name.to_owned(),
            start: self.noted(from),
            end: self.noted(to),
        };
        let runs = |from, to| event((State::Runs, "runs"), from, to);
        let ends = |from, to| event((State::Waits, "ends"), from, to);
        let mut main = vec![runs(Note::MainStarts, Note::MainEnds)];
        if !self.is(Note::Over) {
            // The victim has taken main along, and main's parent noticed that a little later.
            main = vec![
                runs(Note::MainStarts, Note::VictimFails),
                ends(Note::VictimFails, Note::MainEnds),
            ];
        }
        let mut victim = vec![runs(Note::VictimStarts, Note::VictimFails)];
        if self.noted(Note::VictimReaped) > 0 {
            victim.push(ends(Note::VictimFails, Note::VictimReaped));
        }
        let bystander = vec![runs(Note::BystanderStarts, Note::LastBeat)];
        let mut rows =
            vec![("main", main), ("victim", victim), ("bystander", bystander)];
        if orphan {
            let now = self.began.elapsed().as_nanos() as u64;
            rows.push((
                "orphan",
                vec![Event { end: now, ..runs(Note::Untied, Note::Untied) }],
            ));
        }
        rows.into_iter().map(|(name, events)| (name.to_owned(), events)).collect()
    }

    /// Tells on stderr which processes can be looked at, and for how long.
    fn tell_what_is_kept(&self, dead: u64) {
        let orphan = i32::try_from(self.noted(Note::Orphan)).ok();
        let orphan = orphan.and_then(Pid::from_raw);
        let (child, ids) = match orphan.filter(|id| test_kill_process(*id).is_ok())
        {
            None => (String::new(), dead.to_string()),
            Some(orphan) => (
                format!(", and its child {orphan} runs on as an orphan"),
                format!("{dead},{orphan}"),
            ),
        };
        let seconds = self.keep.as_secs();
        let _ = writeln!(
            io::stderr(),
            "Kept for {seconds} s: process {dead} is dead and not reaped (a zombie){child}; see `ps -o pid,ppid,stat,args -p {ids}`."
        );
    }

    /// What a child process of a team does. If the system refuses something, the process says so.
    fn done(&self, work: impl FnOnce() -> io::Result<()>) -> Vec<u8> {
        if let Err(error) = work() {
            self.note(Note::Refused, 1);
            let _ = writeln!(io::stderr(), "{error}");
        }
        Vec::new()
    }

    /// Waits for the end of the victim's process, looks for it in the process table, and reaps it.
    fn see_end(&self, victim: Child) -> io::Result<()> {
        victim.until_ended();
        self.note(Note::Kept, u64::from(victim.id().cast_unsigned()));
        thread::sleep(self.keep);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", victim.id()))
            .unwrap_or_default();
        // The state follows the name, which stands in parentheses and may hold anything. Source: proc_pid_stat(5).
        if let Some((_, behind)) = stat.rsplit_once(") ") {
            self.note(Note::Zombie, if behind.starts_with('Z') { 2 } else { 1 });
        }
        let status = victim.wait()?;
        self.note_time(Note::VictimReaped);
        self.note(Note::Victim, number_of(status));
        Ok(())
    }
}

/// Lets a team run in a process of its own, and looks at what is left. Orphans must get this process as their new parent.
fn show(given: &Given, keep: Duration) -> io::Result<Seen> {
    let board = Shared::new([const { AtomicU64::new(0) }; _])?;
    let (robust, plain) =
        (RobustMutex::shared()?, RobustMutex::shared_but_not_robust()?);
    let folder = Option::as_ref(&given.folder).map(|folder| folder.path.as_path());
    let (reaper, began) = (getpid(), Instant::now());
    // If a thread hangs, nobody ever sees its end.
    let endless = (given.failure, given.place) == (Failure::Hang, Place::Thread);
    let over = if endless { Note::VictimFails } else { Note::Over };
    let stage = Stage {
        board: &board,
        robust: &robust,
        plain: &plain,
        folder,
        keep,
        reaper,
        began,
        over,
    };
    let (hears, says) = io::pipe()?;
    let main = fork(LIMIT + keep, || {
        stage.done(|| {
            rustix::stdio::dup2_stderr(&says)?;
            leave_no_core()?;
            // No backtrace, because that may take longer than all the rest.
            panic::set_hook(Box::new(|panic| {
                let _ = writeln!(
                    io::stderr(),
                    "panicked: {}",
                    panic.payload_as_str().unwrap_or_default()
                );
            }));
            stage.note_time(Note::MainStarts);
            let shown = match given.place {
                Place::Thread => threads(&stage, given.failure),
                Place::Process => processes(&stage, given.failure),
                Place::Reader(ignored) => {
                    reader_and_writer(&stage, given.failure, ignored)
                }
            };
            stage.note_time(Note::MainEnds);
            shown
        })
    })?;
    drop(says);
    // If the bystander has gone on and main hasn't, main never will. Then we kill main, and the whole process with it.
    let hangs = || stage.is(Note::BystanderSurvives) && !stage.is(Note::Over);
    if !keep.is_zero() {
        until(|| stage.noted(Note::Kept) > 0 || main.has_ended() || hangs());
        if stage.noted(Note::Kept) > 0 {
            stage.tell_what_is_kept(stage.noted(Note::Kept));
        }
    }
    until(|| main.has_ended() || hangs());
    if hangs() {
        main.signal(Signal::KILL)?;
    }
    main.until_ended();
    if !stage.is(Note::Over) {
        // The victim has taken main along.
        if !keep.is_zero() {
            stage.tell_what_is_kept(u64::from(main.id().cast_unsigned()));
        }
        thread::sleep(keep);
    }
    let status = main.wait()?;
    let main_survives = status.exit_status() == Some(0) && stage.is(Note::Over);
    if stage.noted(Note::MainEnds) == 0 {
        stage.note_time(Note::MainEnds);
    }
    let orphan = was_left(stage.noted(Note::Orphan), || stage.is(Note::Adopted));
    let tied_orphan = was_left(stage.noted(Note::Tied), || false);
    let said = said(hears)?;
    if stage.is(Note::Refused) {
        return Err(io::Error::other(said.trim().to_owned()));
    }
    let victim =
        if main_survives { stage.noted(Note::Victim) } else { number_of(status) };
    // Nothing if the lock is still locked.
    let [robust, plain] = [robust.try_lock()?, plain.try_lock()?]
        .map(|lock| lock.map(|guard| guard.owner_died()));
    Ok(Seen {
        victim: match victim {
            _ if hangs() => "nothing".to_owned(),
            0 => "returned".to_owned(),
            PANICKED => "panic".to_owned(),
            number => in_words(ExitStatus::from_raw((number - 2) as i32)),
        },
        facts: [
            main_survives,
            stage.is(Note::BystanderSurvives),
            stage.is(Note::Poisoned),
            robust == Some(true),
            plain.is_none(),
            stage.is(Note::First) && !stage.is(Note::Second),
            orphan,
            tied_orphan,
        ],
        files: folder.map(empty).transpose()?,
        zombie: [None, Some(false), Some(true)][stage.noted(Note::Zombie) as usize],
        broken_pipe: [None, Some("EPIPE"), Some("SIGPIPE")]
            [stage.noted(Note::BrokenPipe) as usize],
        said,
        timeline: stage.timeline(orphan),
    })
}

/// Whether the process with this id runs on and has this process as its new parent. We look until `is_settled`, or until our
/// patience ends. Then the process is ended and reaped.
fn was_left(id: u64, is_settled: impl Fn() -> bool) -> bool {
    let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        return false;
    };
    let deadline = Instant::now() + PATIENCE;
    let look =
        WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let runs_on = loop {
        // `None`: the child still runs. An error: the process was reaped by its first parent, and isn't our child.
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

/// What a pipe holds, up to 64 KiB. It doesn't wait, since an orphan may still hold the other end open.
fn said(mut pipe: PipeReader) -> io::Result<String> {
    let mut bytes = vec![0; 1 << 16];
    let ready =
        poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&Timespec::default()))?;
    let read = if ready > 0 { pipe.read(&mut bytes)? } else { 0 };
    Ok(String::from_utf8_lossy(&bytes[..read]).into_owned())
}

/// Removes all files of a folder, and returns how many there were.
fn empty(folder: &Path) -> io::Result<usize> {
    let mut files = 0;
    for file in std::fs::read_dir(folder)? {
        std::fs::remove_file(file?.path())?;
        files += 1;
    }
    Ok(files)
}

/// Tells the kernel whether to kill this process when its parent ends. If it has lost a parent already, this is about the new
/// parent. Source: prctl(2), `PR_SET_PDEATHSIG`.
pub(crate) fn end_with_parent(is_to: bool) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(
        is_to.then_some(Signal::KILL),
    );
    #[cfg(not(target_os = "linux"))]
    let _ = is_to;
}

/// Makes this process the new parent of orphans among its descendants. Source: prctl(2), `PR_SET_CHILD_SUBREAPER`.
fn become_reaper() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::process::set_child_subreaper(Some(getpid()))?);
    #[cfg(not(target_os = "linux"))]
    return Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "on this system every orphan gets the first process as its parent, so we can't look after orphans",
    ));
}

impl Given {
    /// Whether we saw what has to be seen of this failure.
    fn is_as_it_should_be(&self, seen: &Seen) -> bool {
        // Only a panic unwinds the stack, so that guards and other values are dropped.
        let (unwinds, apart) =
            (self.failure == Failure::Panic, self.place != Place::Thread);
        let main = apart || unwinds;
        let bystander = (main || self.failure == Failure::Hang)
            && self.place != Place::Reader(false);
        let broken_pipe = match self.place {
            Place::Reader(ignored) => {
                Some(if ignored { "EPIPE" } else { "SIGPIPE" })
            }
            _ => None,
        };
        // Rust's runtime aborts if it knows the stack's guard page. An unlimited stack has none. On macOS it may be SIGBUS.
        let fault = ["SIGSEGV".to_owned(), format!("signal {}", libc::SIGBUS)];
        let by = &seen.victim[..];
        let ends_so = match self.failure {
            Failure::Panic => by == if apart { "exit 101" } else { "panic" },
            Failure::Abort | Failure::OutOfMemory => by == "SIGABRT",
            Failure::Segfault => fault.contains(&seen.victim),
            Failure::StackOverflow => {
                by == "SIGABRT" || fault.contains(&seen.victim)
            }
            Failure::Exit => by == format!("exit {EXIT_CODE}"),
            Failure::Hang if !apart => by == "nothing",
            Failure::Kill | Failure::Hang => by == "SIGKILL",
        };
        let (poisons, orphans) =
            (unwinds && !apart, !unwinds && broken_pipe.is_none());
        ends_so
            && seen.facts
                == [
                    main, bystander, poisons, !unwinds, !unwinds, true, orphans,
                    false,
                ]
            && seen.broken_pipe == broken_pipe
            && seen.files.is_none_or(|files| files == usize::from(!unwinds))
            && seen.zombie.is_none_or(|zombie| zombie && apart)
    }
}

impl Question for Failures {
    const NAME: &str = "failures";
    const SHOWN: &str =
        "everybody who should survive the failures did, and nobody else";
    const EXAMPLES: &str = "cargo run -p failure-containment
        cargo run -p failure-containment -- --variant segfault-thread
        cargo run -p failure-containment -- --variant abort-process --keep 20   # `ps -ejH` shows a zombie and an orphan
        cargo run -p failure-containment -- supervisors --jobs 40 --job-time 2000 --trace trace.json";
    const TIMES: bool = false;
    type Given = Given;
    type Run = Seen;

    fn variants() -> Vec<&'static str> {
        all().into_iter().map(|(name, ..)| name).collect()
    }

    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        become_reaper()?;
        let folder = Rc::new(
            Folder::new()
                .map_err(|error| report.not_here("temporary files", error))
                .ok(),
        );
        let case = |(name, failure, place)| {
            Case::new(name, 1, Given { failure, place, folder: folder.clone() })
        };
        Ok(all().into_iter().map(case).collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Seen> {
        show(&case.given, Duration::from_secs(self.keep.0))
    }

    fn tell(&self, case: &Case<Given>, runs: &[Seen], row: &mut Row<'_>) {
        let (seen, of_1) = (&runs[0], |is: bool| f64::from(u8::from(is)));
        let [main, bystander, poison, _, lock, _, orphan, _] = seen.facts;
        let file = seen.files.is_some_and(|files| files > 0);
        let left = [
            (poison, "poison"),
            (lock, "lock"),
            (file, "file"),
            (orphan, "orphan"),
        ];
        let left =
            left.iter().filter(|(is_left, _)| *is_left).map(|(_, what)| *what);
        let left: Vec<&str> = left.chain(seen.broken_pipe).collect();
        row.words("victim ended by", &seen.victim);
        row.words(
            "left behind",
            if left.is_empty() { "–".to_owned() } else { left.join(", ") },
        );
        row.words(
            "survivors",
            format!("{} of 2", u8::from(main) + u8::from(bystander)),
        );
        row.bar((of_1(main) + of_1(bystander)) / 2.0);
        for (fact, is) in FACTS.into_iter().zip(seen.facts) {
            row.aside(fact, "of 1", of_1(is));
        }
        row.aside(
            "files-left",
            "of 2",
            seen.files.map_or(f64::NAN, |files| files as f64),
        );
        row.aside("zombie", "of 1", seen.zombie.map_or(f64::NAN, of_1));
        row.timeline(case.variant, &seen.timeline);
        // From there on it is a backtrace, or a note on how to get one.
        let said = ["stack backtrace", "note: "]
            .iter()
            .fold(&seen.said[..], |said, end| said.split(end).next().unwrap_or(""));
        if case.given.place == Place::Thread && !said.trim().is_empty() {
            row.say(format!("{} wrote on stderr: {said}", case.variant));
        }
        if !case.given.is_as_it_should_be(seen) {
            row.wrong();
            row.say(format!("{}, seen: {seen:?}", case.variant));
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if done.iter().any(|done| {
            done.case.given.place != Place::Thread && done.runs[0].zombie.is_none()
        }) {
            report
                .not_here("zombies", "there is no /proc to see them in; mount it");
        }
        if done.len() == all().len() {
            report.say(
                "The column survivors counts main and the bystander, which should go on when the victim fails. What may be left behind: a \
                 lock in shared memory that stays locked, a temporary file, an orphan (a child that runs on), and the poison with \
                 which Rust's mutex remembers a panic. SIGPIPE and EPIPE are what the bystander gets when it writes to a pipe that \
                 only the victim read.",
            );
            report.say_if_right("In every row, an update in shared memory that the victim had half done stays half done.");
            report.say_if_right(
                "A thread keeps only a panic to itself. If it hangs, main waits for it for ever, and the other six failures end \
                 the whole process. A process keeps all eight failures to itself. But if the victim was the only reader of a \
                 pipe, SIGPIPE ends a writer that doesn't ignore it.",
            );
        }
    }
}
