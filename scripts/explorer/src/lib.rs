//! Explores every interleaving of a small program: how many there are, where they end, and which of them get stuck.
//!
//! A program is data: for each worker a list of steps. [`explore`] walks through all states that it can get into, and
//! [`graph`] keeps them.

mod explorer;
mod machine;
mod program;
mod size;
mod text;

pub use explorer::{
    BUDGET, Deadlock, End, Exploration, TooLarge, Wait, explore, sum,
};
pub use machine::{Node, graph};
pub use program::{LETTERS, Memory, Program, Step, WORKERS, name};
pub use size::multinomial;
