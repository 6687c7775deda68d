use std::io::Write;
use std::process::{Command, Output, Stdio};

use mdbook_driver::MDBook;
use mdbook_preprocessor::PreprocessorContext;
use mdbook_preprocessor::book::Book;
use testing::Sample;

use crate::CHAPTER;

fn book(words: &[&str], folder: &std::path::Path, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_book"))
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that wants no input may have gone already.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// What mdBook sends to a preprocessor.
fn sent(sample: &Sample) -> (Book, Vec<u8>) {
    let MDBook { root, config, book, .. } = MDBook::load(sample.root()).unwrap();
    let context = PreprocessorContext::new(root, config, "html".to_owned());
    let json = serde_json::to_vec(&(context, &book)).unwrap();
    (book, json)
}

#[test]
fn it_supports_html_only() {
    let sample = Sample::new().unwrap();
    for (renderer, code) in [("html", 0), ("markdown", 1), ("", 1)] {
        let answer = book(&["preprocess", "supports", renderer], sample.root(), b"");
        assert_eq!(answer.status.code(), Some(code), "{renderer}");
    }
}

#[test]
fn a_book_without_directives_comes_back_as_it_was() {
    let sample = Sample::new().unwrap();
    for page in [CHAPTER, "book/src/introduction.md"] {
        sample.write(page, "# A page\n\nIts text.\n").unwrap();
    }
    let (before, json) = sent(&sample);
    // From any folder: the project is where mdBook says that it is.
    let answer = book(&["preprocess"], std::path::Path::new("/"), &json);
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    assert_eq!(serde_json::from_slice::<Book>(&answer.stdout).unwrap(), before);
}

#[test]
fn a_broken_page_is_told_by_file_and_line() {
    let sample = Sample::with(CHAPTER, "# One\n\n{{#figrue a}}\n\n{{#include no.rs}}\n").unwrap();
    let answer = book(&["preprocess"], sample.root(), &sent(&sample).1);
    assert_eq!((answer.status.code(), answer.stdout.len()), (Some(2), 0));
    let said = String::from_utf8(answer.stderr).unwrap();
    assert!(said.contains("book/src/sample.md:3: ") && said.contains("\nbook/src/sample.md:5: "), "{said}");
}

#[test]
fn the_experiments_are_listed() {
    let sample = Sample::new().unwrap();
    let answer = book(&["list"], sample.root(), b"");
    assert_eq!(String::from_utf8(answer.stdout).unwrap(), "sample\n  Is what is slow slower?\n  cargo run -p sample\n");
}
