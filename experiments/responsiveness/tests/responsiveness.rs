//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it. No test holds a tick to a
//! time that a busy machine may not keep; that a job of 50 ms makes ticks late is arithmetic.

use std::time::Duration;

use lab::report::Outcome;
use responsiveness::VARIANTS;
use testing::{Experiment, refusal, spans};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_responsiveness"), Duration::from_secs(60));

/// As many ticks as two jobs last.
const BRIEF: [&str; 2] = ["--ticks", "6"];

/// What a job takes by default, and the time between two ticks, in nanoseconds.
const JOB: f64 = 50e6;
const FRAME: f64 = 1e9 / 60.0;

fn value(outcomes: &[Outcome], metric: &str, variant: &str, workers: &str) -> f64 {
    let is_it = |of: &&Outcome| (&*of.metric, &*of.variant, &*of.parameter) == (metric, variant, workers);
    outcomes.iter().find(is_it).unwrap_or_else(|| panic!("no {metric} of {variant} in {outcomes:?}")).value
}

fn it_shows_all(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(&[&BRIEF, arguments].concat());
    let points: usize = VARIANTS.iter().map(|variant| variant.crowds.len()).sum();
    assert_eq!(outcomes.len(), 4 * points, "{outcomes:?}");
    for way in outcomes.chunks(4) {
        let [median, p99, worst, missed] = way else { panic!("{way:?}") };
        assert!(0.0 < median.value && median.value <= p99.value && p99.value <= worst.value, "{way:?}");
        assert!((0.0..=100.0).contains(&missed.value), "{way:?}");
        assert_eq!(missed.value > 0.0, worst.value >= FRAME.floor(), "{way:?}");
    }
}

#[test]
fn every_way_meets_all_its_ticks() {
    it_shows_all(&[]);
    it_shows_all(&["--workers", "3"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_that_there_is_none_to_spare() {
    testing::on_one_core();
    it_shows_all(&[]);
    let text = EXPERIMENT.words(&[&BRIEF[..], &["--variant", "thread"]].concat());
    assert!(text.contains("There is no core to spare"), "{text}");
}

/// The first tick is due a frame after the start, and met at the end of a job.
#[test]
fn who_computes_without_a_look_at_the_clock_is_late() {
    for variant in ["same-thread", "async-blocked"] {
        let outcomes = EXPERIMENT.outcomes(&[&BRIEF[..], &["--variant", variant]].concat());
        assert!(value(&outcomes, "worst", variant, "1") >= JOB - FRAME - 1.0, "{outcomes:?}");
        let longer = EXPERIMENT.outcomes(&[&BRIEF[..], &["--job", "80", "--variant", variant]].concat());
        assert!(value(&longer, "worst", variant, "1") >= 80e6 - FRAME - 1.0, "{longer:?}");
    }
}

#[test]
fn variants_can_be_run_alone_or_with_others() {
    let outcomes = EXPERIMENT.outcomes(&[&BRIEF[..], &["--variant", "gil", "--variant", "idle"]].concat());
    let told: Vec<(&str, &str)> =
        outcomes.iter().step_by(4).map(|outcome| (&*outcome.variant, &*outcome.parameter)).collect();
    assert_eq!(told, [("idle", "1"), ("gil", "1"), ("gil", "2"), ("gil", "4")]);
}

#[test]
fn wrong_numbers_are_refused() {
    for (flag, numbers) in [("--ticks", ["0", "6001"]), ("--job", ["33", "x"]), ("--workers", ["0", "65"])] {
        for number in numbers {
            let said = refusal(EXPERIMENT.run(&[flag, number]));
            assert!(said.contains(flag), "{said}");
        }
    }
    for number in ["0", "61", "-1"] {
        assert!(refusal(EXPERIMENT.run(&["--demonstrate", number])).contains("--demonstrate"));
    }
    assert!(refusal(EXPERIMENT.run(&["--demonstrate", "--json"])).contains("--json"));
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(&BRIEF);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    assert!(text.contains("the 99th percentile is the worst one") && text.ends_with('.'), "{text}");
    assert!(EXPERIMENT.words(&["--help"]).contains("cargo run -p responsiveness"));
}

#[test]
fn a_timeline_has_all_ticks_and_what_they_waited_for() {
    let timeline = EXPERIMENT.timeline(&["--ticks", "6", "--variant", "idle", "--variant", "thread"]);
    assert_eq!(spans(&timeline), 6 + 6 + 1);
}

/// Threads need addresses for their stacks.
#[cfg(target_os = "linux")]
#[test]
fn what_the_system_refuses_is_left_out_and_the_rest_is_done() {
    let arguments = ["--json", "--ticks", "2", "--workers", "64", "--variant", "idle", "--variant", "gil"];
    let output = EXPERIMENT.run_within(64, &arguments);
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    assert!(complaints.contains("left out: gil"), "{complaints}");
    let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
    assert!(outcomes.len() == 4 && outcomes.iter().all(|outcome| outcome.variant == "idle"), "{outcomes:?}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&BRIEF);
    EXPERIMENT.bears_a_reader_that_leaves(&["--demonstrate", "1", "--variant", "idle"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    EXPERIMENT.takes_its_children_along(3, &["--variant", "process", "--workers", "3", "--ticks", "6000"]);
}

#[test]
fn without_a_terminal_the_demonstration_is_text() {
    let text = EXPERIMENT.text(&["--demonstrate", "1", "--variant", "idle", "--variant", "same-thread"]);
    assert!(!text.contains('\x1b') && !text.contains('\r'), "{text:?}");
    let signs = |line: &&str| line.len() == 60 && line.chars().all(|sign| ".oX".contains(sign));
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
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::fs::OFlags;
    use rustix::process::{Pid, Signal, kill_process};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{LocalModes, Termios, tcgetattr};

    use super::EXPERIMENT;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A terminal with the demonstration in it.
    struct Demonstration {
        hand: File,
        terminal: File,
        before: Termios,
        child: Child,
        drawn: Receiver<Vec<u8>>,
        screen: String,
    }

    impl Demonstration {
        fn new(arguments: &[&str]) -> Self {
            let hand = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
            grantpt(&hand).unwrap();
            unlockpt(&hand).unwrap();
            let name = ptsname(&hand, Vec::new()).unwrap().into_string().unwrap();
            let flags = OFlags::NOCTTY.bits() as i32;
            let terminal = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name).unwrap();
            let before = tcgetattr(&terminal).unwrap();
            let mut command = EXPERIMENT.command(&[&["--demonstrate"], arguments].concat());
            let shared = || Stdio::from(terminal.try_clone().unwrap());
            let child = command.env("TERM", "xterm").stdin(shared()).stdout(shared()).stderr(shared()).spawn().unwrap();
            let hand = File::from(hand);
            let (tell, drawn) = channel();
            let mut reads = hand.try_clone().unwrap();
            thread::spawn(move || {
                let mut some = [0; 4096];
                while let Ok(read @ 1..) = reads.read(&mut some) {
                    if tell.send(some[..read].to_vec()).is_err() {
                        break;
                    }
                }
            });
            Self { hand, terminal, before, child, drawn, screen: String::new() }
        }

        fn wait_for(&mut self, text: &str) {
            while !self.screen.contains(text) {
                let some =
                    self.drawn.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {text:?}: {:?}", self.screen));
                self.screen += &String::from_utf8_lossy(&some);
            }
        }

        fn press(&mut self, keys: &str) {
            self.hand.write_all(keys.as_bytes()).unwrap();
        }

        /// Waits for the guard's last words, after which the settings must be those of before.
        fn is_restored(&mut self) {
            self.wait_for("\x1b[?25h");
            let (before, after) = (&self.before, tcgetattr(&self.terminal).unwrap());
            assert_eq!(before.local_modes, after.local_modes);
            assert_eq!(before.input_modes, after.input_modes);
            assert_eq!(format!("{:?}", before.special_codes), format!("{:?}", after.special_codes));
        }

        fn ends(&mut self) -> std::process::ExitStatus {
            let deadline = Instant::now() + PATIENCE;
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                assert!(Instant::now() < deadline, "it didn't end: {:?}", self.screen);
                thread::yield_now();
            }
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
        let mut shown = Demonstration::new(&["60"]);
        shown.wait_for(" 0 keys");
        assert!(!tcgetattr(&shown.terminal).unwrap().local_modes.contains(LocalModes::ECHO));
        shown.press("abc");
        shown.wait_for(" 3 keys");
        shown.press("q");
        shown.is_restored();
        assert!(shown.ends().success());
    }

    #[test]
    fn it_ends_by_itself_and_restores_the_terminal() {
        let mut shown = Demonstration::new(&["1", "--variant", "same-thread", "--variant", "process"]);
        shown.wait_for("process: another process");
        shown.is_restored();
        assert!(shown.ends().success());
    }

    #[test]
    fn whatever_ends_it_the_terminal_is_restored() {
        for way in ["idle", "process", "async-spawn-blocking"] {
            for signal in [Signal::INT, Signal::TERM, Signal::KILL, Signal::ABORT] {
                let mut shown = Demonstration::new(&["60", "--variant", way]);
                shown.wait_for(" 0 keys");
                kill_process(Pid::from_child(&shown.child), signal).unwrap();
                assert_eq!(shown.ends().signal(), Some(signal.as_raw()), "{way}");
                shown.is_restored();
            }
        }
    }
}
