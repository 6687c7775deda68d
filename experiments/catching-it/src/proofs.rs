//! How each variant is proven that must not go wrong.

/// A proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// loom runs this model of [`crate::models::MODELS`] through every execution of two workers.
    Loom(&'static str),
    /// An invariant, held while workers meet in every turn: a test of the experiment, by its file and its name.
    Invariant(&'static str, &'static str),
}

/// A variant that must not go wrong.
#[derive(Clone, Copy, Debug)]
pub struct Proven {
    /// Its experiment.
    pub experiment: &'static str,
    /// Its name there.
    pub variant: &'static str,
    /// Its proof.
    pub proof: Proof,
}

const fn proven(experiment: &'static str, variant: &'static str, proof: Proof) -> Proven {
    Proven { experiment, variant, proof }
}

use Proof::{Invariant, Loom};

const CONTROLS: Proof = Invariant("shared-counter", "broken_variants_lose_updates_every_time_and_the_others_never_do");
const BETWEEN_THREADS: Proof = Invariant("proof", "the_repairs_between_threads_pass");
const BETWEEN_PROCESSES: Proof =
    Invariant("mutex-fixes", "every_repair_counts_every_addition_with_any_number_of_workers");
const ENDS: Proof = Invariant("deadlock", "all_end_as_they_should_every_time");

/// One proof for each. Loom comes first: what its primitives reach is proven by it. It has no scoped threads, no rayon, no
/// parking_lot, no channel with a bound, and no memory that processes share.
pub const PROOFS: &[Proven] = &[
    proven("shared-counter", "load-then-store-private", CONTROLS),
    proven("shared-counter", "fetch-add-threads", Loom("fetch-add")),
    proven("shared-counter", "fetch-add-processes", CONTROLS),
    proven("mutex-fixes", "mutex-threads", Loom("mutex")),
    proven("mutex-fixes", "rwlock-threads", Loom("rwlock")),
    proven("mutex-fixes", "parking-lot-threads", BETWEEN_THREADS),
    proven("mutex-fixes", "fetch-add-threads", Loom("fetch-add-repair")),
    proven("mutex-fixes", "compare-exchange-threads", Loom("compare-exchange")),
    proven("mutex-fixes", "sharded-threads", Loom("sharded")),
    proven("mutex-fixes", "thread-local-threads", Loom("thread-local")),
    proven("mutex-fixes", "channel-threads", BETWEEN_THREADS),
    proven("mutex-fixes", "rayon-threads", BETWEEN_THREADS),
    proven("mutex-fixes", "robust-mutex-processes", BETWEEN_PROCESSES),
    proven("mutex-fixes", "fetch-add-processes", BETWEEN_PROCESSES),
    proven("deadlock", "one-order", ENDS),
    proven("deadlock", "one-order-processes", ENDS),
    proven("deadlock", "try-lock-back-off", ENDS),
    proven("deadlock", "one-lock", ENDS),
    proven("deadlock", "arbitrator", ENDS),
    proven("deadlock", "no-lock", ENDS),
    proven("deadlock", "lock-once", ENDS),
    proven("deadlock", "pipe-turns-processes", ENDS),
    proven("deadlock", "same-lock", ENDS),
    proven("deadlock", "leaks-and-finishes", ENDS),
];

impl Proof {
    /// The proof in words, as the chapter's table has it.
    pub fn words(self, experiment: &str) -> String {
        match self {
            Loom(model) => format!("loom, model `{model}`"),
            Invariant(file, test) => format!("invariant, `{experiment}/tests/{file}.rs`: `{test}`"),
        }
    }
}
