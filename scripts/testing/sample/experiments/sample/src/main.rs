//! An experiment as `cargo record` knows them, of the standard library alone. The variable `SAMPLE` names what it does
//! wrong:
//!
//! | `SAMPLE` | what it does |
//! | --- | --- |
//! | `program-fails`, `program-hangs`, `program-is-silent` | whatever it is asked for |
//! | `session-fails`, `session-is-silent`, `session-contradicts` | where people would read what it prints |
//! | `json-is-rubbish`, `json-is-cut`, `json-is-infinite`, `json-is-silent` | where `--json` is asked for |
//! | `trace-is-missing`, `trace-is-rubbish` | where `--trace` is asked for |
//! | `children`, `strays` | starts three processes and waits for them; without it, the strays live on |

use std::io::{self, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs, thread};

const TIMELINE: &str = include_str!("../timeline.json");

const OUTCOMES: [(&str, u64); 2] = [("slow", 3), ("fast", 0)];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let wrong = env::var("SAMPLE").unwrap_or_default();
    let value = |name: &str| words.iter().skip_while(|word| *word != name).nth(1);
    let (json, trace) = (words.iter().any(|word| word == "--json"), value("--trace"));
    let for_people = !json && trace.is_none();
    match &wrong[..] {
        "program-hangs" => wait_for_ever(),
        "program-fails" => return failure(),
        "session-fails" if for_people => return failure(),
        "program-is-silent" => return ExitCode::SUCCESS,
        "session-is-silent" if for_people => return ExitCode::SUCCESS,
        "json-is-silent" if json => return ExitCode::SUCCESS,
        "children" | "strays" => match words.first().map(String::as_str) {
            // A child reads until its parent, which holds the other end, is gone. A stray waits for nobody.
            Some("child") => drop(io::stdin().read(&mut [0])),
            Some("stray") => wait_for_ever(),
            _ => start_three(if wrong == "strays" { "stray" } else { "child" }),
        },
        _ => {}
    }
    if let Some(file) = trace.filter(|_| wrong != "trace-is-missing") {
        fs::write(file, if wrong == "trace-is-rubbish" { "rubbish" } else { TIMELINE })
            .expect("the trace can be written");
    }
    let lost = |lost: u64| if wrong == "session-contradicts" { 3 * lost } else { lost };
    if let Some(file) = words.iter().find_map(|word| word.strip_prefix("--json=")) {
        let told: String = OUTCOMES.map(|(variant, often)| outcome(variant, lost(often), "")).concat();
        fs::write(file, told).expect("the outcomes can be written");
    }
    let mut text = if json { String::new() } else { "variant  lost\n".to_owned() };
    for (variant, often) in OUTCOMES {
        text += &match json {
            true => outcome(variant, often, &wrong),
            false => format!("{variant:<7}  {:>4}\n", lost(often)),
        };
    }
    // A reader that has left is no failure.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

// ANCHOR: counting
fn outcome(variant: &str, lost: u64, wrong: &str) -> String {
    let value = match wrong {
        "json-is-infinite" => "1e999".to_owned(),
        _ => lost.to_string(),
    };
    let place = format!(r#""experiment":"sample","variant":"{variant}""#);
    let what = r#""parameter":"2","metric":"lost","unit":"updates""#;
    let line = format!(r#"{{{place},{what},"value":{value}}}"#);
    match wrong {
        "json-is-rubbish" => "rubbish\n".to_owned(),
        "json-is-cut" => line[..line.len() / 2].to_owned(),
        _ => line + "\n",
    }
}
// ANCHOR_END: counting

fn failure() -> ExitCode {
    eprintln!("error: the sample was told to fail");
    ExitCode::FAILURE
}

fn wait_for_ever() {
    loop {
        thread::park();
    }
}

fn start_three(kind: &str) {
    let program = env::current_exe().expect("a program knows where it is");
    let mut command = Command::new(program);
    command.arg(kind).stdin(Stdio::piped());
    let children: Vec<_> = (0..3).map(|_| command.spawn().expect("a child can be started")).collect();
    for mut child in children {
        // std closes the pipe before it waits, so keep it open.
        let pipe = child.stdin.take();
        let _ = child.wait();
        drop(pipe);
    }
}
