//! Measured numbers that somebody typed: a number with a unit of time, size or rate, or a factor, in prose.
//!
//! What was measured comes from a directive; what others measured stands in `<span class="cited" title="SOURCE">`.

use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use base::files;
use regex::Regex;

use super::prose::{self, Block};
use crate::Problem;

/// Reads the chapters, the README and the lessons: how many files there are, and every number typed by hand.
pub fn check(root: &Path) -> (usize, Vec<Problem>) {
    let mut read = prose::files_of_the_book(root);
    read.extend(files::text(&root.join("README.md")).ok().map(|text| ("README.md".to_owned(), text)));
    let problems = read.iter().flat_map(|(file, text)| {
        in_file(file, text).into_iter().map(|typed| {
            let what = format!(
                "{:?} is typed by hand; use a directive, or <span class=\"cited\" title=\"SOURCE\"> for what others say",
                typed.number
            );
            Problem::at(file.as_str(), typed.line, what)
        })
    });
    (read.len(), problems.collect())
}

/// A number that was typed, and its line.
#[derive(Debug, PartialEq, Eq)]
struct Typed {
    line: usize,
    number: String,
}

fn in_file(file: &str, text: &str) -> Vec<Typed> {
    prose::of_file(file, text).iter().filter(|block| !block.is_case).flat_map(in_block).collect()
}

fn in_block(block: &Block) -> Vec<Typed> {
    let number = |range: &Range<usize>| block.text[range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
    typed(&block.text).iter().map(|range| Typed { line: block.line(range.start), number: number(range) }).collect()
}

/// Where measured numbers stand in a text without markup.
fn typed(text: &str) -> Vec<Range<usize>> {
    static MEASURED: LazyLock<Regex> = LazyLock::new(|| Regex::new(&pattern()).expect("a pattern"));
    let found = MEASURED.captures_iter(text).filter_map(|found| found.name("measured"));
    let found = found.map(|found| found.range()).filter(|range| {
        // Two factors make a product, and ten years a decade.
        let product = text[range.clone()].ends_with('×')
            && text[range.end..].trim_start().starts_with(|c: char| c.is_ascii_digit());
        !product && !is_decade(&text[range.clone()])
    });
    found.collect()
}

/// Whether this is of the kind of `1990s`.
fn is_decade(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 5 && (text.starts_with("19") || text.starts_with("20")) && text.ends_with("0s")
}

fn pattern() -> String {
    let space = r"[\s\u{a0}\u{202f}\u{2009}]";
    let group = r"(?:,|[\u{a0}\u{202f}\u{2009} ])";
    let digits = format!(r"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+(?:\.[0-9]+)?|[0-9]+(?:[.,][0-9]+)?)");
    let range = format!(r"(?:{digits}{space}*(?:–|-|to|and|or){space}*)?{digits}");
    let tens = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million";
    let teens = "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen";
    let word = format!("(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|{teens}|{tens})");
    let gap = format!(r"(?:{space}+|[-\u{{2011}}])?");
    let time = "(?:nano|micro|milli)?(?:seconds?|secs?)|[nµμm]s(?:ecs?)?|usecs?|min|mins|minutes?|hours?|days?|cycles?";
    let size = "(?:[kKMGT]i?B|(?:kilo|mega|giga|tera|kibi|mebi|gibi)?bytes?)";
    let rate = format!(r"[kMG]?Hz|[kMG]bps|(?:{space}*[A-Za-z-]+){{0,3}}{space}*(?:/s|per{space}second)");
    let factor = format!(r"×|{space}*(?:%|percent\b|per{space}cent\b)|{gap}(?:times|fold)\b");
    let more = format!(r"{gap}times{space}+(?:as|slower|faster|more|less|longer|cheaper)");
    let percent = format!(r"{gap}(?:percent|per{space}cent)");
    let words = format!(r"{word}(?:{gap}(?:{time}|{size})|-?fold|{more}|{percent})\b");
    let numbers = format!(r"{range}(?:{gap}(?:{time}|us|s|{size}|{rate})\b|[xB]\b|{space}*(?:{factor}))");
    format!(r"(?:^|[^\w.,])(?P<measured>{numbers}|×{space}?{digits}|factor{space}of{space}{digits}|(?i:{words}))")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What is found in a piece of Markdown.
    const CASES: &[(&str, &[&str])] = &[
        // Time.
        ("It takes 5 ms.", &["5 ms"]),
        ("It takes 5ms, 2.5 µs, 3 μs, 7 us, 101 ns and 1 s.", &["5ms", "2.5 µs", "3 μs", "7 us", "101 ns", "1 s"]),
        ("It takes 1,500 ms, or 1 500 ms.", &["1,500 ms", "1 500 ms"]),
        ("5&nbsp;ms, 5\u{a0}ms and 5\u{202f}ms", &["5 ms", "5 ms", "5 ms"]),
        ("between 46 and 48 ms, 46–48 ms, 46 to 48 ms", &["46 and 48 ms", "46–48 ms", "46 to 48 ms"]),
        ("about 3 seconds, 10 sec, 12 minutes, 2 hours", &["3 seconds", "10 sec", "12 minutes", "2 hours"]),
        ("5 milliseconds, 9 nanoseconds, 1 microsecond", &["5 milliseconds", "9 nanoseconds", "1 microsecond"]),
        ("a 5-ms tick and a 20-second run", &["5-ms", "20-second"]),
        ("(~5 ms) ≈5 ms −5 ms", &["5 ms", "5 ms", "5 ms"]),
        ("two seconds, Twelve milliseconds, a hundred ns", &["two seconds", "Twelve milliseconds", "hundred ns"]),
        // Size.
        (
            "64 bytes, a 64-byte line, 16 KB, 4 KiB, 1 MB, 2 GiB, 8B",
            &["64 bytes", "64-byte", "16 KB", "4 KiB", "1 MB", "2 GiB", "8B"],
        ),
        ("eight bytes and sixty-four bits", &["eight bytes"]),
        // Rate.
        ("60 Hz, 3.2 GHz, 5 MB/s", &["60 Hz", "3.2 GHz", "5 MB"]),
        ("1,000 requests/s, 5 million updates per second", &["1,000 requests/s", "5 million updates per second"]),
        // Factor.
        ("5× as much, 5 × as much, × 5, 25x, 1.5x", &["5×", "5 ×", "× 5", "25x", "1.5x"]),
        ("25-fold, 25fold, tenfold, two-fold", &["25-fold", "25fold", "tenfold", "two-fold"]),
        ("5 times, 46 %, 46%, 20 per cent, 20 percent", &["5 times", "46 %", "46%", "20 per cent", "20 percent"]),
        (
            "by a factor of 6.4, five times slower, three times as long",
            &["factor of 6.4", "five times slower", "three times as"],
        ),
        ("fifty per cent, Ninety percent", &["fifty per cent", "Ninety percent"]),
        (
            "1.4 µsec, 15 nanosec, 500 microsecs, 800 Mbps, 12 cycles, 10 days",
            &["1.4 µsec", "15 nanosec", "500 microsecs", "800 Mbps", "12 cycles", "10 days"],
        ),
        ("fifteen nanoseconds", &["fifteen nanoseconds"]),
        // What markup does.
        ("It takes **5** ms, *5 ms*, and [5 ms](x.md).", &["5 ms", "5 ms", "5 ms"]),
        ("It takes 5\nms.", &["5 ms"]),
        (
            "# In 5 ms\n\n- 6 ms\n\n| a |\n|---|\n| 7 ms |\n\n> 8 ms\n\n[^n]: 9 ms",
            &["5 ms", "6 ms", "7 ms", "8 ms", "9 ms"],
        ),
        ("![It takes 5 ms](x.svg)", &["5 ms"]),
        ("<details><summary>It takes 5 ms</summary>\n\nNot 6 ms.\n\n</details>", &["5 ms", "6 ms"]),
        ("<p\n title=\"5 ms\">\n6 ms</p>", &["6 ms"]),
        ("It takes <b>5</b> ms.", &["5 ms"]),
        ("<svg><text>5 ms</text></svg>", &["5 ms"]),
        ("<span class=\"cited\">5 ms</span>", &["5 ms"]),
        ("<span class=\"cited\" title=\" \">5 ms</span>", &["5 ms"]),
        ("<span class=\"other\" title=\"x\">5 ms</span>", &["5 ms"]),
        ("<span class=\"cited\" title=\"x\">5 ms</span> and 6 ms", &["6 ms"]),
        ("5 ms {{#value a}} ms", &["5 ms"]),
        // What isn't measured, or isn't prose.
        ("<span class=\"cited\" title=\"PEP 703\">5–8 %, *5 ms*</span>", &[]),
        ("<p><span class=\"cited wide\" title=\"PEP 703\">5 ms <span>6 ms</span></span></p>", &[]),
        ("{{#value a}} ms, {{#ratio a b}} times, {{#figure 5 ms}}", &[]),
        ("{{#ratio\n  5 ms\n}}", &[]),
        ("`5 ms` and ``5 ms``", &[]),
        ("5 `ms`", &[]),
        ("```text\n5 ms\n```\n\n    5 ms\n", &[]),
        ("<code>5 ms</code><pre>5 ms</pre>", &[]),
        ("<!-- 5 ms -->", &[]),
        ("<img alt=\"x\" title=\"5 ms\">", &[]),
        ("[x](a%205%20ms.md) <https://example.org/5%20ms?a=5%>", &[]),
        ("[x]: a.md \"5 ms\"\n\n[x]", &[]),
        ("2 threads, 1,000,000 updates, 6 variants, chapter 5, E0382, Rust 1.95", &[]),
        ("the 1990s and the 2010s", &[]),
        ("2 × 1,000,000 additions", &[]),
        ("x86-64, 0x1f, i32, u64, 3rd, 2 small steps, 7 stores, 4 Bs, v1.2", &[]),
        ("two threads, several seconds, one byte, many times, twice, a second time", &[]),
        ("manifold, hundreds of nanoseconds", &[]),
        ("| 5 | ms |\n|---|---|\n| 6 | ms |", &[]),
        ("- 5\n- ms", &[]),
    ];

    #[test]
    fn numbers_typed_into_prose_are_found_and_nothing_else() {
        for (text, numbers) in CASES {
            let found: Vec<String> = in_file("a.md", text).into_iter().map(|typed| typed.number).collect();
            assert_eq!(found, *numbers, "{text}");
        }
    }

    #[test]
    fn the_line_is_the_one_that_the_author_sees() {
        let lines = |found: Vec<Typed>| found.into_iter().map(|typed| typed.line).collect::<Vec<_>>();
        let text =
            "# A\n\n{{#figure\n a}}\n\nSome text,\nthen **5** ms.\n\n<div>\n<p>\n6 ms</p>\n</div>\n\nand <b>7</b> ms\n";
        assert_eq!(lines(in_file("a.md", text)), [7, 11, 14]);
        let lesson = "question = \"5 ms?\"\n[[questions]]\nid = \"5 ms\"\nanswer = \"\"\"\nBecause\nof 6 ms.\"\"\"\n\
                      [[predictions]]\n[[predictions.choice]]\nsays = \"7 ms\"\n\nresult = '{{#value a}} ms'\n";
        assert_eq!(lines(in_file("lesson.toml", lesson)), [1, 6, 9]);
        let readme =
            "# A\n\n5 ms\n\n<!-- The map is made by a program. -->\n| 6 ms |\n<!-- End of the map. -->\n\n7 ms\n";
        assert_eq!(lines(in_file("README.md", readme)), [3, 9]);
    }

    #[test]
    fn chapters_lessons_and_the_readme_are_read() {
        let root = tempfile::tempdir().unwrap();
        for path in ["book/src/a.md", "book/src/deep/b.md", "README.md", "experiments/one/lesson.toml", "CHANGELOG.md"]
        {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "question = \"It takes 5 ms\"").unwrap();
        }
        let (read, problems) = check(root.path());
        let files: Vec<&str> = problems.iter().map(|problem| &*problem.file).collect();
        assert_eq!(files, ["book/src/a.md", "book/src/deep/b.md", "experiments/one/lesson.toml", "README.md"]);
        assert_eq!(read, 4);
        let line = problems[0].to_string();
        assert!(line.starts_with("book/src/a.md:1: \"5 ms\" is typed by hand; use a directive"), "{line}");
    }
}
