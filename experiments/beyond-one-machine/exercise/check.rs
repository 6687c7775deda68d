//! What a right word count must pass: with one, two, three and five workers, each word is told once, with all that there are
//! of it, and every worker tells some. It looks at no clock, so it says the same on every machine.

use std::collections::BTreeMap;
use std::iter;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use timely::worker::Worker;

/// The counts of words, as a worker tells them.
pub(crate) type Counts = Sender<(String, u64)>;

/// The function that is to be repaired.
pub(crate) type Count = fn(&mut Worker, Vec<String>, Counts);

/// For an answer that never comes back. All of it takes a small part of a second.
const LIMIT: Duration = Duration::from_secs(30);

/// In a turn a worker goes on for so many steps: long enough to do all that it can by itself.
const STEPS: usize = 20;

/// After so many turns of each worker every dataflow has ended that ever will.
const TURNS: usize = 20;

/// Runs `count` on so many workers, and says what is wrong in the first case that isn't right.
pub(crate) fn check(count: Count) -> Result<(), String> {
    check_within(LIMIT, count)
}

/// The same for one that is known never to return.
pub(crate) fn check_within(limit: Duration, count: Count) -> Result<(), String> {
    // A thread can't be stopped from outside. One that hangs is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || tell.send([1, 2, 3, 5].into_iter().try_for_each(|workers| check_on(workers, count))));
    told.recv_timeout(limit).unwrap_or_else(|why| match why {
        RecvTimeoutError::Timeout => Err("`count` hasn't returned: what does it wait for?".to_owned()),
        RecvTimeoutError::Disconnected => Err("the check panicked; its message stands above".to_owned()),
    })
}

/// What a worker gets from the check: word that it is its turn, where it says whether there is more to do, and where it
/// tells the counts of each text.
type Seat = (Receiver<()>, Sender<bool>, [Counts; 2]);

/// Two texts are counted at once: workers of several processes share no memory, so neither can counts that are in it.
///
/// The check is the scheduler. A worker goes on when it's its turn, so its own words are there long before those of
/// others, every time.
fn check_on(workers: usize, count: Count) -> Result<(), String> {
    let texts = [text(7), text(4)];
    let (mut seats, mut turns, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..workers {
        let ((turn, its_turn), (says, said), (one, of_one), (other, of_other)) =
            (channel(), channel(), channel(), channel());
        seats.push(Mutex::new(Some((its_turn, says, [one, other]))));
        turns.push((turn, said));
        told.push([of_one, of_other]);
    }
    let read = texts.clone();
    let guards = timely::execute(timely::Config::process(workers), move |worker| {
        let (me, all) = (worker.index(), worker.peers());
        let seat: Option<Seat> = seats[me].lock().unwrap_or_else(PoisonError::into_inner).take();
        let (its_turn, says, counts) = seat.expect("there is one for each worker");
        for (text, counts) in iter::zip(&read, counts) {
            count(worker, text.iter().skip(me).step_by(all).cloned().collect(), counts);
        }
        for () in its_turn {
            (0..STEPS).for_each(|_| _ = worker.step());
            // Nobody listens any more if another worker has panicked.
            let _ = says.send(worker.has_dataflows());
        }
        // One that hasn't ended would be waited for.
        worker.installed_dataflows().into_iter().for_each(|dataflow| worker.drop_dataflow(dataflow));
    })?;
    let has_ended = take_turns(&turns);
    drop(turns);
    for (worker, end) in guards.join().into_iter().enumerate() {
        end.map_err(|_| format!("worker {worker} of {workers} panicked; its message stands above"))?;
    }
    if !has_ended {
        return Err(format!(
            "with {workers} workers the dataflow never ends: does an operator keep its capability for ever?"
        ));
    }
    let told = told.iter().map(|of| of.each_ref().map(|told| told.iter().collect::<Vec<_>>()));
    let told: Vec<_> = told.collect();
    (0..texts.len()).try_for_each(|number| {
        let of_it: Vec<_> = told.iter().map(|told| &told[number][..]).collect();
        judge(&texts[number], &of_it).map_err(|why| format!("with {workers} workers {why}"))
    })
}

/// Lets one worker after the other have its turn. True once there is no more to do for anybody, false if there always is.
fn take_turns(turns: &[(Sender<()>, Receiver<bool>)]) -> bool {
    (0..TURNS).any(|_| {
        let more = turns.iter().map(|(turn, said)| turn.send(()).is_ok() && said.recv().unwrap_or(false));
        more.filter(|more| *more).count() == 0
    })
}

/// Words of all letters and of one letter to five, again and again, and the words of a text differ in how often they are there.
fn text(most: usize) -> Vec<String> {
    let word = |number: usize| (b'a'..=b'z').map(move |letter| char::from(letter).to_string().repeat(number));
    let words: Vec<String> = (1..=5).flat_map(word).collect();
    let round =
        |round| words.iter().enumerate().filter(move |(at, _)| at % most >= round).map(|(_, word)| word.clone());
    (0..most).flat_map(round).collect()
}

/// Says what is wrong with what the workers have told of a text.
fn judge(text: &[String], told: &[&[(String, u64)]]) -> Result<(), String> {
    let mut right = BTreeMap::new();
    text.iter().for_each(|word| *right.entry(word).or_insert(0) += 1);
    let all = || told.iter().copied().flatten();
    if let Some((word, _)) = all().find(|(word, _)| !right.contains_key(word)) {
        return Err(format!("{word:?} is told, which nobody has read"));
    }
    for (word, right) in right {
        let counts: Vec<String> = all().filter(|told| told.0 == *word).map(|told| told.1.to_string()).collect();
        match &counts[..] {
            [] => return Err(format!("{word:?} is never told; it is there {right} times")),
            [count] if *count == right.to_string() => {}
            [count] => return Err(format!("{word:?} is told as {count}; in its text it is there {right} times")),
            [..] => {
                let (times, counts) = (counts.len(), counts.join(" and "));
                return Err(format!("{word:?} is told {times} times, as {counts}; tell it once, as {right}"));
            }
        }
    }
    match told.iter().position(|told| told.is_empty()) {
        Some(idle) => Err(format!("the counts are right, but worker {idle} has none to tell: share the words out")),
        None => Ok(()),
    }
}
