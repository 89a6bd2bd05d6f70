//! "Did you mean": the nearest of the names that exist.

/// How many names are compared letter by letter.
const MAX_COMPARED: usize = 2_000;

/// Returns the names that look like `name`, best first, at most three. Among thousands, only those
/// of nearly the same length that begin or end alike are compared.
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    // A typo is as long as the name that it misses, and names have at most 100 characters.
    if name.len() > 200 {
        return Vec::new();
    }
    let mut known: Vec<&str> = known.into_iter().collect();
    if known.len() > MAX_COMPARED {
        let ends = |text: &str| (text.bytes().next(), text.bytes().last());
        let (first, last) = ends(name);
        known.retain(|candidate| {
            let (begins, closes) = ends(candidate);
            candidate.len().abs_diff(name.len()) <= 2 && (begins == first || closes == last)
        });
        known.truncate(MAX_COMPARED);
    }
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&wanted, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(score, _)| *score >= 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored
        .into_iter()
        .take(3)
        .map(|(_, candidate)| candidate)
        .collect()
}

/// Returns a help line that names the nearest of the known names, or else all of them if they are
/// few, or nothing.
#[must_use]
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let near = near_names(name, known.iter().copied());
    if near.is_some() {
        return near;
    }
    match known.as_slice() {
        [] => None,
        [only] => Some(format!("the only one is `{only}`")),
        few if few.len() <= 12 => Some(format!("known are {}", join_names(few, "and"))),
        _ => None,
    }
}

/// Returns a help line that names the nearest of the known names, or nothing.
#[must_use]
pub fn near_names<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let near = nearest(name, known);
    (!near.is_empty()).then(|| format!("did you mean {}?", join_names(&near, "or")))
}

/// Returns names in backticks, joined by commas and a last word.
#[must_use]
pub fn join_names(names: &[impl AsRef<str>], word: &str) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {word} {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_names_its_neighbour() {
        let known = ["development", "staging", "production"];
        assert_eq!(
            did_you_mean("prodution", known),
            Some("did you mean `production`?".into())
        );
    }

    #[test]
    fn a_typo_is_found_among_thousands() {
        let known: Vec<String> = (0..5_000)
            .map(|number| format!("flag_{number:05}_x"))
            .collect();
        let known = known
            .iter()
            .map(String::as_str)
            .chain(["checkout_one_page"]);
        assert_eq!(nearest("chekout_one_page", known), ["checkout_one_page"]);
    }

    #[test]
    fn a_stranger_gets_the_list() {
        let known = ["development", "staging"];
        assert_eq!(
            did_you_mean("xyz", known),
            Some("known are `development` and `staging`".into())
        );
    }
}
