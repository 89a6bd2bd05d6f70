//! Kill switches for a document that was compiled before: shipped when the catalog of today does
//! not compile.
//!
//! Input: flags' files as trees, which need not be sound, and a ruleset. Nothing is resolved: a
//! kill switch is in force by standing there, and only ever added.

use crate::document::Tree;
use crate::ruleset::{Ruleset, Text};

/// What became of the flags that are killed today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kills {
    /// They are killed in the document now, and were not.
    pub added: Vec<String>,
    /// They were killed in it before, and no kill switch was found today; they stay killed.
    pub kept: Vec<String>,
    /// They are not in the document, and were not added.
    pub missing: Vec<String>,
}

/// Returns whether a flag's file holds a kill switch that is in force in an environment: the
/// flag's own, or that of an entry. `environments` are the environment and all that it inherits
/// from; `inherit: false` lifts none of them.
#[must_use]
pub fn holds_kill_switch(root: &Tree, environments: &[&str]) -> bool {
    let stands = |place: &Tree| {
        let switch = place.get("kill_switch");
        switch.is_some_and(|switch| !switch.is_null())
    };
    let entry = |name: &&str| root.get("environments").and_then(|list| list.get(name));
    stands(root) || environments.iter().filter_map(entry).any(stands)
}

/// Kills the flags for which `is_killed` holds. The version is emptied:
/// [`versioned`](super::versioned) gives the document its new one.
pub fn add_kills<'k>(
    ruleset: &mut Ruleset<'_>,
    killed: impl IntoIterator<Item = &'k str>,
) -> Kills {
    let mut kills = Kills::default();
    let killed: Vec<&str> = killed.into_iter().collect();
    for (key, flag) in &mut ruleset.flags.0 {
        let is_killed = killed.contains(&key.as_str());
        if is_killed && !flag.killed {
            flag.killed = true;
            kills.added.push(key.as_str().to_owned());
        } else if flag.killed && !is_killed {
            kills.kept.push(key.as_str().to_owned());
        }
    }
    let is_missing = |key: &&&str| ruleset.flags.get(key).is_none();
    let missing = killed.iter().filter(is_missing);
    kills.missing = missing.map(|key| (*key).to_owned()).collect();
    ruleset.version = Text::from("");
    kills
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn holds(text: &str, environments: &[&str]) -> bool {
        let root = yaml::value(text).expect("YAML");
        holds_kill_switch(&root, environments)
    }

    #[test]
    fn a_kill_switch_is_in_force_by_standing_there() {
        assert!(holds("kill_switch: {reason: r}", &["production"]));
        assert!(holds("kill_switch: yes\ntype: 7", &["production"]));
        let entry = "environments: {staging: {kill_switch: {}, inherit: false}, production: true}";
        assert!(holds(entry, &["staging"]));
        assert!(holds(entry, &["production", "staging"]));
        assert!(!holds(entry, &["production"]));
        assert!(!holds("kill_switch:\n", &["production"]));
        assert!(!holds("[kill_switch]", &["production"]));
    }
}
