//! `enable` on the example catalog: what is changed, and what is refused.

use std::collections::BTreeMap;

use serde_yaml::Value;
use similar::{ChangeTag, TextDiff};

use crate::support::{Sandbox, files_below};

/// What the manual says of a quarter of everybody in staging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// What it serves is known.
    Known,
    /// It must be said what it serves.
    Unsaid,
    /// Runtimes do not get it.
    Archived,
}

struct Example {
    key: String,
    path: String,
    definition: Value,
}

fn examples(sandbox: &Sandbox) -> Vec<Example> {
    let root = sandbox.root();
    let files = files_below(&root.join("flags"));
    let in_folders = files
        .iter()
        .filter(|file| file.parent() != Some(&root.join("flags")));
    in_folders
        .map(|file| {
            let path = file.strip_prefix(&root).unwrap().to_str().unwrap();
            Example {
                key: file.file_stem().unwrap().to_str().unwrap().to_owned(),
                path: path.to_owned(),
                definition: serde_yaml::from_str(&sandbox.read(path)).unwrap(),
            }
        })
        .collect()
}

impl Example {
    fn class(&self) -> Class {
        let definition = &self.definition;
        let variants = definition["variants"].as_sequence();
        let is_weighted = variants.is_some_and(|all| !all[0]["weight"].is_null());
        let is_boolean = definition["type"] == "boolean" && variants.is_none();
        if !definition["archived"].is_null() {
            Class::Archived
        } else if is_boolean || is_weighted || self.serves_its_own() {
            Class::Known
        } else {
            Class::Unsaid
        }
    }

    /// Returns whether staging's entry, or the one of development that it follows, names something
    /// to serve.
    fn serves_its_own(&self) -> bool {
        let entries = &self.definition["environments"];
        let (staging, development) = (&entries["staging"], &entries["development"]);
        let is_cut_off = staging["inherit"] == false;
        let says = |entry: &Value| match entry {
            Value::Null => None,
            Value::Mapping(map) => {
                let keys = [
                    "value",
                    "variant",
                    "split",
                    "default_value",
                    "default_variant",
                ];
                let named = keys.iter().find_map(|key| map.get(*key));
                let is_null = map.get("percentage").is_some_and(Value::is_null);
                named.cloned().or_else(|| is_null.then_some(Value::Null))
            }
            scalar => Some(scalar.clone()),
        };
        let inherited = || says(development).filter(|_| !is_cut_off);
        let default = [
            &self.definition["default_value"],
            &self.definition["default_variant"],
        ];
        let own = says(staging).or_else(inherited);
        own.is_some_and(|own| !own.is_null() && !default.contains(&&own))
    }

    /// Returns something that it does not serve by default.
    fn something_else(&self) -> [String; 2] {
        let definition = &self.definition;
        if let Some(variants) = definition["variants"].as_sequence() {
            let mut keys = variants.iter().map(|variant| &variant["key"]);
            let other = keys.find(|key| **key != definition["default_variant"]);
            return ["--variant", other.unwrap().as_str().unwrap()].map(str::to_owned);
        }
        let value = match definition["type"].as_str().unwrap() {
            "json" => "{other: true}",
            "string" => "other",
            _ => "77",
        };
        ["--value", value].map(str::to_owned)
    }
}

/// The lines of an environment's entry: from its key to the next one, or to a comment before it.
fn entry_lines(text: &str, name: &str) -> Vec<usize> {
    let head = format!("  {name}:");
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let Some(first) = lines.iter().position(|line| line.starts_with(&head)) else {
        return Vec::new();
    };
    let rest = lines[first + 1..].iter();
    let length = rest.take_while(|line| indent(line) > 2).count();
    (first..=first + length).collect()
}

/// Only lines of the entry are changed, as Git shows it.
#[track_caller]
fn assert_only_entry(key: &str, before: &str, after: &str) {
    let (old, new) = (
        entry_lines(before, "staging"),
        entry_lines(after, "staging"),
    );
    assert!(!new.is_empty(), "{key}: there is no entry\n{after}");
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let is_inside = match change.tag() {
            ChangeTag::Equal => true,
            ChangeTag::Delete => old.contains(&change.old_index().unwrap()),
            ChangeTag::Insert => new.contains(&change.new_index().unwrap()),
        };
        assert!(is_inside, "{key}: {change} is not of the entry\n{after}");
    }
}

#[test]
fn a_quarter_of_every_example_flag_changes_its_entry_or_is_refused() {
    let all = examples(&Sandbox::example());
    let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
    for example in &all {
        let class = example.class();
        *classes.entry(class).or_default() += 1;
        let sandbox = Sandbox::example();
        sandbox.run(["validate"]).exits(0);
        let before = sandbox.read(&example.path);
        let mut words = vec!["enable", "--flag", &example.key, "--env", "staging"];
        words.extend(["--percentage", "25"]);
        let (status, said) = match class {
            Class::Known => (0, "enable"),
            Class::Unsaid => (2, "not said what"),
            Class::Archived => (1, "is archived"),
        };
        let output = sandbox.run(&words).exits(status);
        let text = format!("{}{}", output.stdout, output.stderr);
        assert!(text.contains(said), "{}: {output}", example.key);
        if class != Class::Known {
            assert_eq!(sandbox.read(&example.path), before, "{}", example.key);
        }
        if class == Class::Archived {
            continue;
        }
        let other = example.something_else();
        if class == Class::Unsaid {
            words.extend(other.iter().map(String::as_str));
            sandbox.run(&words).exits(0);
        }
        assert_only_entry(&example.key, &before, &sandbox.read(&example.path));
        sandbox.run(["validate"]).exits(0);
    }
    let total: usize = classes.values().sum();
    assert_eq!((total, all.len()), (33, 33), "{classes:?}");
    assert_eq!(classes[&Class::Archived], 1, "{classes:?}");
}

/// A refusal writes nothing, and the effects on environments that inherit are told.
#[test]
fn what_must_be_served_first_is_asked_for_or_enabled_as_well() {
    let sandbox = Sandbox::new()
        .file("flags/cart.yaml", "default_value: false\nenvironments: {staging: false}\n")
        .file(
            "flags/pay.yaml",
            "default_value: false\ndepends_on: [{flag: cart, required_value: true}]\nenvironments: {staging: false}\n",
        );
    let words = [
        "enable",
        "--flag",
        "pay",
        "--env",
        "staging",
        "--percentage",
        "25",
    ];
    let refused = sandbox.run(words).exits(1);
    assert!(refused.stderr.contains("`pay` needs `cart`"), "{refused}");
    assert!(sandbox.read("flags/pay.yaml").contains("staging: false"));
    let both = words.iter().chain(&["--with-dependencies"]);
    sandbox.run(both).exits(0);
    assert!(sandbox.read("flags/cart.yaml").contains("staging: true"));
    let pay = sandbox.read("flags/pay.yaml");
    assert!(
        pay.contains("staging: {enabled: true, percentage: 25}"),
        "{pay}"
    );
    // Off again, those that depend on it are named.
    let off = sandbox
        .run(["disable", "--flag", "cart", "--env", "staging"])
        .exits(0);
    assert!(off.stderr.contains("pay` depends on `cart`"), "{off}");
}

/// Names that attributes.yaml does not know are refused, and the nearest one is named.
#[test]
fn an_unknown_attribute_of_a_rule_is_refused() {
    let sandbox = Sandbox::example();
    let path = "flags/platform/maintenance_mode.yaml";
    let before = sandbox.read(path);
    let words = [
        "rule",
        "add",
        "--flag",
        "maintenance_mode",
        "--env",
        "development",
    ];
    let rule = ["--name", "it", "--when", "cuntry equals IT"];
    let output = sandbox.run(words.iter().chain(&rule)).exits(1);
    assert!(output.stderr.contains("unknown-attribute"), "{output}");
    assert!(output.stderr.contains("country"), "{output}");
    assert_eq!(sandbox.read(path), before);
}
