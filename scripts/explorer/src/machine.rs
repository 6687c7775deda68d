//! The machine that a program runs on: its states, and what a step makes of one.

use std::collections::{BTreeSet, HashMap};

use crate::program::Step::{
    Add, FetchAdd, Load, Lock, Receive, Send, Store, Unlock,
};
use crate::program::{Memory, Program, Step, name};

/// What a register holds that will be overwritten before it's read, so that no two states differ by it.
const FORGOTTEN: i32 = i32::MIN;

/// A program, and where in a state each thing lies. A state is a row of numbers: how many steps each worker has done,
/// the registers, the memory, who holds each lock (0: nobody), and for each channel how many more messages somebody
/// will receive, how many are there, and these.
pub(crate) struct Machine {
    steps: Vec<Vec<Step<usize>>>,
    /// Whether what the register holds will be read, before each step of each worker and at its end.
    live: Vec<Vec<bool>>,
    /// The cells of memory: whose, if each worker has its own, and the name.
    cells: Vec<(Option<usize>, char)>,
    locks: Vec<char>,
    start: Vec<i32>,
}

impl Machine {
    pub fn new(program: &Program) -> Self {
        let workers = program.workers.len();
        let all = || program.workers.iter().flatten();
        let names = |of: fn(&Step) -> Option<char>| {
            all().filter_map(of).collect::<BTreeSet<char>>()
        };
        let locks = names(|step| {
            if let Lock(lock) | Unlock(lock) = step { Some(*lock) } else { None }
        });
        let channels = names(|step| {
            if let Send(channel) | Receive(channel) = step {
                Some(*channel)
            } else {
                None
            }
        });
        let mut cells = BTreeSet::new();
        for (worker, steps) in program.workers.iter().enumerate() {
            let own = (program.memory == Memory::Separate).then_some(worker);
            cells.extend(steps.iter().filter_map(|step| match step {
                Load(cell) | Store(cell) | FetchAdd(cell, _) => Some((own, *cell)),
                _ => None,
            }));
        }
        let (cells, locks) = (Vec::from_iter(cells), Vec::from_iter(locks));

        let mut start = vec![0; 2 * workers + cells.len() + locks.len()];
        let mut slots = HashMap::new();
        for channel in channels {
            slots.insert(channel, start.len());
            let received = all().filter(|step| **step == Receive(channel)).count();
            start.push(received as i32);
            start.resize(start.len() + 1 + received, 0);
        }
        let cell = |worker, name: char| {
            let mine = |cell: &(Option<usize>, char)| {
                cell.1 == name && cell.0.is_none_or(|own| own == worker)
            };
            2 * workers
                + cells.iter().position(mine).expect("every cell was listed")
        };
        let lock = |name: char| {
            2 * workers
                + cells.len()
                + locks
                    .iter()
                    .position(|lock| *lock == name)
                    .expect("every lock was listed")
        };
        let compile = |(worker, steps): (usize, &Vec<Step>)| {
            let slot = |step: &Step| match *step {
                Load(name) => Load(cell(worker, name)),
                Add(number) => Add(number),
                Store(name) => Store(cell(worker, name)),
                FetchAdd(name, number) => FetchAdd(cell(worker, name), number),
                Lock(name) => Lock(lock(name)),
                Unlock(name) => Unlock(lock(name)),
                Send(name) => Send(slots[&name]),
                Receive(name) => Receive(slots[&name]),
            };
            steps.iter().map(slot).collect()
        };
        let steps = program.workers.iter().enumerate().map(compile).collect();
        let live: Vec<Vec<bool>> =
            program.workers.iter().map(|steps| lives(steps)).collect();
        for worker in 0..workers {
            start[workers + worker] = if live[worker][0] { 0 } else { FORGOTTEN };
        }
        Self { steps, live, cells, locks, start }
    }

    /// The state before the first step.
    pub fn start(&self) -> &[i32] {
        &self.start
    }

    pub fn workers(&self) -> usize {
        self.steps.len()
    }

    // ANCHOR: go
    /// Lets a worker do its next step. False, and nothing is changed, if the worker
    /// has done all its steps or has to wait.
    pub fn go(&self, worker: usize, state: &mut [i32]) -> bool {
        let done = state[worker] as usize;
        let register = self.workers() + worker;
        let Some(step) = self.steps[worker].get(done) else { return false };
        match *step {
            Load(cell) => state[register] = state[cell],
            Add(number) => state[register] += number,
            Store(cell) => state[cell] = state[register],
            FetchAdd(cell, number) => state[cell] += number,
            Lock(lock) if state[lock] == 0 => state[lock] = 1 + worker as i32,
            Lock(_) => return false,
            Unlock(lock) => state[lock] = 0,
            Send(channel) => {
                let message = state[register];
                send(&mut state[channel..], message);
            }
            Receive(channel) => match receive(&mut state[channel..]) {
                Some(message) => state[register] = message,
                None => return false,
            },
        }
        state[worker] += 1;
        if !self.live[worker][done + 1] {
            state[register] = FORGOTTEN;
        }
        true
    }
    // ANCHOR_END: go

    /// Whether every worker has done all its steps.
    pub fn has_ended(&self, state: &[i32]) -> bool {
        self.steps
            .iter()
            .zip(state)
            .all(|(steps, done)| steps.len() == *done as usize)
    }

    /// What the memory holds, cell by cell.
    pub fn memory<'a>(&self, state: &'a [i32]) -> &'a [i32] {
        &state[2 * self.workers()..][..self.cells.len()]
    }

    /// The holder of each lock.
    pub fn holders(&self, state: &[i32]) -> Vec<Option<usize>> {
        let holders =
            &state[2 * self.workers() + self.cells.len()..][..self.locks.len()];
        holders.iter().map(|holder| (*holder as usize).checked_sub(1)).collect()
    }

    /// The names of the memory's cells: `x`, or `A's x` where each worker has its own.
    pub fn cells(&self) -> Vec<String> {
        let in_words = |&(own, cell): &(Option<usize>, char)| match own {
            Some(worker) => format!("{}'s {cell}", name(worker)),
            None => cell.to_string(),
        };
        self.cells.iter().map(in_words).collect()
    }

    pub fn locks(&self) -> &[char] {
        &self.locks
    }
}

/// A message that nobody will receive makes no difference, and isn't kept.
fn send(channel: &mut [i32], message: i32) {
    let [awaited, kept, messages @ ..] = channel else { return };
    if *awaited > 0 {
        messages[*kept as usize] = message;
        *awaited -= 1;
        *kept += 1;
    }
}

fn receive(channel: &mut [i32]) -> Option<i32> {
    let [_, kept, messages @ ..] = channel else { return None };
    let there = &mut messages[..*kept as usize];
    let message = *there.first()?;
    there[0] = 0;
    there.rotate_left(1);
    *kept -= 1;
    Some(message)
}

/// Whether the register will be read before it's written, before each step and at the end.
fn lives(steps: &[Step]) -> Vec<bool> {
    let mut live = vec![false; steps.len() + 1];
    for (number, step) in steps.iter().enumerate().rev() {
        live[number] = match step {
            Add(_) | Store(_) | Send(_) => true,
            Load(_) | Receive(_) => false,
            FetchAdd(..) | Lock(_) | Unlock(_) => live[number + 1],
        };
    }
    live
}

/// A state of a program, as somebody who steps through it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The state after the next step of each worker, by its place in the list; none if it has to wait or has done all.
    pub next: Vec<Option<usize>>,
    /// How many steps each worker has done.
    pub done: Vec<usize>,
    /// What each register holds; none where that will be overwritten before it's read.
    pub registers: Vec<Option<i32>>,
    /// What each cell of memory holds.
    pub memory: Vec<i32>,
    /// The holder of each lock.
    pub holders: Vec<Option<usize>>,
    /// Whether every worker has done all its steps.
    pub ended: bool,
}

/// All states that a program can get into, the first one first; and the names of the cells and the locks. For small
/// programs: everything is kept.
pub fn graph(program: &Program) -> (Vec<Node>, Vec<String>, Vec<char>) {
    let machine = Machine::new(program);
    let workers = machine.workers();
    let mut states = vec![machine.start().to_vec()];
    let mut known = HashMap::from([(machine.start().to_vec(), 0)]);
    let mut nodes: Vec<Node> = Vec::new();
    while let Some(state) = states.get(nodes.len()).cloned() {
        let mut next = Vec::new();
        for worker in 0..workers {
            let mut after = state.clone();
            next.push(machine.go(worker, &mut after).then(|| {
                *known.entry(after.clone()).or_insert_with(|| {
                    states.push(after);
                    states.len() - 1
                })
            }));
        }
        let register = |held: &i32| (*held != FORGOTTEN).then_some(*held);
        nodes.push(Node {
            next,
            done: state[..workers].iter().map(|done| *done as usize).collect(),
            registers: state[workers..2 * workers].iter().map(register).collect(),
            memory: machine.memory(&state).to_vec(),
            holders: machine.holders(&state),
            ended: machine.has_ended(&state),
        });
    }
    (nodes, machine.cells(), machine.locks().to_vec())
}
