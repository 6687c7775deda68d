//! What the kernel and gdb show of hanging threads.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use lab::process;

/// How long a thread that is about to block may take to fall asleep, on a busy machine.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long the kernel may take to say where a thread sleeps. It does so once the thread is off its CPU, a moment after its
/// state is S. Some kernels never do.
const PLACE_PATIENCE: Duration = Duration::from_millis(50);

/// The longest that gdb may take for one process.
const GDB_LIMIT: Duration = Duration::from_secs(30);

/// What the kernel shows of these workers, in words. Each worker comes with its thread's folder in /proc; workers of which
/// the kernel shows the same share a sentence. Source: proc_pid_stat(5), proc_pid_wchan(5), proc_pid_syscall(5).
pub fn shows(who: &str, workers: &[(usize, String)]) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut asleep = None;
    let shown = loop {
        let shown: Vec<Option<Shown>> =
            workers.iter().map(|(_, folder)| shown(folder)).collect();
        let all = |is: fn(&Shown) -> bool| shown.iter().flatten().all(is);
        let now = Instant::now();
        // If a thread is awake again, the wait begins anew.
        asleep = if all(|shown| shown.letter == 'S') {
            asleep.or(Some(now))
        } else {
            None
        };
        let is_told =
            |since| all(|shown| shown.has_place) || now >= since + PLACE_PATIENCE;
        if asleep.is_some_and(is_told) || now >= deadline {
            break shown;
        }
        thread::sleep(Duration::from_millis(1));
    };
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for ((worker, _), shown) in workers.iter().zip(shown) {
        let words = shown.map_or(
            "nowhere, since there is no /proc to read".to_owned(),
            |shown| shown.words,
        );
        alike.entry(words).or_default().push(*worker);
    }
    let said: Vec<String> = alike
        .iter()
        .map(|(words, numbers)| format!("{} {words}", named(who, numbers)))
        .collect();
    format!("The kernel shows {}.", said.join("; "))
}

/// `threads 0 to 4`, `thread 3`, `threads 0, 2`.
fn named(who: &str, numbers: &[usize]) -> String {
    let plural =
        if who.ends_with('s') { format!("{who}es") } else { format!("{who}s") };
    match numbers {
        [one] => format!("{who} {one}"),
        [first, last] if first + 1 == *last => {
            format!("{plural} {first} and {last}")
        }
        [first, .., last] if last - first + 1 == numbers.len() => {
            format!("{plural} {first} to {last}")
        }
        _ => format!(
            "{plural} {}",
            numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What is shown of a thread.
struct Shown {
    /// The letter of its state.
    letter: char,
    /// Whether the kernel tells where in it the thread is.
    has_place: bool,
    /// Everything that is shown, in words.
    words: String,
}

/// What is shown of a thread in its folder; nothing without /proc.
fn shown(folder: &str) -> Option<Shown> {
    let stat = fs::read_to_string(format!("{folder}/stat")).ok()?;
    let letter = stat.rsplit(')').next()?.trim_start().chars().next()?;
    let doing = match letter {
        'S' => "asleep (S)".to_owned(),
        'R' => "running (R)".to_owned(),
        other => format!("in the state {other}"),
    };
    let place = fs::read_to_string(format!("{folder}/wchan")).unwrap_or_default();
    let has_place = !matches!(place.trim(), "" | "0");
    let place = if has_place {
        format!("in {}", place.trim())
    } else {
        "at a place that it doesn't name (wchan)".to_owned()
    };
    let call = match fs::read_to_string(format!("{folder}/syscall")) {
        Ok(call) => match call
            .split_whitespace()
            .next()
            .and_then(|number| number.parse::<i64>().ok())
        {
            Some(number) => format!("system call {}", call_name(number)),
            None => format!("system call: {}", call.trim()),
        },
        Err(error) => format!("in a system call that it doesn't name ({error})"),
    };
    Some(Shown { letter, has_place, words: format!("{doing} {place}, {call}") })
}

fn call_name(number: i64) -> String {
    #[cfg(target_os = "linux")]
    for (known, name) in [
        (libc::SYS_futex, "futex"),
        (libc::SYS_write, "write"),
        (libc::SYS_read, "read"),
    ] {
        if number == known {
            return format!("{number} ({name})");
        }
    }
    number.to_string()
}

/// gdb's arguments, besides the process.
const GDB: [&str; 10] = [
    "-nx",
    "-batch",
    "-iex",
    "set debuginfod enabled off",
    "-ex",
    "set print frame-arguments presence",
    "-ex",
    "set print address off",
    "-ex",
    "thread apply all -ascending backtrace",
];

/// What gdb shows of a hanging process, with the command in front: the stack of each thread that is in a variant of this
/// program, from the innermost frame to that of the variant. The frames below, which start a thread, are only counted. If
/// gdb is missing, or the system refuses the look, the text says so.
pub fn backtrace(process: i32) -> String {
    let quoted = GDB.map(|word| {
        if word.contains(' ') { format!("'{word}'") } else { word.to_owned() }
    });
    let command = format!("$ gdb -p {process} {}", quoted.join(" "));
    let mut gdb = Command::new("gdb");
    let why = match process::output(
        gdb.args(["-p", &process.to_string()]).args(GDB),
        GDB_LIMIT,
    ) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            format!("{error}; install gdb")
        }
        Err(error) => error.to_string(),
        Ok(output) => {
            let shown = trimmed(&String::from_utf8_lossy(&output.stdout));
            if !shown.is_empty() {
                return format!("{command}\n{shown}");
            }
            let complained = String::from_utf8_lossy(&output.stderr);
            let why = complained
                .lines()
                .rfind(|line| line.contains("ptrace") || line.contains("attach"));
            why.unwrap_or("gdb names no frame of this program").trim().to_owned()
        }
    };
    format!("{command}\ngdb shows nothing of process {process}: {why}\n")
}

/// The threads that are in code of this program, each down to the outermost frame before that of the watch.
fn trimmed(said: &str) -> String {
    let mut text = String::new();
    for thread in said.split("\nThread ").skip(1) {
        let mut lines = thread.lines();
        let head = lines.next().unwrap_or_default();
        let frames: Vec<&str> =
            lines.filter(|line| line.starts_with('#')).collect();
        let foreign = |line: &&str| {
            line.contains("/watch.rs:")
                || line.contains("experiments/lab/src/team.rs:")
        };
        let furniture = frames.iter().position(foreign).unwrap_or(frames.len());
        let ours = |line: &&str| line.contains("experiments/deadlock/src/");
        let Some(last) = frames[..furniture].iter().rposition(ours) else {
            continue;
        };
        text += &format!("Thread {head}\n");
        for frame in &frames[..=last] {
            // The paths of std's sources contain a long commit hash.
            let path = frame
                .split_once("/rustc/")
                .and_then(|(before, path)| Some((before, path.split_once('/')?.1)));
            text += &path.map_or_else(
                || format!("{frame}\n"),
                |(before, path)| format!("{before}{path}\n"),
            );
        }
        text += &format!("({} more frames)\n", frames.len() - 1 - last);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_named_in_few_words() {
        let said = |numbers: &[usize]| named("thread", numbers);
        assert_eq!(said(&[3]), "thread 3");
        assert_eq!(said(&[0, 1]), "threads 0 and 1");
        assert_eq!(said(&[0, 1, 2, 3]), "threads 0 to 3");
        assert_eq!(said(&[0, 2, 3]), "threads 0, 2, 3");
        assert_eq!(named("process", &[0, 1]), "processes 0 and 1");
    }

    #[test]
    fn a_backtrace_ends_with_our_outermost_frame() {
        let said = "\
[New LWP 12]

Thread 1 (LWP 11 \"deadlock\"):
#0  syscall ()
#1  collect () at experiments/lab/src/team.rs:72
#2  threads () at experiments/deadlock/src/lib.rs:9

Thread 2 (LWP 12 \"deadlock\"):
#0  lock () at /rustc/0123abcd/library/std/src/mutex.rs:2
#1  take_both () at experiments/deadlock/src/lib.rs:1
#2  {closure#0} () at experiments/deadlock/src/watch.rs:5
#3  start_thread ()
";
        let expected = "\
Thread 2 (LWP 12 \"deadlock\"):
#0  lock () at library/std/src/mutex.rs:2
#1  take_both () at experiments/deadlock/src/lib.rs:1
(2 more frames)
";
        assert_eq!(trimmed(said), expected);
        assert_eq!(trimmed("nothing"), "");
    }
}
