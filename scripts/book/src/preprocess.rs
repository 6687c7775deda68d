//! The mdBook preprocessor `measured`: replaces directives by figures, numbers and verdicts.

use std::io::{Read, Write};

use anyhow::Context;
use edition::Project;
use mdbook_preprocessor::book::Book;
use mdbook_preprocessor::errors::Result;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::{Broken, Problem, includes, pages};

/// The preprocessor, for mdBook's chain in process as for its protocol over stdin and stdout.
#[derive(Debug, Default)]
pub struct Measured {
    /// Whether what was not recorded yet is passed over.
    pub is_draft: bool,
}

impl Measured {
    /// The name under which book.toml lists it.
    pub const NAME: &str = "measured";
}

impl Preprocessor for Measured {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(supports(renderer))
    }

    /// Expands the directives of every chapter. All that is wrong in all chapters comes back as one [`Broken`];
    /// includes that lead nowhere too, of which mdBook tells no line, or nothing at all.
    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let project = Project { is_draft: self.is_draft, ..charts::open(&context.root)? };
        let mut problems = Vec::new();
        book.for_each_chapter_mut(|chapter| {
            let Some(page) = &chapter.source_path else { return };
            let file = context.config.book.src.join(page);
            problems.extend(includes::check(&context.root, &file, &chapter.content));
            match pages::expand(&project, page, &chapter.content) {
                Ok(text) => chapter.content = text,
                Err(found) => problems.extend(
                    found.into_iter().map(|found| Problem::at(file.to_string_lossy(), found.line, found.message)),
                ),
            }
        });
        problems.sort();
        if problems.is_empty() { Ok(book) } else { Err(Broken(problems).into()) }
    }
}

/// Whether the preprocessor is of use to a renderer: figures are HTML.
pub fn supports(renderer: &str) -> bool {
    renderer == "html"
}

/// Speaks mdBook's protocol: a context and a book come in as JSON, the book goes out.
///
/// # Errors
/// The input isn't what mdBook sends, the output can't be written, or the book is [`Broken`].
pub fn speak(input: impl Read, output: impl Write) -> Result<()> {
    let (context, book) = mdbook_preprocessor::parse_input(input)
        .context("stdin doesn't hold what mdBook sends to a preprocessor; mdBook calls this command, people don't")?;
    let book = Measured::default().run(&context, book)?;
    serde_json::to_writer(output, &book).context("can't hand the book back to mdBook")
}
