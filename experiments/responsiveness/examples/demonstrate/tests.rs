//! The demonstration counts keys in a terminal, prints text elsewhere, and leaves the terminal as it was, whatever ends it.
//!
//! Cargo builds the demonstration before it runs all tests of this package. If you run this test alone, first run `cargo build
//! -p responsiveness --example demonstrate`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The example, which lies beside this test's folder.
fn demonstrate(arguments: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let program: PathBuf =
        test.ancestors().nth(2).unwrap().join("examples/demonstrate");
    assert!(
        program.is_file(),
        "first run `cargo build -p responsiveness --example demonstrate`"
    );
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

#[test]
fn without_a_terminal_it_is_text() {
    let mut command = demonstrate(&[
        "--seconds",
        "1",
        "--variant",
        "idle",
        "--variant",
        "same-thread",
    ]);
    let output =
        base::process::output(&mut command, Duration::from_secs(60)).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && !text.contains('\x1b') && !text.contains('\r'),
        "{text:?}"
    );
    let signs = |line: &&str| {
        line.len() == 60 && line.chars().all(|sign| ".oX".contains(sign))
    };
    assert_eq!(text.lines().filter(signs).count(), 2, "{text}");
    assert!(text.lines().last().unwrap().contains('X'), "{text}");
}

#[cfg(target_os = "linux")]
mod in_a_terminal {
    use std::fs::{File, OpenOptions};
    use std::io::{Read, Write};
    use std::os::unix::fs::OpenOptionsExt;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Stdio};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::OFlags;
    use rustix::process::{Pid, Signal, kill_process};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{LocalModes, tcgetattr};

    use super::demonstrate;

    /// A terminal with the demonstration in it.
    struct Demonstration {
        hand: File,
        terminal: File,
        before: String,
        child: Child,
        screen: String,
    }

    impl Demonstration {
        fn new(arguments: &[&str]) -> Self {
            let hand = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
            grantpt(&hand).unwrap();
            unlockpt(&hand).unwrap();
            let name = ptsname(&hand, Vec::new()).unwrap().into_string().unwrap();
            let flags = OFlags::NOCTTY.bits() as i32;
            let terminal = OpenOptions::new()
                .read(true)
                .write(true)
                .custom_flags(flags)
                .open(name)
                .unwrap();
            let before = format!("{:?}", tcgetattr(&terminal).unwrap());
            let mut command = demonstrate(arguments);
            let shared = || Stdio::from(terminal.try_clone().unwrap());
            let child = command
                .env("TERM", "xterm")
                .stdin(shared())
                .stdout(shared())
                .stderr(shared())
                .spawn()
                .unwrap();
            Self {
                hand: File::from(hand),
                terminal,
                before,
                child,
                screen: String::new(),
            }
        }

        fn wait_for(&mut self, text: &str) {
            let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
            while !self.screen.contains(text) {
                let drawn = poll(
                    &mut [PollFd::new(&self.hand, PollFlags::IN)],
                    Some(&patience),
                )
                .unwrap();
                assert_eq!(drawn, 1, "no {text:?}: {:?}", self.screen);
                let mut some = [0; 4096];
                let read = self.hand.read(&mut some).unwrap();
                self.screen += &String::from_utf8_lossy(&some[..read]);
            }
        }

        /// Waits for the guard's last words, after which the settings must be those of before.
        fn ends(mut self) -> std::process::ExitStatus {
            self.wait_for("\x1b[?25h");
            assert_eq!(
                self.before,
                format!("{:?}", tcgetattr(&self.terminal).unwrap())
            );
            self.child.wait().unwrap()
        }
    }

    impl Drop for Demonstration {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[test]
    fn keys_are_counted_and_q_ends_it() {
        let mut shown = Demonstration::new(&["--seconds", "60"]);
        shown.wait_for(" 0 keys");
        assert!(
            !tcgetattr(&shown.terminal)
                .unwrap()
                .local_modes
                .contains(LocalModes::ECHO)
        );
        shown.hand.write_all(b"abc").unwrap();
        shown.wait_for(" 3 keys");
        shown.hand.write_all(b"q").unwrap();
        assert!(shown.ends().success());
    }

    #[test]
    fn whatever_ends_it_the_terminal_is_restored() {
        for way in ["idle", "process", "async-spawn-blocking"] {
            for signal in [Signal::INT, Signal::TERM, Signal::KILL, Signal::ABORT] {
                let mut shown =
                    Demonstration::new(&["--seconds", "60", "--variant", way]);
                shown.wait_for(" 0 keys");
                kill_process(Pid::from_child(&shown.child), signal).unwrap();
                assert_eq!(shown.ends().signal(), Some(signal.as_raw()), "{way}");
            }
        }
    }
}
