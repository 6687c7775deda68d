//! Which interpreter ran what was measured, in words: `CPython 3.15.2`, `CPython 3.13.15 without a lock`.

/// What charts call it: `CPython 3.15`, and `CPython 3.13t` for one without a lock. Nothing if no version stands behind its name.
pub fn short(interpreter: &str) -> Option<String> {
    let (name, rest) = interpreter.split_once([' ', '\u{a0}'])?;
    let (version, more) = rest.split_once([' ', '\u{a0}']).unwrap_or((rest, ""));
    let (major, behind) = version.split_once('.')?;
    let minor = behind.split_once('.').map_or(behind, |(minor, _)| minor);
    let is_free = minor.ends_with('t') || more.starts_with("without");
    let minor = minor.trim_end_matches('t');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let t = if is_free { "t" } else { "" };
    // No line is broken before a version.
    (!name.is_empty() && is_number(major) && is_number(minor)).then(|| format!("{name}\u{a0}{major}.{minor}{t}"))
}

/// The words with a version, a [`short`] one, behind the interpreter's name. They stay as they are where a number stands there
/// already, or this version stands elsewhere.
pub fn versioned(words: &str, short: &str) -> String {
    let Some((name, _)) = short.split_once('\u{a0}').filter(|_| !says(words, short)) else { return words.to_owned() };
    let (mut said, mut rest) = (String::new(), words);
    while let Some((before, behind)) = rest.split_once(name) {
        said.push_str(before);
        let is_word = !said.ends_with(char::is_alphanumeric) && !behind.starts_with(char::is_alphanumeric);
        let has_one = behind.trim_start().starts_with(|letter: char| letter.is_ascii_digit());
        said.push_str(if is_word && !has_one { short } else { name });
        rest = behind;
    }
    said + rest
}

/// Whether words have this version in them, with the interpreter's name or without; `t` may be told in other words.
pub fn says(words: &str, short: &str) -> bool {
    let version = short.rsplit('\u{a0}').next().unwrap_or(short);
    let parts = words.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
    parts.map(|part| part.trim_end_matches('.')).any(|part| [version, version.trim_end_matches('t')].contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_major_and_minor_and_says_whether_there_is_a_lock() {
        let plain = |interpreter| short(interpreter).map(|short| short.replace('\u{a0}', " "));
        assert_eq!(plain("CPython 3.15.2").unwrap(), "CPython 3.15");
        assert_eq!(plain("CPython 3.15.0rc1").unwrap(), "CPython 3.15");
        assert_eq!(plain("CPython 3.13.15 without a lock").unwrap(), "CPython 3.13t");
        assert_eq!(["CPython 3.13t", "PyPy 7.3"].map(|of| plain(of).unwrap()), ["CPython 3.13t", "PyPy 7.3"]);
        assert_eq!(["", "CPython", "CPython 3", "CPython new.er", " 3.15"].map(plain), [const { None }; 5]);
    }

    #[test]
    fn a_name_gets_a_version_where_none_stands() {
        let said = |words| versioned(words, "CPython\u{a0}3.15").replace('\u{a0}', " ");
        assert_eq!(said("CPython, threads"), "CPython 3.15, threads");
        assert_eq!(said("in CPython: two of CPython's threads"), "in CPython 3.15: two of CPython 3.15's threads");
        for words in
            ["CPython 3.9, threads", "CPython\u{a0}2", "CPython: 3.15, a lock", "MicroCPython, CPythons", "Rust"]
        {
            assert_eq!(said(words), words.replace('\u{a0}', " "));
        }
        // Another version that begins alike is another one.
        assert_eq!(said("CPython: 3.15t"), "CPython 3.15: 3.15t");
    }
}
