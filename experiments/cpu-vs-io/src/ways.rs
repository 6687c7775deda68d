//! The first question: which way is done sooner, if the work computes, if it waits, and if it does both?

use std::io;
use std::rc::Rc;

use cpu_vs_io::server::{Server, raise_descriptors};
use cpu_vs_io::{Job, ROOTS, Request, VARIANTS, Work};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, machine};

use crate::measured::{self, Given, measured};

/// The same tasks in eight ways: which is done sooner, if they compute and if they wait?
#[derive(clap::Args)]
pub struct Ways {
    /// How many requests wait
    #[arg(long, value_name = "N", default_value = "16")]
    requests: Whole<1, 1000, u32>,

    /// How many rounds; the median of their times is shown
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 100>,
}

/// How long the server lets each request wait, in milliseconds.
pub const DELAY: u32 = 20;

impl Question for Ways {
    const NAME: &str = "ways";
    const SHOWN: &str = "every way came to the same sum";
    const EXAMPLES: &str = "cargo run -p cpu-vs-io
        cargo run -p cpu-vs-io -- workers --workers 4
        cargo run -p cpu-vs-io -- waits --requests 1000
        cargo run -p cpu-vs-io -- turns --trace turns.json
        taskset -c 0 cargo run -p cpu-vs-io        # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        help: "How many workers compute; by default as many as CPUs, at least 2",
        ..Workers::ANY
    });
    measured!();

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        raise_descriptors()?;
        let server = Rc::new(Server::start()?);
        let request = Request { port: server.port, delay: DELAY };
        let (workers, requests) = (workers as u32, self.requests.0);
        let works = [
            ("computing", Work::Roots(ROOTS), workers, 5),
            ("waiting", Work::Request(request), requests, 1),
            ("both", Work::Both(request, ROOTS / 4), requests, 1),
        ];
        measured::wake_all_cpus();
        let cases = works.into_iter().flat_map(|(name, work, tasks, often)| {
            let server = &server;
            VARIANTS.map(|variant| {
                let job = variant.job(work, tasks, workers);
                let server = (name != "computing").then(|| Rc::clone(server));
                Case::new(
                    variant.name,
                    name,
                    Given { variant, work: name, job, often, server },
                )
            })
        });
        Ok(cases.collect())
    }

    fn compare(&self, done: &Done<Self>, all: &[Done<Self>], row: &mut Row<'_>) {
        let (given, runs) = (&done.case.given, &done.runs);
        row.words("has", given.variant.workers(&given.job));
        row.words("work", given.work);
        row.number_in(
            "CPU time",
            "cpu",
            "ns",
            measured::of(runs, |took| took.used.cpu.as_nanos() as f64),
        );
        // What computes only has no answer to wait for.
        let unread = |took: &cpu_vs_io::Done| {
            took.unread.map_or(f64::NAN, |unread| unread.as_nanos() as f64)
        };
        row.number("unread", "ns", measured::of(runs, unread));
        measured::tell(done, all, "", row);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let computing = done
            .iter()
            .map(|done| &done.case.given)
            .find(|given| given.work == "computing");
        let Some(Job { tasks: workers, .. }) = computing.map(|given| given.job)
        else {
            return;
        };
        let requests = self.requests;
        let cpus = match machine::usable_cpus() {
            1 => "one CPU".to_owned(),
            cpus => format!("{cpus} CPUs"),
        };
        report.say(format!(
            "Computing: {workers} times four million square roots, with {cpus} usable. Waiting: {requests} requests that a \
             server answers after {DELAY} ms. Both: a request, then a million square roots. The kernel places all workers \
             freely."
        ));
        report.say(
            "A wait takes no CPU, so waits may overlap on one thread too. What computes at once takes a CPU for each. \
             Unread: the longest that an answer lay there before its task had it.",
        );
        let told = [
            measured::extremes("waiting", done),
            measured::extremes("computing", done),
        ];
        if let [Some(waiting), Some(computing)] = told {
            report.say_of_times(format!(
                "In proportion to one after the other, {waiting}, and {computing}."
            ));
        }
    }
}
