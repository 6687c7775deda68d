use std::fs;
use std::process::Command;

use book::Broken;
use book::building::{build, render};
use mdbook_driver::MDBook;

use crate::sample::Sample;

#[test]
fn every_problem_is_told_at_once() {
    let sample = Sample::with("book/src/one.md", "{{#figrue a}}\n\n{{#include a.rs}}\n\n{{#include b.rs}}\n");
    sample.write("book/src/introduction.md", "\n{{#include c.rs}}\n");
    let Err(Broken(problems)) = render(sample.root()) else { panic!("it built") };
    let places: Vec<_> = problems.iter().map(|problem| (&*problem.file, problem.line)).collect();
    let one = "book/src/one.md";
    assert_eq!(places, [("book/src/introduction.md", 2), (one, 1), (one, 3), (one, 5)]);
}

#[test]
fn a_build_replaces_the_last_one_and_leaves_nothing_beside_it() {
    let sample = Sample::new();
    build(sample.root()).unwrap();
    fs::write(sample.site().join("old.html"), "").unwrap();
    // As a build that was killed leaves them.
    sample.write("target/.book.next/half.html", "");
    assert_eq!(build(sample.root()).unwrap().chapters.len(), 2);
    assert!(sample.site().join("one.html").is_file() && !sample.site().join("old.html").exists());
    assert!(!sample.site().join("half.html").exists());
    let mut left: Vec<_> =
        fs::read_dir(sample.root().join("target")).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".book.lock", "book"]);
}

#[test]
fn a_book_that_is_rendered_is_not_published_yet() {
    let sample = Sample::new();
    let rendered = render(sample.root()).unwrap();
    assert!(!sample.site().exists());
    rendered.publish().unwrap();
    assert!(sample.site().join("print.html").is_file());
}

#[test]
fn a_plain_mdbook_makes_the_same_site() {
    let sample = Sample::new();
    build(sample.root()).unwrap();
    let ours = sample.published();
    // Its preprocessor is our binary, by the command in book.toml.
    MDBook::load(sample.root()).unwrap().build().unwrap();
    let plain = sample.published();
    assert!(ours.len() > 20 && ours.keys().eq(plain.keys()));
    for (path, bytes) in &ours {
        assert!(plain[path] == *bytes, "{} differs", path.display());
    }
}

/// The page for what is missing is shown below any path, so it says where the book begins.
#[test]
fn a_book_that_is_published_below_a_path_finds_its_style_from_the_page_for_404() {
    let sample = Sample::new();
    for (below, base) in [(None, r#"<base href="/">"#), (Some("/threads/"), r#"<base href="/threads/">"#)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
        // As the workflow that publishes says it.
        command.arg("build").current_dir(sample.root()).envs(below.map(|path| ("MDBOOK_OUTPUT__HTML__SITE_URL", path)));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(fs::read_to_string(sample.site().join("404.html")).unwrap().contains(base), "{below:?}");
    }
}
