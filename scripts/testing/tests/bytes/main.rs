//! Whatever reads a file bears any bytes: it takes them, and what it took is sound, or it says in one line which file is
//! wrong. It never panics, never hangs, and serves nothing that isn't the book's.

mod mutant;

use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use base::outcome::Outcome;
use base::quantity::Quantity;
use base::telling::one_line;
use book::Broken;
use book::building::render;
use book::check::{html, numbers, structure};
use book::serve::{Site, bind};
use charts::html::Html;
use charts::kind::Asked;
use charts::palette::{DARK, LIGHT};
use charts::{figure, readme};
use edition::comparison::Row;
use edition::estimate::{Estimate, Launch};
use edition::lesson::Scope;
use edition::{Edition, Point, Project, Recording, criterion, sources, verdict};
use rustix::fs::{FileType, Mode};
use testing::Sample;

use mutant::{cases, try_all, watched};

/// Whether a person can do something with an error.
fn clear(error: &anyhow::Error, names: &str) -> bool {
    let line = one_line(&format!("{error:#}"));
    line.contains(names) && !line.contains(char::is_control)
}

fn is_clear(error: &anyhow::Error, names: &str) {
    assert!(clear(error, names), "the line doesn't name {names}: {error:#}");
}

/// A sample, and some of its files as text.
fn sample(files: &[&str]) -> (Sample, Vec<String>) {
    let sample = Sample::new().unwrap();
    sample.bench().unwrap();
    let texts = files.iter().map(|file| fs::read_to_string(sample.root().join(file)).unwrap()).collect();
    (sample, texts)
}

/// Tries a property of a whole sample in which one of the files has been changed.
fn try_files(files: &'static [&'static str], prefixes: bool, mutants: u64, property: fn(&Path, &str)) {
    let (sample, texts) = sample(files);
    let whole: Vec<&str> = texts.iter().map(String::as_str).collect();
    let wholes = texts.clone();
    try_all(&whole, prefixes, mutants, move |which, bytes| {
        fs::write(sample.root().join(files[which]), bytes).unwrap();
        property(sample.root(), files[which]);
        fs::write(sample.root().join(files[which]), &wholes[which]).unwrap();
    });
}

const LESSON: &str = "experiments/sample/lesson.toml";
const CLAIMS: &str = "book/claims.toml";
const RECORDING: &str = "book/data/reference/sample.json";
const TRACE: &str = "book/data/reference/sample.trace.json";
const MACHINE: &str = "book/data/reference/machine.json";
const COMPARISON: &str = "book/data/reference/comparison.json";
const CHAPTER: &str = "book/src/sample.md";
const CRITERION: &[&str] = &[
    "target/criterion/sample/slow/1/new/benchmark.json",
    "target/criterion/sample/slow/1/new/estimates.json",
    "target/criterion/sample/slow/1/new/sample.json",
];

fn measured(root: &Path) -> anyhow::Result<Vec<criterion::Case>> {
    Ok(criterion::read(&root.join("target/criterion"), "sample", &|_| true)?.cases)
}

#[test]
fn lessons_and_claims_are_taken_or_refused() {
    try_files(&[LESSON, CLAIMS], true, cases(400), |root, _| match Project::open(root) {
        Ok(project) => uses(&project),
        // A claim that is gone is told where it's judged.
        Err(error) => is_clear(&error, if error.to_string().contains(LESSON) { LESSON } else { CLAIMS }),
    });
}

#[test]
fn editions_are_taken_or_refused() {
    try_files(&[RECORDING, MACHINE, TRACE, COMPARISON], true, cases(400), |root, file| match Project::open(root) {
        Ok(project) => {
            let edition = &project.editions[0];
            edition.recordings.values().for_each(is_sound);
            let copy = root.join("book/copy");
            fs::create_dir_all(&copy).unwrap();
            let write =
                |name: &str, value: serde_json::Result<String>| fs::write(copy.join(name), value.unwrap()).unwrap();
            write("machine.json", serde_json::to_string(&edition.machine));
            write("sample.json", serde_json::to_string(&edition.recordings["sample"]));
            let comparison = edition.comparison.as_ref().expect("the sample has one");
            comparison.rows.iter().for_each(is_a_sound_row);
            write("comparison.json", serde_json::to_string(comparison));
            let read = Edition::read(&copy).unwrap().unwrap();
            // In a file points stand in an order of their own.
            let sorted = |edition: &Edition| {
                let mut all = edition.recordings.clone();
                all.values_mut().for_each(|recording| recording.points.sort_by_key(Point::name));
                all
            };
            assert_eq!((&read.machine, sorted(&read)), (&edition.machine, sorted(edition)));
            assert_eq!(read.comparison.as_ref(), Some(comparison));
            uses(&project);
        }
        Err(error) => is_clear(&error, file),
    });
}

/// A file in a state, and whether that is a good one.
type State = (&'static str, fn(&Path) -> std::io::Result<()>);

const STATES: &[State] = &[
    ("gone", |path| fs::remove_file(path)),
    ("empty", |path| fs::write(path, "")),
    ("cut in half", |path| fs::read(path).and_then(|bytes| fs::write(path, &bytes[..bytes.len() / 2]))),
    ("no UTF-8", |path| fs::write(path, b"\xff\xfe")),
    ("nested without end", |path| fs::write(path, "a = ".to_owned() + &"[".repeat(300_000))),
    ("nested JSON without end", |path| fs::write(path, "[".repeat(300_000))),
    ("a folder", |path| fs::remove_file(path).and_then(|()| fs::create_dir(path))),
    ("a pipe", |path| {
        fs::remove_file(path)?;
        Ok(rustix::fs::mknodat(rustix::fs::CWD, path, FileType::Fifo, Mode::RUSR, 0)?)
    }),
    ("without end", |path| fs::remove_file(path).and_then(|()| symlink("/dev/zero", path))),
    ("a link to itself", |path| fs::remove_file(path).and_then(|()| symlink(path, path))),
];

/// What reads a project's files. The error says which is wrong.
type Reader = fn(&Path) -> anyhow::Result<()>;

/// Files, what reads them, and the states that are taken.
const READ: &[(&[&str], Reader, &[&str])] = &[
    (&[MACHINE, CLAIMS], |root| Project::open(root).map(drop), &[]),
    (&[RECORDING, TRACE, COMPARISON], |root| Project::open(root).map(drop), &["gone"]),
    // A lesson that isn't there, or no file, is an experiment without one.
    (
        &[LESSON],
        |root| Project::open(root).map(drop),
        &["gone", "a folder", "a pipe", "without end", "a link to itself"],
    ),
    (&["README.md"], |root| readme::made(&Project::open(root)?).map(drop), &[]),
    (CRITERION, |root| measured(root).map(drop), &[]),
    (&[CHAPTER], rendered, &["empty", "nested without end", "nested JSON without end"]),
    (&["book/src/SUMMARY.md", "book.toml"], rendered, &[]),
];

fn rendered(root: &Path) -> anyhow::Result<()> {
    render(root).map(drop).map_err(|Broken(problems)| anyhow!("{}", problems[0]))
}

#[test]
fn every_file_in_every_state_is_taken_or_refused() {
    watched(|tell| {
        let mut wrong = Vec::new();
        let (sound, _) = sample(&[]);
        for (files, read, taken) in READ {
            for (file, (state, enter)) in files.iter().flat_map(|file| STATES.iter().map(move |state| (file, state))) {
                tell(format!("{file}, {state}"));
                let sample = Sample::copy_of(sound.root()).unwrap();
                enter(&sample.root().join(file)).unwrap();
                match read(sample.root()) {
                    Ok(()) if taken.contains(state) => {}
                    // An empty book.toml is one, and has mdBook look elsewhere for the summary; of recordings the folder is named.
                    Err(error) if ["SUMMARY.md", "machine.json", file].iter().any(|name| clear(&error, name)) => {}
                    Err(error) => wrong.push(format!("{file}, {state}: {error:#}")),
                    Ok(()) => wrong.push(format!("{file}, {state}: it was taken")),
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// What the schema promises of every recording that was read.
fn is_sound(recording: &Recording) {
    for launch in recording.points.iter().flat_map(|point| &point.launches) {
        assert!(launch.median.is_finite());
        assert!(launch.lower <= launch.median && launch.median <= launch.upper);
    }
    assert!(recording.points.iter().all(|point| point.estimate().is_some()));
}

/// And what it promises of every row of a comparison.
fn is_a_sound_row(row: &Row) {
    let factor = row.factor().expect("there is a round");
    assert!(0.0 < factor.lower && factor.lower <= factor.value && factor.value <= factor.upper);
    let said =
        row.all().map(|series| row.figures(series).expect("there is a round").1).collect::<String>() + &row.in_words();
    assert!(!said.contains("NaN") && !said.contains("inf"), "{said}");
}

/// All that is made of a project: chapters, the map, figures, verdicts. Each may fail, in words.
fn uses(project: &Project) {
    for page in ["introduction.md", "sample.md"] {
        let text = fs::read_to_string(project.root.join("book/src").join(page)).unwrap();
        let _ = book::pages::expand(project, Path::new(page), &text);
    }
    let _ = readme::made(project);
    for (slug, lesson) in &project.lessons {
        for chart in &lesson.charts {
            let asked = Asked { slug, lesson, chart };
            let _ = figure::html(project, &asked, &RefCell::default());
            for palette in [LIGHT, DARK] {
                let drawn = figure::standalone(project, &asked, 0, &palette);
                let odd = |svg: Html| ["=\"NaN", ">NaN", "=\"inf", ">inf"].iter().any(|odd| svg.as_str().contains(odd));
                assert!(!drawn.is_ok_and(odd));
            }
        }
        for claim in &lesson.claims {
            let _ = verdict::judge(&project.editions[0], Scope::Rule, [(&slug[..], claim)]);
        }
    }
}

#[test]
fn chapters_are_expanded_or_their_problems_told() {
    let (sample, texts) = sample(&[CHAPTER, "book/src/introduction.md"]);
    let project = Project::open(sample.root()).unwrap();
    try_all(&[&texts[0], &texts[1]], true, cases(1000), move |which, bytes| {
        let text = String::from_utf8_lossy(bytes);
        let page = Path::new(["sample.md", "introduction.md"][which]);
        if let Err(problems) = book::pages::expand(&project, page, &text) {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!((1..=text.matches('\n').count() + 1).contains(&problem.line), "line {}", problem.line);
                assert!(!problem.message.is_empty() && !problem.message.contains('\n'), "{}", problem.message);
            }
        }
        for problem in book::includes::check(&project.root, Path::new("book/src").join(page).as_path(), &text) {
            assert!(!problem.to_string().contains('\n'), "{problem}");
        }
        let lines = text.matches(['\n', '\r']).count() + 1;
        assert!(html::pieces(&text).iter().all(|(line, _)| *line <= lines));
        // Keeps the sample until the end.
        assert!(sample.root().is_dir());
    });
}

#[test]
fn the_checks_bear_any_page() {
    try_files(&[CHAPTER, "README.md", "book/src/SUMMARY.md", LESSON], false, cases(150), |root, _| {
        let (_, typed) = numbers::check(root);
        for problem in typed.into_iter().chain(structure::check(root)) {
            assert!(!problem.to_string().contains('\n'), "{problem}");
        }
    });
}

#[test]
fn the_readme_keeps_all_but_its_map() {
    try_files(&["README.md"], true, cases(400), |root, _| {
        let project = Project::open(root).unwrap();
        match readme::made(&project) {
            Err(error) => is_clear(&error, "README.md"),
            Ok(made) => {
                let (path, text) = &made[0];
                let before = fs::read_to_string(path).unwrap();
                let ends = |text: &str| {
                    let (head, rest) = text.split_once("<!-- The map is made").unwrap();
                    (head.to_owned(), rest.split_once("<!-- End of the map. -->").unwrap().1.to_owned())
                };
                assert_eq!(ends(&before), ends(text));
                fs::write(path, text).unwrap();
                assert_eq!(&readme::made(&project).unwrap()[0].1, text, "made twice it is the same");
                assert!(made[1..].iter().all(|(path, _)| path.starts_with(root.join("book/data"))));
            }
        }
    });
}

#[test]
fn criterions_files_are_taken_or_refused() {
    try_files(CRITERION, true, cases(1000), |root, _| match measured(root) {
        // Fewer may be of this group.
        Ok(found) => assert!(found.iter().all(|case| {
            let launch = &case.launch;
            0.0 <= launch.lower && launch.lower <= launch.median && launch.median <= launch.upper
        })),
        Err(error) => is_clear(&error, "sample/slow/1/new"),
    });
}

#[test]
fn outcomes_are_taken_or_refused() {
    let line =
        r#"{"experiment":"sample","variant":"slow","parameter":"2","metric":"lost","unit":"updates","value":3.5}"#;
    try_all(&[line], true, cases(3000), |_, bytes| {
        if let Ok(outcome) = serde_json::from_slice::<Outcome>(bytes) {
            assert!(outcome.value.is_finite(), "{outcome:?}");
            let again = serde_json::to_string(&outcome).unwrap();
            assert_eq!(serde_json::from_str::<Outcome>(&again).unwrap(), outcome);
        }
    });
}

#[test]
fn a_session_is_hashed_or_its_command_refused() {
    let (sample, _) = sample(&[]);
    try_all(&["cargo run -p sample -- --json 'a b'", "rustc README.md"], true, cases(150), move |_, bytes| {
        let command = String::from_utf8_lossy(bytes);
        match sources::hash(sample.root(), &command) {
            Ok(hash) => assert_eq!(hash.len(), 16),
            Err(error) => is_clear(&error, ""),
        }
    });
}

const ODD: [f64; 16] =
    [0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 5e-324, 1e15, 1e16, 1e300, -1e300, f64::MAX, f64::MIN, 999.95, 1023.9, 3.3];

/// Up to four launches of odd numbers, as a recording may have them.
fn launches(rng: &mut fastrand::Rng, at_least: usize) -> Vec<Launch> {
    let launch = |rng: &mut fastrand::Rng| {
        let mut three: [f64; 3] = std::array::from_fn(|_| ODD[rng.usize(..ODD.len())]);
        three.sort_by(f64::total_cmp);
        Launch { lower: three[0], median: three[1], upper: three[2] }
    };
    (0..rng.usize(at_least..5)).map(|_| launch(rng)).collect()
}

#[test]
fn estimates_of_odd_numbers_are_words() {
    for seed in 0..cases(5000) {
        let rng = &mut fastrand::Rng::with_seed(seed);
        let (over, under) = (launches(rng, 0), launches(rng, 0));
        assert_eq!(Estimate::of(&over).is_none(), over.is_empty());
        for estimate in [Estimate::of(&over), Estimate::ratio(&over, &under)].into_iter().flatten() {
            let ordered = estimate.lower <= estimate.value && estimate.value <= estimate.upper;
            assert!(ordered, "{estimate:?} of {over:?} {under:?}");
            for unit in ["ns", "bytes", "%", "times", "updates", ""] {
                let said = Quantity { value: estimate.value, unit }.to_string() + &estimate.range(unit);
                assert!(!said.contains("NaN") && !said.contains("inf"), "{said}");
            }
        }
    }
}

#[test]
fn charts_of_odd_numbers_are_drawn() {
    let (sample, _) = sample(&[]);
    let project = Project::open(sample.root()).unwrap();
    let seeds: Vec<String> = (0..cases(400)).map(|seed| seed.to_string()).collect();
    try_all(&seeds.iter().map(String::as_str).collect::<Vec<_>>(), false, 0, move |_, seed| {
        let mut rng = fastrand::Rng::with_seed(str::from_utf8(seed).unwrap().parse().unwrap());
        let mut project = project.clone();
        let recording = project.editions[0].recordings.get_mut("sample").unwrap();
        for point in &mut recording.points {
            point.launches = launches(&mut rng, 1);
            let odd = ODD[rng.usize(..ODD.len())];
            if point.metric == "time" && rng.bool() {
                point.parameter = odd.to_string();
            }
        }
        let charts = &mut project.lessons.get_mut("sample").unwrap().charts;
        for chart in charts.iter_mut().filter(|chart| chart.kind != "gantt") {
            chart.fields.insert("scale".to_owned(), if rng.bool() { "log" } else { "linear" }.into());
        }
        // What the reader would refuse needn't be drawn.
        if project.editions[0].recordings["sample"].validate().is_ok() {
            uses(&project);
        }
        assert!(sample.root().is_dir());
    });
}

#[test]
fn no_request_gets_what_is_not_the_books() {
    const SECRET: &str = "this is nobody's business";
    let (sample, _) = sample(&[]);
    sample.write("target/secret.txt", SECRET).unwrap();
    sample.write("target/book/one.html", "<p>one</p>").unwrap();
    sample.write("target/book/deep/two.html", "<p>two</p>").unwrap();
    let site = Arc::new(Site::new(sample.root().join("target/book")));
    let listener = bind(Some(0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || site.serve(&listener));
    let ask = move |request: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // It may hang up before it has heard everything.
        let _ = stream.write_all(request);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    assert!(ask(get("/one.html").as_bytes()).starts_with("HTTP/1.1 200 OK"));
    let request = get("/deep/../../secret.txt?a=b#c");
    try_all(&[&request], true, cases(150), move |_, bytes| {
        let answer = ask(bytes);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 "), "{answer}");
        assert!(!answer.contains(SECRET));
        assert!(sample.root().is_dir());
    });
}
