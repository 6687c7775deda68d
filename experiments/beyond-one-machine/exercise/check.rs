//! What a right word count must pass: with one, two, three and five workers, each word is told once, with all that there are
//! of it, every worker tells some, and none gets more than twice its share, of the words to count or of those to tell. It looks at no
//! clock, so it says the same on every machine.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::iter;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use timely::communication::WorkerGuards;
use timely::logging::{TimelyEvent, TimelyEventBuilder};
use timely::worker::Worker;

/// The counts of words, as a worker tells them.
pub(crate) type Counts = Sender<(String, u64)>;

/// The function that is to be repaired.
pub(crate) type Count = fn(&mut Worker, Vec<String>, Counts);

/// For an answer that never comes back. All of it takes a small part of a second.
const LIMIT: Duration = Duration::from_secs(30);

/// In a turn a worker goes on for this many steps: long enough to do all that it can by itself.
const STEPS: usize = 20;

/// In its first turn, for this many: one that waits for some steps, instead of for the end, has waited long enough then.
const FIRST_STEPS: usize = 1000;

/// After this many turns of each worker every dataflow has ended that ever will.
const TURNS: usize = 20;

/// Runs `count` on this many workers, and says what is wrong in the first case that isn't right.
pub(crate) fn check(count: Count) -> Result<(), String> {
    check_within(LIMIT, count)
}

/// The same for one that is known never to return.
pub(crate) fn check_within(limit: Duration, count: Count) -> Result<(), String> {
    // A thread can't be stopped from outside. One that hangs is left behind, and ends with the test's process.
    let (tell, told) = channel();
    thread::spawn(move || {
        tell.send(
            [1, 2, 3, 5]
                .into_iter()
                .try_for_each(|workers| check_on(workers, count)),
        )
    });
    told.recv_timeout(limit).unwrap_or_else(|why| match why {
        RecvTimeoutError::Timeout => {
            Err("`count` hasn't returned: what does it wait for?".to_owned())
        }
        RecvTimeoutError::Disconnected => {
            Err("the check panicked; its message stands above".to_owned())
        }
    })
}

/// The number of a text, a channel of its dataflow, and how many records a worker has received there in one go.
type Note = (usize, usize, i64);

/// What a worker gets from the check: word that it is its turn, where it says whether there is more to do, where it tells the counts of
/// each text, and where it notes what it has received.
struct Seat {
    its_turn: Receiver<()>,
    says: Sender<bool>,
    counts: [Counts; 2],
    notes: Sender<Note>,
}

/// Workers that count two texts at once, and what the check has of each of them.
struct Cluster {
    texts: [Vec<String>; 2],
    /// Before `guards`, which are dropped when the workers end: and they end when there are no more turns.
    turns: Vec<(Sender<()>, Receiver<bool>)>,
    guards: WorkerGuards<()>,
    told: Vec<[Receiver<(String, u64)>; 2]>,
    /// What each worker has received.
    received: Vec<Receiver<Note>>,
}

impl Cluster {
    /// Has `count` called on each worker, once `all` are there.
    fn start(
        workers: usize,
        count: Count,
        texts: [Vec<String>; 2],
        all: Arc<Barrier>,
    ) -> Result<Self, String> {
        let (mut seats, mut turns, mut told, mut received) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..workers {
            let ((turn, its_turn), (says, said), (notes, noted)) =
                (channel(), channel(), channel());
            let ((one, of_one), (other, of_other)) = (channel(), channel());
            seats.push(Mutex::new(Some(Seat {
                its_turn,
                says,
                counts: [one, other],
                notes,
            })));
            turns.push((turn, said));
            told.push([of_one, of_other]);
            received.push(noted);
        }
        let read = texts.clone();
        let guards =
            timely::execute(timely::Config::process(workers), move |worker| {
                let seat = seats[worker.index()]
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take();
                all.wait();
                sit(
                    worker,
                    count,
                    &read,
                    seat.expect("there is one for each worker"),
                );
            })?;
        Ok(Self { texts, turns, guards, told, received })
    }

    /// Waits for its workers, and says what is wrong with what they have told and received.
    fn judge(self, has_ended: bool) -> Result<(), String> {
        drop(self.turns);
        for (worker, end) in self.guards.join().into_iter().enumerate() {
            end.map_err(|_| {
                format!("worker {worker} panicked; its message stands above")
            })?;
        }
        if !has_ended {
            return Err("the dataflow never ends: does an operator keep its capability for ever?".to_owned());
        }
        let received: Vec<Vec<_>> =
            self.received.iter().map(|noted| noted.try_iter().collect()).collect();
        for (number, text) in self.texts.iter().enumerate() {
            let told: Vec<Vec<_>> = self
                .told
                .iter()
                .map(|told| told[number].try_iter().collect())
                .collect();
            judge(text, &told)?;
            if self.told.iter().any(|told| {
                told[number].try_recv() != Err(TryRecvError::Disconnected)
            }) {
                return Err(
                    "everything is sent, but a copy of `counts` is kept: the receiver waits for more, for ever".to_owned()
                );
            }
            let mut channels: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (worker, noted) in received.iter().enumerate() {
                for (_, channel, records) in
                    noted.iter().filter(|noted| noted.0 == number)
                {
                    channels
                        .entry(*channel)
                        .or_insert_with(|| vec![0; received.len()])[worker] +=
                        *records as usize;
                }
            }
            for records in channels.values() {
                is_shared_out(records, text.len(), "records to work on")?;
            }
        }
        Ok(())
    }
}

/// What a worker does: it counts the texts, and then goes on whenever it's its turn.
fn sit(worker: &mut Worker, count: Count, texts: &[Vec<String>; 2], seat: Seat) {
    let (me, all) = (worker.index(), worker.peers());
    for (number, (text, counts)) in iter::zip(texts, seat.counts).enumerate() {
        let notes = seat.notes.clone();
        // What a dataflow receives is logged by what is registered when it is built.
        worker.log_register().expect("it logs").insert::<TimelyEventBuilder, _>(
            "timely",
            move |_, events| {
                for (_, event) in events.iter().flatten() {
                    if let TimelyEvent::Messages(event) = event
                        && !event.is_send
                    {
                        // Nobody listens any more if another worker has panicked.
                        let _ =
                            notes.send((number, event.channel, event.record_count));
                    }
                }
            },
        );
        count(worker, text.iter().skip(me).step_by(all).cloned().collect(), counts);
    }
    let _ = seat.says.send(true);
    let mut steps = FIRST_STEPS;
    for () in seat.its_turn {
        (0..steps).for_each(|_| _ = worker.step());
        steps = STEPS;
        let _ = seat.says.send(worker.has_dataflows());
    }
    // One that hasn't ended would be waited for.
    worker
        .installed_dataflows()
        .into_iter()
        .for_each(|dataflow| worker.drop_dataflow(dataflow));
}

/// Two clusters of as many workers count two texts each, all at once: workers of several processes share no memory, so neither can
/// counts that are in it.
///
/// The check is the scheduler. All workers have begun before any has its turn. Then one goes on when it's its turn, in one cluster from the
/// first to the last and in the other the other way round; so its own words are there long before those of others, every time.
fn check_on(workers: usize, count: Count) -> Result<(), String> {
    let all = Arc::new(Barrier::new(2 * workers));
    // How often words are there in the first cluster is always the same; in the second, nobody can know.
    let any = RandomState::new().hash_one(workers) as usize;
    let texts = [[text(7, 0), text(4, 0)], [text(6, any), text(5, any)]];
    let clusters =
        texts.map(|texts| Cluster::start(workers, count, texts, Arc::clone(&all)));
    let [one, other] = clusters;
    let (one, other) = (one?, other?);
    let turns: Vec<_> = iter::zip(&one.turns, other.turns.iter().rev())
        .flat_map(|(one, other)| [one, other])
        .collect();
    turns.iter().for_each(|(_, said)| _ = said.recv());
    let has_ended = take_turns(&turns);
    drop(turns);
    [one, other]
        .into_iter()
        .try_for_each(|cluster| cluster.judge(has_ended))
        .map_err(|why| {
            let plural = if workers == 1 { "" } else { "s" };
            format!("with {workers} worker{plural} {why}")
        })
}

/// Lets one worker after the other have its turn. True once there is no more to do for anybody, false if there always is.
fn take_turns(turns: &[&(Sender<()>, Receiver<bool>)]) -> bool {
    (0..TURNS).any(|_| {
        let more = turns.iter().map(|(turn, said)| {
            turn.send(()).is_ok() && said.recv().unwrap_or(false)
        });
        more.filter(|more| *more).count() == 0
    })
}

/// Words of one letter to five, again and again, several of which have their length, their first letter or all letters in common. How often
/// each is there differs, and is at most `most`; which is there how often, `shift` decides.
fn text(most: usize, shift: usize) -> Vec<String> {
    let letters: Vec<char> = ('a'..='z').chain(['A', 'é']).collect();
    let mut words: Vec<String> = letters.iter().map(char::to_string).collect();
    for (letter, next) in iter::zip(&letters, letters.iter().cycle().skip(1)) {
        for number in 1..=4 {
            let (same, next) =
                (letter.to_string().repeat(number), next.to_string());
            words.extend([
                format!("{same}{letter}"),
                format!("{same}{next}"),
                format!("{next}{same}"),
            ]);
        }
    }
    let round = |round| {
        words
            .iter()
            .enumerate()
            .filter(move |(at, _)| (at + shift % most) % most >= round)
            .map(|(_, word)| word.clone())
    };
    (0..most).flat_map(round).collect()
}

/// Says what is wrong with what the workers have told of a text.
fn judge(text: &[String], told: &[Vec<(String, u64)>]) -> Result<(), String> {
    let mut right = BTreeMap::new();
    text.iter().for_each(|word| *right.entry(word).or_insert(0) += 1);
    let all = || told.iter().flatten();
    if let Some((word, _)) = all().find(|(word, _)| !right.contains_key(word)) {
        return Err(format!("{word:?} is told, which nobody has read"));
    }
    for (word, right) in right {
        let counts: Vec<String> = all()
            .filter(|told| told.0 == *word)
            .map(|told| told.1.to_string())
            .collect();
        match &counts[..] {
            [] => {
                return Err(format!(
                    "{word:?} is never told; it is there {right} times"
                ));
            }
            [count] if *count == right.to_string() => {}
            [count] => {
                return Err(format!(
                    "{word:?} is told as {count}; in its text it is there {right} times"
                ));
            }
            [..] => {
                let (times, counts) = (counts.len(), counts.join(" and "));
                return Err(format!(
                    "{word:?} is told {times} times, as {counts}; tell it once, as {right}"
                ));
            }
        }
    }
    if let Some(idle) = told.iter().position(Vec::is_empty) {
        return Err(format!(
            "the counts are right, but worker {idle} has none to tell: share the words out"
        ));
    }
    let words = all().count();
    is_shared_out(
        &told.iter().map(Vec::len).collect::<Vec<_>>(),
        words,
        "words to tell",
    )
}

/// Says if a worker gets more than twice its share of such things: of all that there are, or of as many as `words` if there are more. Those
/// that are sent to everybody are.
fn is_shared_out(things: &[usize], words: usize, what: &str) -> Result<(), String> {
    let all: usize = things.iter().sum();
    let most = (2 * all.min(words)).div_ceil(things.len()).max(2);
    things.iter().position(|number| *number > most).map_or(Ok(()), |worker| {
        let (number, of) = (things[worker], all.min(words));
        Err(format!(
            "the counts are right, but worker {worker} gets {number} {what}, where twice its share of {of} is {most}: share the words out"
        ))
    })
}
