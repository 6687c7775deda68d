//! The explorer against a program that tries every order one after the other, and remembers nothing.

use std::collections::{BTreeMap, HashMap, VecDeque};

use explorer::{BUDGET, Memory, Program, Step, Wait, explore};

/// A state, as one would write it down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    done: [usize; 4],
    registers: [i32; 4],
    memory: BTreeMap<(usize, char), i32>,
    holders: BTreeMap<char, usize>,
    channels: BTreeMap<char, VecDeque<i32>>,
}

impl State {
    fn start(program: &Program) -> Self {
        let mut state = Self::default();
        for (worker, steps) in program.workers.iter().enumerate() {
            for step in steps {
                if let Step::Load(cell)
                | Step::Store(cell)
                | Step::FetchAdd(cell, _) = *step
                {
                    state.memory.insert((owner(program, worker), cell), 0);
                }
            }
        }
        state
    }

    fn go(&self, program: &Program, worker: usize) -> Option<Self> {
        let step = *program.workers[worker].get(self.done[worker])?;
        let mut after = self.clone();
        let register = &mut after.registers[worker];
        let own = owner(program, worker);
        match step {
            Step::Load(name) => *register = after.memory[&(own, name)],
            Step::Add(number) => *register += number,
            Step::Store(name) => drop(after.memory.insert((own, name), *register)),
            Step::FetchAdd(name, number) => {
                *after.memory.get_mut(&(own, name))? += number;
            }
            Step::Lock(name) if self.holders.contains_key(&name) => return None,
            Step::Lock(name) => drop(after.holders.insert(name, worker)),
            Step::Unlock(name) => drop(after.holders.remove(&name)),
            Step::Send(name) => {
                after.channels.entry(name).or_default().push_back(*register);
            }
            Step::Receive(name) => {
                *register = after.channels.get_mut(&name)?.pop_front()?;
            }
        }
        after.done[worker] += 1;
        Some(after)
    }

    fn has_ended(&self, program: &Program) -> bool {
        program
            .workers
            .iter()
            .zip(self.done)
            .all(|(steps, done)| steps.len() == done)
    }

    /// Which worker waits for what, where none can go on.
    fn waits(&self, program: &Program) -> Vec<Wait> {
        let waiting = program
            .workers
            .iter()
            .enumerate()
            .filter(|(worker, steps)| self.done[*worker] < steps.len());
        let wait = |(worker, steps): (usize, &Vec<Step>)| {
            let step = steps[self.done[worker]];
            let holder = if let Step::Lock(lock) = step {
                Some(self.holders[&lock])
            } else {
                None
            };
            (worker, step, holder)
        };
        waiting.map(wait).collect()
    }

    fn memory(&self) -> Vec<i32> {
        self.memory.values().copied().collect()
    }
}

fn owner(program: &Program, worker: usize) -> usize {
    if program.memory == Memory::Shared { 0 } else { worker }
}

/// All interleavings: how many there are to each end; and to each deadlock, with the fewest steps that lead into it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tried {
    ends: BTreeMap<Vec<i32>, u128>,
    stuck: HashMap<Vec<Wait>, (usize, u128)>,
}

fn try_all(program: &Program, state: &State, tried: &mut Tried) {
    let mut goes_on = false;
    for worker in 0..program.workers.len() {
        if let Some(after) = state.go(program, worker) {
            goes_on = true;
            try_all(program, &after, tried);
        }
    }
    if !goes_on && state.has_ended(program) {
        *tried.ends.entry(state.memory()).or_default() += 1;
    } else if !goes_on {
        let (fewest, ways) =
            tried.stuck.entry(state.waits(program)).or_insert((usize::MAX, 0));
        *fewest = state.done.iter().sum::<usize>().min(*fewest);
        *ways += 1;
    }
}

fn random_program(random: &mut fastrand::Rng) -> Program {
    let workers = random.usize(2..=4);
    let most = [5, 3, 2][workers - 2];
    let mut worker = || {
        let mut held: Vec<char> = Vec::new();
        let mut step = || {
            let name = *random.choice(&['a', 'b']).unwrap();
            match random.u8(..9) {
                0 | 1 => Step::Load(name),
                2 => Step::Add(random.i32(-3..=3)),
                3 | 4 => Step::Store(name),
                5 => Step::FetchAdd(name, random.i32(-3..=3)),
                6 => Step::Send(name),
                7 => Step::Receive(name),
                _ if !held.is_empty() && random.bool() => {
                    Step::Unlock(held.swap_remove(random.usize(..held.len())))
                }
                _ => {
                    held.push(name);
                    Step::Lock(name)
                }
            }
        };
        (0..most).map(|_| step()).collect()
    };
    let workers = (0..workers).map(|_| worker()).collect();
    Program {
        memory: *random.choice(&[Memory::Shared, Memory::Separate]).unwrap(),
        workers,
    }
}

#[test]
fn the_explorer_counts_what_a_program_counts_that_tries_them_all() {
    let mut random = fastrand::Rng::with_seed(2026);
    let (mut with_several_ends, mut with_deadlocks) = (0, 0);
    for _ in 0..2000 {
        let program = random_program(&mut random);
        let mut tried = Tried::default();
        try_all(&program, &State::start(&program), &mut tried);
        let found = explore(&program, BUDGET).unwrap();

        let mut counted = Tried::default();
        for (memory, end) in &found.ends {
            counted.ends.insert(memory.clone(), end.interleavings);
            let state = follow(&program, &found.way_to(end));
            assert!(
                state.has_ended(&program) && state.memory() == *memory,
                "{program}"
            );
        }
        for deadlock in &found.deadlocks {
            let way = found.way_into(deadlock);
            let known = counted.stuck.insert(
                deadlock.waits.clone(),
                (way.len(), deadlock.interleavings),
            );
            assert_eq!(known, None, "{program}: a deadlock is told once");
            let state = follow(&program, &way);
            assert!(
                (0..program.workers.len())
                    .all(|worker| state.go(&program, worker).is_none()),
                "{program}"
            );
            assert_eq!(deadlock.waits, state.waits(&program), "{program}");
        }
        assert_eq!(counted, tried, "{program}");
        let stuck = tried.stuck.values().map(|(_, ways)| ways);
        assert_eq!(
            found.interleavings,
            tried.ends.values().chain(stuck).sum::<u128>(),
            "{program}"
        );
        assert!(
            found
                .deadlocks
                .is_sorted_by_key(|deadlock| found.way_into(deadlock).len()),
            "{program}"
        );
        with_several_ends += usize::from(tried.ends.len() > 1);
        with_deadlocks += usize::from(!tried.stuck.is_empty());
        // What is printed is what is read.
        let read: Program = program.to_string().parse().unwrap();
        assert_eq!(read.workers, program.workers);
    }
    assert!(
        with_several_ends > 100 && with_deadlocks > 100,
        "{with_several_ends}, {with_deadlocks}"
    );
}

/// The state at the end of a way.
fn follow(program: &Program, way: &[usize]) -> State {
    way.iter().fold(State::start(program), |state, worker| {
        state.go(program, *worker).expect("the way can be gone")
    })
}
