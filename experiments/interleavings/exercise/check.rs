//! What a right program must pass: in every interleaving both sums end at 2, and nobody waits for ever.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{BUDGET, Memory, Program, Step, explore};

/// Explores a program, and tells a shortest way to where it goes wrong.
pub(crate) fn check(program: &Program) -> Result<(), String> {
    let but_for_locks = |steps: &Vec<Step>| -> Vec<Step> {
        steps.iter().copied().filter(|step| !matches!(step, Lock(_) | Unlock(_))).collect()
    };
    let (x, y) = ([Load('x'), Add(1), Store('x')], [Load('y'), Add(1), Store('y')]);
    let given = [[x, y].concat(), [y, x].concat()];
    if program.memory != Memory::Shared || program.workers.iter().map(but_for_locks).ne(given) {
        return Err("other steps than Lock and Unlock have changed; put them back as they were".to_owned());
    }
    program.validate()?;
    let found = explore(program, BUDGET).map_err(|error| error.to_string())?;
    if let Some(deadlock) = found.deadlocks.first() {
        return Err(format!(
            "deadlock: {deadlock}; the way there: {}",
            program.way_in_words(&found.way_into(deadlock))
        ));
    }
    match found.ends.iter().find(|(sums, _)| **sums != [2, 2]) {
        Some((sums, end)) => Err(format!(
            "x ends at {} and y at {}; a way there: {}",
            sums[0],
            sums[1],
            program.way_in_words(&found.way_to(end))
        )),
        None => Ok(()),
    }
}
