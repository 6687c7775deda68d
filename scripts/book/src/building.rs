//! Renders the book in process, beside the last good one, and swaps the two.

use std::fmt::{Debug, Write as _};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, anyhow, bail, ensure};
use base::files;
use mdbook_driver::MDBook;
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

use crate::preprocess::Measured;
use crate::run_here::Files;
use crate::{Broken, Problem, head, line_at, one_line};

/// A book that was rendered without a fault, and isn't where readers look yet.
#[derive(Debug)]
pub struct Rendered {
    next: Next,
    /// The folder that [`Rendered::publish`] puts it into.
    pub folder: PathBuf,
    /// Every chapter, in order: its page, relative to `folder`, and its source, relative to the project's root.
    pub chapters: Vec<(PathBuf, PathBuf)>,
    /// Only one build at a time: the system releases this lock when the process ends, however it ends.
    _lock: File,
}

/// The folder that a book is rendered into. What lies in it in the end, unpublished or replaced, is of no use to anybody.
#[derive(Debug)]
struct Next(PathBuf);

impl Drop for Next {
    fn drop(&mut self) {
        // What can't be removed now, the next build replaces.
        let _ = remove(&self.0);
    }
}

/// Renders the book and publishes it.
pub fn build(root: &Path) -> Result<Rendered, Broken> {
    let rendered = render(root)?;
    rendered.publish()?;
    Ok(rendered)
}

/// Renders the book into a folder beside the one that book.toml names.
///
/// # Errors
/// Whatever is wrong with the book, all of it. What mdBook only warns of counts as wrong.
pub fn render(root: &Path) -> Result<Rendered, Broken> {
    rendered(root, false)
}

/// As [`render`], but what was not recorded yet is passed over: an ellipsis stands there.
pub fn render_draft(root: &Path) -> Result<Rendered, Broken> {
    rendered(root, true)
}

fn rendered(root: &Path, is_draft: bool) -> Result<Rendered, Broken> {
    let events = Overheard::default();
    let rendering =
        AssertUnwindSafe(|| tracing::subscriber::with_default(events.clone(), || try_render(root, is_draft)));
    let outcome = catch_unwind(rendering).unwrap_or_else(|_| Err(anyhow!("mdBook panicked, and said so above")));
    let overheard = events.0.lock().map(|lines| lines.clone()).unwrap_or_default();
    let mut problems: Vec<Problem> = overheard.iter().map(|message| locate(root, message)).collect();
    match outcome {
        Ok(rendered) if problems.is_empty() => return Ok(rendered),
        Ok(_) => {}
        Err(error) => {
            let found = Broken::from(error).0.into_iter();
            // On its way to an error mdBook mutters; what names no file, the error says better.
            problems.retain(|problem| !problem.file.is_empty());
            problems.extend(found.map(|p| if p.file.is_empty() { locate(root, &p.what) } else { p }));
        }
    }
    Err(Broken(problems))
}

/// Where the book is published to, as book.toml says.
pub fn folder(root: &Path) -> Result<PathBuf> {
    let path = root.join("book.toml");
    only_a_file(&path)?;
    let config = mdbook_driver::config::Config::from_disk(path).context("book.toml")?;
    Ok(root.join(config.build.build_dir))
}

fn try_render(root: &Path, is_draft: bool) -> Result<Rendered> {
    let folder = folder(root)?;
    only_files(&root.join("book/src"))?;
    let mut book = MDBook::load(root)?;
    book.with_preprocessor(Measured { is_draft });
    // The build replaces this folder whole. mdBook's default, `book`, is where everything of the book's lies.
    let kept = ["book", "experiments", "scripts"].map(|kept| root.join(kept));
    if kept.iter().any(|kept| kept.starts_with(&folder) || folder.starts_with(kept)) {
        bail!("book.toml: the build folder {} holds sources; set build-dir = \"target/book\"", folder.display());
    }
    if folder.exists() && !folder.is_dir() {
        bail!("{} is no folder; delete it, or set another build-dir in book.toml", folder.display());
    }
    let lock = lock(&folder)?;
    let next = Next(beside(&folder, "next"));
    book.config.build.build_dir = next.0.clone();
    book.build()?;
    head::fill(root, &book.config, &next.0)?;
    if Files::are_in(root) {
        Files::of(root)?.write(&next.0)?;
    }
    let src = &book.config.book.src;
    let chapters = book.book.chapters().filter_map(|chapter| {
        // The preprocessor `index` makes the page of a README an index.
        let page = match chapter.path.as_ref()? {
            path if path.ends_with("README.md") => path.with_file_name("index.html"),
            path => path.with_extension("html"),
        };
        Some((page, src.join(chapter.source_path.as_ref()?)))
    });
    let chapters: Vec<_> = chapters.collect();
    ensure!(!chapters.is_empty(), "book/src/SUMMARY.md lists no page; list one, as `- [Title](page.md)`");
    Ok(Rendered { next, folder, chapters, _lock: lock })
}

impl Rendered {
    /// Where its pages lie until it is published.
    pub fn unpublished(&self) -> &Path {
        &self.next.0
    }

    /// Puts the book where readers look. The last good one stays until the new one is whole.
    ///
    /// # Errors
    /// The folders can't be moved; then the last good book is still there, where the file system can exchange folders.
    pub fn publish(&self) -> Result<(), Broken> {
        self.swap().map_err(Broken::from)
    }

    fn swap(&self) -> Result<()> {
        let cannot = || format!("can't put the new book into {}", self.folder.display());
        match rustix::fs::renameat_with(CWD, &self.next.0, CWD, &self.folder, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            Err(Errno::NOENT) => fs::rename(&self.next.0, &self.folder).with_context(cannot)?,
            // A file system that can't exchange two folders: for a moment there is none.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::XDEV) => {
                remove(&self.folder).and_then(|()| fs::rename(&self.next.0, &self.folder)).with_context(cannot)?;
            }
            Err(error) => return Err(error).with_context(cannot),
        }
        // The last book now lies where the new one did, and goes with `next`.
        Ok(())
    }
}

/// mdBook reads whatever is there, and a pipe that nobody writes to would hold it up for ever.
fn only_files(folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) }; // mdBook says better what is missing
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() { only_files(&path)? } else { only_a_file(&path)? }
    }
    Ok(())
}

/// Refuses what mdBook might read without end: a pipe, a device.
fn only_a_file(path: &Path) -> Result<()> {
    if fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        bail!("{} is no regular file; put one in its place", path.display());
    }
    Ok(())
}

/// Waits until no other build of this book is under way. What a killed one left behind, the next one replaces.
fn lock(folder: &Path) -> Result<File> {
    let path = beside(folder, "lock");
    let lock = || {
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let file = File::create(&path)?;
        // A file system without locks lets two builders meet; one of them then fails, and says so.
        let _ = file.lock();
        std::io::Result::Ok(file)
    };
    lock().with_context(|| format!("can't write {}", path.display()))
}

/// `target/.book.next` beside `target/book`: hidden, and on the same file system, so that a rename suffices.
fn beside(folder: &Path, role: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.{role}"))
}

fn remove(folder: &Path) -> std::io::Result<()> {
    if folder.exists() { fs::remove_dir_all(folder) } else { Ok(()) }
}

/// Finds the chapter that a message of mdBook's names: a file under book/src, or else the line of SUMMARY.md that
/// names a file which isn't there.
fn locate(root: &Path, message: &str) -> Problem {
    let src = Path::new("book/src");
    let message = one_line(message);
    let quotes = ['`', '"', '\'', ',', ':', ';', '(', ')', ' '];
    for name in message.split(quotes).filter(|word| word.ends_with(".md")) {
        let summary = files::text(&root.join(src).join("SUMMARY.md")).unwrap_or_default();
        let (file, line) = match summary.find(name) {
            Some(offset) if !root.join(src).join(name).is_file() => ("SUMMARY.md", line_at(&summary, offset)),
            _ if root.join(src).join(name).is_file() => (name, 0),
            _ => continue,
        };
        return Problem::at(src.join(file).to_string_lossy(), line, message);
    }
    Problem::anywhere(message)
}

/// Everything that mdBook warns of; it speaks through `tracing` only.
#[derive(Clone, Default)]
struct Overheard(Arc<Mutex<Vec<String>>>);

impl Subscriber for Overheard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.is_event()
    }

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        if let Ok(mut lines) = self.0.lock() {
            lines.push(words.0);
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
