//! Segments that say something else today, written out where rules used them.

use crate::document::{Scalar, Tree};
use crate::model::{Catalog, Name};
use crate::record::whole_segment;
use crate::ruleset::{self, Condition, Operand};

/// Writes out the segments of a file's rules that have changed between two catalogs.
pub(super) fn write_out(root: &mut Tree, then: &Catalog, today: &Catalog) {
    let changed = Changed { then, today };
    changed.rules_of(root);
    let entries = root.get_mut("environments").map(values).unwrap_or_default();
    for entry in entries {
        changed.rules_of(entry);
        let steps = entry.get_mut("schedule").and_then(Tree::items_mut);
        for set in steps
            .into_iter()
            .flatten()
            .filter_map(|step| step.get_mut("set"))
        {
            changed.rules_of(set);
        }
    }
}

fn values(map: &mut Tree) -> Vec<&mut Tree> {
    match &mut map.value {
        crate::document::TreeValue::Map(entries) => {
            entries.iter_mut().map(|(_, tree)| tree).collect()
        }
        _ => Vec::new(),
    }
}

struct Changed<'c> {
    then: &'c Catalog,
    today: &'c Catalog,
}

impl Changed<'_> {
    fn rules_of(&self, map: &mut Tree) {
        let rules = map.get_mut("targeting_rules").and_then(Tree::items_mut);
        for rule in rules.into_iter().flatten() {
            self.list(rule.get_mut("conditions"));
        }
    }

    fn list(&self, list: Option<&mut Tree>) {
        for condition in list.and_then(Tree::items_mut).into_iter().flatten() {
            self.condition(condition);
        }
    }

    fn condition(&self, condition: &mut Tree) {
        self.list(condition.get_mut("any"));
        self.list(condition.get_mut("all"));
        if let Some(inner) = condition.get_mut("not") {
            self.condition(inner);
        }
        let name = condition.get("segment").and_then(Tree::as_str);
        if let Some(written) = name.and_then(|name| self.changed(name)) {
            *condition = written;
        }
    }

    /// Returns what a segment asked, if it asks something else today.
    fn changed(&self, name: &str) -> Option<Tree> {
        let name = Name::new(name).ok()?;
        let whole = |catalog| {
            let catalog: &Catalog = catalog;
            Some(whole_segment(catalog, catalog.segments.get(&name)?))
        };
        let then = whole(self.then)?;
        (Some(&then) != whole(self.today).as_ref()).then(|| tree(&then))
    }
}

/// Returns a condition as files write it.
fn tree(condition: &Condition<'_>) -> Tree {
    let list = |list: &[Condition<'_>]| -> Tree {
        let items: Vec<Tree> = list.iter().map(tree).collect();
        items.into()
    };
    let map = match condition {
        Condition::Test {
            attribute,
            operator,
            operand,
        } => {
            let mut map = Tree::map_of([
                ("attribute", attribute.as_str().into()),
                ("operator", operator.name().into()),
            ]);
            if let Some(operand) = operand {
                map.set("value", value(operand), &[]);
            }
            map
        }
        Condition::Segment(name) => Tree::map_of([("segment", name.as_str().into())]),
        Condition::Any(conditions) => Tree::map_of([("any", list(conditions))]),
        Condition::All(conditions) => Tree::map_of([("all", list(conditions))]),
        Condition::Not(inner) => Tree::map_of([("not", tree(inner))]),
    };
    map.in_brackets()
}

fn value(operand: &Operand<'_>) -> Tree {
    match operand {
        Operand::One(one) => scalar(one),
        Operand::List(list) => list.iter().map(scalar).collect::<Vec<_>>().into(),
    }
}

fn scalar(scalar: &ruleset::Scalar<'_>) -> Tree {
    match scalar {
        ruleset::Scalar::Boolean(value) => (*value).into(),
        ruleset::Scalar::Text(text) => text.as_str().into(),
        ruleset::Scalar::Number(number) => number_of(*number),
    }
}

/// Whole numbers are written without a fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "integers of the format lie within 2^53"
)]
fn number_of(number: f64) -> Tree {
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        Scalar::Integer(number as i64).into()
    } else {
        Scalar::Float(number).into()
    }
}
