//! What `disable`, the kill switch and `restore` mean: never more than before comes back.

use ffctl::model::EnvironmentId;
use ffctl::patch::{self, Disable, Enable, Pending, Restore, Return};
use ffctl::record::Record;
use ffctl::resolve;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::edits::tree_of;

use super::super::world::World;
use super::{Case, Held, named, same, served};

impl Case<'_> {
    pub(super) fn disabled(&self, id: EnvironmentId, options: Disable) -> Held {
        let (was, is) = (self.was(id), self.is(id));
        if let Some(at) = options.at {
            self.until(id, at)?;
            prop_assert_eq!(&served(&is, at)["enabled"], false);
            return Ok(());
        }
        // What a kill switch holds back stays as it was when that was thrown.
        let time = self.standing(id);
        let (then, now) = (served(&was, time), served(&is, time));
        let told = || format!("{then}\nbecame\n{now}");
        prop_assert_eq!(&now["enabled"], false, "{}", told());
        // What it served is held back as it was.
        if self.is_exposed_at(id, time) && then["enabled"] == true {
            prop_assert!(same(&then["rules"], &now["rules"]), "{}", told());
            let is_true = then["default"] == json!({"value": true}) && then["serving"].is_null();
            if !is_true {
                prop_assert!(same(&then["serving"], &now["serving"]), "{}", told());
                prop_assert!(same(&then["default"], &now["default"]), "{}", told());
            }
        }
        if !options.keep_schedule {
            let ahead = is.phases.iter().skip(is.position_at(time));
            for phase in ahead {
                prop_assert!(!phase.enabled, "{phase:?} comes back by itself");
            }
        }
        self.all_get(id, &self.off())?;
        if then["enabled"] == true && !was.killed && !options.keep_schedule {
            self.comes_back(id, &then)?;
        }
        Ok(())
    }

    /// Enabled again, it serves what it served, and never more later.
    fn comes_back(&self, id: EnvironmentId, then: &Value) -> Held {
        let default = named(&then["default"]);
        let rules = then["rules"]
            .as_array()
            .is_some_and(|rules| !rules.is_empty());
        let step = !then["serving"].is_null() && then["serving"]["share"] != 0;
        let own = !same(&default, &self.flag_default());
        if !(rules || step || own) || self.is_false(id) {
            return Ok(());
        }
        let root = tree_of(self.after.text(self.key));
        let subject = self.after.subject(self.key, &root, self.now);
        let back = patch::enable(&subject, id, &Enable::default());
        let Ok(back) = back else { return Ok(()) };
        let again = Self {
            before: self.after,
            ..*self
        };
        let Some(back) = again.with(&back.root) else {
            return Ok(());
        };
        let record = back.record(self.key, id);
        let now = served(&record, self.now);
        prop_assert!(
            same(then, &now),
            "{then}\ncame back as\n{now}\n{}",
            back.text(self.key)
        );
        // What others bring is theirs to bring.
        let shared = resolve::step_times(back.catalog(), back.flag(self.key), id);
        if shared.iter().all(|time| *time <= self.now) && self.is_exposed(id) {
            let later = served(&record, self.now + 1_000 * 86_400);
            prop_assert!(same(&now, &later), "{now}\ngrew to\n{later}");
        }
        Ok(())
    }

    /// Whether the entry was a scalar and says `false` now: then `enable` makes `true` of it.
    fn is_false(&self, id: EnvironmentId) -> bool {
        let entry = |world: &World| world.entry(self.key, id);
        let was_scalar = entry(self.before).is_some_and(|entry| !entry.is_map());
        was_scalar && entry(self.after).is_some_and(|entry| entry.as_bool() == Some(false))
    }

    pub(super) fn killed(&self, id: Option<EnvironmentId>) -> Held {
        let covered = id.map_or_else(
            || self.before.environments(),
            |id| self.before.following(id),
        );
        for id in &covered {
            let mut expected = self.was(*id);
            expected.killed = true;
            prop_assert_eq!(&expected, &self.is(*id));
            self.all_get(*id, &self.off())?;
        }
        let root = tree_of(self.after.text(self.key));
        let subject = self.after.subject(self.key, &root, self.now);
        let options = Restore {
            back: Return::Resume,
            pending: Pending::Keep,
        };
        // Taken away at once, it has changed nothing that is served from now on.
        let back = patch::restore(&subject, id, options);
        let back = back.map_err(|refusal| TestCaseError::fail(format!("{refusal:?}")))?;
        let again = Self {
            before: self.after,
            ..*self
        };
        let Some(back) = again.with(&back.root) else {
            // Steps folded into the entry may leave it without effect.
            prop_assert!(id.is_some(), "what comes back has errors");
            return Ok(());
        };
        for id in covered {
            if self.was(id).killed {
                continue;
            }
            let (was, is) = (self.was(id), back.record(self.key, id));
            prop_assert!(!is.killed);
            let from = |record: &Record<'_>| -> Vec<Value> {
                let ahead = record.phases.iter().skip(record.position_at(self.now) + 1);
                let ahead = ahead.map(|phase| serde_json::to_value(phase).unwrap());
                std::iter::once(served(record, self.now))
                    .chain(ahead)
                    .collect()
            };
            prop_assert_eq!(from(&was), from(&is), "{}", back.text(self.key));
        }
        Ok(())
    }

    pub(super) fn restored(&self, id: Option<EnvironmentId>, options: Restore) -> Held {
        let flag = self.before.flag(self.key);
        let killed = match id {
            None => {
                let switch = flag.kill_switch.as_ref().unwrap();
                switch.at.as_second().min(self.now)
            }
            Some(id) => {
                prop_assert!(self.is_switched_off_in(id));
                self.standing(id)
            }
        };
        let covered = id.map_or_else(
            || self.before.environments(),
            |id| self.before.following(id),
        );
        for covered in covered {
            let (was, is) = (self.was(covered), self.is(covered));
            // What a nearer switch holds back comes back with that.
            let mut nearer = self.chain(covered).take_while(|other| Some(*other) != id);
            if nearer.any(|id| self.is_switched_off_in(id)) {
                prop_assert!(is.killed);
                continue;
            }
            let name = self.before.environment_name(covered);
            let expected = match options.back {
                Return::AsItWas => served(&was, killed),
                Return::Resume => served(&was, self.now),
                Return::Restart => continue,
            };
            let now = served(&is, self.now);
            prop_assert!(
                same(&expected, &now),
                "{name}: {expected}\ncame back as\n{now}"
            );
            let steps =
                resolve::step_times(self.after.catalog(), self.after.flag(self.key), covered);
            let ahead = steps.iter().any(|time| *time > self.now);
            if options.back == Return::AsItWas && !ahead {
                let later = served(&is, self.now + 1_000 * 86_400);
                prop_assert!(same(&now, &later), "{name}: {now}\ngrows to\n{later}");
            }
        }
        Ok(())
    }
}
