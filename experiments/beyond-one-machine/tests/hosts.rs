//! Several hosts: processes with addresses of their own, in network namespaces that a pair of virtual cables connects, as
//! `ip netns` makes them. Where that isn't allowed, the trials are ignored, with the reason.

use std::io;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use lab::process;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

const PROGRAM: &str = env!("CARGO_BIN_EXE_beyond-one-machine");
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    // Whether there can be hosts is found out once, by making some.
    let refused: Option<Arc<str>> = Hosts::new(0).err().map(|error| error.to_string().into());
    let trial = |name: &str, test: fn() -> Result<(), Failed>| trial(name, refused.clone(), test);
    let trials = vec![
        trial("two_hosts_share_the_rows", || together("rows", 1)),
        trial("two_hosts_share_the_degrees", || together("degrees", 2)),
        trial("a_host_that_does_not_come_is_named", alone),
        trial("a_host_that_is_lost_ends_the_other", lost),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A trial on two hosts. Where the kernel refuses them, it is ignored, with the reason. A tool that is missing is a failure in
/// CI.
fn trial(name: &str, refused: Option<Arc<str>>, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || match refused {
        Some(why) if why.contains("can't start") && std::env::var_os("CI").is_some() => {
            Err(format!("{why}; install what is missing, for nothing may be left out in CI").into())
        }
        Some(why) => Ok(Completion::ignored_with(format!("this machine doesn't allow it: {why}"))),
        None => test().map(|()| Completion::Completed),
    })
}

/// Two network namespaces, `10.77.0.1` and `10.77.0.2` in them, and who takes them away.
struct Hosts {
    names: [String; 2],
    /// Waits until this process closes its input, which the kernel does for the dead too, and then deletes both.
    cleaner: Child,
}

impl Hosts {
    /// Makes them; `number` tells the trials' hosts from each other.
    fn new(number: u32) -> io::Result<Self> {
        let names = ["a", "b"].map(|end| format!("beyond-{}-{number}-{end}", std::process::id()));
        let [a, b] = &names;
        // First who deletes them, so that nothing is left of a half-made pair either.
        let delete = format!("read end; ip netns delete {a}; ip netns delete {b}");
        let mut sh = Command::new("/bin/sh");
        // In a group of its own, so that Ctrl-C doesn't reach it.
        std::os::unix::process::CommandExt::process_group(&mut sh, 0);
        let sh = sh.args(["-c", &delete]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let hosts = Self { cleaner: sh.spawn()?, names: names.clone() };
        for name in &names {
            ip(&["netns", "add", name])?;
        }
        // Names within a namespace are its own, so these meet no others.
        ip(&["-n", a, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", b])?;
        for (name, address) in names.iter().zip(["10.77.0.1/24", "10.77.0.2/24"]) {
            ip(&["-n", name, "address", "add", address, "dev", "cable"])?;
            ip(&["-n", name, "link", "set", "cable", "up"])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
        }
        Ok(hosts)
    }

    /// What runs the program on one of them.
    fn command(&self, host: usize, arguments: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.names[host], PROGRAM]).args(arguments);
        command
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        drop(self.cleaner.stdin.take());
        let _ = self.cleaner.wait();
    }
}

/// Runs `ip`, and says what it complains of.
fn ip(arguments: &[&str]) -> io::Result<()> {
    let output = process::output(Command::new("ip").args(arguments), LIMIT)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', ", ");
    Err(io::Error::other(format!("`ip {}`: {said}", arguments.join(" "))))
}

/// The file that all of them are given.
fn file() -> io::Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), "# two hosts\n10.77.0.1:2101\n10.77.0.2:2101\n")?;
    Ok(file)
}

/// Runs one process on each host, the second one first, and both to their end.
fn both(hosts: &Hosts, arguments: &[&str]) -> Result<[Output; 2], Failed> {
    let file = file()?;
    let path = file.path().to_str().ok_or("a path that is no text")?;
    let run = |host: usize| {
        let number = host.to_string();
        let all = [&["--hosts", path, "--process", &number], arguments].concat();
        process::output(&mut hosts.command(host, &all), LIMIT)
    };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| run(1));
        let first = run(0);
        Ok([first?, second.join().map_err(|_| "a thread panicked")??])
    })
}

fn together(work: &str, number: u32) -> Result<(), Failed> {
    let hosts = Hosts::new(number)?;
    let [first, second] = both(&hosts, &["--work", work, "--rows", "60", "--edges", "50000"])?;
    let words =
        |output: &Output| String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    let (told, part) = (words(&first), words(&second));
    check(first.status.success() && told.contains("the result is that of one thread"), &first)?;
    check(told.contains(&format!("{work}-timely-hosts 2")), &first)?;
    check(second.status.success() && part.contains("Process 1 did its part"), &second)
}

fn alone() -> Result<(), Failed> {
    let hosts = Hosts::new(3)?;
    let file = file()?;
    let path = file.path().to_str().ok_or("a path that is no text")?;
    let arguments = ["--hosts", path, "--process", "0", "--patience", "1"];
    let output = process::output(&mut hosts.command(0, &arguments), LIMIT)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.code() == Some(1) && said.lines().count() == 1, &output)?;
    check(said.contains("process 1 at 10.77.0.2:2101 didn't come in time"), &output)
}

/// One of them is ended by its time limit in the middle of its work; the other one notices.
fn lost() -> Result<(), Failed> {
    let hosts = Hosts::new(4)?;
    let file = file()?;
    let path = file.path().to_str().ok_or("a path that is no text")?;
    let run = |host: usize, limit: &'static str| {
        let number = host.to_string();
        let shared = ["--hosts", path, "--process", &number, "--work", "degrees", "--edges", "1000000000"];
        process::output(
            &mut hosts.command(host, &[&shared[..], &["--patience", "1", "--limit", limit]].concat()),
            LIMIT,
        )
    };
    let [stays, ends] = std::thread::scope(|scope| {
        let ends = scope.spawn(|| run(1, "1"));
        let stays = run(0, "50");
        Ok::<_, Failed>([stays?, ends.join().map_err(|_| "a thread panicked")??])
    })?;
    check(ends.status.code() == Some(1), &ends)?;
    let said = String::from_utf8_lossy(&stays.stderr).into_owned();
    check(stays.status.code() == Some(1) && said.lines().count() == 1 && said.contains("a peer was lost"), &stays)
}

fn check(is_right: bool, output: &Output) -> Result<(), Failed> {
    if is_right { Ok(()) } else { Err(format!("it ended so: {output:?}").into()) }
}
