//! Kills at random moments, and what has to be true afterwards: nothing runs on, and what was good still is.
//!
//! This process has made itself the new parent of orphans: prctl(2), `PR_SET_CHILD_SUBREAPER`. So it knows all that a victim
//! left, zombies included.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use base::process;
use charts::readme;
use edition::{LOCAL, Project};
use record::building::Built;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, wait};
use testing::{Sample, Snapshot, behind, heeding};

/// How long a victim and all that it started may take to be gone. What a kill doesn't reach stays for good.
pub const GRACE: Duration = Duration::from_secs(5);

/// The longest that a victim may take if nobody kills it.
const LIMIT: Duration = Duration::from_secs(60);

/// How a victim is killed, in words, by which signal, and whether its whole process group is, as a terminal does it.
const WAYS: [(&str, Signal, bool); 4] = [
    ("Ctrl-C", Signal::INT, true),
    ("SIGTERM", Signal::TERM, false),
    ("SIGKILL", Signal::KILL, false),
    ("a closed terminal", Signal::HUP, true),
];

/// A program that is killed again and again.
pub struct Victim<'a> {
    /// What it is, in words.
    pub name: String,
    /// A command to kill, made anew each time, and when.
    pub attempt: Box<dyn Fn() -> io::Result<(Command, Moment)> + 'a>,
    /// Fails unless all files are whole.
    pub whole: Box<dyn Fn() -> Result<()> + 'a>,
    /// Whether its children run so long that one which ends by itself must have outlived the kill.
    pub children_run_long: bool,
    /// How long it and all that it started may take to be gone.
    pub grace: Duration,
}

/// When a victim is killed.
pub enum Moment {
    /// So long after its start.
    Started(Duration),
    /// So long after it has begun to write into a folder.
    Writes(PathBuf, Duration),
}

/// Makes this process the reaper of all that its children leave. From then on [`kill`] takes every child of this process
/// for something that a victim left.
///
/// # Errors
/// The system doesn't do that.
pub fn reap_orphans() -> Result<()> {
    set_child_subreaper(Some(getpid())).context("this system lets no process adopt orphans")
}

/// All victims: each experiment whose lesson says how, `cargo record` in one sample and `cargo run` in another.
///
/// # Errors
/// A program of them fails when nobody kills it.
pub fn victims<'a>(
    project: &'a Project,
    built: &'a Built,
    slugs: &[&'a str],
    samples: &'a [Sample; 2],
) -> Result<Vec<Victim<'a>>> {
    let mut victims = Vec::new();
    for slug in slugs {
        let Some(arguments) = &project.lesson(slug)?.soak.kill else { continue };
        let words = shlex::split(arguments).with_context(|| format!("{slug}: {arguments:?} has an open quote"))?;
        let program = built.binary(slug)?;
        let command = move || {
            let mut command = Command::new(program);
            command.args(&words);
            command
        };
        let runs = whole_run(&command)?;
        let attempt = Box::new(move || Ok((command(), Moment::Started(runs.mul_f64(fastrand::f64())))));
        let (name, whole) = ((*slug).to_owned(), Box::new(|| Ok(())));
        victims.push(Victim { name, attempt, whole, children_run_long: true, grace: GRACE });
    }
    victims.push(recorder(built.binary("record")?, &samples[0])?);
    victims.push(server(built.binary("book")?, &samples[1])?);
    Ok(victims)
}

/// `cargo record` in the sample: as it is; with something to build; with an experiment that starts processes which never
/// end; and while it writes.
fn recorder<'a>(program: &'a Path, sample: &'a Sample) -> Result<Victim<'a>> {
    let command = move || {
        let mut command = sample.command(program);
        command.arg("--quick");
        command
    };
    let source = sample.root().join("experiments/sample/src/main.rs");
    let touch = move || File::options().write(true).open(&source)?.set_modified(SystemTime::now());
    whole_run(&command)?;
    let runs = whole_run(&command)?;
    touch()?;
    let builds_and_runs = whole_run(&command)?;
    let attempt = move || {
        let (mut command, share) = (command(), fastrand::f64());
        Ok(match fastrand::u8(0..4) {
            0 => (command, Moment::Started(runs.mul_f64(share))),
            1 => {
                touch()?;
                (command, Moment::Started(builds_and_runs.mul_f64(share)))
            }
            2 => {
                command.env("SAMPLE", "strays");
                (command, Moment::Started(runs.mul_f64(2.0 * share)))
            }
            _ => (command, Moment::Writes(sample.root().join("book/data").join(LOCAL), runs.mul_f64(share / 4.0))),
        })
    };
    let whole = Box::new(|| whole_data(sample.root()));
    let (name, attempt) = ("cargo record".to_owned(), Box::new(attempt));
    Ok(Victim { name, attempt, whole, children_run_long: false, grace: GRACE })
}

/// `cargo run` in the sample: it builds the book and serves it.
fn server<'a>(program: &'a Path, sample: &'a Sample) -> Result<Victim<'a>> {
    let build = || {
        let mut command = sample.command(program);
        command.arg("build");
        command
    };
    whole_run(&build)?;
    let published = || -> Result<Snapshot> {
        let site = Path::new("target/book");
        Ok(sample.snapshot()?.into_iter().filter(|(path, _)| path.starts_with(site)).collect())
    };
    let good = published()?;
    ensure!(good.contains_key(Path::new("target/book/index.html")), "the book has no first page");
    // It builds, and then it serves.
    let runs = whole_run(&build)?.mul_f64(1.5);
    let attempt = move || {
        let mut command = sample.command(program);
        command.args(["--no-open", "--port", "0"]);
        Ok((command, Moment::Started(runs.mul_f64(fastrand::f64()))))
    };
    let whole = move || {
        ensure!(published()? == good, "the book isn't whole");
        Ok(())
    };
    let (name, attempt, whole) = ("cargo run".to_owned(), Box::new(attempt), Box::new(whole));
    Ok(Victim { name, attempt, whole, children_run_long: false, grace: GRACE })
}

/// Runs a command to its end, which has to be a good one; how long that took.
fn whole_run(command: &dyn Fn() -> Command) -> Result<Duration> {
    let began = Instant::now();
    let output = process::output(&mut command(), LIMIT)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?} ended with {}: {}", command(), process::ending(output.status), said.trim());
    Ok(began.elapsed())
}

/// Kills a victim at a random moment, in the way of this `number`.
///
/// # Errors
/// Something was left that shouldn't be, or something that was good isn't any more.
pub fn kill(victim: &Victim<'_>, number: usize) -> Result<(), String> {
    let (way, signal, group) = WAYS[number % WAYS.len()];
    let (command, moment) = (victim.attempt)().map_err(|error| error.to_string())?;
    let when = match &moment {
        Moment::Started(after) => format!("{:.4} s after its start", after.as_secs_f64()),
        Moment::Writes(_, after) => format!("{:.4} s after it began to write", after.as_secs_f64()),
    };
    strike(command, signal, group, &moment, victim).map_err(|error| format!("{way} {when}: {error:#}"))
}

fn strike(command: Command, signal: Signal, group: bool, moment: &Moment, victim: &Victim<'_>) -> Result<()> {
    let (memory, written) = (shared_memory(), moment.written());
    // The kernel kills it should this process end before it: setpriv(1), then exec.
    let mut command = heeding(&behind("setpriv", ["--pdeathsig", "KILL"], &command));
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = silent.process_group(0).spawn().context("can't start it with setpriv; install util-linux")?;
    let pid = Pid::from_child(&child);
    let waited = moment.wait(&written);
    let sent = if group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
    // It may have ended just now; it isn't reaped yet, so the number is still its own.
    sent.context("it can't be killed")?;
    reap_all(pid, victim)?;
    waited?;
    no_new_memory(&memory, victim.grace)?;
    (victim.whole)()
}

impl Moment {
    /// What there is to be seen of what the victim writes: when its folder changed last, and what is in it. A clock ticks only so
    /// often, so the time alone wouldn't tell.
    fn written(&self) -> Option<(SystemTime, BTreeSet<OsString>)> {
        let Self::Writes(folder, _) = self else { return None };
        let names = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name()).collect();
        Some((fs::metadata(folder).and_then(|folder| folder.modified()).ok()?, names))
    }

    /// Waits for it; `before` is what was written before the victim was started.
    fn wait(&self, before: &Option<(SystemTime, BTreeSet<OsString>)>) -> Result<()> {
        let after = match self {
            Self::Started(after) => after,
            Self::Writes(folder, after) => {
                let deadline = Instant::now() + LIMIT;
                while self.written() == *before {
                    ensure!(Instant::now() < deadline, "it has written nothing into {}", folder.display());
                    thread::sleep(Duration::from_micros(50));
                }
                after
            }
        };
        thread::sleep(*after);
        Ok(())
    }
}

/// Reaps the victim and the processes it left, until there are none.
fn reap_all(pid: Pid, victim: &Victim<'_>) -> Result<()> {
    let deadline = Instant::now() + victim.grace;
    let (mut gone, mut running, mut outlived) = (false, HashSet::new(), 0);
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((ended, _))) if ended == pid => gone = true,
            Ok(Some((ended, status))) => {
                outlived += usize::from(running.contains(&ended) && status.exit_status().is_some());
            }
            Err(Errno::CHILD) => break,
            Ok(None) if Instant::now() < deadline => {
                if gone {
                    running.extend(children(|flags| flags & EXITING == 0));
                }
                thread::sleep(Duration::from_millis(1));
            }
            Ok(None) => {
                let left = kill_the_rest();
                bail!(
                    "{} s after the kill, these processes were running still: {}",
                    victim.grace.as_secs_f64(),
                    left.join(", ")
                );
            }
            Err(error) => return Err(error).context("it can't be reaped"),
        }
    }
    ensure!(!victim.children_run_long || outlived == 0, "{outlived} of its processes ran on to their end");
    Ok(())
}

/// Kills and reaps all children of this process, and theirs, which become its own; their command lines.
fn kill_the_rest() -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let left = children(|_| true);
        for pid in &left {
            let command = fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
            names.extend(Some(command.replace('\0', " ").trim().to_owned()).filter(|name| !name.is_empty()));
            let _ = kill_process(*pid, Signal::KILL);
        }
        // Killed processes can be waited for without a deadline.
        if left.is_empty() || wait(WaitOptions::empty()).is_err() {
            names.sort();
            names.dedup();
            return names;
        }
    }
}

/// The kernel's flag for a process that is on its way out, and whose exit code is settled: `PF_EXITING`, in
/// include/linux/sched.h. On a busy machine the way can be long, and no signal ends it sooner.
const EXITING: u64 = 0x4;

/// The processes whose parent this one is, and whose flags are of this kind. Source: proc_pid_stat(5).
fn children(kind: impl Fn(u64) -> bool) -> Vec<Pid> {
    let own = getpid().as_raw_nonzero().to_string();
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &i32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The name stands in parentheses; the state and the parent follow, and after four numbers more the flags.
        let rest: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        rest.get(1) == Some(&own.as_str()) && rest.get(6).and_then(|flags| flags.parse().ok()).is_some_and(&kind)
    })
    .filter_map(Pid::from_raw)
    .collect()
}

/// Fails if there is shared memory that wasn't there before. What other programs make meanwhile is soon gone again, as a
/// rule.
fn no_new_memory(before: &BTreeSet<String>, grace: Duration) -> Result<()> {
    let deadline = Instant::now() + grace;
    loop {
        let left: Vec<String> = shared_memory().difference(before).cloned().collect();
        if left.is_empty() {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "shared memory was left: {}", left.join(", "));
        thread::sleep(Duration::from_millis(10));
    }
}

/// The names of all shared memory that outlives processes: POSIX's, and System V's segments.
fn shared_memory() -> BTreeSet<String> {
    let posix = fs::read_dir("/dev/shm").into_iter().flatten().flatten();
    let posix = posix.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let system_v = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let system_v = system_v.lines().filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned));
    posix.chain(system_v).collect()
}

/// Fails unless everything that `cargo record` writes is as it was or as it should be: whole editions, a README with its
/// map, and charts to their last tag.
fn whole_data(root: &Path) -> Result<()> {
    let project = Project::open(root)?;
    readme::made(&project)?;
    for edition in &project.editions {
        let points = edition.recordings.get("sample").map_or(0, |recording| recording.points.len());
        ensure!(points == 6, "the edition {} has {points} of 6 points", edition.name);
        ensure!(edition.timelines.contains_key("sample"), "the edition {} has no timeline", edition.name);
    }
    ensure!(project.editions.iter().any(|edition| edition.name == LOCAL), "the last good edition is gone");
    let folder = root.join("target/charts");
    let charts: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    let svgs: Vec<&PathBuf> = charts.iter().filter(|path| path.extension().is_some_and(|end| end == "svg")).collect();
    // Three charts of two editions, light and dark.
    ensure!(svgs.len() == 12, "there are {} of 12 charts", svgs.len());
    for svg in svgs {
        ensure!(fs::read_to_string(svg)?.trim_end().ends_with("</svg>"), "{} isn't whole", svg.display());
    }
    Ok(())
}
