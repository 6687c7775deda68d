//! What a right word count must pass: with one, two, three and five workers, each word is told once, with all that there are
//! of it. It looks at no clock, so it says the same on every machine.

use std::sync::mpsc::Sender;

use timely::worker::Worker;

/// The counts of words, as workers tell them.
pub(crate) type Counts = Sender<(String, u64)>;

/// Each worker reads every so-manieth line of these.
const LINES: [&str; 6] =
    ["one two three", "two three", "three", "three two one four", "one one one", "four two three four"];

/// In the order of the alphabet.
const RIGHT: [(&str, u64); 4] = [("four", 3), ("one", 5), ("three", 5), ("two", 4)];

/// Runs `count` on so many workers, and says what is wrong in the first case that isn't right.
pub(crate) fn check(count: fn(&mut Worker, Vec<String>, Counts)) -> Result<(), String> {
    for workers in [1, 2, 3, 5] {
        let (tell, told) = std::sync::mpsc::channel();
        let guards = timely::execute(timely::Config::process(workers), move |worker| {
            let mine = LINES.iter().skip(worker.index()).step_by(worker.peers());
            let words = mine.flat_map(|line| line.split(' ')).map(str::to_owned).collect();
            count(worker, words, tell.clone());
        })?;
        drop(guards);
        let mut told: Vec<(String, u64)> = told.iter().collect();
        told.sort_unstable();
        let right = RIGHT.map(|(word, count)| (word.to_owned(), count));
        if told != right {
            return Err(format!("{workers} workers counted {told:?} and not {right:?}"));
        }
    }
    Ok(())
}
