//! The third question: how long do many requests take if all wait at once, and what does each waiter cost?

use std::io;
use std::rc::Rc;

use cpu_vs_io::server::{Server, raise_descriptors};
use cpu_vs_io::{Request, VARIANTS, Work, waiters};
use lab::report::{shown, thousands};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, machine, memory};

use crate::measured::{self, Given, SERIAL, measured};
use crate::ways::DELAY;

/// How long do many requests take if all wait at once, and what does each waiter cost?
#[derive(clap::Args)]
pub struct Waits {
    /// Let up to this many requests wait at once
    #[arg(long, value_name = "N", default_value = "1000")]
    requests: Whole<1, 1000, u32>,

    /// Measure in this many rounds, and show the median
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 100>,
}

/// How many requests are sent one after the other, at most. More would take longer than a second.
const MOST_SERIAL: u32 = 50;

/// How many processes wait at once, at most. Starting a thousand takes longer than they would wait.
const MOST_PROCESSES: u32 = 200;

/// How much memory a process takes, at most. If the machine hasn't so much for each, the processes are left out.
const PROCESS: u64 = 1 << 20;

/// How many requests wait while we look at their memory, at most.
const LOOKED_AT: u32 = 200;

impl Waits {
    fn counts(&self) -> impl Iterator<Item = u32> {
        let most = self.requests.0;
        [1, 10, 50, 200, 1000]
            .into_iter()
            .filter(move |count| *count < most)
            .chain([most])
    }
}

impl Question for Waits {
    const NAME: &str = "waits";
    const SHOWN: &str = "every request was answered";
    const EXAMPLES: &str = "cargo run -p cpu-vs-io -- waits
        cargo run -p cpu-vs-io -- waits --requests 50 --variant async";
    measured!();

    fn variants() -> Vec<&'static str> {
        vec![SERIAL, "threads", "processes", "async", "async-threads"]
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        // A connection takes a descriptor at each end, and a process takes a pipe. Some descriptors are open already.
        let descriptors = raise_descriptors()?.unwrap_or(u64::MAX);
        let room = memory::room().unwrap_or(u64::MAX);
        let server = Rc::new(Server::start()?);
        let work = Work::Request(Request { port: server.port, delay: DELAY });
        let mut cases = Vec::new();
        for variant in VARIANTS
            .into_iter()
            .filter(|variant| Self::variants().contains(&variant.name))
        {
            let name = variant.name;
            let most = [(SERIAL, MOST_SERIAL), ("processes", MOST_PROCESSES)]
                .into_iter()
                .find(|(of, _)| *of == name);
            for count in self
                .counts()
                .filter(|count| most.is_none_or(|(_, most)| *count <= most))
            {
                let needed = u64::from(count) * PROCESS;
                let why = if name == "processes" && needed > room {
                    let [needed, room] =
                        [needed, room].map(|memory| shown(memory as f64, "bytes"));
                    format!(
                        "they may take {needed}, and there is room for {room}; lower --requests"
                    )
                } else if name != SERIAL && u64::from(count) + 32 > descriptors {
                    format!(
                        "this process may open {descriptors} files; raise `ulimit -n`"
                    )
                } else {
                    let (job, server) = (
                        variant.job(work, count, cpus()),
                        Some(Rc::clone(&server)),
                    );
                    cases.push(Case::new(
                        name,
                        count,
                        Given { variant, work: "waiting", job, often: 1, server },
                    ));
                    continue;
                };
                if chosen.wants(name) {
                    report.left_out(&format!("{name} with {count} requests"), why);
                }
            }
        }
        measured::wake_all_cpus();
        Ok(cases)
    }

    fn compare(&self, done: &Done<Self>, all: &[Done<Self>], row: &mut Row<'_>) {
        let (job, runs) = (&done.case.given.job, &done.runs);
        let switches = measured::of(runs, |took| took.used.voluntary as f64)
            / f64::from(job.tasks);
        row.words("has", done.case.given.variant.workers(job));
        row.words("requests", thousands(job.tasks.into()));
        row.words("switches each", format!("{switches:.1}"));
        row.aside("switches-each", "switches", switches);
        row.number_in(
            "single waits",
            "single-waits",
            "times",
            measured::time(runs) / single(all),
        );
        row.number_in("time", "wait", "ns", measured::time(runs));
        measured::check(done, all, row);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let single = single(done);
        for count in self.counts().filter(|count| *count >= MOST_SERIAL) {
            report.outcome(
                "serial-computed",
                count,
                "wait",
                "ns",
                single * f64::from(count),
            );
        }
        let looked_at = self.requests.0.min(LOOKED_AT);
        for Case { name, given, .. } in
            done.iter().map(|done| &done.case).filter(|case| case.name != SERIAL)
        {
            let Some(server) =
                given.server.as_deref().filter(|_| given.job.tasks == looked_at)
            else {
                continue;
            };
            match waiters::memory(&given.variant, server, looked_at, cpus()) {
                Ok(each) => {
                    report.outcome(name, looked_at, "memory-each", "bytes", each);
                    report.say(format!(
                        "{name}: each of {looked_at} waiters takes {} of memory.",
                        shown(each, "bytes")
                    ));
                }
                Err(error) => {
                    report.left_out(&format!("the memory of {name}"), error);
                }
            }
        }
        if done.is_empty() {
            return;
        }
        report.say(format!(
            "The column single waits tells the time as a multiple of a single wait, which takes {} here. The column switches each \
             counts, for each request, how often a worker gave up its CPU.",
            shown(single, "ns")
        ));
        report.say(format!(
            "The variant serial sends at most {MOST_SERIAL} requests, one after the other, and there are at most \
             {MOST_PROCESSES} processes.",
        ));
    }
}

/// How many threads a runtime with several threads has.
fn cpus() -> u32 {
    machine::usable_cpus() as u32
}

/// How long one request takes alone, in nanoseconds.
fn single(all: &[Done<Waits>]) -> f64 {
    let alone = all
        .iter()
        .find(|done| done.case.name == SERIAL && done.case.given.job.tasks == 1);
    alone.map_or(f64::NAN, |alone| measured::time(&alone.runs))
}
