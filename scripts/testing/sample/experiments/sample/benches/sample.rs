//! A bench that speaks criterion's command line and writes its files, as far as `cargo record` and `cargo charts` know
//! them, and measures nothing. The variable `SAMPLE` names what it does wrong.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io, thread};

const CASES: [(&str, u32, f64); 4] = [("slow", 1, 20.0), ("slow", 2, 40.0), ("fast", 1, 10.0), ("fast", 2, 11.0)];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().collect();
    let wrong = env::var("SAMPLE").unwrap_or_default();
    let list = words.iter().any(|word| word == "--list");
    let exact = words.iter().skip_while(|word| *word != "--exact").nth(1);
    match &wrong[..] {
        "bench-lists-nothing" if list => return ExitCode::SUCCESS,
        "bench-fails" if !list => {
            eprintln!("error: the sample was told to fail");
            return ExitCode::FAILURE;
        }
        "bench-hangs" if !list => loop {
            thread::park();
        },
        _ => {}
    }
    for (variant, parameter, time) in CASES {
        let name = format!("sample/{variant}/{parameter}");
        if list {
            println!("{name}: benchmark");
        } else if exact.is_none_or(|exact| *exact == name) {
            write(variant, parameter, time, &wrong).expect("criterion's folder can be written");
        }
    }
    ExitCode::SUCCESS
}

fn write(variant: &str, parameter: u32, time: f64, wrong: &str) -> io::Result<()> {
    // `cargo bench` starts it in the package's folder.
    let home = env::var_os("CRITERION_HOME").map_or_else(|| PathBuf::from("../../target/criterion"), PathBuf::from);
    let folder = home.join(format!("sample/{variant}/{parameter}/new"));
    let median = if wrong == "bench-measures-nothing" { "null".to_owned() } else { format!("{time:?}") };
    let (lower, upper) = (time - 0.5, time + 0.5);
    let interval = format!(r#"{{"confidence_level":0.95,"lower_bound":{lower:?},"upper_bound":{upper:?}}}"#);
    let benchmark = format!(r#"{{"group_id":"sample","function_id":"{variant}","value_str":"{parameter}"}}"#);
    let estimates =
        format!(r#"{{"median":{{"point_estimate":{median},"confidence_interval":{interval}}},"slope":null}}"#);
    let sample = format!(r#"{{"iters":[10.0,10.0],"times":[{:?},{:?}]}}"#, 10.0 * lower, 10.0 * upper);
    if wrong == "bench-writes-nothing" {
        return Ok(());
    }
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("benchmark.json"), benchmark)?;
    fs::write(folder.join("estimates.json"), if wrong == "bench-writes-half" { &estimates[..30] } else { &estimates })?;
    fs::write(folder.join("sample.json"), sample)
}
