//! Ramps and schedules of a promotion: they were made for the time of one environment, and begin
//! anew in the other.

use crate::document::{Scalar, Tree};
use crate::literal;
use crate::model::{Serving, Share};
use crate::resolve;

use super::{Exposure, Promotion};
use crate::patch::Refusal;
use crate::patch::entry::{moment, step_time, steps};
use crate::patch::serving::percent;

/// Lets the ramp of a rule or a serving begin at another time. One that has come to its end is the
/// percentage that it ended with.
pub(super) fn rebase(
    map: &mut Tree,
    serving: &Serving,
    restart: Option<i64>,
    now: i64,
    place: &str,
) -> Result<(), Refusal> {
    let Share::Gradual(ramp) = serving.share else {
        return Ok(());
    };
    match restart {
        Some(start) => {
            if let Some(gradual) = map.get_mut("gradual") {
                gradual.set("start", moment(start), &[]);
            }
        }
        None if ramp.is_pending(now) => {
            return Err(say_when(&format!("{place} is on a ramp")));
        }
        None => {
            map.remove("gradual");
            map.set("percentage", percent(ramp.until), &crate::format::RULE_KEYS);
        }
    }
    Ok(())
}

fn say_when(what: &str) -> Refusal {
    Refusal::usage(
        what,
        "say when it begins there with `--restart-at`, or now with `--percentage` instead of \
         `--as-is`",
    )
}

impl Promotion<'_> {
    /// Brings the steps that are still ahead, moved as a whole so that the first falls on the time
    /// that was said. They are exposure in time, so they move only as it is. Returns whether there
    /// were some.
    pub(super) fn schedule(&mut self) -> Result<bool, Refusal> {
        let ahead = steps(&self.a.map);
        let from = self.a.name;
        self.note_inherited_steps();
        let Some(first) = ahead.first().and_then(step_time) else {
            return Ok(false);
        };
        let Exposure::AsIs(restart) = self.exposure else {
            self.notes.push(format!(
                "the schedule of {from} stays there: `--as-is` with `--restart-at` brings it"
            ));
            return Ok(false);
        };
        let start = restart.ok_or_else(|| say_when(&format!("{from} has a schedule")))?;
        self.steps_may_move(&ahead)?;
        let mut any = false;
        for step in ahead {
            let by = start.saturating_sub(first);
            let at = step_time(&step).unwrap_or(first).saturating_add(by);
            let Some(mut set) = step.get("set").cloned() else {
                continue;
            };
            move_ramps(&mut set, by);
            let is_there =
                |other: &Tree| step_time(other) == Some(at) && other.get("set") == Some(&set);
            if !steps(&self.draft.map).iter().any(is_there) {
                self.draft.add_step(at, set)?;
                any = true;
            }
        }
        if any {
            self.notes.push(format!(
                "the schedule of {from} begins in {} at {}",
                self.b.name,
                moment(start)
            ));
        }
        Ok(any)
    }

    /// A step replaces whole lists of rules, those too that are to be left as they are.
    fn steps_may_move(&self, ahead: &[Tree]) -> Result<(), Refusal> {
        let sets_rules = |step: &Tree| {
            step.get("set")
                .is_some_and(|set| set.has("targeting_rules"))
        };
        let mut rules = self.a.rules.iter().chain(&self.b.rules);
        let left = rules.find(|written| !written.rule.promotable);
        let Some(left) = left.filter(|_| ahead.iter().any(sets_rules)) else {
            return Ok(());
        };
        Err(Refusal::no(
            format!(
                "the schedule of {} replaces the rules, and `{}` is not promotable",
                self.a.name,
                left.name()
            ),
            "promote without `--as-is`, and write the schedule by hand",
        ))
    }

    fn note_inherited_steps(&mut self) {
        let subject = self.subject;
        let chain = resolve::chain(subject.catalog, subject.flag, self.a.id);
        let mut inherited = chain.into_iter().skip(1).filter(|id| {
            let entry = subject.flag.entry(*id);
            entry.is_some_and(|entry| entry.schedule.iter().any(|step| step.at > self.a.settled))
        });
        if let Some(id) = inherited.next() {
            let holder = subject.environment_name(id);
            self.notes.push(format!(
                "the schedule that {} inherits from {holder} is not brought",
                self.a.name
            ));
        }
    }
}

/// Moves the ramps that a step begins: its own, and those of its rules.
fn move_ramps(set: &mut Tree, by: i64) {
    move_ramp(set, by);
    let rules = set.get_mut("targeting_rules").and_then(Tree::items_mut);
    for rule in rules.into_iter().flatten() {
        move_ramp(rule, by);
    }
}

fn move_ramp(map: &mut Tree, by: i64) {
    let Some(start) = map
        .get_mut("gradual")
        .and_then(|ramp| ramp.get_mut("start"))
    else {
        return;
    };
    let written = start.as_str().and_then(literal::date_time);
    if let Some(time) = written.map(literal::second_reaching) {
        start.value = Tree::from(Scalar::String(moment(time.saturating_add(by)).into())).value;
    }
}
