use std::fs;
use std::process::Command;

use book::building::{build, render};
use book::{Broken, head};
use mdbook_driver::MDBook;
use testing::Sample;

use crate::{CHAPTER, published, site};

#[test]
fn every_problem_is_told_at_once() {
    let sample = Sample::with(CHAPTER, "{{#figrue a}}\n\n{{#include a.rs}}\n\n{{#include b.rs}}\n").unwrap();
    sample.write("book/src/introduction.md", "\n{{#include c.rs}}\n").unwrap();
    let Err(Broken(problems)) = render(sample.root()) else { panic!("it built") };
    let places: Vec<_> = problems.iter().map(|problem| (&*problem.file, problem.line)).collect();
    assert_eq!(places, [("book/src/introduction.md", 2), (CHAPTER, 1), (CHAPTER, 3), (CHAPTER, 5)]);
}

#[test]
fn a_build_replaces_the_last_one_and_leaves_nothing_beside_it() {
    let sample = Sample::new().unwrap();
    build(sample.root()).unwrap();
    fs::write(site(&sample).join("old.html"), "").unwrap();
    // As a build that was killed leaves them.
    sample.write("target/.book.next/half.html", "").unwrap();
    assert_eq!(build(sample.root()).unwrap().chapters.len(), 2);
    assert!(site(&sample).join("sample.html").is_file() && !site(&sample).join("old.html").exists());
    assert!(!site(&sample).join("half.html").exists());
    let mut left: Vec<_> =
        fs::read_dir(sample.root().join("target")).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".book.lock", "book", "charts"]);
}

#[test]
fn a_book_that_is_rendered_is_not_published_yet() {
    let sample = Sample::new().unwrap();
    let rendered = render(sample.root()).unwrap();
    assert!(!site(&sample).exists());
    rendered.publish().unwrap();
    assert!(site(&sample).join("print.html").is_file());
}

#[test]
fn a_plain_mdbook_makes_the_same_site() {
    let sample = Sample::new().unwrap();
    // Its preprocessor is our binary, by the command in book.toml.
    let command = format!("\"'{}' preprocess\"", env!("CARGO_BIN_EXE_book"));
    sample.edit("book.toml", "\"cargo run --quiet --package book -- preprocess\"", command).unwrap();
    build(sample.root()).unwrap();
    let ours = published(&sample);
    let book = MDBook::load(sample.root()).unwrap();
    book.build().unwrap();
    // What a link to a page says of it, and what it needn't load, is seen to afterwards.
    let is_the_books = |page: &str| head::field(page, "description").as_deref() == Some("A book for tests");
    assert!(is_the_books(&fs::read_to_string(site(&sample).join("sample.html")).unwrap()));
    head::fill(sample.root(), &book.config, &site(&sample)).unwrap();
    let plain = published(&sample);
    assert!(ours.len() > 20 && ours.keys().eq(plain.keys()));
    for (path, bytes) in &ours {
        assert!(plain[path] == *bytes, "{} differs", path.display());
    }
}

/// The page for what is missing is shown below any path, so it says where the book begins.
#[test]
fn a_book_that_is_published_below_a_path_finds_its_style_from_the_page_for_404() {
    let sample = Sample::new().unwrap();
    for (below, base) in [(None, r#"<base href="/">"#), (Some("/threads/"), r#"<base href="/threads/">"#)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
        // As the workflow that publishes says it.
        command.arg("build").current_dir(sample.root()).envs(below.map(|path| ("MDBOOK_OUTPUT__HTML__SITE_URL", path)));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(fs::read_to_string(site(&sample).join("404.html")).unwrap().contains(base), "{below:?}");
    }
}
