//! The book tool on the sample project.

mod building;
mod checking;
mod creating;
mod data;
mod protocol;
mod serving;

use std::path::{Path, PathBuf};

use testing::{Sample, Snapshot};

/// The sample's own chapter.
const CHAPTER: &str = "book/src/sample.md";

/// Where a sample's book is published.
fn site(sample: &Sample) -> PathBuf {
    sample.root().join(SITE)
}

const SITE: &str = "target/book";

/// Every file of the site that was published, with its content.
fn published(sample: &Sample) -> Snapshot {
    let all = sample.snapshot().unwrap().into_iter();
    all.filter(|(path, content)| path.starts_with(Path::new(SITE)) && content.is_some()).collect()
}
