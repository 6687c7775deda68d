//! The question: how long does it take to turn a struct into bytes, and the bytes into a struct again?

use std::io;
use std::sync::mpsc;
use std::time::Instant;

use lab::{Case, Chosen, Done, Question, Report, Row, Whole, median};
use serde::{Deserialize, Serialize};

/// How long does it take to hand over a struct, as a pointer and as bytes?
#[derive(clap::Args)]
pub struct Struct {
    /// Hand the struct over this many times in each form
    #[arg(long, value_name = "N", default_value = "1000")]
    trips: Whole<16, 1_000_000>,
}

/// The struct that is handed over; its text and its values lie in memory of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    number: u64,
    place: String,
    values: Vec<f64>,
}

impl Reading {
    /// A struct with a short text and 32 values that aren't round.
    fn example(number: u64) -> Self {
        let values = (1..=32).map(|value| f64::from(value).sqrt()).collect();
        Self { number, place: "the roof, north-west corner".to_owned(), values }
    }
}

/// What came out.
pub struct Handed {
    /// The struct as it was last received. With each hand-over its number has grown by one.
    reading: Reading,
    /// How many bytes went through the channel each time.
    bytes: usize,
    /// How long each hand-over took, in nanoseconds.
    each: f64,
}

/// Hands the struct over this many times, in one form.
pub type Form = fn(u64) -> io::Result<Handed>;

/// All forms, by name.
const FORMS: [(&str, Form); 4] = [
    ("pointer", as_pointer),
    ("bytes", |times| as_bytes(times, put, take)),
    ("postcard", |times| {
        let put = |reading: &Reading, bytes| {
            postcard::to_extend(reading, bytes).map_err(io::Error::other)
        };
        as_bytes(times, put, |bytes| {
            postcard::from_bytes(bytes).map_err(io::Error::other)
        })
    }),
    ("json", |times| {
        let put = |reading: &Reading, mut bytes| {
            Ok(serde_json::to_writer(&mut bytes, reading).map(|()| bytes)?)
        };
        as_bytes(times, put, |bytes| Ok(serde_json::from_slice(bytes)?))
    }),
];

/// As a pointer: the struct stays where it is, and only the pointer goes through the channel.
fn as_pointer(times: u64) -> io::Result<Handed> {
    let next = |mut reading: Box<Reading>| {
        reading.number += 1;
        Ok(reading)
    };
    let (reading, each) = hand_over(times, Box::new(Reading::example(0)), next)?;
    Ok(Handed { reading: *reading, bytes: size_of::<Box<Reading>>(), each })
}

/// As bytes: `put` turns the struct into bytes, which go through the same channel, and `take` turns them into a struct again.
fn as_bytes(
    times: u64,
    put: impl Fn(&Reading, Vec<u8>) -> io::Result<Vec<u8>>,
    take: impl Fn(&[u8]) -> io::Result<Reading>,
) -> io::Result<Handed> {
    let next = |mut bytes: Vec<u8>| {
        let mut reading = take(&bytes)?;
        reading.number += 1;
        bytes.clear(); // keeps the memory, which is used again
        put(&reading, bytes)
    };
    let (bytes, each) =
        hand_over(times, put(&Reading::example(0), Vec::new())?, next)?;
    Ok(Handed { reading: take(&bytes)?, bytes: bytes.len(), each })
}

/// Hands a message over this many times; `next` makes each message from the one before it. Returns the last message, and how long
/// each hand-over took, in nanoseconds. Sender and receiver are one thread, so nobody has to be woken.
fn hand_over<M>(
    times: u64,
    mut message: M,
    next: impl Fn(M) -> io::Result<M>,
) -> io::Result<(M, f64)> {
    let (to, from) = mpsc::channel();
    let began = Instant::now();
    for _ in 0..times {
        to.send(message).map_err(|_| io::ErrorKind::BrokenPipe)?;
        message = next(from.recv().map_err(io::Error::other)?)?;
    }
    Ok((message, began.elapsed().as_nanos() as f64 / times as f64))
}

/// Appends the fields one after the other. The text and the values have their lengths before them.
fn put(reading: &Reading, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    bytes.extend(reading.number.to_le_bytes());
    bytes.extend((reading.place.len() as u64).to_le_bytes());
    bytes.extend(reading.place.as_bytes());
    bytes.extend((reading.values.len() as u64).to_le_bytes());
    bytes.extend(reading.values.iter().flat_map(|value| value.to_le_bytes()));
    Ok(bytes)
}

/// Reads the fields again. Whatever the bytes say, it reads none beyond their end.
fn take(mut bytes: &[u8]) -> io::Result<Reading> {
    let word = |bytes: &mut &[u8]| {
        let (word, rest) =
            bytes.split_first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
        *bytes = rest;
        io::Result::Ok(u64::from_le_bytes(*word))
    };
    let (number, length) = (word(&mut bytes)?, word(&mut bytes)?);
    let place =
        bytes.split_off(..length as usize).ok_or(io::ErrorKind::UnexpectedEof)?;
    let place = str::from_utf8(place).map_err(io::Error::other)?.to_owned();
    let length = word(&mut bytes)?;
    let (values, []) = bytes.as_chunks() else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    match values.len() as u64 == length {
        true => Ok(Reading {
            number,
            place,
            values: values.iter().map(|value| f64::from_le_bytes(*value)).collect(),
        }),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

impl Question for Struct {
    const NAME: &str = "struct";
    const SHOWN: &str = "every struct arrived as it was sent";
    const EXAMPLES: &str = "cargo run -p message-passing -- struct";
    const DRAWS: bool = false;
    type Given = Form;
    type Run = Handed;

    fn variants() -> Vec<&'static str> {
        FORMS.map(|(name, _)| name).into()
    }

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Form>>> {
        Ok(FORMS.map(|(name, form)| Case::new(name, "struct", form)).into())
    }

    fn rounds(&self) -> u64 {
        3
    }

    fn run(&self, case: &Case<Form>) -> io::Result<Handed> {
        (case.given)(self.trips.0)
    }

    fn tell(&self, _: &Case<Form>, runs: &[Handed], row: &mut Row<'_>) {
        row.number_in("sent", "encoded", "bytes", runs[0].bytes as f64);
        row.number_in(
            "time each",
            "hand-over",
            "ns",
            median(runs.iter().map(|handed| handed.each)),
        );
        if runs
            .iter()
            .any(|handed| handed.reading != Reading::example(self.trips.0))
        {
            row.wrong();
        }
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say("Each row hands over the same struct: a text and 32 numbers. The column sent tells how many bytes go through the channel. Sender and receiver are one thread, so nobody has to be woken.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_struct_are_refused() {
        let whole = put(&Reading::example(7), Vec::new()).unwrap();
        assert_eq!(take(&whole).unwrap(), Reading::example(7));
        assert!((0..whole.len()).all(|length| take(&whole[..length]).is_err()));
        assert!(take(&[0xff; 32]).is_err());
    }
}
