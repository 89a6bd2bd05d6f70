//! The test oracle: what a catalog of flag files serves, straight from the specification.
//!
//! Input are the flag files as text (known to be valid), output is what `evaluate` answers. It interprets the raw
//! values of the files anew on every call, keeps nothing between calls, and shares no code with the product, whose
//! answers are compared with these. It is slow and plain on purpose. Every part names the section of the file format
//! that it follows.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Number, Value, json};

/// All that stands in one project's flags folder.
pub(crate) struct Reference {
    /// Name → `{parent, auto_sync, …}`.
    environments: Map<String, Value>,
    /// Name → `{conditions}`.
    segments: Map<String, Value>,
    /// Name of a computed attribute → its list of `{conditions, value}`.
    computed: Map<String, Value>,
    /// Key → the flag's file.
    flags: BTreeMap<String, Value>,
    /// The items of flag-dependencies.yaml: `{flag, depends_on}`.
    dependencies_apart: Vec<Value>,
    bucketing: String,
}

impl Reference {
    /// Reads a flags folder: path relative to it → YAML text. `bucketing` is `flagd-v2` or `flagd-v3`.
    ///
    /// # Panics
    /// Where a file is not YAML, or `bucketing` is another word: the caller hands over valid catalogs only.
    #[must_use]
    pub(crate) fn new(files: &BTreeMap<String, String>, bucketing: &str) -> Self {
        assert!(matches!(bucketing, "flagd-v2" | "flagd-v3"));
        let mut reference = Self {
            environments: Map::new(),
            segments: Map::new(),
            computed: Map::new(),
            flags: BTreeMap::new(),
            dependencies_apart: Vec::new(),
            bucketing: bucketing.to_owned(),
        };
        // Section 1: every *.yaml / *.yml is a flag, named by its stem, except four names at the top. Hidden files
        // and folders are skipped.
        for (path, text) in files {
            let stem = path
                .strip_suffix(".yaml")
                .or_else(|| path.strip_suffix(".yml"));
            let Some(stem) = stem else { continue };
            if path.split('/').any(|part| part.starts_with('.')) {
                continue;
            }
            let file: Value = serde_yaml::from_str(text).expect("the files are valid YAML");
            match stem {
                "environments" => reference.environments = map(&file["environments"]),
                "segments" => reference.segments = map(&file["segments"]),
                "attributes" => {
                    for (name, attribute) in map(&file["attributes"]) {
                        if let Some(computed) = attribute.get("computed") {
                            reference.computed.insert(name, computed.clone());
                        }
                    }
                }
                "flag-dependencies" => reference.dependencies_apart = list(&file["dependencies"]),
                _ => {
                    let key = stem
                        .rsplit('/')
                        .next()
                        .expect("rsplit yields at least one part");
                    reference.flags.insert(key.to_owned(), file);
                }
            }
        }
        reference
    }

    /// Answers `{value, variant, reason, rule, error}`, with null where there is none.
    #[must_use]
    pub(crate) fn evaluate(
        &self,
        environment: &str,
        flag: &str,
        context: &Value,
        unix_seconds: i64,
    ) -> Value {
        let situation = Situation {
            catalog: self,
            environment,
            context,
            time: i128::from(unix_seconds) * NANOSECONDS,
        };
        let answer = situation.evaluate(flag);
        json!({
            "value": answer.value,
            "variant": answer.variant,
            "reason": answer.reason,
            "rule": answer.rule,
            "error": answer.error,
        })
    }
}

/// Tells whether two answers say the same, where 1 and 1.0 are one number.
#[must_use]
pub(crate) fn same_answer(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right).is_eq(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same_answer(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| same_answer(left, right)))
        }
        _ => left == right,
    }
}

const NANOSECONDS: i128 = 1_000_000_000;

/// 100 percent in thousandths of a percent, and the number of positions.
const EVERYBODY: i128 = 100_000;

/// The three parts of serving (section 2): what, to how many, and the environment's default.
const WHAT: [&str; 3] = ["value", "variant", "split"];
const HOW_MANY: [&str; 2] = ["percentage", "gradual"];
const DEFAULT: [&str; 2] = ["default_value", "default_variant"];

/// Everything that an evaluation is about, but for the flag; dependencies are evaluated in the same one.
struct Situation<'a> {
    catalog: &'a Reference,
    environment: &'a str,
    context: &'a Value,
    /// Nanoseconds since 1970; whole seconds (section 5).
    time: i128,
}

struct Answer {
    value: Value,
    variant: Option<String>,
    reason: &'static str,
    rule: Option<String>,
    error: Option<&'static str>,
}

/// One thing to serve: a raw value, or a variant of a flag that lists variants.
#[derive(Clone)]
enum Choice {
    Value(Value),
    Variant(String),
}

/// How serving, of a rule or of the environment, ends for the subject.
enum Served {
    /// The subject gets this; `bucket` tells whether a bucket was needed to say so.
    Choice { choice: Choice, bucket: bool },
    /// The subject is outside the percentage.
    Outside,
    /// A bucket is needed, and there is no subject.
    NoSubject,
}

/// What an entry holds of each slot (section 4, step 3): nothing, `null`, or a value.
#[derive(Default)]
struct Slots {
    enabled: Option<Value>,
    targeting_rules: Option<Value>,
    /// All three parts together, as one map; `null` is written as `percentage: null`.
    serving: Option<Value>,
    bucket_by: Option<Value>,
}

/// A flag in an environment at a time (section 4), every slot filled.
struct Resolved {
    enabled: bool,
    targeting_rules: Vec<Value>,
    serving: Value,
    bucket_by: Option<String>,
}

// ---------------------------------------------------------------------------------------------------------------------
// Section 5: evaluation
// ---------------------------------------------------------------------------------------------------------------------

impl Situation<'_> {
    fn evaluate(&self, key: &str) -> Answer {
        // Section 5, order 1: unknown or archived. Value, variant and rule are null.
        let Some(flag) = self
            .catalog
            .flags
            .get(key)
            .filter(|flag| flag.get("archived").is_none())
        else {
            return Answer {
                value: Value::Null,
                variant: None,
                reason: "ERROR",
                rule: None,
                error: Some("FLAG_NOT_FOUND"),
            };
        };
        let resolved = self.resolved_for_evaluation(flag);

        // Section 5, order 2: killed or not enabled.
        if self.is_killed(flag) || !resolved.enabled {
            return answer(flag, off_choice(flag), "off", "DISABLED", None);
        }

        // Section 5, order 3: dependencies in this repository.
        let dependencies = self.dependencies(key, flag);
        if !dependencies
            .iter()
            .all(|dependency| self.is_met(dependency))
        {
            return answer(flag, off_choice(flag), "off", "PREREQUISITE_FAILED", None);
        }

        let default = default_choice(flag, &resolved.serving);

        // Section 5, order 4, and section 2, Rules: the first rule whose conditions all hold decides, and no later one
        // is looked at; subjects outside its percentage get the default.
        for rule in &resolved.targeting_rules {
            if !self.all_hold(&rule["conditions"]) {
                continue;
            }
            let name = text(&rule["name"]);
            // Section 6: a rule's `bucket_by`, else the entry's, else the flag's.
            let bucket_by = rule
                .get("bucket_by")
                .and_then(Value::as_str)
                .or(resolved.bucket_by.as_deref());
            return match self.serve(key, flag, rule, bucket_by) {
                Served::Choice {
                    choice,
                    bucket: true,
                } => answer(flag, choice, &name, "SPLIT", Some(&name)),
                Served::Choice {
                    choice,
                    bucket: false,
                } => answer(flag, choice, &name, "TARGETING_MATCH", Some(&name)),
                Served::Outside => answer(flag, default, "default", "DEFAULT", Some(&name)),
                Served::NoSubject => no_subject(flag, default, Some(&name)),
            };
        }

        // Section 5, `STATIC`: nothing could have decided otherwise. (That there is no bucket is seen below.)
        let nothing_else_possible = resolved.targeting_rules.is_empty()
            && dependencies.is_empty()
            && !self.has_step_ahead(flag)
            && !self.has_unfinished_ramp(&resolved.serving);
        let without_bucket = if nothing_else_possible {
            "STATIC"
        } else {
            "DEFAULT"
        };

        // Section 5, order 5: the environment's serving, which exists only if one of these is written.
        if WHAT
            .iter()
            .chain(&HOW_MANY)
            .any(|part| resolved.serving.get(part).is_some())
        {
            return match self.serve(key, flag, &resolved.serving, resolved.bucket_by.as_deref()) {
                Served::Choice {
                    choice,
                    bucket: true,
                } => answer(flag, choice, "rollout", "SPLIT", None),
                Served::Choice {
                    choice,
                    bucket: false,
                } => answer(flag, choice, "rollout", without_bucket, None),
                Served::Outside if self.exposure(&resolved.serving) == 0 => {
                    answer(flag, default, "default", without_bucket, None)
                }
                Served::Outside => answer(flag, default, "default", "DEFAULT", None),
                Served::NoSubject => no_subject(flag, default, None),
            };
        }

        // Section 5, order 6: the default.
        answer(flag, default, "default", without_bucket, None)
    }

    /// Section 5, order 3: the served value, whatever its reason, is the required one; an error never satisfies.
    fn is_met(&self, dependency: &Value) -> bool {
        let served = self.evaluate(&text(&dependency["flag"]));
        if served.error.is_some() {
            return false;
        }
        if let Some(required) = dependency.get("required_variant") {
            // Section 2: a list means one of.
            return list_or_one(required)
                .iter()
                .any(|required| required.as_str() == served.variant.as_deref());
        }
        list_or_one(&dependency["required_value"])
            .iter()
            .any(|required| scalars_equal(required, &served.value))
    }

    /// The flag's dependencies in this repository: its own, and those written apart (section 1).
    fn dependencies(&self, key: &str, flag: &Value) -> Vec<Value> {
        let apart = self
            .catalog
            .dependencies_apart
            .iter()
            .filter(|item| item["flag"] == key);
        let mut dependencies = list(&flag["depends_on"]);
        dependencies.extend(apart.flat_map(|item| list(&item["depends_on"])));
        // Section 5: dependencies on other repositories are not checked when a flag is evaluated.
        dependencies.retain(|dependency| dependency.get("repository").is_none());
        dependencies
    }

    /// Section 2, Serving, as a rule or the environment's serving writes it.
    fn serve(&self, key: &str, flag: &Value, serving: &Value, bucket_by: Option<&str>) -> Served {
        // Section 6: the salt is the flag's, or its key; a split appends `/split`.
        let salt = flag.get("salt").and_then(Value::as_str).unwrap_or(key);
        let subject = self.subject(bucket_by);
        let mut bucket = false;

        // To how many. Section 5: percentages 0 and 100 need no bucket.
        let exposure = self.exposure(serving);
        if exposure == 0 {
            return Served::Outside;
        }
        if exposure < EVERYBODY {
            let Some(subject) = &subject else {
                return Served::NoSubject;
            };
            if self.position(salt, subject) >= exposure {
                return Served::Outside;
            }
            bucket = true;
        }

        // What. Left out, a flag with weights serves its default split, and a boolean without variants `true`.
        let default_split = json!("default");
        let left_out = WHAT.iter().all(|part| serving.get(part).is_none());
        let split = if left_out {
            flag.get("variants").map(|_| &default_split)
        } else {
            serving.get("split")
        };
        let choice = if let Some(split) = split {
            let weights = weights(flag, split);
            // Section 5: fewer than two weights above 0 need no bucket.
            if weights.iter().filter(|(_, weight)| *weight > 0).count() < 2 {
                only_variant(&weights)
            } else {
                let Some(subject) = &subject else {
                    return Served::NoSubject;
                };
                bucket = true;
                split_choice(&weights, self.position(&format!("{salt}/split"), subject))
            }
        } else if let Some(variant) = serving.get("variant") {
            Choice::Variant(text(variant))
        } else if let Some(value) = serving.get("value") {
            Choice::Value(value.clone())
        } else {
            Choice::Value(json!(true))
        };
        Served::Choice { choice, bucket }
    }

    /// Section 2, "to how many", in thousandths of a percent.
    fn exposure(&self, serving: &Value) -> i128 {
        if let Some(percentage) = serving.get("percentage") {
            thousandths(percentage)
        } else if let Some(gradual) = serving.get("gradual") {
            self.gradual_exposure(gradual)
        } else {
            EVERYBODY
        }
    }

    /// Section 2: nobody before `start`, `from` at `start` (`increment` if left out), `increment` more after each full
    /// `every`, at most `until` (100 if left out).
    fn gradual_exposure(&self, gradual: &Value) -> i128 {
        let start = instant(&text(&gradual["start"])).expect("start is RFC 3339");
        if self.time < start {
            return 0;
        }
        let increment = thousandths(&gradual["increment"]);
        let from = gradual.get("from").map_or(increment, thousandths);
        let full_steps = (self.time - start) / duration(&text(&gradual["every"]));
        (from + full_steps * increment).min(gradual_end(gradual))
    }

    /// Section 5, `STATIC`: a ramp that has not reached its end.
    fn has_unfinished_ramp(&self, serving: &Value) -> bool {
        let Some(gradual) = serving.get("gradual") else {
            return false;
        };
        let start = instant(&text(&gradual["start"])).expect("start is RFC 3339");
        self.time < start || self.gradual_exposure(gradual) < gradual_end(gradual)
    }
}

/// `name` is the variant's, where the flag lists none and is no boolean.
fn answer(
    flag: &Value,
    choice: Choice,
    name: &str,
    reason: &'static str,
    rule: Option<&str>,
) -> Answer {
    let (value, variant) = match choice {
        Choice::Variant(key) => (variant_value(flag, &key), key),
        // Section 5: the variant of a flag without variants is `on` or `off` for booleans; otherwise the rule's name,
        // `rollout`, `default` or `off`.
        Choice::Value(Value::Bool(true)) => (json!(true), "on".to_owned()),
        Choice::Value(Value::Bool(false)) => (json!(false), "off".to_owned()),
        Choice::Value(value) => (value, name.to_owned()),
    };
    Answer {
        value,
        variant: Some(variant),
        reason,
        rule: rule.map(str::to_owned),
        error: None,
    }
}

/// Section 5: value and variant are those of the default, `rule` the rule that needed the bucket.
fn no_subject(flag: &Value, default: Choice, rule: Option<&str>) -> Answer {
    Answer {
        error: Some("TARGETING_KEY_MISSING"),
        ..answer(flag, default, "default", "ERROR", rule)
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Section 2: default, off value, variants
// ---------------------------------------------------------------------------------------------------------------------

/// Section 2, Serving: the environment's default; left out, the flag's.
fn default_choice(flag: &Value, serving: &Value) -> Choice {
    for defined in [serving, flag] {
        if let Some(value) = defined.get("default_value") {
            return Choice::Value(value.clone());
        }
        if let Some(variant) = defined.get("default_variant") {
            return Choice::Variant(text(variant));
        }
    }
    unreachable!("a flag has a default")
}

/// Section 2, Off value.
fn off_choice(flag: &Value) -> Choice {
    if let Some(value) = flag.get("off_value") {
        return Choice::Value(value.clone());
    }
    if let Some(variant) = flag.get("off_variant") {
        return Choice::Variant(text(variant));
    }
    if is_boolean(flag) {
        if flag.get("variants").is_none() {
            return Choice::Value(json!(false));
        }
        // A boolean's only variant with value `false`; not exactly one is an error.
        let off = list(&flag["variants"])
            .into_iter()
            .find(|variant| variant["value"] == false);
        return Choice::Variant(text(&off.expect("exactly one variant is false")["key"]));
    }
    default_choice(flag, &Value::Null)
}

/// Section 2: `type` left out is that of the default.
fn is_boolean(flag: &Value) -> bool {
    if let Some(kind) = flag.get("type") {
        return kind == "boolean";
    }
    match default_choice(flag, &Value::Null) {
        Choice::Value(value) => value.is_boolean(),
        Choice::Variant(key) => variant_value(flag, &key).is_boolean(),
    }
}

fn variant_value(flag: &Value, key: &str) -> Value {
    let variant = list(&flag["variants"])
        .into_iter()
        .find(|variant| variant["key"] == key);
    variant.expect("the variant exists")["value"].clone()
}

/// The weight of every variant of the flag, in thousandths, in the order in which the flag lists them (section 6).
fn weights(flag: &Value, split: &Value) -> Vec<(String, i128)> {
    let variants = list(&flag["variants"]);
    let weight = |variant: &Value| {
        if split == "default" {
            // Section 2: `split: default` takes the variants' weights.
            thousandths(&variant["weight"])
        } else {
            // Section 2: a variant that a `split` does not list weighs 0.
            split.get(text(&variant["key"])).map_or(0, thousandths)
        }
    };
    variants
        .iter()
        .map(|variant| (text(&variant["key"]), weight(variant)))
        .collect()
}

/// The one variant of a one-way split.
fn only_variant(weights: &[(String, i128)]) -> Choice {
    let only = weights.iter().find(|(_, weight)| *weight > 0);
    Choice::Variant(only.expect("the sum of weights is over 0").0.clone())
}

/// Section 6: boundary i = floor(cumulated weight × 100,000 / total).
fn split_choice(weights: &[(String, i128)], position: i128) -> Choice {
    let total: i128 = weights.iter().map(|(_, weight)| weight).sum();
    let mut cumulated = 0;
    for (key, weight) in weights {
        cumulated += weight;
        if position < cumulated * EVERYBODY / total {
            return Choice::Variant(key.clone());
        }
    }
    unreachable!("the last boundary is 100,000, and every position is below it")
}

// ---------------------------------------------------------------------------------------------------------------------
// Sections 2 and 4: entries, schedules, environments
// ---------------------------------------------------------------------------------------------------------------------

impl Situation<'_> {
    /// Section 4 as a whole: the flag in the environment that is asked for.
    fn resolved_for_evaluation(&self, flag: &Value) -> Resolved {
        match self.resolved(flag, self.environment) {
            Some(resolved) => resolved,
            // Section 4, step 2: only a flag with no `environments:` key at all is the same everywhere.
            None if flag.get("environments").is_none() => flag_itself(flag),
            // Section 4, step 2: without rules and serving.
            None => Resolved {
                targeting_rules: Vec::new(),
                ..flag_itself(flag)
            },
        }
    }

    /// Section 4, steps 1 to 3. None: neither entry nor base.
    fn resolved(&self, flag: &Value, environment: &str) -> Option<Resolved> {
        // Step 1: the flag resolved in the parent, unless that has neither entry nor base.
        let base = self
            .inherits_from(flag, environment)
            .and_then(|parent| self.resolved(flag, &parent));
        // Step 2: an entry that at this time holds no slot counts as no entry.
        let slots = self.slots(flag, environment);
        let holds_a_slot = slots.enabled.is_some()
            || slots.targeting_rules.is_some()
            || slots.serving.is_some()
            || slots.bucket_by.is_some();
        if !holds_a_slot {
            return base;
        }
        // Step 3: over the base, or over the flag itself; `null` means the flag's own.
        let own = flag_itself(flag);
        let under = base.unwrap_or_else(|| flag_itself(flag));
        Some(Resolved {
            enabled: match slots.enabled {
                None => under.enabled,
                Some(Value::Null) => own.enabled,
                Some(enabled) => enabled == true,
            },
            targeting_rules: match slots.targeting_rules {
                None => under.targeting_rules,
                Some(Value::Null) => own.targeting_rules,
                Some(rules) => list(&rules),
            },
            serving: match slots.serving {
                None => under.serving,
                Some(Value::Null) => own.serving,
                Some(serving) => serving,
            },
            bucket_by: match slots.bucket_by {
                None => under.bucket_by,
                Some(Value::Null) => own.bucket_by,
                Some(attribute) => Some(text(&attribute)),
            },
        })
    }

    /// Section 4, step 3: time comes first inside each entry: its elapsed steps lie over it, in order of time.
    fn slots(&self, flag: &Value, environment: &str) -> Slots {
        let Some(entry) = entry(flag, environment) else {
            return Slots::default();
        };
        let entry = longhand(flag, entry);
        let mut slots = slots_written_in(&entry);
        for step in list(&entry["schedule"]) {
            if !self.has_elapsed(&step) {
                continue;
            }
            let set = slots_written_in(&step["set"]);
            slots = Slots {
                enabled: set.enabled.or(slots.enabled),
                targeting_rules: set.targeting_rules.or(slots.targeting_rules),
                serving: set.serving.or(slots.serving),
                bucket_by: set.bucket_by.or(slots.bucket_by),
            };
        }
        slots
    }

    /// Section 2: from `at` on.
    fn has_elapsed(&self, step: &Value) -> bool {
        instant(&text(&step["at"])).expect("at is RFC 3339") <= self.time
    }

    /// Section 4, step 4: the flag, the entry, or the entry of any ancestor over `auto_sync` edges, `inherit: false`
    /// or not.
    fn is_killed(&self, flag: &Value) -> bool {
        let mut environment = Some(self.environment.to_owned());
        while let Some(name) = environment {
            if entry(flag, &name).is_some_and(|entry| entry.get("kill_switch").is_some()) {
                return true;
            }
            environment = self.synchronised_parent(&name);
        }
        flag.get("kill_switch").is_some()
    }

    /// Section 5, `STATIC`: a step ahead in this entry or in one that it inherits from, whatever it sets.
    fn has_step_ahead(&self, flag: &Value) -> bool {
        let mut environment = Some(self.environment.to_owned());
        while let Some(name) = environment {
            let schedule =
                entry(flag, &name).map_or_else(Vec::new, |entry| list(&entry["schedule"]));
            if schedule.iter().any(|step| !self.has_elapsed(step)) {
                return true;
            }
            environment = self.inherits_from(flag, &name);
        }
        false
    }

    /// Section 4: the parent, where the edge to it has `auto_sync`.
    fn synchronised_parent(&self, environment: &str) -> Option<String> {
        let environment = self.catalog.environments.get(environment)?;
        if environment.get("auto_sync") != Some(&Value::Bool(true)) {
            return None;
        }
        environment["parent"].as_str().map(str::to_owned)
    }

    /// Section 4, step 1: the same, unless the flag's entry says `inherit: false`.
    fn inherits_from(&self, flag: &Value, environment: &str) -> Option<String> {
        let cut = entry(flag, environment).and_then(|entry| entry.get("inherit"))
            == Some(&Value::Bool(false));
        if cut {
            None
        } else {
            self.synchronised_parent(environment)
        }
    }
}

fn entry<'a>(flag: &'a Value, environment: &str) -> Option<&'a Value> {
    flag.get("environments")?.get(environment)
}

/// Section 2, Environment entry: what a scalar stands for.
fn longhand(flag: &Value, entry: &Value) -> Value {
    if entry.is_object() {
        entry.clone()
    } else if *entry == false {
        json!({"enabled": false})
    } else if flag.get("variants").is_some() {
        json!({"enabled": true, "default_variant": entry})
    } else {
        json!({"enabled": true, "default_value": entry})
    }
}

/// The slots as written in an entry, or in the `set` of a step.
fn slots_written_in(written: &Value) -> Slots {
    // Section 4, step 3: an entry that writes any part of serving replaces all three.
    let mut serving = Map::new();
    for part in WHAT.iter().chain(&HOW_MANY).chain(&DEFAULT) {
        if let Some(value) = written.get(part) {
            serving.insert((*part).to_owned(), value.clone());
        }
    }
    let serving = if serving.get("percentage") == Some(&Value::Null) {
        // Section 4, step 3: so is `null` written for serving, with no other serving key.
        Some(Value::Null)
    } else if serving.is_empty() {
        None
    } else {
        Some(Value::Object(serving))
    };
    Slots {
        enabled: written.get("enabled").cloned(),
        targeting_rules: written.get("targeting_rules").cloned(),
        serving,
        bucket_by: written.get("bucket_by").cloned(),
    }
}

/// Section 4, step 3: the flag itself is enabled, has its `targeting_rules` and its default.
fn flag_itself(flag: &Value) -> Resolved {
    Resolved {
        enabled: true,
        targeting_rules: list(&flag["targeting_rules"]),
        serving: json!({}),
        bucket_by: flag.get("bucket_by").map(text),
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Section 3: conditions
// ---------------------------------------------------------------------------------------------------------------------

/// What a condition finds under an attribute's name.
enum Attribute {
    Missing,
    /// The attribute `now`, in nanoseconds since 1970.
    Now(i128),
    Given(Value),
}

impl Situation<'_> {
    /// A list of conditions is their AND.
    fn all_hold(&self, conditions: &Value) -> bool {
        list(conditions)
            .iter()
            .all(|condition| self.holds(condition))
    }

    fn holds(&self, condition: &Value) -> bool {
        if let Some(segment) = condition.get("segment") {
            let segment = self
                .catalog
                .segments
                .get(&text(segment))
                .expect("the segment exists");
            self.all_hold(&segment["conditions"])
        } else if let Some(any) = condition.get("any") {
            list(any).iter().any(|condition| self.holds(condition))
        } else if let Some(all) = condition.get("all") {
            self.all_hold(all)
        } else if let Some(not) = condition.get("not") {
            !self.holds(not)
        } else {
            let attribute = self.attribute(&text(&condition["attribute"]));
            // `values` is accepted for `value`.
            let operand = condition
                .get("value")
                .or_else(|| condition.get("values"))
                .cloned()
                .unwrap_or_default();
            operator_holds(&text(&condition["operator"]), &attribute, &operand)
        }
    }

    fn attribute(&self, name: &str) -> Attribute {
        // `now` is the evaluation's time; a `now` in the caller's context is ignored.
        if name == "now" {
            return Attribute::Now(self.time);
        }
        // Computed: the first entry whose conditions hold gives the value, none leaves it missing.
        if let Some(entries) = self.catalog.computed.get(name) {
            let first = list(entries).into_iter().find(|entry| {
                entry
                    .get("conditions")
                    .is_none_or(|conditions| self.all_hold(conditions))
            });
            return first.map_or(Attribute::Missing, |entry| {
                Attribute::Given(entry["value"].clone())
            });
        }
        // Dotted names reach into nested attributes. What the context says of a computed attribute is ignored.
        let mut parts = name.split('.');
        let first = parts.next().expect("split yields at least one part");
        if first == "now" || self.catalog.computed.contains_key(first) {
            return Attribute::Missing;
        }
        let mut found = self.context.get(first);
        for part in parts {
            found = found.and_then(|outer| outer.get(part));
        }
        match found {
            None | Some(Value::Null) => Attribute::Missing,
            Some(value) => Attribute::Given(value.clone()),
        }
    }
}

/// Section 3, the table. A missing or null attribute, or one of the wrong type, makes every positive operator false.
fn operator_holds(operator: &str, attribute: &Attribute, operand: &Value) -> bool {
    // `not_x` is exactly the negation of `x`.
    if let Some(positive) = operator.strip_prefix("not_") {
        return !operator_holds(positive, attribute, operand);
    }
    if operator == "semver_not_equals" {
        return !operator_holds("semver_equals", attribute, operand);
    }
    // A list of one under an operator that takes a single value (written as `values: [x]`) is that value.
    let operands = list_or_one(operand);
    let single = operands.first().cloned().unwrap_or_default();
    match operator {
        "exists" => !matches!(attribute, Attribute::Missing),
        "equals" => given(attribute).is_some_and(|actual| scalars_equal(actual, &single)),
        "in" => match given(attribute) {
            None => false,
            Some(Value::Array(members)) => members.iter().any(|member| {
                operands
                    .iter()
                    .any(|operand| scalars_equal(member, operand))
            }),
            Some(actual) => operands
                .iter()
                .any(|operand| scalars_equal(actual, operand)),
        },
        "contains" => match given(attribute) {
            Some(Value::String(actual)) => operands
                .iter()
                .any(|operand| actual.contains(&text(operand))),
            Some(Value::Array(members)) => operands.iter().any(|operand| members.contains(operand)),
            _ => false,
        },
        "starts_with" => given_text(attribute)
            .is_some_and(|actual| operands.iter().any(|o| actual.starts_with(&text(o)))),
        "ends_with" => given_text(attribute)
            .is_some_and(|actual| operands.iter().any(|o| actual.ends_with(&text(o)))),
        "matches" => given_text(attribute).is_some_and(|actual| {
            Regex::new(&text(&single))
                .expect("the regular expression is valid")
                .is_match(actual)
        }),
        "greater_than" | "greater_than_or_equal" | "less_than" | "less_than_or_equal" => {
            let (Some(Value::Number(actual)), Value::Number(limit)) = (given(attribute), &single)
            else {
                return false;
            };
            is_so(operator, compare_numbers(actual, limit))
        }
        "before" | "after" => {
            let actual = match attribute {
                Attribute::Now(time) => Some(*time),
                other => given_text(other).and_then(instant),
            };
            let (Some(actual), Some(limit)) = (actual, instant(&text(&single))) else {
                return false;
            };
            // `after` is ≥, `before` is <: periods tile.
            if operator == "before" {
                actual < limit
            } else {
                actual >= limit
            }
        }
        _ => {
            let comparison = operator
                .strip_prefix("semver_")
                .expect("there is no other operator");
            let actual = given_text(attribute).and_then(version);
            let (Some(actual), Some(limit)) = (actual, version(&text(&single))) else {
                return false;
            };
            // Precedence as SemVer says; build metadata ignored.
            is_so(comparison, actual.cmp_precedence(&limit))
        }
    }
}

fn is_so(comparison: &str, ordering: std::cmp::Ordering) -> bool {
    match comparison {
        "equals" => ordering.is_eq(),
        "greater_than" => ordering.is_gt(),
        "greater_than_or_equal" => ordering.is_ge(),
        "less_than" => ordering.is_lt(),
        "less_than_or_equal" => ordering.is_le(),
        _ => unreachable!("there is no other comparison"),
    }
}

fn given(attribute: &Attribute) -> Option<&Value> {
    match attribute {
        Attribute::Given(value) => Some(value),
        Attribute::Missing | Attribute::Now(_) => None,
    }
}

fn given_text(attribute: &Attribute) -> Option<&str> {
    given(attribute).and_then(Value::as_str)
}

/// Section 3, `equals`: same type and equal; numbers by value (1 equals 1.0).
fn scalars_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right).is_eq(),
        _ => false,
    }
}

/// Whole numbers exactly, others as the doubles that they are.
fn compare_numbers(left: &Number, right: &Number) -> std::cmp::Ordering {
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        return left.cmp(&right);
    }
    let (left, right) = (left.as_f64(), right.as_f64());
    left.partial_cmp(&right).expect("numbers are finite")
}

fn whole(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// Section 3: `SemVer` 2.0; a leading v and a missing minor or patch are accepted.
fn version(written: &str) -> Option<semver::Version> {
    let written = written.strip_prefix(['v', 'V']).unwrap_or(written);
    let end = written.find(['-', '+']).unwrap_or(written.len());
    let (numbers, rest) = written.split_at(end);
    let missing = match numbers.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => "",
    };
    semver::Version::parse(&format!("{numbers}{missing}{rest}")).ok()
}

// ---------------------------------------------------------------------------------------------------------------------
// Section 6: buckets
// ---------------------------------------------------------------------------------------------------------------------

impl Situation<'_> {
    /// The context's `targetingKey`; where it is missing, `user_id` stands in. `bucket_by` names another attribute.
    fn subject(&self, bucket_by: Option<&str>) -> Option<String> {
        match bucket_by {
            None => subject_text(&self.attribute("targetingKey"))
                .or_else(|| subject_text(&self.attribute("user_id"))),
            Some(attribute) => subject_text(&self.attribute(attribute)),
        }
    }

    /// An integer in 0..99,999: `(u64(h) * 100_000) >> 32`.
    fn position(&self, salt: &str, subject: &str) -> i128 {
        let hashed = format!("{salt}{subject}");
        let bytes = match self.catalog.bucketing.as_str() {
            "flagd-v2" => hashed.into_bytes(),
            _ => cbor_text_string(&hashed),
        };
        let hash = murmur3::murmur3_32(&mut Cursor::new(bytes), 0)
            .expect("reading from memory cannot fail");
        i128::from((u64::from(hash) * 100_000) >> 32)
    }
}

/// A subject is a non-empty string, or a number of integral value within ±(2^53−1), as its decimal text; anything else
/// counts as missing.
fn subject_text(attribute: &Attribute) -> Option<String> {
    const LARGEST: i128 = (1 << 53) - 1;
    match given(attribute)? {
        Value::String(subject) if !subject.is_empty() => Some(subject.clone()),
        Value::Number(number) => {
            let integral = match (whole(number), number.as_f64()) {
                (Some(whole), _) => whole,
                (None, Some(double)) if double.fract() == 0.0 => {
                    format!("{double:.0}").parse().ok()?
                }
                _ => return None,
            };
            (-LARGEST..=LARGEST)
                .contains(&integral)
                .then(|| integral.to_string())
        }
        _ => None,
    }
}

/// A deterministic CBOR text string (RFC 8949 4.2.1): major type 3, the length in its shortest form, the bytes.
fn cbor_text_string(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut bytes = if length < 24 {
        vec![0x60 + u8::try_from(length).expect("below 24")]
    } else if let Ok(length) = u8::try_from(length) {
        vec![0x78, length]
    } else if let Ok(length) = u16::try_from(length) {
        let mut head = vec![0x79];
        head.extend(length.to_be_bytes());
        head
    } else {
        let mut head = vec![0x7a];
        head.extend(
            u32::try_from(length)
                .expect("no text is that long")
                .to_be_bytes(),
        );
        head
    };
    bytes.extend(text.as_bytes());
    bytes
}

// ---------------------------------------------------------------------------------------------------------------------
// Decimals, times and raw values
// ---------------------------------------------------------------------------------------------------------------------

/// A decimal with up to three places, in thousandths (sections 2 and 6): from its text, never through a float.
fn thousandths(decimal: &Value) -> i128 {
    let text = decimal.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = format!("{fraction:0<3}");
    format!("{whole}{fraction}")
        .parse()
        .expect("a decimal with up to three places")
}

fn gradual_end(gradual: &Value) -> i128 {
    gradual.get("until").map_or(EVERYBODY, thousandths)
}

/// Section 2: a count of s, m, h, d (86,400 s) or w, in nanoseconds.
fn duration(written: &str) -> i128 {
    let (count, unit) = written.split_at(written.len() - 1);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => unreachable!("there is no other unit"),
    };
    count
        .parse::<i128>()
        .expect("a duration starts with a count")
        * seconds
        * NANOSECONDS
}

/// An RFC 3339 date-time, or a date, which is its 00:00Z (section 3), in nanoseconds since 1970.
fn instant(written: &str) -> Option<i128> {
    static DATE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("^[0-9]{4}-[0-9]{2}-[0-9]{2}$").expect("a valid pattern"));
    static DATE_TIME: LazyLock<Regex> = LazyLock::new(|| {
        let (date, time) = (
            "[0-9]{4}-[0-9]{2}-[0-9]{2}",
            "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?",
        );
        let offset = "([Zz]|[+-][0-9]{2}:[0-9]{2})";
        Regex::new(&format!("^{date}[Tt]{time}{offset}$")).expect("a valid pattern")
    });
    let date_time = if DATE.is_match(written) {
        format!("{written}T00:00:00Z")
    } else if DATE_TIME.is_match(written) {
        written.to_owned()
    } else {
        return None;
    };
    let timestamp: jiff::Timestamp = date_time.parse().ok()?;
    Some(timestamp.as_nanosecond())
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string stands here").to_owned()
}

/// The list that stands here; none where nothing does.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn list_or_one(value: &Value) -> Vec<Value> {
    if value.is_array() {
        list(value)
    } else {
        vec![value.clone()]
    }
}

/// The map that stands here; an empty one where nothing does.
fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
