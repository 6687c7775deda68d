//! The scripts of the page are small, and stand on their own.

use std::fs;

use crate::root;

#[test]
fn the_stepper_is_smaller_than_8_kb_and_needs_no_other_script() {
    let script = fs::read_to_string(root().join("book/theme/stepper.js")).unwrap();
    assert!(script.len() < 8000, "{} bytes", script.len());
    for word in ["import", "require(", "http:", "https:", "eval("] {
        assert!(!script.contains(word), "{word}");
    }
    let book = fs::read_to_string(root().join("book.toml")).unwrap();
    assert!(book.contains("\"book/theme/stepper.js\"") && book.contains("\"book/theme/stepper.css\""), "{book}");
}
