//! What the test of an exercise checks besides the reader's own answer: answers that people give, wrong ones and right ones.
//!
//! Each is a file of its own beside the task, `exercise/wrong/<mistake>.rs` or `exercise/right/<way>.rs`, with the same functions as the
//! task has.

use std::thread;

/// An answer, checked: what its check says of it.
pub type Checked = fn() -> Result<(), String>;

/// How often an answer is checked, on all cores and as often on one, where its check isn't done in a millisecond or two.
pub fn some_times() -> usize {
    if crate::is_soak() { 100 } else { 5 }
}

/// Checks that each wrong answer is refused every time, on all cores and on one, with a sentence that says what is wrong with it.
/// There are four at least: the name of its file, what the sentence has to say, and its check.
pub fn refuses(times: usize, wrong: &[(&str, &str, Checked)]) {
    assert!(wrong.len() >= 4, "people give more wrong answers than {}", wrong.len());
    everywhere(times, || {
        for (name, says, check) in wrong {
            let said = check().err().unwrap_or_else(|| panic!("{name}: it passes"));
            assert!(said.contains(says), "{name}: it isn't told {says:?}, but {said:?}");
        }
    });
}

/// Checks that each right answer passes every time, on all cores and on one: the solution, and two others at least.
pub fn accepts(times: usize, right: &[(&str, Checked)]) {
    assert!(right.len() >= 3, "there is more than one way to be right");
    everywhere(times, || {
        for (name, check) in right {
            assert_eq!(check(), Ok(()), "{name}");
        }
    });
}

fn everywhere(times: usize, check: impl Fn() + Sync) {
    (0..times).for_each(|_| check());
    #[cfg(target_os = "linux")]
    thread::scope(|scope| {
        let on_one = scope.spawn(|| {
            crate::on_one_core();
            (0..times).for_each(|_| check());
        });
        on_one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: Checked = || Ok(());
    const WRONG: Checked = || Err("two were sold the last seat".to_owned());

    fn fails(test: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(test).is_err()
    }

    #[test]
    fn a_wrong_answer_is_to_be_refused_and_told_why_every_time() {
        refuses(2, &[("a", "last seat", WRONG); 4]);
        assert!(fails(|| refuses(2, &[("a", "last seat", WRONG); 3])), "three are too few");
        assert!(fails(|| refuses(1, &[("a", "first seat", WRONG); 4])), "it says something else");
        assert!(fails(|| refuses(1, &[[("a", "last seat", WRONG); 4].as_slice(), &[("b", "", RIGHT)]].concat())));
    }

    #[test]
    fn a_right_answer_is_to_pass() {
        accepts(2, &[("a", RIGHT); 3]);
        assert!(fails(|| accepts(1, &[("a", WRONG); 3])));
        assert!(fails(|| accepts(1, &[("a", RIGHT); 2])), "two are too few, for one is the solution");
    }
}
