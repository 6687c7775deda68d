//! The whole way once, on a machine that differs from a developer's in whatever has stopped somebody: a checkout below a
//! folder with a space and an umlaut, with the line ends of Windows, beside a stray folder, whose target folder lies
//! elsewhere by Cargo's configuration; in the hands of a user who isn't root, whose numbers have a decimal comma and whose
//! files nobody else may read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base::process;

/// The commands of the whole way, and what each must print.
const STEPS: &[(&str, &str)] = &[
    ("cargo run --quiet -- check --draft", "All is well"),
    ("cargo test --quiet -p base -p edition -p charts -p record -p compare -p shared-counter -p catching-it", "ok"),
    ("cargo record --quick shared-counter catching-it", ""),
    ("cargo bench --profile dev -p shared-counter -- --quick --noplot", ""),
    ("cargo charts", "points from one launch of `cargo bench`"),
    ("cargo compare --unjudged --rounds 1", "start and join a thread"),
    ("cargo run --quiet -- check --draft", "All is well"),
];

/// The longest that one step may take; the first ones build everything.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Goes the whole way with the last commit of the project at `root`, in a checkout below the empty folder `folder`.
///
/// # Errors
/// A step fails, or says something else than it should; the error names it and holds its last words.
pub fn whole_way(root: &Path, folder: &Path) -> Result<()> {
    let checkout = folder.join("a b/ü");
    let config = folder.join(".cargo/config.toml");
    fs::create_dir_all(checkout.join("..")).and_then(|()| fs::create_dir_all(folder.join(".cargo")))?;
    fs::write(config, "[build]\ntarget-dir = \"built here\"\n")?;
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet", "-c", "core.autocrlf=true"]).arg(root).arg(&checkout);
    run(&mut clone, "git clone", "")?;
    // What was recorded is held against the sources byte by byte.
    ensure!(!fs::read(checkout.join("README.md"))?.contains(&b'\r'), "git clone: the lines end as on Windows");
    fs::create_dir(checkout.join("experiments/a stray folder"))?;
    let wrapper = somebody_else();
    for (step, says) in STEPS {
        let mut command = Command::new("sh");
        let odd = "umask 077; export LC_ALL=de_DE.UTF-8; exec \"$@\"";
        command.args(["-c", odd, "sh"]).args(wrapper).args(step.split(' ')).current_dir(&checkout);
        for variable in ["CARGO", "CARGO_TARGET_DIR", "CRITERION_HOME", "CI"] {
            command.env_remove(variable);
        }
        run(&mut command, step, says)?;
    }
    let built: PathBuf = folder.join("built here/debug");
    ensure!(built.is_dir() && !checkout.join("target/debug").exists(), "it was built somewhere else");
    Ok(())
}

/// What makes root somebody else, with no right over others' files; nothing where this isn't root, or may not.
fn somebody_else() -> &'static [&'static str] {
    const WRAPPER: &[&str] = &["unshare", "--user", "--map-user=1000", "--map-group=1000"];
    let mut command = Command::new(WRAPPER[0]);
    let can = process::output(command.args(&WRAPPER[1..]).arg("true"), LIMIT).is_ok_and(|done| done.status.success());
    if rustix::process::getuid().is_root() && can { WRAPPER } else { &[] }
}

fn run(command: &mut Command, step: &str, says: &str) -> Result<()> {
    let output = process::output(command, LIMIT).with_context(|| step.to_owned())?;
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat();
    let right = output.status.success() && said.contains(says);
    let last: Vec<&str> = said.lines().rev().take(20).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    ensure!(right, "`{step}` ended with {}:\n{}", process::ending(output.status), last.join("\n"));
    Ok(())
}
