//! What an undoing must never do: lift a kill switch unasked, or serve a flag to more people than it
//! was before the commit, at that commit's time, and than it is today.
//!
//! That is asked of those whom no rule takes, of those whom each rule would take, and of those whom a
//! rule took before or takes today and would not any more. How many they are is compared, not who.

use std::collections::BTreeSet;

use crate::literal;
use crate::patch::Newer;
use crate::record::{Served, Serving, record};
use crate::resolve;
use crate::ruleset::{ComputedEntry, Condition, POSITIONS, Table};

use super::super::super::open::Opened;
use super::super::RefusedError;
use super::super::plan::Planner;
use super::audience::{are_apart, is_within};

/// Refuses where a kill switch that is in force today would not be any more.
pub(super) fn keeps_kills(planner: &Planner<'_>, after: &Opened) -> Result<(), RefusedError> {
    let mut lost = Vec::new();
    let (before, after) = (&planner.before.catalog, &after.catalog);
    for key in &planner.keys {
        let pair = before
            .flags
            .get(key.as_str())
            .zip(after.flags.get(key.as_str()));
        let Some((was, is)) = pair else { continue };
        for (id, environment) in before.environments.iter() {
            let Some(then) = after.environments.find(environment.name.as_str()) else {
                continue;
            };
            let is_killed = resolve::kill(before, was, id).is_some();
            if is_killed && resolve::kill(after, is, then).is_none() {
                lost.push(format!("`{key}` in {}", environment.name));
            }
        }
    }
    if lost.is_empty() {
        return Ok(());
    }
    let message = format!("this would lift the kill switch of {}", lost.join(", "));
    let hint = "kill there first, so that it stays; `--lift-kill-switches` lets it go";
    Err(RefusedError::new(message, hint.to_owned()))
}

/// Where more would be served than at each of the times that may come back, and than today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct More {
    pub(super) flag: String,
    pub(super) environment: String,
    /// The rule by which; `None` is what those get whom no rule takes.
    pub(super) rule: Option<String>,
    /// Whether the rule takes them no more (all of them or some), and others or nobody do.
    pub(super) is_gone: bool,
    /// Whether it is the share of those whom the rule takes; else the rule may take others.
    pub(super) is_share: bool,
}

/// Returns where more would be served than at each of the times that may come back, and than today.
pub(super) fn more(
    planner: &Planner<'_>,
    after: &Opened,
    times: &[(Opened, i64)],
    is_resumed: bool,
) -> Vec<More> {
    let now = literal::whole_second(planner.request.now);
    let mut found = Vec::new();
    for key in &planner.keys {
        let environments = &after.catalog.environments;
        for (id, environment) in environments.iter() {
            let name = environment.name.as_str();
            // A new environment gives what the one gave that it follows.
            let then = |opened: &Opened| {
                let line = environments.sync_line(id);
                let mut names = line.map(|id| environments.get(id).name.as_str());
                let is_known = |name: &&str| opened.catalog.environments.find(name).is_some();
                names.find(is_known).unwrap_or(name)
            };
            let mut sides: Vec<Reach<'_>> = times
                .iter()
                .map(|(opened, time)| Reach::of(opened, key, then(opened), *time))
                .collect();
            if !planner.is_unread(key) {
                sides.push(Reach::of(&planner.before, key, name, now));
            }
            let reach = Reach::of(after, key, name, now);
            let more = |rule: Option<&str>, is_share| More {
                flag: key.clone(),
                environment: name.to_owned(),
                rule: rule.map(str::to_owned),
                is_gone: false,
                is_share,
            };
            let is_more = |share| sides.iter().all(|side| side.everybody < share);
            if !is_resumed && is_more(reach.everybody) {
                found.push(more(None, true));
            }
            for (at, audience) in reach.audiences.iter().enumerate() {
                if audience.share == 0 {
                    continue;
                }
                let mut shares = sides.iter().map(|side| side.share(&reach, at));
                let is_short = |share| share < audience.share;
                if !is_resumed && shares.all(is_short) {
                    found.push(more(Some(&audience.rule), true));
                    continue;
                }
                let least = if is_resumed { 1 } else { audience.share };
                if !sides.iter().any(|side| side.takes(&reach, at, least)) {
                    found.push(more(Some(&audience.rule), false));
                }
            }
            for (rule, is_share) in let_go(&reach, &sides, is_resumed) {
                found.push(More {
                    is_gone: true,
                    ..more(Some(rule), is_share)
                });
            }
        }
    }
    found
}

/// Returns the rules of the sides whose audience, or a part of it, falls to other rules or to none,
/// and would be served more there than on each of the sides; and whether that is certain.
fn let_go<'s>(
    after: &Reach<'_>,
    sides: &'s [Reach<'_>],
    is_resumed: bool,
) -> BTreeSet<(&'s str, bool)> {
    let mut found = BTreeSet::new();
    for side in sides {
        let is_alike = side.computed == after.computed;
        let is_certain = !is_resumed && is_alike;
        for lost in &side.audiences {
            let is_covered =
                |by: &Audience<'_>| is_alike && is_within(&lost.conditions, &by.conditions);
            if let Some(same) = after.named(&lost.rule)
                && (!is_alike || is_covered(same))
            {
                continue;
            }
            let is_more = |at: Option<usize>, share: u32| {
                let least = if is_resumed { 1 } else { share };
                let given = |other: &Reach<'_>| other.least(after, (side, lost), at);
                share > lost.share && sides.iter().all(|other| given(other) < least)
            };
            let covering = after.audiences.iter().position(is_covered);
            let last = covering.map_or(after.audiences.len(), |at| at + 1);
            let rules = after.audiences.iter().enumerate().take(last);
            let mut taking = rules.filter(|(_, one)| {
                one.rule != lost.rule && !(is_alike && are_apart(&lost.conditions, &one.conditions))
            });
            let by_rule = taking.any(|(at, one)| is_more(Some(at), one.share));
            if by_rule || (covering.is_none() && is_more(None, after.everybody)) {
                found.insert((lost.rule.as_str(), is_certain));
            }
        }
    }
    found
}

/// Refuses, or warns of, what would be served to more people.
pub(super) fn serves_no_more(
    planner: &mut Planner<'_>,
    more: &[More],
    parent: &str,
    newer: Newer,
) -> Result<(), RefusedError> {
    let at_rule = |one: &More| match &one.rule {
        Some(name) if one.is_gone => format!("the loss of rule {name}"),
        Some(name) => format!("rule {name}"),
        None => "the serving".to_owned(),
    };
    let flag = |is_share| {
        let first = more.iter().find(|one| one.is_share == is_share);
        first.map(|one| one.flag.clone())
    };
    let of = |flag: &str, is_share| {
        let its = more
            .iter()
            .filter(|one| one.flag == flag && one.is_share == is_share);
        let its = its.map(|one| format!("in {} by {}", one.environment, at_rule(one)));
        its.collect::<Vec<String>>().join(", ")
    };
    if let Some(key) = flag(true) {
        let message = format!(
            "`{key}` would be served to more people than before the commit, and than today: {}",
            of(&key, true)
        );
        let hint = format!(
            "`ffctl rollback --to {parent} --flag {key}` brings back what was served then; `--resume` lets ramps and steps go on"
        );
        return Err(RefusedError::new(message, hint));
    }
    let Some(key) = flag(false) else {
        return Ok(());
    };
    if newer == Newer::Drop {
        let mut keys: Vec<&str> = more.iter().map(|one| one.flag.as_str()).collect();
        keys.dedup();
        for key in keys {
            planner.plan.warnings.push(format!(
                "`{key}` may be served to others than before the commit, and than today: {}",
                of(key, false)
            ));
        }
        return Ok(());
    }
    let message = format!(
        "`{key}` may be served to others than before the commit, and than today, for the conditions or what they use were changed again since: {}",
        of(&key, false)
    );
    let hint = format!(
        "`--take-older` undoes the commit all the same; `ffctl rollback --to {parent} --flag {key}` brings back what was served then"
    );
    Err(RefusedError::new(message, hint))
}

/// To whom something else than the off value is served.
struct Reach<'o> {
    /// To how many of those whom no rule takes.
    everybody: u32,
    audiences: Vec<Audience<'o>>,
    computed: Table<'o, Vec<ComputedEntry<'o>>>,
}

/// Those whom a rule takes.
struct Audience<'o> {
    rule: String,
    conditions: Vec<Condition<'o>>,
    share: u32,
}

impl<'o> Reach<'o> {
    fn nobody() -> Self {
        Self {
            everybody: 0,
            audiences: Vec::new(),
            computed: Table::default(),
        }
    }

    fn of(opened: &'o Opened, key: &str, environment: &str, time: i64) -> Self {
        let catalog = &opened.catalog;
        let found = catalog
            .flags
            .get(key)
            .zip(catalog.environments.find(environment));
        let Some((flag, id)) = found else {
            return Self::nobody();
        };
        let record = record(catalog, flag, id);
        let phase = record.phases.get(record.position_at(time));
        let Some(phase) = phase.filter(|phase| phase.enabled && !record.killed && !record.archived)
        else {
            return Self::nobody();
        };
        let is_off = |one: &Served<'_>| *one == record.off;
        let share = |serving: &Serving<'_>| {
            let ramp = serving.gradual.map(|ramp| ramp.share_at(time));
            let inside = ramp.or(serving.share).unwrap_or(POSITIONS);
            let own = if serving.one.as_ref().is_some_and(is_off) {
                0
            } else {
                inside
            };
            // Those outside get the default.
            if is_off(&phase.default) {
                own
            } else {
                own + POSITIONS.saturating_sub(inside)
            }
        };
        let everybody = phase.serving.as_ref().map(share);
        let otherwise = if is_off(&phase.default) { 0 } else { POSITIONS };
        let audiences = phase.rules.iter().map(|rule| Audience {
            rule: rule.name.as_str().to_owned(),
            conditions: rule.conditions.clone(),
            share: share(&rule.serving),
        });
        Self {
            everybody: everybody.unwrap_or(otherwise),
            audiences: audiences.collect(),
            computed: record.computed.clone(),
        }
    }

    fn named(&self, rule: &str) -> Option<&Audience<'o>> {
        self.audiences.iter().find(|one| one.rule == rule)
    }

    /// Returns to how many of the audience of a rule elsewhere it is served here, by the rule of that
    /// name. Where there is none, it counts only if it is served to all of them.
    fn share(&self, elsewhere: &Reach<'_>, at: usize) -> u32 {
        let Some(audience) = elsewhere.audiences.get(at) else {
            return 0;
        };
        let own = self.named(&audience.rule).map(|one| one.share);
        own.unwrap_or_else(|| {
            let is_all = self.serves_all(elsewhere, at);
            if is_all { POSITIONS } else { 0 }
        })
    }

    /// Returns whether those whom a rule takes elsewhere are all taken here, and served.
    fn takes(&self, elsewhere: &Reach<'_>, at: usize, least: u32) -> bool {
        let Some(audience) = elsewhere.audiences.get(at) else {
            return true;
        };
        let is_wide = |own: &Audience<'_>| {
            own.share >= least
                && self.computed == elsewhere.computed
                && is_within(&audience.conditions, &own.conditions)
        };
        self.named(&audience.rule).is_some_and(is_wide) || self.serves_all(elsewhere, at)
    }

    /// Returns whether everyone whom a rule takes elsewhere is served here, by whatever it is.
    fn serves_all(&self, elsewhere: &Reach<'_>, at: usize) -> bool {
        let audience = elsewhere.audiences.get(at);
        audience.is_some_and(|one| self.least(elsewhere, (elsewhere, one), Some(at)) == POSITIONS)
    }

    /// Returns to how many it is served here at the least, of those in an `audience` that `of` has
    /// and whom a rule takes elsewhere; `None` are those whom no rule takes there.
    fn least(
        &self,
        elsewhere: &Reach<'_>,
        (of, audience): (&Reach<'_>, &Audience<'_>),
        rule: Option<usize>,
    ) -> u32 {
        let is_alike = self.computed == elsewhere.computed;
        let is_known = self.computed == of.computed;
        let earlier = elsewhere.audiences.iter();
        let earlier = earlier.take(rule.unwrap_or(elsewhere.audiences.len()));
        let taking = rule.and_then(|at| elsewhere.audiences.get(at));
        let mut least = POSITIONS;
        for own in &self.audiences {
            let is_within_it = |other: &Audience<'_>| is_within(&own.conditions, &other.conditions);
            let is_apart = |other: &Audience<'_>| are_apart(&own.conditions, &other.conditions);
            let is_out = earlier.clone().any(is_within_it) || taking.is_some_and(is_apart);
            if (is_alike && is_out) || (is_known && is_apart(audience)) {
                continue;
            }
            least = least.min(own.share);
            let takes_all = |other: &Audience<'_>| is_within(&other.conditions, &own.conditions);
            if (is_known && takes_all(audience)) || (is_alike && taking.is_some_and(takes_all)) {
                return least;
            }
        }
        least.min(self.everybody)
    }
}
