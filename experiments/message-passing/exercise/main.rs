//! The repair exercise: change `task.rs` until `cargo test -p message-passing --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::io::{self, Read, Write};

use check::{Protocol, check};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn messages_come_as_they_were_sent() {
    if let Err(what) = check::<task::Framing>() {
        panic!("{what}; repair `Framing` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check::<solution::Framing>(), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Framing>().is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

/// It reads again after an interruption, and takes what comes for a message.
struct ReadAgain;

impl Protocol for ReadAgain {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut message = vec![0; 4096];
        let mut length = from.read(&mut message);
        while length.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
            length = from.read(&mut message);
        }
        let length = length?;
        message.truncate(length);
        Ok((length > 0).then_some(message))
    }
}

/// A line is a message.
struct Lines;

impl Protocol for Lines {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(message)?;
        to.write_all(b"\n")
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut message, mut byte) = (Vec::new(), [0]);
        while from.read_exact(&mut byte).is_ok() {
            match byte {
                [b'\n'] => return Ok(Some(message)),
                [other] => message.push(other),
            }
        }
        Ok(None)
    }
}

/// The length goes before the message, in so many bytes, and the end of the stream anywhere is taken for its end.
struct Prefix<const BYTES: usize>;

impl<const BYTES: usize> Protocol for Prefix<BYTES> {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&message.len().to_le_bytes()[..BYTES])?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 8];
        if from.read_exact(&mut length[..BYTES]).is_err() {
            return Ok(None);
        }
        let mut message = Vec::new();
        from.take(u64::from_le_bytes(length)).read_to_end(&mut message)?;
        Ok(Some(message))
    }
}

#[test]
fn half_done_repairs_are_caught_and_told_what_is_wrong() {
    let said = check::<ReadAgain>().unwrap_err();
    assert!(said.contains("at a time as there are") && said.contains("came in the place of \"one\""), "{said}");
    let said = check::<Lines>().unwrap_err();
    assert!(said.contains("\"two\" came in the place of \"two\\\\nlines"), "{said}");
    let said = check::<Prefix<1>>().unwrap_err();
    assert!(said.contains("of 400000 bytes"), "{said}");
    let said = check::<Prefix<4>>().unwrap_err();
    assert!(said.contains("lacks its last 1 bytes was taken for"), "{said}");
}
