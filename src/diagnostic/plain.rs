//! Text from files as it is shown: on one line, of bearable length, without control characters.

use std::borrow::Cow;

/// How many characters of a name or value are shown.
const MAX_QUOTED: usize = 120;

/// How many characters a sentence has at most; lists of names may be long.
const MAX_SENTENCE: usize = 2_000;

/// Returns a sentence that quotes what was found in files between backticks: control characters
/// (which a terminal would obey) are written as escapes, and long quotes are cut.
#[must_use]
pub(super) fn plain_sentence(text: String) -> String {
    let text = match plain_text(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(plain) => plain,
    };
    if text.len() <= MAX_QUOTED {
        return text;
    }
    let parts: Vec<String> = text
        .split('`')
        .enumerate()
        .map(|(at, part)| {
            if at % 2 == 1 {
                cut(part, MAX_QUOTED)
            } else {
                part.to_owned()
            }
        })
        .collect();
    cut(&parts.join("`"), MAX_SENTENCE)
}

/// Returns a text with its control characters written as escapes.
#[must_use]
pub fn plain_text(text: &str) -> Cow<'_, str> {
    // The two that are no controls to Unicode turn the direction of writing, and hide text so.
    let hides =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(hides) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hides(c) {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Returns a loop as its path, which ends where it began; of a long one the first and last steps.
#[must_use]
pub fn loop_path(names: &[&str]) -> String {
    let mut path: Vec<Cow<'_, str>> = names.iter().map(|name| Cow::Borrowed(*name)).collect();
    path.extend(names.first().map(|name| Cow::Borrowed(*name)));
    if path.len() > 20 {
        let left_out = format!("({} more)", path.len() - 15);
        path.splice(10..path.len() - 5, [Cow::Owned(left_out)]);
    }
    path.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_cut_and_sentences_are_not() {
        let long = "k".repeat(5_000);
        let text = plain_sentence(format!("`{long}` is not a name"));
        assert!(
            text.len() < 200 && text.ends_with("…` is not a name"),
            "{text}"
        );
        let short = "`a` and `b` exclude each other";
        assert_eq!(plain_sentence(short.to_owned()), short);
    }

    #[test]
    fn a_terminal_is_told_nothing() {
        assert_eq!(
            plain_text("a\u{1b}[2J\nb\u{202e}c"),
            "a\\u{1b}[2J\\nb\\u{202e}c"
        );
        assert_eq!(plain_text("naïve — ok"), "naïve — ok");
    }

    #[test]
    fn long_loops_are_told_in_part() {
        assert_eq!(loop_path(&["a", "b"]), "a → b → a");
        let names: Vec<String> = (0..100).map(|at| format!("n{at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let path = loop_path(&names);
        assert!(
            path.starts_with("n0 → n1 → ") && path.ends_with(" → n99 → n0"),
            "{path}"
        );
        assert!(path.contains("n9 → (86 more) → n96"), "{path}");
    }
}
