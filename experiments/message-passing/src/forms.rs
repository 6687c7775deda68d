//! A struct as a message: what it costs to make bytes of it and a struct of the bytes.

use std::io;
use std::sync::mpsc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

// ANCHOR: reading
/// What is handed over: a struct with memory of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Which one it is.
    pub number: u64,
    /// Where it was taken.
    pub place: String,
    /// What was measured.
    pub values: Vec<f64>,
}
// ANCHOR_END: reading

impl Reading {
    /// One with a short name and 32 values that aren't round.
    pub fn example() -> Self {
        Self {
            number: 0,
            place: "the roof, north-west corner".to_owned(),
            values: (1..=32).map(|value| f64::from(value).sqrt()).collect(),
        }
    }
}

/// A form in which the struct is handed over, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Hands the struct over so many times.
    pub hand_over: fn(Reading, u64) -> io::Result<Handed>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Handed {
    /// The struct, as it was last received: each time its number has grown by one.
    pub reading: Reading,
    /// What went through the channel each time, in bytes.
    pub bytes: usize,
    /// What each time took, in nanoseconds.
    pub each: f64,
}

/// Makes bytes of the struct, in memory that was used before.
type Put = fn(&Reading, Vec<u8>) -> io::Result<Vec<u8>>;
/// Makes the struct of the bytes.
type Take = fn(&[u8]) -> io::Result<Reading>;

/// All forms.
pub const FORMS: [Form; 4] = [
    Form { name: "pointer", hand_over: as_pointer },
    Form { name: "bytes", hand_over: |reading, times| as_bytes(reading, times, put, take) },
    Form { name: "postcard", hand_over: |reading, times| as_bytes(reading, times, put_postcard, take_postcard) },
    Form { name: "json", hand_over: |reading, times| as_bytes(reading, times, put_json, take_json) },
];

// ANCHOR: forms
/// The struct stays where it is, and a pointer to it goes through the channel. Sender and receiver are one thread, so
/// nobody is woken.
fn as_pointer(reading: Reading, times: u64) -> io::Result<Handed> {
    let (to, from) = mpsc::channel();
    let mut reading = Box::new(reading);
    let began = Instant::now();
    for _ in 0..times {
        to.send(reading).map_err(io::Error::other)?;
        reading = from.recv().map_err(io::Error::other)?;
        reading.number += 1;
    }
    let each = began.elapsed().as_nanos() as f64 / times as f64;
    Ok(Handed { reading: *reading, bytes: size_of::<Box<Reading>>(), each })
}

/// Bytes are made of the struct and go through the same channel; of the bytes, a struct is made.
fn as_bytes(mut reading: Reading, times: u64, put: Put, take: Take) -> io::Result<Handed> {
    let (to, from) = mpsc::channel();
    let mut bytes = Vec::new();
    let began = Instant::now();
    for _ in 0..times {
        bytes.clear(); // and its memory is used again
        to.send(put(&reading, bytes)?).map_err(io::Error::other)?;
        bytes = from.recv().map_err(io::Error::other)?;
        reading = take(&bytes)?;
        reading.number += 1;
    }
    let each = began.elapsed().as_nanos() as f64 / times as f64;
    Ok(Handed { reading, bytes: bytes.len(), each })
}
// ANCHOR_END: forms

// ANCHOR: by-hand
/// The fields one after the other, the text and the values with their lengths before them.
fn put(reading: &Reading, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    bytes.extend(reading.number.to_le_bytes());
    bytes.extend((reading.place.len() as u64).to_le_bytes());
    bytes.extend(reading.place.as_bytes());
    bytes.extend((reading.values.len() as u64).to_le_bytes());
    bytes.extend(reading.values.iter().flat_map(|value| value.to_le_bytes()));
    Ok(bytes)
}

/// The fields again. Whatever the bytes are, it reads none that isn't there.
fn take(bytes: &[u8]) -> io::Result<Reading> {
    let (number, bytes) = word(bytes)?;
    let (length, bytes) = word(bytes)?;
    let (place, bytes) = bytes.split_at_checked(length as usize).ok_or(io::ErrorKind::UnexpectedEof)?;
    let place = str::from_utf8(place).map_err(io::Error::other)?.to_owned();
    let (length, bytes) = word(bytes)?;
    let (values, []) = bytes.as_chunks() else { return Err(io::ErrorKind::InvalidData.into()) };
    match values.len() as u64 == length {
        true => Ok(Reading { number, place, values: values.iter().map(|value| f64::from_le_bytes(*value)).collect() }),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn word(bytes: &[u8]) -> io::Result<(u64, &[u8])> {
    let (word, rest) = bytes.split_first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((u64::from_le_bytes(*word), rest))
}
// ANCHOR_END: by-hand

fn put_postcard(reading: &Reading, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    postcard::to_extend(reading, bytes).map_err(io::Error::other)
}

fn take_postcard(bytes: &[u8]) -> io::Result<Reading> {
    postcard::from_bytes(bytes).map_err(io::Error::other)
}

fn put_json(reading: &Reading, mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    serde_json::to_writer(&mut bytes, reading)?;
    Ok(bytes)
}

fn take_json(bytes: &[u8]) -> io::Result<Reading> {
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_every_form_the_struct_comes_as_it_was_sent() {
        for form in FORMS {
            let handed = (form.hand_over)(Reading::example(), 10).unwrap();
            assert_eq!(handed.reading, Reading { number: 10, ..Reading::example() }, "{}", form.name);
            assert!(handed.each > 0.0 && handed.bytes >= 8, "{handed:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_struct_are_refused_in_every_form() {
        let forms: [(Put, Take); 3] = [(put, take), (put_postcard, take_postcard), (put_json, take_json)];
        for (put, take) in forms {
            let whole: Vec<u8> = put(&Reading::example(), Vec::new()).unwrap();
            assert_eq!(take(&whole).unwrap(), Reading::example());
            assert!((0..whole.len()).all(|length| take(&whole[..length]).is_err()));
        }
        assert!(take(&[0xff; 32]).is_err());
    }
}
