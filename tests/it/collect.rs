//! Thirty different faults in ten files are all told in one run, each once.

use std::collections::BTreeSet;

use crate::support::Sandbox;

/// Every fault stands on the line of its `# fault: CHECK`.
const FILES: [(&str, &str); 10] = [
    (
        "ffctl.toml",
        r#"
[project]
nmae = "web"                                        # fault: unknown-key
[checks]
same-everwhere = "off"                              # fault: unknown-check
"#,
    ),
    (
        "flags/environments.yaml",
        r#"
environments:
  development:
    auto_sync: true                                 # fault: sync-without-parent
    change_windows:
      - {days: [mon], start: "09:00", end: "09:00"} # fault: invalid-window
  staging:
    parent: developmnet                             # fault: unknown-environment
  production:
    parent: staging
    change_windows:
      - days: [tue]
        start: "09:00"
        end: "16:00"
        timezone: Europe/Roma                       # fault: invalid-time-zone
"#,
    ),
    (
        "flags/segments.yaml",
        r"
segments:
  beta:                                             # fault: segment-cycle
    conditions: [{segment: staff}]
  staff:
    conditions: [{segment: beta}]
  nobody:
    conditions:
      - {segment: staff, not: {segment: beta}}      # fault: malformed-condition
",
    ),
    (
        "flags/attributes.yaml",
        r"
attributes:
  now: {type: datetime}                             # fault: reserved-name
  tier: {type: string, computed: [{value: gold}]}
  badge:
    type: string
    computed:
      - conditions: [{attribute: tier, operator: exists}]   # fault: computed-from-computed
        value: star
  age:                                              # fault: missing-key
    description: in years
",
    ),
    (
        "flags/flag-dependencies.yaml",
        r"
dependencies:
  - flag: payments                                  # fault: unknown-flag
    depends_on: [{flag: cart, required_value: true}]
  - flag: checkout
    depends_on:
      - {flag: cart, required_value: true}          # fault: duplicate-dependency
",
    ),
    (
        "flags/shop/checkout.yaml",
        r"
flag_id: check_out                                  # fault: key-mismatch
default_value: false
depends_on:
  - {flag: cart, required_value: true}
targeting_rules:
  - name: staff
    conditions:
      - {attribute: email, operator: matches, value: '(staff'}              # fault: invalid-regex
      - {attribute: email, operator: end_with, value: '@example.com'}       # fault: unknown-operator
      - {attribute: acount, operator: exists}                               # fault: unknown-attribute
environments:
  production: true
",
    ),
    (
        "flags/shop/button.yaml",
        r"
type: string
variants:                                           # fault: invalid-weights
  - {key: blue, value: '#00f', weight: 1}
  - {key: green, value: '#0f0'}
default_variant: blue
environments:
  development: grean                                # fault: unknown-variant
  staging:
    value: '#0f0'                                   # fault: raw-value-with-variants
  production:
    variant: green
    split: {blue: 1, green: 1}                      # fault: conflicting-keys
",
    ),
    (
        "flags/api/timeout.yaml",
        r"
type: integer
default_value: 30
targeting_rules:
  - name: slow                                      # fault: missing-value
    conditions: []
environments:
  development: false                                # fault: scalar-entry
  staging: 45.5                                     # fault: value-type-mismatch
  production:
    default_value: 30
    schedule:
      - at: 2027-01-10T09:00:00Z
        set: {default_value: 40}
      - at: 2027-01-10T08:00:00Z                    # fault: schedule-order
        set: {default_value: 50}
",
    ),
    (
        "flags/api/cart.yaml",
        r"
default_value: false
lifecycle:
  expires: 2027-02-29                               # fault: invalid-time
environments:
  development:                                      # fault: empty-entry
  staging:
    percentage: 33.3333                             # fault: too-many-decimals
  production:
    percentage: 250                                 # fault: out-of-range
",
    ),
    (
        "flags/api/search.yaml",
        r"
default_value: false
owner: search
environments:
  development: true
  staging:
    gradual:
      start: 2026-12-01T09:00:00Z
      increment: 0                                  # fault: invalid-ramp
      every: 1d
",
    ),
];

fn sandbox() -> Sandbox {
    FILES
        .iter()
        .fold(Sandbox::empty(), |sandbox, (path, text)| {
            sandbox.file(path, text)
        })
}

/// Returns file, line and check of every fault.
fn faults() -> Vec<(String, u64, String)> {
    let mut faults = Vec::new();
    for (path, text) in FILES {
        for (line, at) in text.lines().zip(1..) {
            if let Some((_, check)) = line.split_once("# fault: ") {
                faults.push((path.to_owned(), at, check.to_owned()));
            }
        }
    }
    faults.sort();
    faults
}

#[test]
fn thirty_different_faults_are_meant() {
    let faults = faults();
    let checks: BTreeSet<&String> = faults.iter().map(|(_, _, check)| check).collect();
    assert_eq!((faults.len(), checks.len()), (30, 30));
}

#[test]
fn all_faults_are_told_as_json_and_none_twice() {
    let output = sandbox().run(["validate", "--json"]).exits(1);
    let findings = output.findings();
    let mut told: Vec<(String, u64, String)> = findings
        .into_iter()
        .map(|finding| (finding.file, finding.line, finding.check))
        .collect();
    told.sort();
    assert_eq!(told, faults());
    let summary = &output.json()["summary"];
    assert_eq!(
        (&summary["files"], &summary["flags"]),
        (&9.into(), &5.into())
    );
    assert_eq!(
        (&summary["errors"], &summary["warnings"]),
        (&29.into(), &1.into())
    );
}

#[test]
fn all_faults_are_told_to_people_and_none_twice() {
    let output = sandbox().run(["validate"]).exits(1);
    for (file, line, check) in faults() {
        let head = format!("[{check}]: ");
        assert_eq!(output.stdout.matches(&head).count(), 1, "{check}: {output}");
        let (_, after) = output.stdout.split_once(&head).unwrap();
        let place = after.lines().nth(1).unwrap().trim();
        assert!(
            place.starts_with(&format!("--> {file}:{line}:")),
            "{check}: {place}"
        );
    }
    assert!(
        output
            .stdout
            .ends_with("5 flags in 9 files: 29 errors, 1 warning\n"),
        "{output}"
    );
    assert_eq!(output.stdout.matches("= help: ").count(), 30);
    assert_eq!(output.without_clock(), "");
}

#[test]
fn two_runs_give_equal_bytes() {
    let sandbox = sandbox();
    let (first, second) = (sandbox.run(["validate"]), sandbox.run(["validate"]));
    assert_eq!(first.stdout, second.stdout);
}
