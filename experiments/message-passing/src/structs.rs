//! The question: what does it cost to make a message of a struct?

use std::io;

use lab::{Case, Chosen, Done, Question, Report, Row, Whole, median};
use message_passing::forms::{FORMS, Form, Handed, Reading};

/// A struct as a message: what does it cost to make bytes of it, and a struct of the bytes?
#[derive(clap::Args)]
pub struct Struct {
    /// How often each form is handed over
    #[arg(long, value_name = "N", default_value = "1000")]
    trips: Whole<16, 1_000_000>,
}

impl Question for Struct {
    const NAME: &str = "struct";
    const SHOWN: &str = "every struct came as it was sent";
    const EXAMPLES: &str = "cargo run -p message-passing -- struct";
    const DRAWS: bool = false;
    type Given = Form;
    type Run = Handed;

    fn variants() -> Vec<&'static str> {
        FORMS.map(|form| form.name).into()
    }

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Form>>> {
        Ok(FORMS.map(|form| Case::new(form.name, "struct", form)).into())
    }

    fn rounds(&self) -> u64 {
        3
    }

    fn run(&self, case: &Case<Form>) -> io::Result<Handed> {
        (case.given.hand_over)(Reading::example(), self.trips.0)
    }

    fn tell(&self, _: &Case<Form>, runs: &[Handed], row: &mut Row<'_>) {
        let sent = Reading { number: self.trips.0, ..Reading::example() };
        row.number_in("bytes", "encoded", "bytes", runs[0].bytes as f64);
        row.number_in("a struct", "hand-over", "ns", median(runs.iter().map(|handed| handed.each)));
        if runs.iter().any(|handed| handed.reading != sent) {
            row.wrong();
        }
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say("Sender and receiver are one thread: nobody is woken.");
    }
}
