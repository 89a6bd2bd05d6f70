//! What environments.yaml promises about changes: when they may be made.
//!
//! Pure: an environment and a time in, an answer out. Who must be asked, and what follows from an
//! answer, is for those who ask.

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::model::{ChangeWindow, Environment, Freeze};

/// Returns whether a time lies in one of the environment's change windows; without windows every
/// time does.
#[must_use]
pub fn in_change_window(environment: &Environment, time: Timestamp) -> bool {
    environment.change_windows.is_empty()
        || environment
            .change_windows
            .iter()
            .any(|window| is_open(window, time))
}

/// Returns the freeze that is in force at a time.
#[must_use]
pub fn freeze_at(environment: &Environment, time: Timestamp) -> Option<&Freeze> {
    environment
        .freezes
        .iter()
        .find(|freeze| freeze.from <= time && time < freeze.to)
}

/// A window belongs to the day on which it begins: one over midnight began yesterday.
fn is_open(window: &ChangeWindow, time: Timestamp) -> bool {
    let Ok(zone) = TimeZone::get(&window.timezone) else {
        return false;
    };
    let today = time.to_zoned(zone.clone()).date();
    let days = [Some(today), today.yesterday().ok()];
    days.into_iter()
        .flatten()
        .filter(|day| window.days.contains(&day.weekday()))
        .any(|day| {
            bounds(window, day, &zone).is_some_and(|(start, end)| start <= time && time < end)
        })
}

/// Where the clocks skip or repeat a local time, the usual reading holds: the later one in a gap,
/// the first of two.
fn bounds(window: &ChangeWindow, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let at = |day: Date, time: Time| {
        let local = day.to_datetime(time);
        Some(local.to_zoned(zone.clone()).ok()?.timestamp())
    };
    let start = at(day, window.start)?;
    let end = match window.end {
        Some(end) if end > window.start => at(day, end)?,
        end => at(
            day.checked_add(1.day()).ok()?,
            end.unwrap_or(Time::midnight()),
        )?,
    };
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, time};

    use super::*;

    fn window(start: Time, end: Option<Time>, timezone: &str) -> ChangeWindow {
        ChangeWindow {
            days: vec![Weekday::Monday, Weekday::Friday],
            start,
            end,
            timezone: timezone.to_owned(),
        }
    }

    fn open(window: &ChangeWindow, time: &str) -> bool {
        is_open(window, time.parse().unwrap())
    }

    #[test]
    fn the_start_is_inside_and_the_end_is_not() {
        let rome = window(time(9, 0, 0, 0), Some(time(16, 0, 0, 0)), "Europe/Rome");
        // Monday 23 November 2026; Rome is at +01:00.
        assert!(!open(&rome, "2026-11-23T07:59:59Z"));
        assert!(open(&rome, "2026-11-23T08:00:00Z"));
        assert!(open(&rome, "2026-11-23T14:59:59Z"));
        assert!(!open(&rome, "2026-11-23T15:00:00Z"));
        assert!(!open(&rome, "2026-11-24T10:00:00Z"), "a Tuesday");
        // In summer Rome is at +02:00.
        assert!(open(&rome, "2026-07-06T07:00:00Z"));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_of_its_start() {
        let night = window(time(22, 0, 0, 0), Some(time(2, 0, 0, 0)), "UTC");
        assert!(open(&night, "2026-11-20T23:00:00Z"), "Friday night");
        assert!(open(&night, "2026-11-21T01:59:59Z"), "Saturday morning");
        assert!(!open(&night, "2026-11-21T02:00:00Z"));
        assert!(!open(&night, "2026-11-20T01:00:00Z"), "Thursday's night");
        let day = window(time(0, 0, 0, 0), None, "UTC");
        assert!(open(&day, "2026-11-20T23:59:59Z"));
        assert!(!open(&day, "2026-11-21T00:00:00Z"));
    }
}
