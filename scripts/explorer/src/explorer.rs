//! Goes through every state that a program can get into, and counts the ways into each.

use std::collections::{BTreeMap, HashMap};
use std::{fmt, mem};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::machine::Machine;
use crate::program::{Program, Step, name};
use crate::size::Size;

// ANCHOR: budget
/// How many bytes an exploration may take by default.
pub const BUDGET: usize = 160 * 1024 * 1024;
// ANCHOR_END: budget

/// All that the interleavings of a program can come to.
///
/// An interleaving is a longest sequence of steps: it goes on until every worker has done all its steps, or until those
/// that haven't wait for ever.
#[derive(Debug)]
pub struct Exploration {
    /// How many interleavings there are, those that get stuck among them.
    pub interleavings: u128,
    /// How many different states there are.
    pub states: usize,
    /// Every final memory, cell by cell, of the interleavings that don't get stuck.
    pub ends: BTreeMap<Vec<i32>, End>,
    /// Every way in which some workers wait and no worker can go on, those after the fewest steps first.
    pub deadlocks: Vec<Deadlock>,
    /// The names of the cells of memory.
    pub cells: Vec<String>,
    origins: Origins,
}

/// A way to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// How many interleavings end so.
    pub interleavings: u128,
    state: usize,
}

/// Some workers wait and no worker can go on: one deadlock, whatever the memory and the registers hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// How many interleavings get stuck so.
    pub interleavings: u128,
    /// Which worker waits for what.
    pub waits: Vec<Wait>,
    /// The first of its states: none comes after fewer steps.
    state: usize,
}

/// A worker that waits: for which step, and for which worker, the holder of the lock.
pub type Wait = (usize, Step, Option<usize>);

/// Explores a program, in at most `budget` bytes.
///
/// # Errors
/// The program has more states than the budget holds, or more interleavings than a `u128`.
///
/// # Panics
/// The program isn't [valid](Program::validate).
pub fn explore(program: &Program, budget: usize) -> Result<Exploration, TooLarge> {
    program.validate().expect("a valid program");
    let machine = Machine::new(program);
    let width = machine.start().len();
    let mut explorer = Explorer {
        program,
        budget,
        level: Level::new(width),
        next: Level::new(width),
        after: machine.start().to_vec(),
        stuck: HashMap::new(),
        found: Exploration {
            interleavings: 0,
            states: 0,
            ends: BTreeMap::new(),
            deadlocks: Vec::new(),
            cells: machine.cells(),
            origins: Origins::default(),
        },
        machine,
    };
    explorer.level.reach(&explorer.after, 1);
    match explorer.explore() {
        Ok(()) => Ok(explorer.found),
        Err(why) => {
            let states =
                explorer.found.states + explorer.level.len() + explorer.next.len();
            Err(TooLarge { why, states, size: Size::of(program) })
        }
    }
}

/// An exploration that is under way.
struct Explorer<'a> {
    program: &'a Program,
    machine: Machine,
    budget: usize,
    /// The states after the steps that have been taken, and those after one more.
    level: Level,
    next: Level,
    /// Where the next state is made.
    after: Vec<i32>,
    /// The places of the deadlocks, by which worker waits for what.
    stuck: HashMap<Vec<Wait>, usize>,
    /// What was found so far; its states are those of the levels that are done.
    found: Exploration,
}

impl Explorer<'_> {
    // ANCHOR: explore
    /// Every step takes one worker one step further. So a state can be reached again
    /// only after the same number of steps. The states after one step are a level,
    /// the states after two steps are the next level, and so on. A state that
    /// several ways reach is explored once, with the sum of these ways.
    fn explore(&mut self) -> Result<(), Why> {
        while self.level.len() > 0 {
            for number in 0..self.level.len() {
                let mut goes_on = false;
                for worker in 0..self.machine.workers() {
                    self.after.copy_from_slice(self.level.state(number));
                    if self.machine.go(worker, &mut self.after) {
                        goes_on = true;
                        // Adds the ways to this state to those of the next.
                        self.reach(number, worker)?;
                    }
                }
                if !goes_on {
                    self.stop(number)?; // the end, or a deadlock
                }
            }
            self.found.states += self.level.len();
            mem::swap(&mut self.level, &mut self.next);
            self.next.clear();
        }
        Ok(())
    }
    // ANCHOR_END: explore

    /// Notes that a worker's step leads from a state of this level to what is in `after`.
    fn reach(&mut self, number: usize, worker: usize) -> Result<(), Why> {
        let Self { level, next, found, budget, .. } = self;
        let growth = next.growth() + found.origins.growth();
        if growth > 0
            && level.bytes() + next.bytes() + found.origins.bytes() + growth
                > *budget
        {
            return Err(Why::Memory(*budget));
        }
        if next.reach(&self.after, level.ways(number)).ok_or(Why::Count)? {
            found.origins.push(found.states + number, worker);
        }
        Ok(())
    }

    /// Notes that nobody can go on from a state of this level.
    fn stop(&mut self, number: usize) -> Result<(), Why> {
        let Self { machine, found, .. } = self;
        let (state, ways, number) = (
            self.level.state(number),
            self.level.ways(number),
            found.states + number,
        );
        // No sum of parts is more than this, the whole.
        found.interleavings =
            found.interleavings.checked_add(ways).ok_or(Why::Count)?;
        if machine.has_ended(state) {
            let memory = machine.memory(state).to_vec();
            found
                .ends
                .entry(memory)
                .or_insert(End { interleavings: 0, state: number })
                .interleavings += ways;
            return Ok(());
        }
        let holders = machine.holders(state);
        let holder = |step| match step {
            Step::Lock(lock) => {
                holders[machine.locks().iter().position(|known| *known == lock)?]
            }
            _ => None,
        };
        let waits = self.program.workers.iter().zip(state).enumerate();
        let waits = waits.filter_map(|(worker, (steps, done))| {
            let step = *steps.get(*done as usize)?;
            Some((worker, step, holder(step)))
        });
        let waits: Vec<Wait> = waits.collect();
        match self.stuck.get(&waits) {
            Some(known) => found.deadlocks[*known].interleavings += ways,
            None => {
                self.stuck.insert(waits.clone(), found.deadlocks.len());
                found.deadlocks.push(Deadlock {
                    interleavings: ways,
                    waits,
                    state: number,
                });
            }
        }
        Ok(())
    }
}

impl Exploration {
    /// Which worker goes when, in one of the interleavings that end so: the first, if A is put before B.
    pub fn way_to(&self, end: &End) -> Vec<usize> {
        self.origins.way_to(end.state)
    }

    /// Which worker goes when on a way into a deadlock. None is shorter: all have as many steps.
    pub fn way_into(&self, deadlock: &Deadlock) -> Vec<usize> {
        self.origins.way_to(deadlock.state)
    }

    /// How many interleavings end in a deadlock.
    pub fn deadlocked(&self) -> u128 {
        self.deadlocks.iter().map(|deadlock| deadlock.interleavings).sum()
    }

    /// How many interleavings end with the cells of memory adding up to this number.
    pub fn adding_up_to(&self, all: i64) -> u128 {
        self.ends
            .iter()
            .filter(|(memory, _)| sum(memory) == all)
            .map(|(_, end)| end.interleavings)
            .sum()
    }
}

/// What the cells of a memory add up to: more than one cell can hold.
pub fn sum(memory: &[i32]) -> i64 {
    memory.iter().map(|cell| i64::from(*cell)).sum()
}

/// The states after a number of steps, each with the number of ways to it.
struct Level {
    states: Rows<i32>,
    ways: Rows<u128>,
    /// The numbers of the states, by what they hold.
    index: HashTable<u32>,
}

impl Level {
    fn new(width: usize) -> Self {
        Self {
            states: Rows::new(width),
            ways: Rows::new(1),
            index: HashTable::new(),
        }
    }

    fn len(&self) -> usize {
        self.states.len
    }

    fn state(&self, number: usize) -> &[i32] {
        self.states.row(number)
    }

    fn ways(&self, number: usize) -> u128 {
        self.ways.row(number)[0]
    }

    /// Adds to the ways to a state; true if it is new, none if the ways are too many to be counted.
    fn reach(&mut self, state: &[i32], ways: u128) -> Option<bool> {
        let Self { states, ways: all, index } = self;
        let is_it = |number: &u32| states.row(*number as usize) == state;
        match index
            .entry(hash(state), is_it, |number| hash(states.row(*number as usize)))
        {
            Entry::Occupied(number) => {
                let known = &mut all.row_mut(*number.get() as usize)[0];
                *known = known.checked_add(ways)?;
                Some(false)
            }
            Entry::Vacant(place) => {
                place.insert(states.len as u32);
                states.push(state);
                all.push(&[ways]);
                Some(true)
            }
        }
    }

    fn bytes(&self) -> usize {
        self.states.bytes() + self.ways.bytes() + self.index.allocation_size()
    }

    /// How many bytes more the next new state takes. An index that is full is replaced by one twice as large, and for a
    /// while both are there.
    fn growth(&self) -> usize {
        let is_full = self.len() == self.index.capacity();
        self.states.growth()
            + self.ways.growth()
            + if is_full { 2 * self.index.allocation_size() } else { 0 }
    }

    fn clear(&mut self) {
        self.states.clear();
        self.ways.clear();
        self.index.clear();
    }
}

/// Rows of one width, in pieces: so that none of them moves when there are more, and little room stays empty.
#[derive(Debug)]
struct Rows<T> {
    width: usize,
    /// A piece has as many rows as two to the power of this.
    shift: u32,
    pieces: Vec<Vec<T>>,
    len: usize,
}

impl<T: Copy> Rows<T> {
    /// How many bytes a piece has at most, unless one row has more.
    const PIECE: usize = 64 * 1024;

    fn new(width: usize) -> Self {
        let rows = (Self::PIECE / (width * size_of::<T>())).max(1);
        Self { width, shift: rows.ilog2(), pieces: Vec::new(), len: 0 }
    }

    /// In which piece a row is, and where it begins there.
    fn place(&self, number: usize) -> (usize, usize) {
        (number >> self.shift, (number & ((1 << self.shift) - 1)) * self.width)
    }

    fn row(&self, number: usize) -> &[T] {
        let (piece, begin) = self.place(number);
        &self.pieces[piece][begin..][..self.width]
    }

    fn row_mut(&mut self, number: usize) -> &mut [T] {
        let (piece, begin) = self.place(number);
        &mut self.pieces[piece][begin..][..self.width]
    }

    fn push(&mut self, row: &[T]) {
        if self.growth() > 0 {
            self.pieces.push(Vec::with_capacity(self.width << self.shift));
        }
        let (piece, _) = self.place(self.len);
        self.pieces[piece].extend_from_slice(row);
        self.len += 1;
    }

    fn bytes(&self) -> usize {
        self.pieces.len() * self.piece()
    }

    /// How many bytes more the next row takes: none, unless all pieces are full.
    fn growth(&self) -> usize {
        if self.len == self.pieces.len() << self.shift { self.piece() } else { 0 }
    }

    fn piece(&self) -> usize {
        (self.width << self.shift) * size_of::<T>()
    }

    /// The pieces stay, for other rows.
    fn clear(&mut self) {
        self.pieces.iter_mut().for_each(Vec::clear);
        self.len = 0;
    }
}

/// The states are our own, so nobody chooses them to collide: multiply and rotate will do.
fn hash(state: &[i32]) -> u64 {
    let mut hash = 0_u64;
    for number in state {
        hash = (hash.rotate_left(5) ^ *number as u32 as u64)
            .wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    hash ^ (hash >> 29)
}

/// From which state, and by whose step, each state but the first was reached first.
#[derive(Debug)]
struct Origins {
    states: Rows<u32>,
    workers: Rows<u8>,
}

impl Default for Origins {
    fn default() -> Self {
        Self { states: Rows::new(1), workers: Rows::new(1) }
    }
}

impl Origins {
    fn push(&mut self, state: usize, worker: usize) {
        self.states.push(&[state as u32]);
        self.workers.push(&[worker as u8]);
    }

    fn bytes(&self) -> usize {
        self.states.bytes() + self.workers.bytes()
    }

    fn growth(&self) -> usize {
        self.states.growth() + self.workers.growth()
    }

    fn way_to(&self, mut state: usize) -> Vec<usize> {
        let mut way = Vec::new();
        while state > 0 {
            way.push(usize::from(self.workers.row(state - 1)[0]));
            state = self.states.row(state - 1)[0] as usize;
        }
        way.reverse();
        way
    }
}

/// A program is too large to be explored; printed, it is one line that says how large.
#[derive(Clone, Debug, PartialEq)]
pub struct TooLarge {
    why: Why,
    /// How many states were seen before it was given up.
    pub states: usize,
    size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// The budget in bytes is used up.
    Memory(usize),
    /// The ways to a state are more than a `u128`.
    Count,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { why, states, size } = self;
        let states = base::quantity::thousands(*states as u64);
        write!(f, "the program is too large for the explorer: {size}; ")?;
        match why {
            Why::Memory(budget) => {
                write!(
                    f,
                    "its {} MiB hold little more than the {states} states seen",
                    budget >> 20
                )?;
            }
            Why::Count => write!(
                f,
                "after {states} states the count of ways went beyond {:.1e}",
                u128::MAX as f64
            )?,
        }
        write!(f, "; take fewer workers or fewer steps")
    }
}

impl std::error::Error for TooLarge {}

impl fmt::Display for Deadlock {
    /// Which worker waits for what: `A waits for the lock b, which B holds`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wait = |&(worker, step, holder): &(usize, Step, Option<usize>)| {
            let what = match (step, holder) {
                (Step::Lock(lock), Some(holder)) if holder == worker => {
                    format!("the lock {lock}, which it holds itself")
                }
                (Step::Lock(lock), Some(holder)) => {
                    format!("the lock {lock}, which {} holds", name(holder))
                }
                (Step::Receive(channel), _) => format!("a message in {channel}"),
                (step, _) => step.to_string(),
            };
            format!("{} waits for {what}", name(worker))
        };
        f.write_str(&self.waits.iter().map(wait).collect::<Vec<_>>().join("; "))
    }
}
