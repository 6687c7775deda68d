//! The first question. A team of three, main, a victim and a bystander, are threads of one process or processes. The victim
//! fails, and what is left of the team and of what the victim held is looked at.
//!
//! The team runs in a process of its own, a child of the one that looks. It writes what it sees into a mapping that both
//! share, so that its word outlives it.

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
    kill_process, waitid, waitpid,
};

use crate::failures::{EXIT_CODE, Failure};
use crate::folder::Folder;
use crate::{LIMIT, LOOK, in_words, leave_no_core, until};

/// What ends what? A panic, an abort, a fault, a kill, a hang: in a thread, and in a process.
#[derive(clap::Args)]
pub struct Failures {
    /// Keep those that have failed, and the children that they leave, for a while, to be looked at with other tools
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
    /// In a process that alone reads from a pipe. The bystander writes to it; whether it ignores SIGPIPE.
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

/// How long a process may take that has been killed, or that has lost its parent.
const PATIENCE: Duration = Duration::from_secs(10);

/// So long main waits for a process that hangs.
const DEADLINE: Duration = Duration::from_millis(100);

/// A failure, and where it happens.
pub struct Given {
    failure: Failure,
    place: Place,
    /// For the victim's temporary files, empty; where there is none, it makes none.
    folder: Rc<Option<Folder>>,
}

/// What was seen of a team and of what its victim left.
#[derive(Debug)]
pub struct Seen {
    /// How the victim ended; a thread that took its process along, as that did.
    victim: String,
    /// What is so or not so, in the order of [`FACTS`].
    facts: [bool; 8],
    /// How many files are left of two temporary ones: one with a name, one without; nothing where there is no folder.
    files: Option<usize>,
    /// Whether the victim was a zombie before it was reaped; nothing where /proc doesn't tell.
    zombie: Option<bool>,
    /// What came of writing to a pipe that nobody reads any more, where the bystander did.
    broken_pipe: Option<&'static str>,
    /// What the victim, or Rust's runtime in its name, said on stderr.
    said: String,
    /// When each of them lived.
    timeline: Vec<(String, Vec<Event>)>,
}

/// What is told of each failure: whether main and the bystander go on after it, main finds the victim's `std::sync::Mutex`
/// poisoned, a robust mutex in shared memory tells of its owner's death, another one stays locked, an update stays half done,
/// and a child of the victim's process runs on, or even one that has asked to be killed when its parent ends.
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
    let _children = stage.children()?; // the process's: threads have none
    let mutex = Mutex::new(());
    thread::scope(|scope| {
        let bystander =
            Builder::new().spawn_scoped(scope, || stage.count_on(None))?;
        let victim = Builder::new().spawn_scoped(scope, || {
            let _guard = mutex.lock();
            stage.hold_and_fail(failure)
        });
        // `Err` is a panic; of a hang, it never returns.
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
            let _guard = mutex.lock(); // a copy, in a memory of its own
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
/// The same, but the victim reads from a pipe, and the bystander writes to it.
fn reader_and_writer(
    stage: &Stage<'_>,
    failure: Failure,
    ignored: bool,
) -> io::Result<()> {
    let (reads, writes) = io::pipe()?;
    let victim = fork(LIMIT, move || {
        let _reads = reads; // closed in all other processes
        stage.done(|| stage.hold_and_fail(failure))
    })?;
    let bystander = fork(LIMIT, move || {
        if !ignored {
            heed(Signal::PIPE); // the default action; Rust's runtime ignores it
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
    /// How long a process that has ended is kept in the process table, for others to look at.
    keep: Duration,
    /// The process that looks, to which orphans are handed over.
    reaper: Pid,
    /// From when on time is told.
    began: Instant,
    /// What has to be noted before it tells anything that the bystander goes on.
    over: Note,
}

type Board = [AtomicU64; 21];

/// What is noted on the board; 0 where nothing has been noted. Times are nanoseconds since the team was called together.
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
    /// That nobody reads any more: 1 if the bystander was told, 2 if SIGPIPE ended it.
    BrokenPipe,
    Poisoned,
    /// How the victim ended: [`PANICKED`], or what [`number_of`] makes of a status.
    Victim,
    /// Whether a zombie was seen: 1 for no, 2 for yes.
    Zombie,
    /// The process id of the child that outlives its parent, when it had taken its leave, and that it has been handed over.
    Orphan,
    Untied,
    Adopted,
    /// The process id of the child that doesn't.
    Tied,
    /// The system refused something; the words are on stderr.
    Refused,
    MainStarts,
    MainEnds,
    BystanderStarts,
    VictimStarts,
    VictimFails,
    /// If it was a process.
    VictimReaped,
}

/// So far the bystander counts on when the victim has ended.
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
    /// The victim takes the locks, does half of an update, makes its temporary
    /// files, and fails.
    fn hold_and_fail(&self, failure: Failure) -> io::Result<()> {
        self.note_time(Note::VictimStarts);
        let _robust = self.robust.lock()?;
        let _plain = self.plain.lock()?;
        let _named =
            self.folder.map(tempfile::NamedTempFile::new_in).transpose()?;
        let _unnamed = self.folder.map(tempfile::tempfile_in).transpose()?;
        self.note(Note::First, 1);
        // All three are to be there when it happens.
        until(|| self.noted(Note::Beats) > 0);
        self.note_time(Note::VictimFails);
        failure.happen();
        self.note(Note::Second, 1);
        Ok(())
    }

    /// The bystander counts until main has seen the victim's end, and on. It may
    /// write to a pipe meanwhile.
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

    /// Waits for the victim, but no longer than that.
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
        until(|| self.noted(Note::Untied) > 0);
        Ok([tied, orphan])
    }

    /// Lives on when `maker` ends, and ends with the process that it is handed over to. If that isn't the one that looks,
    /// then this has been killed, and nobody is left to end an orphan but itself.
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

    /// When each of them lived; an orphan, until it was ended just now.
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
            // The victim has taken it along; its parent has noticed a little later.
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

    /// What a child process of a team does; if the system refuses it something, it says so.
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

/// Lets a team run in a process of its own, and looks at what is left. It must be this process that orphans are handed over to.
fn show(given: &Given, keep: Duration) -> io::Result<Seen> {
    let board = Shared::new([const { AtomicU64::new(0) }; _])?;
    let (robust, plain) =
        (RobustMutex::shared()?, RobustMutex::shared_but_not_robust()?);
    let folder = Option::as_ref(&given.folder).map(|folder| folder.path.as_path());
    let (reaper, began) = (getpid(), Instant::now());
    // Of a thread that hangs no end is ever seen.
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
            // Without a backtrace, which may take longer than all the rest.
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
    // If the bystander has gone on and main hasn't, main never will: it is killed, and the whole process with it.
    let hangs = || stage.is(Note::BystanderSurvives) && !stage.is(Note::Over);
    until(|| main.has_ended() || hangs());
    if hangs() {
        main.signal(Signal::KILL)?;
    }
    main.until_ended();
    if !stage.is(Note::Over) {
        thread::sleep(keep); // the victim has taken main along
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
    // Nothing where the lock is still locked.
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

/// Whether this process has become the parent of that one, and that one runs on: until it `is_settled`, or as long as anybody
/// would wait. Then it is ended and reaped.
fn was_left(id: u64, is_settled: impl Fn() -> bool) -> bool {
    let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        return false;
    };
    let deadline = Instant::now() + PATIENCE;
    let look =
        WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
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
    let ready =
        poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&Timespec::default()))?;
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

/// Whether the kernel kills this process when its parent ends; from its next parent on, if it has lost one already. Source:
/// prctl(2), `PR_SET_PDEATHSIG`.
pub(crate) fn end_with_parent(is_to: bool) {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(
        is_to.then_some(Signal::KILL),
    );
    #[cfg(not(target_os = "linux"))]
    let _ = is_to;
}

/// Makes this process the one that orphans among its descendants are handed over to. Source: prctl(2),
/// `PR_SET_CHILD_SUBREAPER`.
fn become_reaper() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::process::set_child_subreaper(Some(getpid()))?);
    #[cfg(not(target_os = "linux"))]
    return Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system hands every orphan to its first process",
    ));
}

impl Given {
    /// Whether what was seen is what has to be.
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
        // Rust's runtime aborts where it knows the stack's guard page, which an unlimited stack hasn't; macOS has SIGBUS too.
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
    const SHOWN: &str = "everybody survived who is to, and nobody else";
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
        row.words("ends by", &seen.victim);
        row.words(
            "left behind",
            if left.is_empty() { "–".to_owned() } else { left.join(", ") },
        );
        row.words(
            "goes on",
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
        // What follows is a backtrace, or how to get one.
        let said = ["stack backtrace", "note: "]
            .iter()
            .fold(&seen.said[..], |said, end| said.split(end).next().unwrap_or(""));
        if case.given.place == Place::Thread && !said.trim().is_empty() {
            row.say(format!("{} says: {said}", case.variant));
        }
        if !case.given.is_as_it_should_be(seen) {
            row.wrong();
            row.say(format!("{}: {seen:?}", case.variant));
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if done.iter().any(|done| {
            done.case.given.place != Place::Thread && done.runs[0].zombie.is_none()
        }) {
            report.not_here("zombies", "there is no /proc to see them in");
        }
        if done.len() == all().len() {
            report.say_if_right("Whatever the victim had half done in shared memory stays so, in every row.");
            report.say_if_right(
                "A thread's failure is its own if it is a panic, or a hang and nobody waits for it. A process's is, unless \
                 somebody writes to a pipe that it read: SIGPIPE ends the writer, too, where it isn't ignored.",
            );
        }
    }
}
