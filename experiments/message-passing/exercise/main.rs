//! The repair exercise: change `task.rs` until `cargo test -p message-passing --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and refuses the task and those that aren't.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod as_text;
    pub(crate) mod in_chunks;
    pub(crate) mod in_groups_of_seven_bits;
    pub(crate) mod with_escapes;
}
mod wrong {
    pub(crate) mod a_buffer_for_each;
    pub(crate) mod a_mark_nobody_uses;
    pub(crate) mod a_table_of_messages;
    pub(crate) mod an_end_anywhere;
    pub(crate) mod an_error_is_the_end;
    pub(crate) mod empty_is_the_end;
    pub(crate) mod escapes_the_end_alone;
    pub(crate) mod full_chunks_go_on;
    pub(crate) mod interrupted_and_no_more;
    pub(crate) mod length_in_three_bytes;
    pub(crate) mod length_in_two_bytes;
    pub(crate) mod lengths_aside;
    pub(crate) mod lines;
    pub(crate) mod nobody_hears_of_it;
    pub(crate) mod one_write_of_both;
    pub(crate) mod reads_ahead;
    pub(crate) mod tries_once_more;
    pub(crate) mod until_it_is_all_there;
    pub(crate) mod what_there_is_of_it;
}

use check::check;
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn messages_come_as_they_were_sent() {
    if let Err(what) = check::<task::Framing>() {
        panic!("{what}; repair `Framing` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Framing>().is_err();
    assert!(
        caught,
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
}

#[test]
fn wrong_answers_are_refused() {
    use wrong::*;
    refuses(
        100,
        &[
            (
                "a_buffer_for_each",
                "the next message has lost its beginning",
                check::<a_buffer_for_each::Framing>,
            ),
            (
                "a_mark_nobody_uses",
                "where a message contains another as it was sent",
                check::<a_mark_nobody_uses::Framing>,
            ),
            (
                "a_table_of_messages",
                "another program doesn't find the others",
                check::<a_table_of_messages::Framing>,
            ),
            (
                "an_error_is_the_end",
                "the error of a stream that broke after 0 bytes was taken for its end",
                check::<an_error_is_the_end::Framing>,
            ),
            (
                "escapes_the_end_alone",
                "where a message contains another as it was sent",
                check::<escapes_the_end_alone::Framing>,
            ),
            (
                "full_chunks_go_on",
                "of 4096 bytes",
                check::<full_chunks_go_on::Framing>,
            ),
            (
                "length_in_three_bytes",
                "the beginning of a message of 16777217 bytes was taken for",
                check::<length_in_three_bytes::Framing>,
            ),
            (
                "nobody_hears_of_it",
                "was sent without an error, and its stream was broken",
                check::<nobody_hears_of_it::Framing>,
            ),
            (
                "reads_ahead",
                "the next message has lost its beginning",
                check::<reads_ahead::Framing>,
            ),
            (
                "tries_once_more",
                "isn't received: operation interrupted",
                check::<tries_once_more::Framing>,
            ),
            (
                "an_end_anywhere",
                "bytes was taken for the end of the stream",
                check::<an_end_anywhere::Framing>,
            ),
            (
                "empty_is_the_end",
                "the stream ended before an empty message",
                check::<empty_is_the_end::Framing>,
            ),
            (
                "interrupted_and_no_more",
                "came instead of \"one\"",
                check::<interrupted_and_no_more::Framing>,
            ),
            (
                "length_in_two_bytes",
                "the beginning of a message of 16777217 bytes was taken for",
                check::<length_in_two_bytes::Framing>,
            ),
            (
                "lengths_aside",
                "receivers may be other programs",
                check::<lengths_aside::Framing>,
            ),
            ("lines", "\"two\" came instead of", check::<lines::Framing>),
            (
                "one_write_of_both",
                "moves one byte at a time",
                check::<one_write_of_both::Framing>,
            ),
            (
                "until_it_is_all_there",
                "goes on reading for ever",
                check::<until_it_is_all_there::Framing>,
            ),
            (
                "what_there_is_of_it",
                "lacks its last 1 bytes was taken for \"cut of\"",
                check::<what_there_is_of_it::Framing>,
            ),
        ],
    );
}

#[test]
fn right_answers_pass() {
    accepts(
        some_times(),
        &[
            ("the solution", check::<solution::Framing>),
            ("as_text", check::<right::as_text::Framing>),
            ("in_chunks", check::<right::in_chunks::Framing>),
            (
                "in_groups_of_seven_bits",
                check::<right::in_groups_of_seven_bits::Framing>,
            ),
            ("with_escapes", check::<right::with_escapes::Framing>),
        ],
    );
}
