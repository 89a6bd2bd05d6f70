//! What an undoing must never do: lift a kill switch unasked, or serve a flag to more people than it
//! was before the commit, at that commit's time, and than it is today.

use std::collections::BTreeMap;

use crate::diagnostic::join_names;
use crate::literal;
use crate::record::{Served, Serving, record};
use crate::resolve;
use crate::ruleset::POSITIONS;

use super::super::super::open::Opened;
use super::super::RefusedError;
use super::super::plan::Planner;

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

/// Refuses where more would be served than at each of the times that may come back, and than today.
pub(super) fn serves_no_more(
    planner: &Planner<'_>,
    after: &Opened,
    times: &[(Opened, i64)],
    parent: &str,
) -> Result<(), RefusedError> {
    let now = literal::whole_second(planner.request.now);
    for key in &planner.keys {
        let mut names = Vec::new();
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
            let mut sides: Vec<Shares> = times
                .iter()
                .map(|(opened, time)| shares(opened, key, then(opened), *time))
                .collect();
            sides.push(shares(&planner.before, key, name, now));
            let is_more = |(audience, share): (&Option<String>, &u32)| {
                sides
                    .iter()
                    .all(|side| reach(side, audience.as_deref()) < *share)
            };
            if shares(after, key, name, now).iter().any(is_more) {
                names.push(name);
            }
        }
        if !names.is_empty() {
            let message = format!(
                "`{key}` would be served to more people in {} than before the commit, and than today",
                join_names(&names, "and").replace('`', "")
            );
            let hint = format!(
                "`ffctl rollback --to {parent} --flag {key}` brings back what was served then; `--resume` lets ramps and steps go on"
            );
            return Err(RefusedError::new(message, hint));
        }
    }
    Ok(())
}

/// To how many of an audience something else than the off value is served: of those whom a rule
/// takes, or of everybody.
type Shares = BTreeMap<Option<String>, u32>;

fn reach(shares: &Shares, audience: Option<&str>) -> u32 {
    let mut own = shares
        .iter()
        .filter(|(name, _)| name.as_deref() == audience);
    let own = own.next().map_or(0, |(_, share)| *share);
    let all = shares.get(&None).filter(|share| **share == POSITIONS);
    own.max(all.copied().unwrap_or_default())
}

fn shares(opened: &Opened, key: &str, environment: &str, time: i64) -> Shares {
    let mut shares = Shares::new();
    let catalog = &opened.catalog;
    let found = catalog
        .flags
        .get(key)
        .zip(catalog.environments.find(environment));
    let Some((flag, id)) = found else {
        return shares;
    };
    let record = record(catalog, flag, id);
    let phase = record.phases.get(record.position_at(time));
    let Some(phase) = phase.filter(|phase| phase.enabled && !record.killed && !record.archived)
    else {
        return shares;
    };
    let is_off = |one: &Served<'_>| *one == record.off;
    let of = |serving: &Serving<'_>| {
        let inside = if serving.one.as_ref().is_some_and(is_off) {
            0
        } else {
            let ramp = serving.gradual.map(|ramp| ramp.share_at(time));
            ramp.or(serving.share).unwrap_or(POSITIONS)
        };
        // Those outside get the default.
        if is_off(&phase.default) {
            inside
        } else {
            POSITIONS
        }
    };
    let everybody = phase.serving.as_ref().map(of);
    let otherwise = if is_off(&phase.default) { 0 } else { POSITIONS };
    shares.insert(None, everybody.unwrap_or(otherwise));
    for rule in &phase.rules {
        shares.insert(Some(rule.name.as_str().to_owned()), of(&rule.serving));
    }
    shares
}
