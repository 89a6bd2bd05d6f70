//! What an environment had from other places, written into its own entry.

use crate::document::{Scalar, Tree};
use crate::format::ENTRY_KEYS;
use crate::model::{EnvironmentId, Flag};
use crate::patch::Subject;
use crate::patch::entry::{Draft, GROUPS, default_key, moment, serving_of, step_time, steps};
use crate::patch::serving::{inherited_serving, rules_of, tree_of};
use crate::record::Phase;
use crate::resolve::{self, Moment};

use super::Rollback;
use super::compare::Slot;
use super::file::NewFile;

/// What a slot is from a time on, as keys of an entry.
type Keys = Vec<(String, Tree)>;

/// Writes a slot into the entry of an environment as it was, over time. Returns what was written:
/// where nothing was said of the environment, it is cut off from its parent instead.
pub(super) fn pin(
    rollback: &Rollback<'_>,
    file: &mut NewFile,
    present: &Flag,
    place: (EnvironmentId, EnvironmentId),
    slot: Slot,
) -> Slot {
    let (then, today) = (rollback.then, rollback.today);
    let root = file.root.clone();
    let pinning = Pinning {
        source: then.subject(&rollback.wanted, &rollback.root),
        present: today.subject(present, &root),
        was: place.1,
    };
    let mut map = file.entry(&pinning.present, today.name(place.0));
    let pinned = if slot == Slot::Killed {
        pinning.kill(&mut map);
        slot
    } else if pinning.was_unmentioned() && !map.has("inherit") {
        map.set("inherit", false, &ENTRY_KEYS);
        Slot::Base
    } else {
        let wanted = rollback.wanted(place);
        pinning.slot(&mut map, slot, &wanted.phases);
        slot
    };
    file.write(&pinning.present, place.0, map);
    pinned
}

struct Pinning<'p> {
    /// The flag of then.
    source: Subject<'p>,
    /// The flag as the file has it so far.
    present: Subject<'p>,
    /// The environment, then.
    was: EnvironmentId,
}

impl Pinning<'_> {
    fn was_unmentioned(&self) -> bool {
        let Subject { catalog, flag, .. } = self.source;
        let later = resolve::step_times(catalog, flag, self.was)
            .into_iter()
            .map(Moment::At);
        let mut times = std::iter::once(Moment::Beginning).chain(later);
        times.all(|time| !resolve::resolve(catalog, flag, self.was, time).exposed)
    }

    /// Copies the nearest kill switch.
    fn kill(&self, map: &mut Tree) {
        let Subject {
            catalog,
            flag,
            root,
            ..
        } = self.source;
        let holder = match resolve::kill(catalog, flag, self.was).map(|kill| kill.environment) {
            None => return,
            Some(None) => Some(root),
            Some(Some(id)) => {
                let list = root.get("environments");
                list.and_then(|list| list.get(self.source.environment_name(id)))
            }
        };
        if let Some(switch) = holder.and_then(|holder| holder.get("kill_switch")) {
            map.set("kill_switch", switch.clone(), &ENTRY_KEYS);
        }
    }

    fn slot(&self, map: &mut Tree, slot: Slot, phases: &[Phase<'_>]) {
        let group = group(slot);
        let mut schedule = steps(map);
        for set in schedule.iter_mut().filter_map(|step| step.get_mut("set")) {
            clear(set, group);
        }
        clear(map, group);
        let mut before: Option<Keys> = None;
        for phase in phases {
            let keys = self.keys(slot, phase);
            if before.as_ref() != Some(&keys) {
                match phase.from {
                    None => lay(map, &keys),
                    Some(at) => lay(set_at(&mut schedule, at), &keys),
                }
            }
            before = Some(keys);
        }
        schedule.retain(|step| step.get("set").is_some_and(|set| !set.entries().is_empty()));
        if schedule.is_empty() {
            map.remove("schedule");
        } else {
            map.set("schedule", schedule, &ENTRY_KEYS);
        }
    }

    /// Returns what a slot was in a phase.
    fn keys(&self, slot: Slot, phase: &Phase<'_>) -> Keys {
        let one = |key: &str, tree: Tree| vec![(key.to_owned(), tree)];
        let time = phase.from.unwrap_or(i64::MIN);
        match slot {
            Slot::Enabled => one("enabled", phase.enabled.into()),
            Slot::BucketBy => {
                let attribute = phase.bucket_by.as_ref().map(|name| name.as_str().into());
                one(
                    "bucket_by",
                    attribute.unwrap_or_else(|| Scalar::Null.into()),
                )
            }
            Slot::Rules => one("targeting_rules", self.rules(time).into()),
            Slot::Serving => self.serving(time),
            Slot::Killed | Slot::Base => Vec::new(),
        }
    }

    fn own(&self, time: i64) -> Tree {
        let mut draft = Draft::new(&self.source, self.was);
        draft.fold(time);
        draft.map
    }

    fn rules(&self, time: i64) -> Vec<Tree> {
        let Subject { catalog, flag, .. } = self.source;
        let resolved = resolve::resolve(catalog, flag, self.was, Moment::At(time));
        if !resolved.exposed {
            return Vec::new();
        }
        rules_of(&self.source, self.was, &self.own(time), time)
    }

    /// The whole serving, with the default of then where the flag's is another today.
    fn serving(&self, time: i64) -> Keys {
        let own = serving_of(&self.own(time));
        let inherited = || inherited_serving(&self.source, self.was, time);
        let mut keys = own.or_else(inherited).unwrap_or_default();
        let key = default_key(&self.present);
        if keys.iter().all(|(name, _)| name != key) {
            let Subject { catalog, flag, .. } = self.source;
            let resolved = resolve::resolve(catalog, flag, self.was, Moment::At(time));
            let then = tree_of(&self.source, resolved.default.value);
            let today = tree_of(&self.present, &self.present.flag.default.value);
            if then != today {
                keys.push((key.to_owned(), then));
            }
        }
        if keys.is_empty() {
            keys.push(("percentage".to_owned(), Scalar::Null.into()));
        }
        keys
    }
}

fn group(slot: Slot) -> &'static [&'static str] {
    let [enabled, rules, serving, bucket_by] = GROUPS;
    match slot {
        Slot::Enabled => enabled,
        Slot::Rules => rules,
        Slot::Serving => serving,
        Slot::BucketBy => bucket_by,
        Slot::Killed | Slot::Base => &[],
    }
}

fn clear(map: &mut Tree, group: &[&str]) {
    for key in group {
        map.remove(key);
    }
}

fn lay(map: &mut Tree, keys: &Keys) {
    for (key, tree) in keys {
        map.set(key, tree.clone(), &ENTRY_KEYS);
    }
}

/// Returns what the step at a time sets; a new one at its place, if there is none.
fn set_at(schedule: &mut Vec<Tree>, at: i64) -> &mut Tree {
    let place = schedule.partition_point(|step| step_time(step).is_some_and(|other| other < at));
    let is_there = schedule.get(place).and_then(step_time) == Some(at);
    if !is_there {
        let step = [("at", moment(at).into()), ("set", Tree::map())];
        schedule.insert(place, Tree::map_of(step));
    }
    let step = schedule.get_mut(place).and_then(|step| step.get_mut("set"));
    step.expect("a step has been put there, and each sets something")
}
