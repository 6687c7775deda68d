//! What a program is: steps for each worker, and whose memory they work on.

// ANCHOR: step
/// What a worker does without any other worker in between. Each worker has one
/// register, and names are letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step<Name = char> {
    /// Copies a cell of memory into the register.
    Load(Name),
    /// Adds to the register.
    Add(i32),
    /// Copies the register into a cell of memory.
    Store(Name),
    /// Adds to a cell of memory, in one step.
    FetchAdd(Name, i32),
    /// Takes a lock, once no worker holds it, not even this worker.
    Lock(Name),
    /// Gives a lock back.
    Unlock(Name),
    /// Puts what the register holds behind the messages of a channel. It never
    /// waits.
    Send(Name),
    /// Takes the first message of a channel into the register, once there is one.
    Receive(Name),
}

/// A program: what each worker does, and on whose memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Whether the workers share their memory.
    pub memory: Memory,
    /// The steps of each worker, in order. Before the first, all cells and
    /// registers hold 0.
    pub workers: Vec<Vec<Step>>,
}

/// Whose memory it is. All workers have the locks and channels in common, since the
/// kernel offers them to processes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// One for all workers, as threads have it.
    Shared,
    /// One for each worker, as processes have it.
    Separate,
}
// ANCHOR_END: step

/// The names of workers, locks and channels.
pub const LETTERS: [char; 4] = ['a', 'b', 'c', 'd'];

/// The fewest and the most workers that a program can have.
pub const WORKERS: std::ops::RangeInclusive<usize> = 2..=4;

/// The name of a worker: A, B, C or D.
pub fn name(worker: usize) -> char {
    LETTERS[worker].to_ascii_uppercase()
}
