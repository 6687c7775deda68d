//! The known name that is nearest to a mistyped one.

/// `; did you mean "x"?` if a known name is near, `; known: …` if not.
pub fn hint(written: &str, known: &[&str]) -> String {
    match nearest(written, known) {
        Some((name, true)) => format!("; did you mean {name:?}?"),
        Some(_) => format!("; known: {}", known.join(", ")),
        None => String::new(),
    }
}

/// Whether a known name is so near that the writer must have meant it.
pub fn is_near(written: &str, known: &[&str]) -> bool {
    nearest(written, known).is_some_and(|(_, is_near)| is_near)
}

/// The name that is most like what was written, and whether it is near.
fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<(&'a str, bool)> {
    let likeness =
        |name: &str| (strsim::normalized_damerau_levenshtein(written, name), strsim::jaro_winkler(written, name));
    let near = known
        .iter()
        .map(|name| (likeness(name), *name))
        .max_by(|a, b| a.0.partial_cmp(&b.0).expect("a likeness is a number"));
    near.map(|((edits, letters), name)| (name, edits >= 0.6 || letters > 0.85))
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn a_near_name_is_proposed_and_a_far_one_is_not() {
        assert_eq!(hint("fetch-ad", &["load", "fetch-add"]), "; did you mean \"fetch-add\"?");
        assert_eq!(hint("rnu", &["run"]), "; did you mean \"run\"?");
        assert_eq!(hint("zzz", &["load", "fetch-add"]), "; known: load, fetch-add");
        assert_eq!(hint("zzz", &[]), "");
    }
}
