//! The times that `--since` and `--until` take.
//!
//! Git takes any text, and understands `yesturday` as now. So what is handed on to it has to be made
//! of words that it knows; dates and the common forms are understood here, by the given clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::git::Objects;
use crate::literal;
use crate::ops::UsageError;

/// What Git counts in.
const UNITS: [&str; 7] = ["second", "minute", "hour", "day", "week", "month", "year"];

/// Numbers that Git knows as words.
const NUMBERS: [&str; 11] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

/// Names of months and of days of the week, which Git takes by three letters and more.
const NAMES: [&str; 19] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Words that are times.
const TIMES: [&str; 7] = [
    "now",
    "today",
    "yesterday",
    "midnight",
    "noon",
    "tea",
    "never",
];

/// Words that stand beside a time and are none.
const BESIDE: [&str; 10] = [
    "ago", "last", "at", "am", "pm", "utc", "gmt", "z", "st", "th",
];

/// Returns a time in Unix seconds.
///
/// # Errors
///
/// Fails if the text cannot be understood as a time.
pub(super) fn time(objects: &Objects, text: &str, now: Timestamp) -> anyhow::Result<i64> {
    if let Some(time) = literal::moment(text).or_else(|| relative(text, now)) {
        return Ok(time.as_second());
    }
    let message = format!("`{text}` is no time");
    if !is_of_git(text) {
        let hint = "write `2026-01-31`, `2026-01-31T09:00:00Z`, `2 weeks ago` or `yesterday`";
        return Err(UsageError::new(message, hint.to_owned()).into());
    }
    objects.time_of(text)?.ok_or_else(|| {
        let hint = "write a date, or a date and time with an offset: the program `git`, which knows other forms, is not installed";
        UsageError::new(message, hint.to_owned()).into()
    })
}

/// Returns what `2 weeks ago`, `last month`, `1 year 2 months ago` and `yesterday` say.
fn relative(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.to_ascii_lowercase();
    let mut words = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .peekable();
    let mut back = Span::new();
    let mut is_time = false;
    let one = |word: &&str| ["now", "today", "yesterday"].contains(word);
    if let Some(word) = words.next_if(one) {
        back = back.days(i64::from(word == "yesterday"));
        is_time = true;
    } else {
        while let Some(count) = words.next_if(|word| *word != "ago") {
            back = further(back, words.next()?, number(count)?)?;
            is_time = true;
        }
        words.next();
    }
    if words.next().is_some() || !is_time {
        return None;
    }
    let now = now.to_zoned(TimeZone::UTC);
    Some(now.checked_sub(back).ok()?.timestamp())
}

/// Returns how far a number of a unit more is.
fn further(back: Span, unit: &str, count: i64) -> Option<Span> {
    let back = match singular(unit)? {
        "second" => back.try_seconds(back.get_seconds().checked_add(count)?),
        "minute" => back.try_minutes(back.get_minutes().checked_add(count)?),
        "hour" => back.try_hours(i64::from(back.get_hours()).checked_add(count)?),
        "day" => back.try_days(i64::from(back.get_days()).checked_add(count)?),
        "week" => back.try_weeks(i64::from(back.get_weeks()).checked_add(count)?),
        "month" => back.try_months(i64::from(back.get_months()).checked_add(count)?),
        _ => back.try_years(i64::from(back.get_years()).checked_add(count)?),
    };
    back.ok()
}

fn singular(unit: &str) -> Option<&'static str> {
    let one = unit.strip_suffix('s').unwrap_or(unit);
    UNITS.into_iter().find(|known| *known == one)
}

fn number(text: &str) -> Option<i64> {
    let named = NUMBERS.iter().position(|name| *name == text);
    let named = named.or((text == "last").then_some(1));
    match named {
        Some(number) => i64::try_from(number).ok(),
        None => text.parse().ok(),
    }
}

/// Returns whether Git understands each word of a text, one that says a time among them.
fn is_of_git(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let seconds = text.strip_prefix('@').unwrap_or(&text);
    if seconds.len() >= 9 && seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    let mut says_a_time = false;
    for part in text.split(|letter: char| letter.is_whitespace() || letter == ',') {
        match date(part) {
            Some(is_date) if !is_date => return false,
            Some(_) => {
                says_a_time = true;
                continue;
            }
            None => says_a_time |= is_clock(part),
        }
        for word in words(part) {
            let is_name = word.len() >= 3 && NAMES.iter().any(|name| name.starts_with(word));
            let is_time = is_name || TIMES.contains(&word) || singular(word).is_some();
            let is_known = is_time
                || word.bytes().all(|byte| byte.is_ascii_digit())
                || NUMBERS.contains(&word)
                || BESIDE.contains(&word);
            if !is_known {
                return false;
            }
            says_a_time |= is_time;
        }
    }
    says_a_time
}

/// Returns the words of a text and its numbers, which may follow each other: `2026-01-31t10:00:00z`.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split(|letter: char| ":.-+/@".contains(letter)) {
        let digit = |letter: char| letter.is_ascii_digit();
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|letter| digit(letter) != digit(first));
            let (word, more) = rest.split_at(end.unwrap_or(rest.len()));
            words.push(word);
            rest = more;
        }
    }
    words
}

/// Returns whether a text in the form of a date is one; `None` for any other text.
fn date(text: &str) -> Option<bool> {
    let (text, clock) = text.split_once('t').unwrap_or((text, ""));
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [first, second, third] = parts[..] else {
        return None;
    };
    let number = |text: &str| text.parse::<i16>().ok().filter(|number| *number >= 0);
    let [first, second, third] = [number(first)?, number(second)?, number(third)?];
    let is_date = |year: i16, month: i16, day: i16| {
        let parts = i8::try_from(month).ok().zip(i8::try_from(day).ok());
        parts.is_some_and(|(month, day)| Date::new(year, month, day).is_ok())
    };
    let is_date = match (first >= 1000, third >= 1000) {
        (true, _) => is_date(first, second, third),
        (_, true) => is_date(third, second, first) || is_date(third, first, second),
        _ => false,
    };
    Some(is_date && (clock.is_empty() || is_clock(clock)))
}

/// Returns whether a text is a time of day: `16:30`, `16:30:00.5+0100`.
fn is_clock(text: &str) -> bool {
    let mut parts = text.split(':');
    let hour = parts.next().and_then(|hour| hour.parse::<u8>().ok());
    let minute = parts
        .next()
        .and_then(|minute| minute.get(..2)?.parse::<u8>().ok());
    let letters = |text: &str| text.bytes().all(|byte| b"0123456789:.+-z".contains(&byte));
    hour.is_some_and(|hour| hour < 24) && minute.is_some_and(|minute| minute < 60) && letters(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_words_are_understood() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        let at = |text: &str| relative(text, now).map(|time| time.to_string());
        for (text, expected) in [
            ("now", "2026-03-31T12:00:00Z"),
            ("yesterday", "2026-03-30T12:00:00Z"),
            ("2 weeks ago", "2026-03-17T12:00:00Z"),
            ("2.weeks.ago", "2026-03-17T12:00:00Z"),
            ("Last week", "2026-03-24T12:00:00Z"),
            ("one month ago", "2026-02-28T12:00:00Z"),
            ("1 year 2 hours ago", "2025-03-31T10:00:00Z"),
            ("90 minutes", "2026-03-31T10:30:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "ago",
            "weeks ago",
            "2 weeks ago or so",
            "yesturday",
            "99999999999 years ago",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn git_is_asked_only_for_what_it_understands() {
        for text in [
            "2026-01-31 10:00",
            "2026-01-31 10:00:00 +0100",
            "2026-01-31T10:00:00",
            "2026/01/31",
            "31.01.2026",
            "Jan 31 2026",
            "Sat, 31 Jan 2026 10:00:00 +0100",
            "last friday",
            "yesterday noon",
            "10:30",
            "@1767225600",
            "1767225600",
            "3 days ago 5pm",
        ] {
            assert!(is_of_git(text), "{text}");
        }
        for text in [
            "yesturday",
            "v1.2.0",
            "1.2.0",
            "HEAD~3",
            "main",
            "2026-02-30",
            "2026-13-01",
            "2 wekes ago",
            "2026-1",
            "25:00",
            "12",
            "",
            "deadbeef",
            "now-ish",
            "2026-01-31Tx",
        ] {
            assert!(!is_of_git(text), "{text}");
        }
    }
}
