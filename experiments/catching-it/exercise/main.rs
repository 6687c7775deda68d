//! The repair exercise: change `task.rs` until `cargo test -p catching-it --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod task;

/// Where the letter finds its atomics: loom's.
mod sync {
    pub(crate) use loom::sync::atomic;
}

mod right {
    pub(crate) mod both_in_one;
    pub(crate) mod fences_on_both_sides;
    pub(crate) mod seqcst_on_the_flag;
    pub(crate) mod swapped;
}

mod wrong {
    pub(crate) mod a_fence_on_one_side;
    pub(crate) mod always_the_same;
    pub(crate) mod for_the_compiler_alone;
    pub(crate) mod looks_twice;
    pub(crate) mod never_sent;
    pub(crate) mod only_the_reader;
    pub(crate) mod only_the_sender;
    pub(crate) mod reads_before_it_looks;
    pub(crate) mod seqcst_on_the_store;
    pub(crate) mod swapped_relaxed;
    pub(crate) mod the_content_is_ordered;
    pub(crate) mod the_fence_too_early;
    pub(crate) mod the_flag_first;
    pub(crate) mod waits_for_it;
    pub(crate) mod zero_is_no_letter;
}

use check::check;
use task::Letter;
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn who_finds_the_flag_up_finds_the_letter() {
    if let Err(what) = check((Letter::default, task::send, task::read)) {
        panic!("{what}; repair `send` and `read` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check((Letter::default, task::send, task::read)).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.contains("the flag was up"), "{said}");
}

/// A check of the answer in a module that has the task's letter.
macro_rules! answer {
    ($answer:path) => {{
        use $answer as answer;
        || check((Letter::default, answer::send, answer::read))
    }};
}

#[test]
fn right_answers_pass() {
    accepts(
        some_times(),
        &[
            ("the solution", answer!(solution)),
            ("both in one", || {
                use right::both_in_one::{Letter, read, send};
                check((Letter::default, send, read))
            }),
            ("fences on both sides", answer!(right::fences_on_both_sides)),
            ("seqcst on the flag", answer!(right::seqcst_on_the_flag)),
            ("swapped", answer!(right::swapped)),
        ],
    );
}

#[test]
fn wrong_answers_are_refused() {
    let not_there = "the flag was up, and the letter wasn't there";
    let has_not_come = "the sender has ended, and the letter hasn't come";
    refuses(
        some_times(),
        &[
            ("a fence on one side", not_there, answer!(wrong::a_fence_on_one_side)),
            ("always the same", has_not_come, answer!(wrong::always_the_same)),
            ("for the compiler alone", not_there, answer!(wrong::for_the_compiler_alone)),
            ("looks twice", not_there, answer!(wrong::looks_twice)),
            ("never sent", has_not_come, answer!(wrong::never_sent)),
            ("only the reader", not_there, answer!(wrong::only_the_reader)),
            ("only the sender", not_there, answer!(wrong::only_the_sender)),
            ("reads before it looks", not_there, answer!(wrong::reads_before_it_looks)),
            ("seqcst on the store", not_there, answer!(wrong::seqcst_on_the_store)),
            ("swapped relaxed", not_there, answer!(wrong::swapped_relaxed)),
            ("the content is ordered", not_there, answer!(wrong::the_content_is_ordered)),
            ("the fence too early", not_there, answer!(wrong::the_fence_too_early)),
            ("the flag first", not_there, answer!(wrong::the_flag_first)),
            ("waits for it", "an execution has no end", answer!(wrong::waits_for_it)),
            ("zero is no letter", has_not_come, answer!(wrong::zero_is_no_letter)),
        ],
    );
}
