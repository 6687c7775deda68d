//! `book/choosing.toml`: what the page *Choosing* asks, and to what the answers lead.
//!
//! The questions are a tree: each but the first is asked in one place, so that the answers given so far name it. They are the address of
//! a question and of an end. Nothing is read that doesn't lead anywhere, and nothing that nobody gets to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use base::nearest;
use edition::{Fault, Source};
use serde::Deserialize;

/// The file, below the project's root.
pub const FILE: &str = "book/choosing.toml";

/// Code is no wider than its place on the page.
const COLUMNS: usize = 80;

/// All that is asked and answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choosing {
    /// The questions; the first is asked first.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
    /// What answers lead to.
    #[serde(rename = "end")]
    pub ends: Vec<End>,
    /// Jobs, and what is right for them.
    #[serde(rename = "job")]
    pub jobs: Vec<Job>,
    /// The addresses of links, by the names that the texts call them.
    pub links: BTreeMap<String, String>,
    #[serde(skip)]
    source: Source,
}

/// A question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name, for answers that lead to it.
    pub id: String,
    /// The question itself.
    pub asks: String,
    /// What helps to answer it.
    #[serde(default)]
    pub hint: String,
    /// What can be answered.
    #[serde(rename = "answer")]
    pub answers: Vec<Answer>,
}

/// An answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// A word, its part of the address.
    pub id: String,
    /// What it says.
    pub says: String,
    /// The question or the end that it leads to.
    pub to: String,
}

/// What is right, in both languages, and what was measured of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Its name, for answers that lead to it.
    pub id: String,
    /// What it is in any language.
    pub says: String,
    /// What was measured, with the chapter.
    pub measured: String,
    /// What to use in Python.
    pub python: Names,
    /// What to use in Rust.
    pub rust: Names,
}

/// What to use in a language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// The names of the standard library, or of a crate.
    #[serde(rename = "use")]
    pub names: String,
    /// What to mind.
    #[serde(default)]
    pub mind: String,
    /// How that looks, in a few lines.
    #[serde(default)]
    pub code: String,
    /// What it is in this language, where that differs from what the end says.
    #[serde(default)]
    pub says: String,
}

/// A job in the words of somebody who has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The job.
    pub says: String,
    /// The answers that lead to what is right for it.
    pub answers: Vec<String>,
    /// What is right for it.
    pub end: String,
    /// The names in Python that stand there.
    pub names: Vec<String>,
}

/// What an answer leads to.
#[derive(Clone, Copy, Debug)]
pub enum Next<'a> {
    /// Another question.
    Question(&'a Question),
    /// An end, by its number.
    End(usize, &'a End),
}

/// A question where it is asked, behind the answers that lead to it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The answers so far, joined by dashes; none for the first question.
    pub path: String,
    /// Its number, from 0.
    pub number: usize,
    /// What is asked.
    pub question: &'a Question,
}

impl Choosing {
    /// Reads the file.
    ///
    /// # Errors
    /// It isn't there, isn't TOML, has an unknown key, or something in it leads nowhere; the error tells file and line.
    pub fn read(root: &Path) -> Result<Self> {
        Self::of(Source::read(&root.join(FILE))?)
    }

    /// The same from a text.
    ///
    /// # Errors
    /// As for [`Choosing::read`], but the error tells no file.
    pub fn parse(text: &str) -> Result<Self> {
        Self::of(Source::of(text))
    }

    fn of(source: Source) -> Result<Self> {
        let read = || -> Result<Self, Fault> {
            let read: Self = toml::from_str(&source.text)?;
            read.names()?;
            read.ways()?;
            read.jobs()?;
            Ok(read)
        };
        let read = read().map_err(|fault| source.tell(&fault))?;
        Ok(Self { source, ..read })
    }

    /// What is wrong with the value at a place, with its file and line.
    pub fn tell(&self, place: &str, what: &str) -> anyhow::Error {
        self.source.tell(&Fault::new(place, what))
    }

    /// What an answer leads to.
    pub fn next(&self, answer: &Answer) -> Option<Next<'_>> {
        let question = || self.questions.iter().find(|question| question.id == answer.to).map(Next::Question);
        let end = || self.ends.iter().enumerate().find(|(_, end)| end.id == answer.to);
        question().or_else(|| end().map(|(number, end)| Next::End(number, end)))
    }

    /// All questions, each where it is asked, in the order in which one gets to them.
    pub fn asked(&self) -> Vec<Asked<'_>> {
        let mut asked = Vec::new();
        self.questions.first().into_iter().for_each(|first| self.ask(first, String::new(), &mut asked));
        asked
    }

    fn ask<'a>(&'a self, question: &'a Question, path: String, asked: &mut Vec<Asked<'a>>) {
        let number = self.questions.iter().position(|other| other.id == question.id).unwrap_or_default();
        asked.push(Asked { path: path.clone(), number, question });
        for answer in &question.answers {
            if let Some(Next::Question(next)) = self.next(answer) {
                // None is asked twice, so this ends.
                self.ask(next, joined(&path, &answer.id), asked);
            }
        }
    }

    /// The end that these answers lead to, one after the other.
    ///
    /// # Errors
    /// One of them isn't among the answers, or they stop at a question.
    pub fn follow<'a>(&'a self, answers: &[String]) -> Result<&'a End, String> {
        let mut at = Next::Question(&self.questions[0]);
        for id in answers {
            let Next::Question(question) = at else { return Err(format!("{id:?} comes behind an end")) };
            let known: Vec<&str> = question.answers.iter().map(|answer| &answer.id[..]).collect();
            let answer = question.answers.iter().find(|answer| answer.id == *id);
            let next = answer.and_then(|answer| self.next(answer));
            at =
                next.ok_or_else(|| format!("{:?} has no answer {id:?}{}", question.asks, nearest::hint(id, &known)))?;
        }
        match at {
            Next::End(_, end) => Ok(end),
            Next::Question(question) => Err(format!("these answers stop at a question: {:?}", question.asks)),
        }
    }

    /// Names tell things apart, answers are words of an address, and code has room.
    fn names(&self) -> Result<(), Fault> {
        let mut known = BTreeSet::new();
        let questions =
            self.questions.iter().enumerate().map(|(n, question)| (format!("question.{n}.id"), &question.id));
        let ends = self.ends.iter().enumerate().map(|(n, end)| (format!("end.{n}.id"), &end.id));
        if let Some((place, id)) = questions.chain(ends).find(|(_, id)| !known.insert(*id)) {
            return Err(Fault::new(place, format!("{id:?} stands twice; names tell things apart")));
        }
        for (n, end) in self.ends.iter().enumerate() {
            for (key, names) in [("python", &end.python), ("rust", &end.rust)] {
                if let Some(line) = names.code.lines().find(|line| line.chars().count() > COLUMNS) {
                    let what = format!("{line:?} has more than {COLUMNS} columns; break it");
                    return Err(Fault::new(format!("end.{n}.{key}.code"), what));
                }
            }
        }
        for (n, question) in self.questions.iter().enumerate() {
            let mut known = BTreeSet::new();
            for (m, answer) in question.answers.iter().enumerate() {
                let fault = |what: String| Fault::new(format!("question.{n}.answer.{m}.id"), what);
                if answer.id.is_empty() || !answer.id.bytes().all(|byte| byte.is_ascii_lowercase()) {
                    return Err(fault(format!(
                        "{:?} is part of an address: write one word of small letters",
                        answer.id
                    )));
                }
                if !known.insert(&answer.id) {
                    return Err(fault(format!("{:?} stands twice; names tell things apart", answer.id)));
                }
            }
        }
        Ok(())
    }

    /// Every answer leads somewhere, and to everything some answer leads.
    fn ways(&self) -> Result<(), Fault> {
        let known: Vec<&str> = self
            .questions
            .iter()
            .map(|question| &question.id[..])
            .chain(self.ends.iter().map(|end| &end.id[..]))
            .collect();
        let Some(first) = self.questions.first() else {
            return Err(Fault::new("question", "there is no question; write one"));
        };
        // From which questions one gets to a question.
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let mut reached = BTreeSet::new();
        for (n, question) in self.questions.iter().enumerate() {
            if question.answers.len() < 2 {
                return Err(Fault::new(format!("question.{n}"), "a question has two answers at least"));
            }
            for (m, answer) in question.answers.iter().enumerate() {
                let fault = |what: String| Fault::new(format!("question.{n}.answer.{m}.to"), what);
                match self.next(answer) {
                    None => {
                        let hint = nearest::hint(&answer.to, &known);
                        return Err(fault(format!("no question and no end {:?}{hint}", answer.to)));
                    }
                    Some(Next::End(_, end)) => drop(reached.insert(&end.id[..])),
                    Some(Next::Question(next)) => {
                        if next.id == first.id || before.insert(&next.id, &question.id).is_some() {
                            let what = format!("{:?} is asked elsewhere already; each question is asked once", next.id);
                            return Err(fault(what));
                        }
                    }
                }
            }
        }
        for (n, question) in self.questions.iter().enumerate() {
            let (mut at, mut steps) = (&question.id[..], 0);
            while let Some(earlier) = before.get(at).filter(|_| steps < self.questions.len()) {
                (at, steps) = (earlier, steps + 1);
            }
            if at != first.id {
                let what = format!("no answer leads to the question {:?}", question.id);
                return Err(Fault::new(format!("question.{n}.id"), what));
            }
        }
        match self.ends.iter().position(|end| !reached.contains(&end.id[..])) {
            Some(n) => {
                Err(Fault::new(format!("end.{n}.id"), format!("no answer leads to the end {:?}", self.ends[n].id)))
            }
            None => Ok(()),
        }
    }

    /// The answers of every job lead to its end, and the names stand there.
    fn jobs(&self) -> Result<(), Fault> {
        for (n, job) in self.jobs.iter().enumerate() {
            let fault = |key: &str, what: String| Err(Fault::new(format!("job.{n}.{key}"), what));
            let end = match self.follow(&job.answers) {
                Ok(end) => end,
                Err(what) => return fault("answers", what),
            };
            if end.id != job.end {
                return fault("end", format!("its answers lead to {:?}, not to {:?}", end.id, job.end));
            }
            if job.names.is_empty() {
                return fault("names", "it has no name in Python; write what is right for it".to_owned());
            }
            if let Some(name) = job.names.iter().find(|name| !end.python.names.contains(&name[..])) {
                return fault("names", format!("{name:?} isn't used in Python at the end {:?}", end.id));
            }
        }
        Ok(())
    }
}

/// The answers so far, and one more.
pub fn joined(path: &str, answer: &str) -> String {
    if path.is_empty() { answer.to_owned() } else { format!("{path}-{answer}") }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two questions, three ends, a job.
    pub(crate) const SMALL: &str = r#"
[[question]]
id = "start"
asks = "Is it *slow*?"
[[question.answer]]
id = "no"
says = "No."
to = "leave"
[[question.answer]]
id = "yes"
says = "Yes."
to = "why"
[[question]]
id = "why"
asks = "Why?"
hint = "Look."
[[question.answer]]
id = "waits"
says = "It waits."
to = "threads"
[[question.answer]]
id = "computes"
says = "It computes."
to = "processes"
[[end]]
id = "leave"
says = "Leave it"
measured = "Nothing."
python = { use = "a loop" }
rust = { use = "a loop" }
[[end]]
id = "threads"
says = "Threads"
measured = "{{#value example:time/slow/1}}"
python = { use = "[`Pool`][pool]", mind = "Mind *this*." }
rust = { use = "`scope`", says = "One scope", code = "scope(|s| {\n\n});\n" }
[[end]]
id = "processes"
says = "Processes"
measured = "See [there](example.md)."
python = { use = "`Processes`" }
rust = { use = "`Command`" }
[[job]]
says = "Fetch it."
answers = ["yes", "waits"]
end = "threads"
names = ["Pool"]
[links]
pool = "https://example.org/pool"
"#;

    fn book() -> Choosing {
        Choosing::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
    }

    #[test]
    fn eight_jobs_lead_to_eight_answers_and_these_to_all_names() {
        let choosing = book();
        let mut named = BTreeSet::new();
        for job in &choosing.jobs {
            let end = choosing.follow(&job.answers).unwrap();
            assert_eq!(end.id, job.end, "{}", job.says);
            assert!(job.names.iter().all(|name| end.python.names.contains(&name[..])), "{}", job.says);
            named.extend(job.names.iter().map(|name| &name[..]));
        }
        let ends: BTreeSet<&str> = choosing.jobs.iter().map(|job| &job.end[..]).collect();
        assert_eq!((choosing.jobs.len(), ends.len()), (8, 8));
        for name in [
            "ThreadPoolExecutor",
            "asyncio",
            "asyncio.to_thread",
            "ProcessPoolExecutor",
            "chunksize",
            "InterpreterPoolExecutor",
            "subprocess.run",
            "forkserver",
            "shared_memory",
            "plain loop",
        ] {
            assert!(named.contains(name), "no job is one for {name}");
        }
    }

    #[test]
    fn every_question_leads_on_and_every_end_is_reached() {
        let choosing = book();
        let asked = choosing.asked();
        assert_eq!(asked.len(), choosing.questions.len());
        let mut reached = BTreeSet::new();
        for Asked { path, question, .. } in &asked {
            assert!(question.answers.len() > 1, "{path}");
            for answer in &question.answers {
                let way = joined(path, &answer.id);
                let steps: Vec<String> = way.split('-').map(str::to_owned).collect();
                match choosing.next(answer) {
                    Some(Next::Question(next)) => {
                        assert!(asked.iter().any(|a| a.path == way && a.question.id == next.id));
                    }
                    Some(Next::End(_, end)) => {
                        assert_eq!(choosing.follow(&steps).unwrap().id, end.id);
                        reached.insert(&end.id[..]);
                    }
                    None => panic!("{way} leads nowhere"),
                }
            }
        }
        assert_eq!(reached.len(), choosing.ends.len());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert_eq!(Choosing::parse(SMALL).unwrap().asked().len(), 2);
        let faults = [
            ("asks = \"Why?\"", "ask = \"Why?\"", ":15: unknown field `ask`"),
            ("to = \"why\"", "to = \"wyh\"", ":12: no question and no end \"wyh\"; did you mean \"why\"?"),
            ("to = \"why\"", "to = \"start\"", ":12: \"start\" is asked elsewhere already"),
            ("to = \"why\"", "to = \"leave\"", ":14: no answer leads to the question \"why\""),
            ("to = \"processes\"", "to = \"why\"", ":24: \"why\" is asked elsewhere already"),
            ("to = \"processes\"", "to = \"leave\"", ":38: no answer leads to the end \"processes\""),
            ("id = \"yes\"", "id = \"Yes, it is\"", ":10: \"Yes, it is\" is part of an address"),
            ("id = \"yes\"", "id = \"no\"", ":10: \"no\" stands twice"),
            ("id = \"processes\"\nsays", "id = \"threads\"\nsays", ":38: \"threads\" stands twice"),
            (
                "[[question.answer]]\nid = \"computes\"\nsays = \"It computes.\"\nto = \"processes\"\n",
                "",
                ":13: a question has two",
            ),
            (
                "answers = [\"yes\", \"waits\"]",
                "answers = [\"yes\", \"wait\"]",
                ":45: \"Why?\" has no answer \"wait\"; did you",
            ),
            (
                "answers = [\"yes\", \"waits\"]",
                "answers = [\"yes\"]",
                ":45: these answers stop at a question: \"Why?\"",
            ),
            ("answers = [\"yes\", \"waits\"]", "answers = [\"no\", \"waits\"]", ":45: \"waits\" comes behind an end"),
            (
                "answers = [\"yes\", \"waits\"]",
                "answers = [\"no\"]",
                ":46: its answers lead to \"leave\", not to \"threads\"",
            ),
            ("names = [\"Pool\"]", "names = [\"Processes\"]", ":47: \"Processes\" isn't used in Python at the end"),
            ("names = [\"Pool\"]", "names = []", ":47: it has no name in Python"),
            (
                "code = \"",
                "code = \"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                ":36: \"1234",
            ),
            ("mind = \"Mind", "minds = \"Mind", ":35: unknown field `minds`"),
        ];
        for (sound, broken, complaint) in faults {
            assert!(SMALL.contains(sound), "{sound}");
            let told = format!("{:#}", Choosing::parse(&SMALL.replacen(sound, broken, 1)).unwrap_err());
            assert!(told.starts_with(complaint), "{complaint}: {told}");
        }
    }
}
