//! What a right program must pass: in every interleaving both sums are 2 at the end, no worker waits for ever, and no lock is
//! kept.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{BUDGET, Memory, Program, Step, explore, name};

/// Explores a program, and tells a shortest way to a wrong end.
pub(crate) fn check(program: &Program) -> Result<(), String> {
    if program.memory != Memory::Shared {
        return Err("the workers have separate memories now; let them share it, since both add to the same two sums".to_owned());
    }
    if program.workers.len() != 2 {
        return Err(format!(
            "there are {} workers now; keep the two workers A and B",
            program.workers.len()
        ));
    }
    let but_for_locks = |steps: &Vec<Step>| -> Vec<Step> {
        steps
            .iter()
            .copied()
            .filter(|step| !matches!(step, Lock(_) | Unlock(_)))
            .collect()
    };
    let (x, y) = ([Load('x'), Add(1), Store('x')], [Load('y'), Add(1), Store('y')]);
    let given = [[x, y].concat(), [y, x].concat()];
    if program.workers.iter().map(but_for_locks).ne(given) {
        return Err("steps other than Lock and Unlock have changed; put them back as they were".to_owned());
    }
    program.validate()?;
    let found = explore(program, BUDGET).map_err(|error| error.to_string())?;
    if let Some(deadlock) = found.deadlocks.first() {
        let way = program.way_in_words(&found.way_into(deadlock));
        return Err(format!("deadlock: {deadlock}; the way there: {way}"));
    }
    if let Some((sums, end)) = found.ends.iter().find(|(sums, _)| **sums != [2, 2])
    {
        let way = program.way_in_words(&found.way_to(end));
        return Err(format!(
            "x ends at {}, and y at {}, instead of 2; a way there: {way}",
            sums[0], sums[1]
        ));
    }
    program.workers.iter().enumerate().try_for_each(|(worker, steps)| {
        let times = |of: Step| steps.iter().filter(|step| **step == of).count();
        let is_kept = |lock: &char| times(Lock(*lock)) > times(Unlock(*lock));
        let mut taken = steps.iter().filter_map(|step| if let Lock(lock) = step { Some(*lock) } else { None });
        taken.find(is_kept).map_or(Ok(()), |lock| {
            Err(format!("{} never gives back the lock {lock}, so a worker that wants it next waits for ever", name(worker)))
        })
    })
}
