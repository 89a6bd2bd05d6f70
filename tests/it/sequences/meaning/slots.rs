//! What `set`, `rule` and `promote` mean.

use ffctl::model::EnvironmentId;
use ffctl::patch;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::edits::tree_of;

use super::super::command::Action;
use super::super::world::World;
use super::{Case, Held, same, served};

impl Case<'_> {
    pub(super) fn slot_set(&self, id: EnvironmentId, slot: &str, value: Option<&str>) -> Held {
        let time = self.standing(id);
        let (was, is) = (served(&self.was(id), time), served(&self.is(id), time));
        let told = || format!("{was}\nbecame\n{is}");
        let group: &[&str] = match slot {
            "enabled" => &["enabled"],
            "bucket_by" => &["bucket_by", "rules"],
            _ => &["serving", "default"],
        };
        if self.is_exposed_at(id, time) && value.is_some() {
            for part in ["enabled", "rules", "serving", "default", "bucket_by"] {
                let stays = group.contains(&part) || same(&was[part], &is[part]);
                prop_assert!(stays, "{part} was not named\n{}", told());
            }
        }
        let Some(value) = value else { return Ok(()) };
        let value = tree_of(value).to_json();
        match slot {
            "enabled" => {
                prop_assert_eq!(&is["enabled"], &json!(value != false), "{}", told());
            }
            "percentage" if value.is_null() => {
                prop_assert!(is["serving"].is_null(), "{}", told());
            }
            "percentage" => {
                let share = (value.as_f64().unwrap() * 1000.0).round();
                prop_assert_eq!(is["serving"]["share"].as_f64(), Some(share), "{}", told());
            }
            "default_variant" => prop_assert_eq!(&is["default"]["variant"], &value, "{}", told()),
            "bucket_by" if !value.is_null() => {
                prop_assert_eq!(&is["bucket_by"], &value, "{}", told());
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn ruled(&self, id: Option<EnvironmentId>, name: &str, action: &Action) -> Held {
        let names = |rules: &Value| -> Vec<String> {
            let rules = rules.as_array().into_iter().flatten();
            rules
                .map(|rule| rule["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let (old, new) = if let Some(id) = id {
            let time = self.standing(id);
            if !self.is_exposed_at(id, time) {
                return Ok(());
            }
            let (was, is) = (served(&self.was(id), time), served(&self.is(id), time));
            only_rule(&was, &is, name)?;
            (names(&was["rules"]), names(&is["rules"]))
        } else {
            let names = |world: &World| -> Vec<String> {
                let rules = &world.flag(self.key).rules.value;
                rules.iter().map(|rule| rule.name.to_string()).collect()
            };
            (names(self.before), names(self.after))
        };
        let mut expected = old;
        let at = expected.iter().position(|other| other == name);
        let place = |list: &[String], before: &Option<String>| {
            let before = before.as_ref();
            before.map_or(list.len(), |before| {
                list.iter().position(|other| other == before).unwrap()
            })
        };
        match action {
            Action::Add(_, before) => {
                let at = place(&expected, before);
                expected.insert(at, name.to_owned());
            }
            Action::Set(_) => {}
            Action::Move(Some(before)) if before == name => {}
            Action::Move(before) => {
                expected.remove(at.unwrap());
                let at = place(&expected, before);
                expected.insert(at, name.to_owned());
            }
            Action::Remove => drop(expected.remove(at.unwrap())),
        }
        prop_assert_eq!(expected, new);
        Ok(())
    }

    /// Where nothing else is said, what B knows goes to as many as before.
    pub(super) fn promoted(
        &self,
        from: EnvironmentId,
        id: EnvironmentId,
        options: &patch::Promote,
    ) -> Held {
        let (was, is) = (
            served(&self.was(id), self.now),
            served(&self.is(id), self.now),
        );
        let told = || format!("{was}\nbecame\n{is}");
        prop_assert_eq!(self.was(id).killed, self.is(id).killed);
        if !self.is_exposed(id) {
            return Ok(());
        }
        prop_assert_eq!(&was["enabled"], &is["enabled"], "{}", told());
        if options.as_is {
            return Ok(());
        }
        prop_assert!(same(&was["default"], &is["default"]), "{}", told());
        let rules = |phase: &Value| phase["rules"].as_array().cloned().unwrap_or_default();
        let (old, new) = (rules(&was), rules(&is));
        let said = options.percentage.map(|share| json!(share));
        for rule in &new {
            let theirs = old.iter().find(|other| other["name"] == rule["name"]);
            let share = &rule["serving"]["share"];
            let share = Some(share);
            let expected = theirs.map_or(said.as_ref(), |theirs| Some(&theirs["serving"]["share"]));
            prop_assert_eq!(share, expected, "{}", told());
        }
        // A default that is served alone becomes a value for so many.
        let by_default = served(&self.was(from), self.now)["serving"].is_null();
        if !was["serving"].is_null() && (!by_default || was["serving"] == is["serving"]) {
            prop_assert_eq!(
                &was["serving"]["share"],
                &is["serving"]["share"],
                "{}",
                told()
            );
        } else if !is["serving"].is_null() {
            let share = Some(&is["serving"]["share"]);
            prop_assert_eq!(share, said.as_ref(), "{}", told());
        }
        Ok(())
    }
}

/// Nothing but one rule has changed.
fn only_rule(was: &Value, is: &Value, name: &str) -> Held {
    for part in ["enabled", "serving", "default", "bucket_by"] {
        prop_assert!(same(&was[part], &is[part]), "{part}: {was}\nbecame\n{is}");
    }
    for rule in was["rules"].as_array().into_iter().flatten() {
        let mut rules = is["rules"].as_array().into_iter().flatten();
        let other = rules.find(|other| other["name"] == rule["name"]);
        let stays = rule["name"] == name || other.is_some_and(|other| same(rule, other));
        prop_assert!(stays, "{rule} was not named\n{is}");
    }
    Ok(())
}
