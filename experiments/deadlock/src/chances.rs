//! The second question: how soon do two threads deadlock if nobody arranges it?

use std::io;

use deadlock::unarranged::{self, End, Meeting};
use lab::{Case, Chosen, Done, Placement, Question, Report, Row, Whole, median};

/// Two threads take two locks in opposite order, at each meal. Within how many meals do they deadlock by chance?
#[derive(clap::Args)]
pub struct Chances {
    /// How many times each variant runs, each time in a new process
    #[arg(long, value_name = "N", default_value = "50")]
    runs: Whole<1, 10_000>,

    /// How many meals each of the two threads eats at most
    #[arg(long, value_name = "N", default_value = "1000000")]
    meals: Whole<1, 10_000_000>,
}

/// The ways: the name of each, where its threads run, and whether they are made to meet.
const WAYS: [(&str, &str, Meeting); 3] = [
    ("arranged", "two-cores", Meeting::Arranged),
    ("two-cores", "two-cores", Meeting::ByChance),
    ("one-core", "one-core", Meeting::ByChance),
];

impl Question for Chances {
    const NAME: &str = "chances";
    const SHOWN: &str =
        "two threads that were made to meet deadlocked at their first meal";
    const EXAMPLES: &str = "cargo run -p deadlock -- chances
        cargo run -p deadlock -- chances --variant two-cores --runs 500";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = (Meeting, Placement);
    type Run = End;

    fn variants() -> Vec<&'static str> {
        WAYS.map(|(name, ..)| name).into()
    }

    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        let mut cases = Vec::new();
        for (name, place, meeting) in WAYS {
            match Placement::named(place) {
                Ok(placement) => {
                    cases.push(Case::new(name, "all", (meeting, placement)));
                }
                // Threads that are made to meet do so anywhere.
                Err(_) if meeting == Meeting::Arranged => {
                    cases.push(Case::new(name, "all", (meeting, Placement::FREE)));
                }
                Err(error) => report.not_here(name, error),
            }
        }
        Ok(cases)
    }

    fn rounds(&self) -> u64 {
        self.runs.0
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<End> {
        let (meeting, placement) = &case.given;
        unarranged::run(self.meals.0, *meeting, placement)
    }

    fn tell(&self, case: &Case<Self::Given>, runs: &[End], row: &mut Row<'_>) {
        let apart = runs.iter().filter(|end| **end == End::Apart).count();
        let told = (runs.len() - apart) as f64;
        row.aside("runs", "runs", told);
        // A run without a deadlock has no number of meals. If half of the runs have none, the median has none either.
        let first = runs.iter().filter(|end| **end != End::Apart);
        row.aside(
            "half-by",
            "meals",
            median(first.map(|end| match end {
                End::Deadlock(meal) => *meal as f64,
                _ => f64::INFINITY,
            })),
        );
        for meals in (0..)
            .map(|power| 10_u64.pow(power))
            .take_while(|meals| *meals <= self.meals.0)
        {
            let within =
                |end: &&End| matches!(end, End::Deadlock(meal) if *meal <= meals);
            let deadlocked = runs.iter().filter(within).count() as f64;
            row.line_at(meals);
            row.number_in("within meals", "meals", "meals", meals as f64);
            row.number_in("runs", "of", "runs", told);
            row.number_in(
                "deadlocked",
                "deadlocked-within",
                "%",
                100.0 * deadlocked / told,
            );
        }
        if case.given.0 == Meeting::Arranged
            && runs.iter().any(|end| *end != End::Deadlock(1))
        {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        for Done { case, runs } in done {
            let apart = runs.iter().filter(|end| **end == End::Apart).count();
            if apart > 0 {
                report.say(format!(
                    "{}: {apart} of {} runs say nothing, since the two threads hardly worked at the same time.",
                    case.name,
                    runs.len()
                ));
            }
        }
        report.say_if_right(
            "“deadlocked” is the share of the runs that deadlocked within that many meals. All variants are the same program. In “arranged” each thread holds its first lock until the other holds one too. In the other variants, how soon they deadlock depends on how often both hold their first lock at the same moment.",
        );
    }
}
