//! What a link to a page says of it where somebody is sent one: title, description and Open Graph fields.
//!
//! They are filled in once mdBook has rendered the book, as its templates know the whole book's description only. At the same time a
//! page is relieved of what few readers need: style sheets and scripts for what it doesn't have, the search, the data of charts as
//! files, the comments of our scripts and style sheets. A plain `mdbook build` makes the same pages but for that.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use base::files;
use charts::html;
use html5ever::tokenizer::Tag;
use mdbook_driver::config::Config;
use regex::{Captures, Regex};

use crate::check::html::{Piece, attribute, pieces};
use crate::serve::percent_decoded;

/// A description is no longer than this: what is sent shows hardly more.
pub const LONGEST: usize = 160;

/// The frame that is the sidebar where there are no scripts. Nobody is sent a link to it.
const FRAME: &str = "toc.html";

/// Style sheets and scripts of ours that not every page needs, and what a page has that does.
const PARTS: [(&str, &[&str]); 10] = [
    ("ledger", &["class=\"ledger\"", "class=\"tally\""]),
    ("choosing", &["class=\"choosing\""]),
    ("cards", &["class=\"cards\""]),
    ("run-here", &["class=\"run-here\""]),
    // Behind the name of a machine stands its kind, whose script needs the other.
    ("machine", &["class=\"machine "]),
    ("lanes", &["class=\"machine lanes\""]),
    ("cache-line", &["class=\"machine cache-line\""]),
    ("pages", &["class=\"machine pages\""]),
    ("gil", &["class=\"machine gil\""]),
    ("tables", &["class=\"label\""]),
];

/// Where the data of charts lies, for those who want it as a file.
const DATA: &str = "csv";

/// Fills in the head of every page of a book that mdBook has rendered into `site`.
///
/// # Errors
/// A page can't be read or written, or has no head as mdBook's template makes it.
pub fn fill(root: &Path, config: &Config, site: &Path) -> Result<()> {
    let lessons = lessons(root);
    let book = Words {
        title: config.book.title.clone().unwrap_or_default(),
        description: config.book.description.clone().unwrap_or_default(),
    };
    let address = config.html_config().and_then(|html| html.site_url).filter(|url| url.starts_with("http"));
    for path in crate::check::files_in(site) {
        let name = path.to_string_lossy();
        if path.starts_with("book/theme") && name.ends_with(".js") {
            fs::write(site.join(&path), served(&files::text(&site.join(&path))?))?;
        }
        if path.starts_with("book/theme") && name.ends_with(".css") {
            fs::write(site.join(&path), style_without_comments(&files::text(&site.join(&path))?))?;
        }
        if !name.ends_with(".html") || name == FRAME {
            continue;
        }
        let text = files::text(&site.join(&path))?;
        let own = match lessons.get(name.trim_end_matches(".html")) {
            Some(words) => words.clone(),
            None if name == "index.html" || name == "print.html" => book.clone(),
            None => said(&text),
        };
        let url = address.as_ref().map(|address| format!("{}/{name}", address.trim_end_matches('/')));
        let filled =
            filled(&text, &book, &own, url.as_deref()).with_context(|| format!("{name}: no head to fill in"))?;
        let (page, files) = without_data(&lightened(&filled), path.components().count() - 1);
        fs::write(site.join(&path), page)?;
        for (file, content) in files {
            let folder = site.join(DATA);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(file), content)?;
        }
    }
    Ok(())
}

/// A page's title and description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words {
    title: String,
    description: String,
}

/// What the lessons say of their chapters, by slug. One that can't be read, the preprocessor has complained of.
fn lessons(root: &Path) -> BTreeMap<String, Words> {
    let entries = fs::read_dir(root.join("experiments")).into_iter().flatten().flatten();
    let lessons = entries.filter_map(|entry| {
        let lesson: toml::Table = toml::from_str(&files::text(&entry.path().join("lesson.toml")).ok()?).ok()?;
        let text = |key: &str| Some(lesson.get(key)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
        let words = Words { title: text("title")?, description: text("description")? };
        Some((entry.file_name().to_string_lossy().into_owned(), words))
    });
    lessons.collect()
}

/// What a page says of itself: its first heading, and the beginning of its first paragraph.
fn said(page: &str) -> Words {
    let (mut words, mut within, mut in_main) = (Words::default(), None, false);
    for (_, piece) in pieces(page) {
        match piece {
            Piece::Start(Tag { name, .. }) if &*name == "main" => in_main = true,
            Piece::Start(Tag { name, .. }) if in_main && &*name == "h1" && words.title.is_empty() => {
                within = Some("h1");
            }
            Piece::Start(Tag { name, .. }) if in_main && &*name == "p" && words.description.is_empty() => {
                within = Some("p");
            }
            Piece::End(name) if Some(&name[..]) == within => within = None,
            Piece::Text(text) if within == Some("h1") => words.title.push_str(&text),
            Piece::Text(text) if within == Some("p") => words.description.push_str(&text),
            _ => {}
        }
    }
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Words { title: plain(&words.title), description: shortened(&plain(&words.description)) }
}

/// As many whole sentences as there is room for; of one that is longer, as many words.
fn shortened(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(LONGEST) else { return text.to_owned() };
    let room = &text[..end];
    match room.rfind(". ").or(room.rfind("? ")) {
        Some(sentence) => room[..=sentence].to_owned(),
        None => format!("{}…", room[..room.rfind(' ').unwrap_or(0)].trim_end_matches([',', ';', ':'])),
    }
}

/// The page with its own fields instead of mdBook's; nothing if it hasn't those.
fn filled(page: &str, book: &Words, own: &Words, url: Option<&str>) -> Option<String> {
    let title = match own.title == book.title {
        true => html!("<title>{}</title>", book.title),
        false => html!("<title>{} - {}</title>", own.title, book.title),
    };
    let property = |name: &str, content: &str| html!("<meta property=\"og:{}\" content=\"{}\">", name, content);
    let mut fields = vec![
        html!("<meta name=\"description\" content=\"{}\">", own.description),
        property("title", &own.title),
        property("description", &own.description),
        property("type", if own.title == book.title { "website" } else { "article" }),
        property("site_name", &book.title),
        html!("<meta name=\"twitter:card\" content=\"summary\">"),
    ];
    fields.extend(url.map(|url| property("url", url)));
    let fields = html::Html::joined(fields, "\n        ");
    let page = replaced(page, "<title>", "</title>", title.as_str())?;
    replaced(&page, "<meta name=\"description\"", ">", fields.as_str())
}

/// The page without what loads a part that it doesn't have.
fn lightened(page: &str) -> String {
    static LOADED: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r#"\n\s*<(?:link rel="stylesheet" href|script src)="[^"]*book/theme/([a-z]+(?:-[a-z]+)*?)(?:-[0-9a-f]{8})?\.(?:css|js)">(?:</script>)?"#;
        Regex::new(pattern).expect("a pattern")
    });
    // `book/theme/page.js` loads the search once somebody searches: three scripts that weigh more than all of ours.
    static SEARCH: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"<script (src="[^"]*(?:elasticlunr|mark|searcher)-[0-9a-f]+(?:\.min)?\.js")>"#).expect("a pattern")
    });
    let is_needed = |part: &str| match PARTS.iter().find(|(name, _)| *name == part) {
        Some((_, marks)) => marks.iter().any(|mark| page.contains(mark)),
        None => true,
    };
    let kept = |found: &Captures<'_>| if is_needed(&found[1]) { found[0].to_owned() } else { String::new() };
    let page = LOADED.replace_all(page, kept);
    SEARCH.replace_all(&page, "<script type=\"text/later\" $1>").into_owned()
}

/// The script without indentation, and without lines that are empty or comments alone: those are for readers of the
/// repository. No text of ours goes over several lines.
pub fn served(script: &str) -> String {
    let lines = script.split_inclusive('\n').map(|line| line.trim_start_matches(' '));
    lines.filter(|line| !line.starts_with("//") && *line != "\n").collect()
}

/// The same of a style sheet. None of ours has the marks of a comment in a string.
fn style_without_comments(style: &str) -> String {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s) */\*.*?\*/\n*").expect("a pattern"));
    COMMENT.replace_all(style, "").into_owned()
}

/// The page, which lies this many folders deep, with links to files where it has files within links; and those files.
fn without_data(page: &str, depth: usize) -> (String, BTreeMap<String, String>) {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"<a download="([\w.-]+)" href="data:text/csv;charset=utf-8,([^"]*)">"#).expect("a pattern")
    });
    let mut files = BTreeMap::new();
    let page = LINK.replace_all(page, |found: &Captures<'_>| match percent_decoded(&found[2]) {
        Some(content) => {
            let link = format!("<a download href=\"{}{DATA}/{}\">", "../".repeat(depth), &found[1]);
            files.insert(found[1].to_owned(), content);
            link
        }
        None => found[0].to_owned(),
    });
    (page.into_owned(), files)
}

/// The text with what stands from `begin` to `end` replaced.
fn replaced(text: &str, begin: &str, end: &str, by: &str) -> Option<String> {
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{by}{after}"))
}

/// What pages say in their heads: the content of a field.
pub fn field(page: &str, key: &str) -> Option<String> {
    pieces(page).into_iter().find_map(|(_, piece)| match piece {
        Piece::Start(tag) if [attribute(&tag, "name"), attribute(&tag, "property")].contains(&Some(key)) => {
            attribute(&tag, "content").map(str::to_owned)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<head><title>One - A book</title>\n<meta name=\"description\" content=\"It\">\n</head><body><p>Menu</p><main>\
        <h1 id=\"a\"><a href=\"#a\">One &amp; <code>two</code></a></h1>\n<p>It is <em>so</em>,\n  and &lt;so&gt;. Then more.</p><p>No.</p></main>";

    #[test]
    fn a_page_says_of_itself_how_it_begins() {
        let words = said(PAGE);
        assert_eq!((&*words.title, &*words.description), ("One & two", "It is so, and <so>. Then more."));
        let book = Words { title: "A book".to_owned(), description: "It".to_owned() };
        let page = filled(PAGE, &book, &words, Some("https://example.org/one.html")).unwrap();
        assert!(page.starts_with("<head><title>One &amp; two - A book</title>\n"), "{page}");
        for (key, content) in [
            ("description", &*words.description),
            ("og:title", "One & two"),
            ("og:description", &*words.description),
            ("og:type", "article"),
            ("og:site_name", "A book"),
            ("twitter:card", "summary"),
            ("og:url", "https://example.org/one.html"),
        ] {
            assert_eq!(field(&page, key).as_deref(), Some(content), "{key}");
        }
        assert_eq!(page.matches("name=\"description\"").count(), 1);
        assert_eq!(field(&filled(PAGE, &book, &words, None).unwrap(), "og:url"), None);
        assert_eq!(filled("<title>x</title>", &book, &words, None), None);
    }

    #[test]
    fn a_page_loads_only_what_it_has() {
        let page = |main: &str| {
            format!(
                "<head>\n  <link rel=\"stylesheet\" href=\"../book/theme/lanes-0a1b2c3d.css\">\n  <link rel=\"stylesheet\" \
                 href=\"book/theme/verdict.css\">\n</head>{main}\n  <script src=\"book/theme/lanes-2c3d4e5f.js\"></script>\n  \
                 <script src=\"book/theme/ledger.js\"></script>\n"
            )
        };
        let none = lightened(&page(""));
        assert_eq!(none, "<head>\n  <link rel=\"stylesheet\" href=\"book/theme/verdict.css\">\n</head>\n");
        let one = lightened(&page("<div class=\"machine lanes\" id=\"a\">"));
        assert!(one.matches("lanes-").count() == 2 && !one.contains("ledger"), "{one}");
        let search = page("<script src=\"../searcher-09f2665d.js\"></script><script src=\"mark-0c.min.js\">");
        let later = lightened(&search);
        assert_eq!(later.matches("<script type=\"text/later\" src=\"").count(), 2, "{later}");
    }

    #[test]
    fn a_script_is_served_without_what_only_its_authors_read() {
        let script = "'use strict';\n\n// What it is.\nconst url = 'a//b'; // A word.\n    // Why.\n    go();\n";
        assert_eq!(served(script), "'use strict';\nconst url = 'a//b'; // A word.\ngo();\n");
    }

    #[test]
    fn a_style_sheet_is_served_without_its_comments() {
        let style = "/* What\n   it is. */\n\n.a { color: red; /* Why. */ }\n/* So. */\n.b { margin: 0; }\n";
        assert_eq!(style_without_comments(style), ".a { color: red; }\n.b { margin: 0; }\n");
    }

    #[test]
    fn data_within_a_link_becomes_a_file_beside_the_page() {
        let link = |href: &str| format!("<p><a {href}\">a-b-c.csv</a></p>");
        let page =
            link("download=\"a-b-c.csv\" href=\"data:text/csv;charset=utf-8,metric,%22a%20%26%20b%22%0A1,%C2%B5s%0A");
        let (light, files) = without_data(&page, 1);
        assert_eq!(light, link("download href=\"../csv/a-b-c.csv"));
        assert_eq!(files, BTreeMap::from([("a-b-c.csv".to_owned(), "metric,\"a & b\"\n1,µs\n".to_owned())]));
        let elsewhere = link("download=\"../x\" href=\"data:text/csv;charset=utf-8,a");
        assert_eq!(without_data(&elsewhere, 0), (elsewhere.clone(), BTreeMap::new()));
    }

    #[test]
    fn what_is_too_long_ends_with_a_sentence_or_a_word() {
        let short = "A sentence. ".repeat(13) + "It";
        assert_eq!(shortened(&short), short);
        assert_eq!(shortened(&"A sentence. ".repeat(20)), "A sentence. ".repeat(13).trim_end());
        let words = shortened(&"wörter, ".repeat(40));
        assert!(words.ends_with("wörter…") && words.chars().count() <= LONGEST, "{words}");
    }
}
