//! What an entry has from elsewhere, and time has moved on there: held in the entry itself.

use crate::document::{Scalar, Tree};
use crate::format::ENTRY_KEYS;
use crate::model::EnvironmentId;
use crate::patch::entry::{Draft, serving_of, write_entry};
use crate::patch::hold::Hold;
use crate::patch::serving::{inherited_serving, rules_of};
use crate::patch::{Age, Found, Patched};

/// Returns a flag's file in which the entry of an environment has its own copy of what it has from
/// elsewhere (the flag's own rules, those of a parent, a parent's serving) and was another at a
/// time, as it was then; `None` where nothing was.
#[must_use]
pub fn hold_elsewhere(
    today: &Age<'_>,
    found: Found<'_>,
    environment: EnvironmentId,
    time: i64,
) -> Option<Patched> {
    let subject = today.subject(found.flag, found.root);
    let mut draft = Draft::new(&subject, environment);
    let place = draft.name();
    let (hold, mut notes, mut slots) = (Hold::At(time), Vec::new(), Vec::new());
    let inherits = |key: &str, map: &Tree| map.get(key).is_none_or(Tree::is_null);
    if inherits("targeting_rules", &draft.map) {
        let mut rules = rules_of(&subject, environment, &draft.map, time);
        let moved = rules != rules_of(&subject, environment, &draft.map, today.time);
        if hold.rules(&mut rules, &mut notes, place) || moved {
            draft.set("targeting_rules", rules);
            slots.push("rules");
        }
    }
    if serving_of(&draft.map).is_none()
        && let Some(then) = inherited_serving(&subject, environment, time)
    {
        let moved = Some(&then) != inherited_serving(&subject, environment, today.time).as_ref();
        let mut map = Tree::map();
        for (key, tree) in then {
            map.set(&key, tree, &ENTRY_KEYS);
        }
        if hold.entry(&mut map, &mut notes, place) || moved {
            let serving = serving_of(&map).unwrap_or_default();
            draft.set_serving(&serving);
            if serving.is_empty() {
                // No serving of its own is what the entry has; that there is none is written so.
                draft.set("percentage", Scalar::Null);
            }
            slots.push("serving");
        }
    }
    if slots.is_empty() {
        return None;
    }
    notes.push(format!(
        "pinned in {place}, for it comes from elsewhere and has moved on since: {}",
        slots.join(" and ")
    ));
    let mut root = found.root.clone();
    write_entry(&subject, &mut root, environment, Some(draft.map.clone()));
    (root != *found.root).then_some(Patched { root, notes })
}
