//! Workers that meet, and know whether they ran at the same time.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use crate::calls::{give, notify, now, wait};

/// Alone on its cache line, and on the neighbouring line, which some CPUs fetch along with it.
#[derive(Debug, Default)]
#[repr(C, align(128))]
pub struct Line<T>(pub T);

/// What the workers of a team have in common. All zeros is its beginning.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Team {
    /// When each worker began and ended what is timed: the bits of a number of milliseconds. The page reads them here.
    spans: [[AtomicU64; 2]; 8],
    arrived: Line<AtomicU32>,
    generation: Line<AtomicU32>,
    ball: Line<AtomicU32>,
    verdict: Line<AtomicU32>,
}

/// A worker of a team.
#[derive(Clone, Copy, Debug)]
pub struct Worker<'a> {
    team: &'a Team,
    /// Its number, from 0.
    pub number: usize,
    workers: u32,
}

/// How long a worker looks whether the others have come, in milliseconds, before it sleeps.
const PATIENCE: f64 = 4.0;

impl<'a> Worker<'a> {
    /// The worker with this number, of so many.
    pub fn new(team: &'a Team, number: u32, workers: u32) -> Self {
        Self { team, number: number as usize, workers }
    }

    /// Waits until all workers have come here.
    pub fn meet(&self) {
        let Team { arrived: Line(arrived), generation: Line(generation), .. } = self.team;
        let came_in = generation.load(SeqCst);
        if arrived.fetch_add(1, SeqCst) == self.workers - 1 {
            arrived.store(0, SeqCst);
            generation.fetch_add(1, SeqCst);
            notify(generation, u32::MAX);
            return;
        }
        // A worker that looks again and again has a core of its own when the last one comes. One that sleeps is often woken
        // on the core of the worker that wakes it.
        let (end, mut looks) = (now() + PATIENCE, 0_u32);
        while generation.load(SeqCst) == came_in {
            looks += 1;
            if looks.is_multiple_of(1024) && now() > end {
                wait(generation, came_in);
            }
        }
    }

    /// Does this when all workers have come, and notes when it began and ended.
    pub fn timed<T>(&self, work: impl FnOnce() -> T) -> T {
        let [began, ended] = &self.team.spans[self.number % 8];
        self.meet();
        began.store(now().to_bits(), SeqCst);
        let result = work();
        ended.store(now().to_bits(), SeqCst);
        self.meet();
        result
    }

    /// Waits, at most so many milliseconds, until two workers run at the same time, and says whether they do.
    ///
    /// Two that were woken may share a core for a while, and then run one after the other. They throw a ball by looking for
    /// it again and again, which is fast only if both are running.
    pub fn at_once(&self, milliseconds: f64) -> bool {
        let Team { ball: Line(ball), verdict: Line(verdict), .. } = self.team;
        self.meet();
        let end = now() + milliseconds;
        loop {
            let round = verdict.load(SeqCst);
            self.meet();
            let (began, mut thrown, mut looks) = (now(), 0, 0_u32);
            while thrown < 200 && (!looks.is_multiple_of(64) || now() - began < 1.0) {
                looks += 1;
                let trips = ball.load(SeqCst);
                if trips as usize & 1 == self.number {
                    ball.store(trips + 1, SeqCst);
                    thrown += 1;
                }
            }
            // Worker 0 decides for both. Its verdict has the number of the round, and 0 for another one, 1 for yes, 2 for no.
            if self.number == 0 {
                let told = if thrown == 200 { 1 } else { 2 * u32::from(now() > end) };
                verdict.store((round & !3) + 4 + told, SeqCst);
            }
            while verdict.load(SeqCst) == round {}
            match verdict.load(SeqCst) & 3 {
                0 => {}
                told => return told == 1,
            }
        }
    }
}

give! {
    /// Whether two workers run at the same time, 1 or 0; see [`Worker::at_once`].
    fn at_once(_place: (), worker, milliseconds: f64) -> f64 {
        f64::from(u8::from(worker.at_once(milliseconds)))
    }
}
