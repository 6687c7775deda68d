//! What right queues must pass, in simulated time: nobody idles while a task waits, each task is done once, and an urgent one
//! is begun before any that isn't. There is no clock and no thread in it, so it says the same on every machine.

/// A task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its number, in the order of arrival.
    pub(crate) number: usize,
    /// How long it takes.
    pub(crate) takes: u64,
    /// Whether somebody waits for it.
    pub(crate) urgent: bool,
}

/// Who takes which task.
pub(crate) trait Shares {
    /// For so many workers.
    fn new(workers: usize) -> Self;
    /// A task arrives.
    fn arrives(&mut self, task: Task);
    /// This worker is free: what it begins, if there is a task for it.
    fn takes(&mut self, worker: usize) -> Option<Task>;
}

/// Lets 1 to 4 workers do several loads, and says what is wrong in the first that isn't right.
pub(crate) fn check<S: Shares>() -> Result<(), String> {
    // Even, rising, and with every second or fourth task expensive: a pattern that a fixed share meets again and again.
    let loads: [fn(usize) -> u64; 4] =
        [|_| 5, |number| 1 + number as u64, |number| [30, 1][number % 2], |number| [30, 1, 1, 1][number % 4]];
    for workers in 1..=4 {
        for takes in loads {
            simulate::<S>(workers, takes)?;
        }
    }
    Ok(())
}

const BULK: usize = 24;
/// When urgent tasks arrive: two at a time, for their order matters too.
const URGENT: [u64; 6] = [7, 7, 23, 23, 31, 31];

fn simulate<S: Shares>(workers: usize, takes: fn(usize) -> u64) -> Result<(), String> {
    let mut queues = S::new(workers);
    // What has arrived and nobody has begun, in order.
    let mut waiting: Vec<Task> = (0..BULK).map(|number| Task { number, takes: takes(number), urgent: false }).collect();
    waiting.iter().for_each(|task| queues.arrives(*task));
    let mut free_at = vec![0; workers];
    let mut arrived = 0;
    for now in 0..10_000 {
        while URGENT.get(arrived) == Some(&now) {
            let task = Task { number: BULK + arrived, takes: 1, urgent: true };
            queues.arrives(task);
            waiting.push(task);
            arrived += 1;
        }
        for (worker, free_at) in free_at.iter_mut().enumerate() {
            if *free_at > now {
                continue;
            }
            let Some(task) = queues.takes(worker) else {
                match waiting.first() {
                    Some(Task { number, .. }) => {
                        return Err(format!("worker {worker} of {workers} idles at {now}, and task {number} waits"));
                    }
                    None => continue,
                }
            };
            let Some(at) = waiting.iter().position(|known| *known == task) else {
                return Err(format!("worker {worker} of {workers} begins task {} again", task.number));
            };
            if let Some(before) = waiting.iter().find(|known| known.urgent)
                && *before != task
            {
                let (number, before) = (task.number, before.number);
                return Err(format!("worker {worker} of {workers} begins task {number}, and task {before} is urgent"));
            }
            waiting.remove(at);
            *free_at = now + task.takes;
        }
        if waiting.is_empty() && arrived == URGENT.len() {
            return Ok(());
        }
    }
    Err(format!("{} tasks are never begun by {workers} workers", waiting.len()))
}
