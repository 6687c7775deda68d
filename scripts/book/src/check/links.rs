//! Links and fragments of the rendered site: each must lead somewhere, and nothing may be loaded from another host.

use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use base::files;
use html5ever::tokenizer::Tag;
use regex::Regex;

use super::html::{Piece, attribute, pieces};
use super::{files_in, masked};
use crate::building::Rendered;
use crate::{Problem, line_at, serve};

/// What was found in a site.
#[derive(Debug, Default)]
pub struct Links {
    /// How many pages there are.
    pub pages: usize,
    /// How many links they have.
    pub links: usize,
    /// Every link that leads nowhere, and everything that comes from another host.
    pub problems: Vec<Problem>,
}

/// A page of the site, as far as links go.
#[derive(Debug, Default)]
struct Page {
    ids: HashSet<String>,
    references: Vec<Reference>,
    /// Whether a `<base>` makes its links relative to the site's root, as mdBook's page for 404 does.
    based: bool,
}

#[derive(Debug)]
struct Reference {
    line: usize,
    target: String,
    /// Whether the browser fetches it along with the page, rather than when a reader follows it.
    loaded: bool,
}

/// The page that has all chapters: what is dead in it is nearly always dead in a chapter already.
const PRINT: &str = "print.html";

/// Checks a book, whose pages lie in this folder: where it is published, or where it is not yet.
pub fn check(root: &Path, built: &Rendered, pages: &Path) -> Links {
    let shown = built.folder.strip_prefix(root).unwrap_or(&built.folder);
    let mut sources: BTreeMap<&Path, &Path> =
        built.chapters.iter().map(|(page, source)| (&**page, &**source)).collect();
    if let Some((_, first)) = built.chapters.first() {
        // mdBook shows the first chapter as the index too.
        sources.entry(Path::new("index.html")).or_insert(first);
    }
    let mut links = Links::default();
    let mut told = HashSet::new();
    for (page, reference, what) in dead(pages, &mut links) {
        // What a chapter says itself, or what the questions of one do.
        let files = sources.get(&*page).copied().into_iter().chain([Path::new(crate::choosing::FILE)]);
        let source = files.filter_map(|file| Some((file, in_source(&root.join(file), &reference.target)?))).next();
        match source {
            Some((file, line)) => links.problems.push(Problem::at(file.to_string_lossy(), line, what)),
            // What every page has from its template is told once.
            None if told.insert(what.clone()) => {
                links.problems.push(Problem::at(shown.join(page).to_string_lossy(), reference.line, what));
            }
            None => {}
        }
    }
    links
}

/// Every reference of a site that leads nowhere or to where it may not, with its page, and what is wrong with it.
fn dead(site: &Path, links: &mut Links) -> Vec<(PathBuf, Reference, String)> {
    let (mut pages, mut files) = (BTreeMap::new(), files_in(site));
    // The pages' own links first, then the copies of them on the page that has all chapters.
    files.sort_by_key(|path| path == Path::new(PRINT));
    for path in &files {
        let read = || files::text(&site.join(path)).unwrap_or_default();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("html") => pages.insert(path.clone(), page(&read())),
            Some("css") => pages.insert(path.clone(), Page { references: styles(&read(), 1), ..Page::default() }),
            _ => None,
        };
    }
    links.pages = pages.keys().filter(|path| path.extension().is_some_and(|extension| extension == "html")).count();
    links.links = pages.values().map(|page| page.references.len()).sum();
    let mut fragments = HashSet::new();
    let mut dead = Vec::new();
    for path in &files {
        let Some(references) = pages.get_mut(path).map(|page| std::mem::take(&mut page.references)) else { continue };
        for reference in references {
            let Some(what) = fault(path, &reference, &pages, site) else { continue };
            let fragment = reference.target.split_once('#').map_or(&*reference.target, |(_, fragment)| fragment);
            if fragments.insert(fragment.to_owned()) || path != Path::new(PRINT) {
                dead.push((path.clone(), reference, what));
            }
        }
    }
    dead
}

/// What is wrong with a reference, if anything is.
fn fault(from: &Path, reference: &Reference, pages: &BTreeMap<PathBuf, Page>, site: &Path) -> Option<String> {
    static SCHEME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(?i)([a-z][a-z0-9+.-]*):").expect("a pattern"));
    let target = reference.target.trim();
    if let Some(scheme) = SCHEME.captures(target) {
        return match &*scheme[1].to_ascii_lowercase() {
            "data" => None,
            "http" | "https" if reference.loaded => Some(foreign(target)),
            "http" | "https" | "mailto" => None,
            _ => Some(format!("link to {target}: nobody can follow this here; name a page of the book, or http(s)")),
        };
    }
    if target.starts_with("//") {
        return Some(foreign(target));
    }
    if target.starts_with('/') {
        return Some(format!(
            "link to {target}: it starts at the host's root, where a published book needn't lie; make it relative"
        ));
    }
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let path = path.split('?').next().unwrap_or_default();
    let Some(path) = serve::percent_decoded(path) else {
        return Some(format!("link to {target}: its %-escapes make no text; write them as %20"));
    };
    let page = match path.as_str() {
        "" => from.to_owned(),
        path => {
            let based = pages.get(from).is_some_and(|page| page.based);
            let folder = if based { Path::new("") } else { from.parent().unwrap_or(Path::new("")) };
            let Some(file) = normal(&folder.join(path)) else {
                return Some(format!("link to {target}: it leaves the book; link to a page in it, or to http(s)"));
            };
            if path.ends_with('/') || file.as_os_str().is_empty() { file.join("index.html") } else { file }
        }
    };
    let Some(there) = pages.get(&page) else {
        let exists = site.join(&page).is_file();
        let hint = "correct it, or add the page to SUMMARY.md";
        return (!exists).then(|| format!("link to {target}: the book has no {}; {hint}", page.display()));
    };
    // A text fragment (`#:~:text=`) names words, not an id.
    let id = serve::percent_decoded(fragment.split(":~:").next().unwrap_or_default()).unwrap_or_default();
    let found = id.is_empty() || id == "top" || there.ids.contains(&id);
    (!found).then(|| {
        format!("link to {target}: {} has no id {id:?}; correct it, or give the heading this {{#id}}", page.display())
    })
}

fn foreign(target: &str) -> String {
    format!("loads {target}: a page may load nothing from another host; put a copy into book/src or book/theme")
}

/// `a/../b` as `b`; nothing if that leads out of the folder that it starts from.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => normal.push(name),
            Component::CurDir => {}
            Component::ParentDir if normal.pop() => {}
            _ => return None,
        }
    }
    Some(normal)
}

/// The line of a chapter's source that has this target, as it is or with the extension that it has there.
fn in_source(source: &Path, target: &str) -> Option<usize> {
    let text = files::text(source).ok()?;
    let written = [target.to_owned(), target.replacen(".html", ".md", 1)];
    written.iter().find_map(|target| text.find(target)).map(|offset| line_at(&text, offset))
}

fn page(html: &str) -> Page {
    let mut page = Page::default();
    let mut in_style = false;
    for (line, piece) in pieces(html) {
        match piece {
            Piece::Start(tag) => {
                in_style = &*tag.name == "style";
                page.ids.extend(attribute(&tag, "id").map(str::to_owned));
                match &*tag.name {
                    "a" => page.ids.extend(attribute(&tag, "name").map(str::to_owned)),
                    "base" => page.based = true,
                    _ => {}
                }
                page.references.extend(references(&tag, line));
            }
            Piece::End(_) => in_style = false,
            Piece::Text(css) if in_style => page.references.extend(styles(&css, line)),
            Piece::Text(_) => {}
        }
    }
    page
}

/// All that a tag refers to.
fn references(tag: &Tag, line: usize) -> Vec<Reference> {
    let name = &*tag.name;
    // Of these relations a browser fetches nothing; of the others, from `stylesheet` to `icon`, it may.
    let followed = ["alternate", "author", "canonical", "help", "license", "next", "prev"];
    let loaded = match name {
        "a" | "area" | "base" => false,
        "link" => !attribute(tag, "rel").unwrap_or_default().split(' ').all(|rel| followed.contains(&rel)),
        _ => true,
    };
    let reference = |target: &str| Reference { line, target: target.to_owned(), loaded };
    let mut found: Vec<Reference> = Vec::new();
    for attribute in &tag.attrs {
        let value = &*attribute.value;
        match &*attribute.name.local {
            "href" | "xlink:href" if name != "base" => found.push(reference(value)),
            "src" | "poster" => found.push(reference(value)),
            "data" if name == "object" => found.push(reference(value)),
            "srcset" | "imagesrcset" => {
                found.extend(value.split(", ").filter_map(|image| image.split_whitespace().next()).map(reference));
            }
            "style" => found.extend(styles(value, line)),
            _ => {}
        }
    }
    found
}

/// All that a style sheet loads.
fn styles(css: &str, first_line: usize) -> Vec<Reference> {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)/\*.*?\*/").expect("a pattern"));
    static LOADS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)\burl\(\s*(?:"([^"]*)"|'([^']*)'|([^)"'\s]*))\s*\)|@import\s+["']([^"']*)["']"#)
            .expect("a pattern")
    });
    let css = masked(css, &COMMENT);
    let loads = LOADS.captures_iter(&css).filter_map(|found| {
        let target = found.iter().skip(1).flatten().next()?;
        // `url(#id)` means an element of the page, which the style sheet can't know.
        let line = first_line + line_at(&css, target.start()) - 1;
        (!target.as_str().starts_with('#')).then(|| Reference {
            line,
            target: target.as_str().to_owned(),
            loaded: true,
        })
    });
    loads.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What a page has in its body, and a word of the complaint that it gets; none where it is right.
    const CASES: &[(&str, Option<&str>)] = &[
        (r##"<a href="deep/page.html">x</a><a href="#">x</a><a href="#top">x</a>"##, None),
        (r#"<a href="./other.html#there">x</a>"#, None),
        (r#"<a href="other.html?highlight=a#there">x</a>"#, None),
        (r#"<a href="deep/">x</a>"#, None),
        (r#"<a href="a%20file.csv">x</a>"#, None),
        (r##"<a href="#own">x</a><p id="own">"##, None),
        (r##"<a href="#caf%C3%A9">x</a><p id="café">"##, None),
        (r##"<a href="#:~:text=word">x</a>"##, None),
        (r##"<svg><use href="#mark"/><g id="mark"/></svg>"##, None),
        (r#"<a href="https://example.org/">x</a>"#, None),
        (r#"<a href="mailto:a@example.org">x</a>"#, None),
        (r#"<link rel="canonical" href="https://example.org/">"#, None),
        (r#"<img src="data:image/png;base64,AAAA">"#, None),
        (r#"<img srcset="picture.svg 1x, picture.svg 2x">"#, None),
        (r#"<p style="background: url(picture.svg)">"#, None),
        (r#"<style>/* url(https://example.org/a) */ p { fill: url(#mark) }</style>"#, None),
        (r#"<script>const html = '<a href="dead.html">';</script>"#, None),
        (r#"<!-- <a href="dead.html"> -->"#, None),
        (r#"<a href="dead.html">x</a>"#, Some("has no dead.html")),
        (r#"<a href="other.html#nowhere">x</a>"#, Some("no id \"nowhere\"")),
        (r#"<a href="deep/dead/">x</a>"#, Some("has no deep/dead/index.html")),
        (r#"<a href="deep">x</a>"#, Some("has no deep")),
        (r#"<a href="../outside.html">x</a>"#, Some("leaves the book")),
        (r#"<a href="/other.html">x</a>"#, Some("host's root")),
        (r#"<a href="htp://example.org/">x</a>"#, Some("nobody can follow")),
        (r#"<a href="other%FF.html">x</a>"#, Some("%-escapes")),
        (r#"<img src="dead.svg">"#, Some("has no dead.svg")),
        (r#"<img srcset="picture.svg 1x, dead.svg 2x">"#, Some("has no dead.svg")),
        (r##"<svg><use href="#nowhere"/></svg>"##, Some("no id \"nowhere\"")),
        (r#"<script src="//example.org/a.js"></script>"#, Some("from another host")),
        (r#"<img src="HTTPS://example.org/a.png">"#, Some("from another host")),
        (r#"<link rel="stylesheet" href="https://example.org/a.css">"#, Some("from another host")),
        (r#"<link rel="icon" href="https://example.org/a.ico">"#, Some("from another host")),
        (r#"<iframe src="https://example.org/"></iframe>"#, Some("from another host")),
        (r#"<video poster="https://example.org/a.png"></video>"#, Some("from another host")),
        (r#"<object data="https://example.org/a.svg"></object>"#, Some("from another host")),
        (r#"<svg><image href="https://example.org/a.png"/></svg>"#, Some("from another host")),
        (r#"<p style="background: url('https://example.org/a.png')">"#, Some("from another host")),
        (r#"<style>@import "https://example.org/a.css";</style>"#, Some("from another host")),
        (r#"<style>@font-face { src: url(https://example.org/a.woff2) }</style>"#, Some("from another host")),
    ];

    fn site(pages: &[(&str, &str)]) -> tempfile::TempDir {
        let site = tempfile::tempdir().unwrap();
        let others = [
            ("other.html", r#"<h2 id="there">There</h2>"#),
            ("deep/page.html", r#"<a href="../other.html#there">x</a><a href="index.html">x</a>"#),
            ("deep/index.html", ""),
            ("picture.svg", "<svg/>"),
            ("a file.csv", "a,b"),
        ];
        for (path, text) in others.iter().chain(pages) {
            let path = site.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        site
    }

    #[test]
    fn what_leads_nowhere_or_to_another_host_is_found() {
        for (body, complaint) in CASES {
            let site = site(&[("page.html", body)]);
            let dead = dead(site.path(), &mut Links::default());
            let told: Vec<&str> = dead.iter().map(|(_, _, what)| &**what).collect();
            match complaint {
                None => assert!(told.is_empty(), "{body}: {told:?}"),
                Some(word) => assert!(told.len() == 1 && told[0].contains(word), "{body}: {told:?}"),
            }
        }
    }

    #[test]
    fn style_sheets_are_read_and_their_lines_told() {
        let css = "/* a\nurl(x) */\np { src: url('../other.html') }\n@import 'https://example.org/a.css';";
        let site = site(&[("css/a.css", css)]);
        let dead = dead(site.path(), &mut Links::default());
        assert_eq!(dead.len(), 1, "{dead:?}");
        assert_eq!((dead[0].1.line, &*dead[0].1.target), (4, "https://example.org/a.css"));
    }

    #[test]
    fn a_page_with_a_base_is_read_from_the_root() {
        let html = r#"<base href="/"><a href="other.html">x</a>"#;
        assert!(dead(site(&[("deep/404.html", html)]).path(), &mut Links::default()).is_empty());
        let html = r#"<a href="other.html">x</a>"#;
        assert_eq!(dead(site(&[("deep/404.html", html)]).path(), &mut Links::default()).len(), 1);
    }

    #[test]
    fn the_print_page_repeats_nothing_but_tells_its_own() {
        let print = r##"<a href="#nowhere">x</a><a href="#printed">x</a>"##;
        let site = site(&[("a.html", r##"<a href="other.html#nowhere">x</a>"##), (PRINT, print)]);
        let dead = dead(site.path(), &mut Links::default());
        let targets: Vec<&str> = dead.iter().map(|(_, reference, _)| &*reference.target).collect();
        assert_eq!(targets, ["other.html#nowhere", "#printed"]);
    }
}
