//! The keys of the files in the order in which they are written.

/// The keys of a flag's file.
pub const FLAG_KEYS: [&str; 23] = [
    "flag_id",
    "type",
    "description",
    "owner",
    "tags",
    "lifecycle",
    "default_value",
    "off_value",
    "variants",
    "default_variant",
    "off_variant",
    "salt",
    "bucket_by",
    "depends_on",
    "targeting_rules",
    "environments",
    "kill_switch",
    "killable",
    "promotable",
    "client_side",
    "archived",
    "metadata",
    "tests",
];

/// The keys of an environment's entry.
pub const ENTRY_KEYS: [&str; 13] = [
    "enabled",
    "targeting_rules",
    "value",
    "variant",
    "split",
    "percentage",
    "gradual",
    "default_value",
    "default_variant",
    "bucket_by",
    "schedule",
    "kill_switch",
    "inherit",
];

/// The keys of an entry that make up its one slot of serving.
pub const SERVING_KEYS: [&str; 7] = [
    "value",
    "variant",
    "split",
    "percentage",
    "gradual",
    "default_value",
    "default_variant",
];

/// The keys of a targeting rule.
pub const RULE_KEYS: [&str; 12] = [
    "name",
    "description",
    "conditions",
    "value",
    "variant",
    "split",
    "percentage",
    "gradual",
    "bucket_by",
    "otherwise",
    "promotable",
    "metadata",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemars::JsonSchema;

    use super::*;
    use crate::format::{EntryMap, FlagFile, Rule};

    fn keys_of<T: JsonSchema>() -> BTreeSet<String> {
        let schema = schemars::schema_for!(T);
        let properties = schema.get("properties").and_then(|keys| keys.as_object());
        properties.unwrap().keys().cloned().collect()
    }

    #[test]
    fn every_key_has_its_place() {
        let set = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect();
        assert_eq!(keys_of::<FlagFile>(), set(&FLAG_KEYS));
        assert_eq!(keys_of::<EntryMap>(), set(&ENTRY_KEYS));
        assert_eq!(keys_of::<Rule>(), set(&RULE_KEYS));
        assert!(SERVING_KEYS.iter().all(|key| ENTRY_KEYS.contains(key)));
    }
}
