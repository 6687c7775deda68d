//! The first question: which way is done sooner if the tasks compute, if they wait, and if they do both?

use std::io;
use std::rc::Rc;

use cpu_vs_io::server::{Server, raise_descriptors};
use cpu_vs_io::{Job, ROOTS, Request, VARIANTS, Work};
use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, machine};

use crate::measured::{self, Given, measured};

/// Which of eight ways is done soonest: with tasks that compute, and with tasks that wait?
#[derive(clap::Args)]
pub struct Ways {
    /// Send this many requests
    #[arg(long, value_name = "N", default_value = "16")]
    requests: Whole<1, 1000, u32>,

    /// Measure in this many rounds, and show the median
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 100>,
}

/// How long the server waits before it answers, in milliseconds.
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
        help: "Compute with this many workers; by default as many as CPUs, at least 2",
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
        // Tasks that only compute wait for no answer.
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
        let tasks = |number: u64, what: &str| {
            let s = if number == 1 { "" } else { "s" };
            format!("{} {what}{s}", thousands(number))
        };
        report.say(format!(
            "Computing is {} of {} square roots, on {cpus}. Waiting is {} to a server that answers after {DELAY} ms. Both is the \
             same requests, and {} square roots after each answer.",
            tasks(u64::from(workers), "task"),
            thousands(ROOTS),
            tasks(u64::from(requests.0), "request"),
            thousands(ROOTS / 4),
        ));
        report.say(
            "The column speed up compares with serial, which does one task after the other. The column unread is the longest time \
             that an answer waited for its task to read it. A task that waits needs no CPU, so one thread can wait for many \
             answers at once.",
        );
        let told = [
            measured::extremes("waiting", done),
            measured::extremes("computing", done),
        ];
        if let [Some(waiting), Some(computing)] = told {
            report.say_of_times(format!(
                "Compared with serial, {waiting}, and {computing}."
            ));
        }
    }
}
