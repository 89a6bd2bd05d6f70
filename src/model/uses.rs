//! What conditions use: segments and attributes, also through each other.

use std::collections::BTreeSet;

use super::{Catalog, Condition, Flag, Leaf, Name, Rule, Slots};

/// Segments and attributes that something uses.
#[derive(Debug, Default)]
pub struct Uses<'c> {
    /// The segments.
    pub segments: BTreeSet<&'c Name>,
    /// The attributes.
    pub attributes: BTreeSet<&'c str>,
}

impl<'c> Uses<'c> {
    /// Returns what a flag's file uses, in all environments and at all times, itself or through
    /// segments and computed attributes.
    #[must_use]
    pub fn of_flag(catalog: &'c Catalog, flag: &'c Flag) -> Self {
        let mut uses = Self::default();
        uses.rules(&flag.rules.value);
        uses.attributes.extend(flag.bucket_by.as_deref());
        for entry in flag.entries.iter().flat_map(|entries| entries.values()) {
            uses.slots(&entry.slots);
            for step in &entry.schedule {
                uses.slots(&step.set);
            }
        }
        uses.close(catalog);
        uses
    }

    fn slots(&mut self, slots: &'c Slots) {
        if let Some(rules) = slots.rules.as_ref().and_then(|slot| slot.value.as_ref()) {
            self.rules(rules);
        }
        let bucket_by = slots
            .bucket_by
            .as_ref()
            .and_then(|slot| slot.value.as_deref());
        self.attributes.extend(bucket_by);
    }

    fn rules(&mut self, rules: &'c [Rule]) {
        for rule in rules {
            self.conditions(&rule.conditions);
            self.attributes.extend(rule.bucket_by.as_deref());
        }
    }

    /// Adds what conditions name.
    pub fn conditions(&mut self, conditions: &'c [Condition]) {
        for condition in conditions {
            condition.walk(&mut |leaf| match leaf {
                Leaf::Test(test) => {
                    self.attributes.insert(&test.attribute);
                }
                Leaf::Segment(name, _) => {
                    self.segments.insert(name);
                }
            });
        }
    }

    /// Adds what the used segments and computed attributes use, and so on.
    pub fn close(&mut self, catalog: &'c Catalog) {
        let mut open_segments: Vec<&Name> = self.segments.iter().copied().collect();
        let mut open_attributes: Vec<&str> = self.attributes.iter().copied().collect();
        loop {
            let mut found = Self::default();
            if let Some(name) = open_segments.pop() {
                if let Some(segment) = catalog.segments.get(name) {
                    found.conditions(&segment.conditions);
                }
            } else if let Some(name) = open_attributes.pop() {
                let listed = catalog.attributes.as_ref();
                let attribute = listed.and_then(|attributes| attributes.get(name));
                for entry in attribute
                    .iter()
                    .flat_map(|attribute| attribute.computed.iter())
                    .flatten()
                {
                    found.conditions(&entry.conditions);
                }
            } else {
                return;
            }
            open_segments.extend(
                found
                    .segments
                    .into_iter()
                    .filter(|name| self.segments.insert(name)),
            );
            open_attributes.extend(
                found
                    .attributes
                    .into_iter()
                    .filter(|name| self.attributes.insert(name)),
            );
        }
    }
}
