//! A catalog of any size: flags of about seventy lines in forty folders, three environments,
//! segments, attributes and dependencies. The same number gives the same files.

use std::fs;
use std::io;
use std::path::Path;

/// Writes a project with that many flags into a folder.
///
/// # Errors
///
/// Fails if a file cannot be written.
pub(crate) fn write(folder: &Path, flags: usize) -> io::Result<()> {
    fs::create_dir_all(folder.join("flags"))?;
    fs::write(folder.join("ffctl.toml"), CONFIG)?;
    fs::write(folder.join("flags/environments.yaml"), ENVIRONMENTS)?;
    fs::write(folder.join("flags/segments.yaml"), SEGMENTS)?;
    fs::write(folder.join("flags/attributes.yaml"), ATTRIBUTES)?;
    for number in 0..flags {
        let team = folder.join(format!("flags/team_{:02}", number % 40));
        fs::create_dir_all(&team)?;
        fs::write(team.join(format!("{}.yaml", key(number))), flag(number))?;
    }
    Ok(())
}

/// Returns the key of a flag.
pub(crate) fn key(number: usize) -> String {
    format!("team_{:02}_feature_{number:05}", number % 40)
}

const CONFIG: &str = "[project]\nname = \"bench\"\ndefault_environment = \"staging\"\n";

const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null, auto_sync: false}
  staging: {parent: development, auto_sync: true}
  production:
    parent: staging
    auto_sync: false
    approval_required: true
    change_windows:
      - {days: [mon, tue, wed, thu], start: \"09:00\", end: \"16:00\", timezone: Europe/Rome}
";

const SEGMENTS: &str = "\
segments:
  beta_testers:
    description: Users who asked for early features
    conditions:
      - {attribute: user_type, operator: equals, value: beta}
  premium_users:
    conditions:
      - {attribute: plan, operator: in, value: [premium, enterprise]}
  early_access:
    conditions:
      - any: [{segment: beta_testers}, {segment: premium_users}]
";

const ATTRIBUTES: &str = "\
attributes:
  user_type: {type: string, values: [beta, standard, staff]}
  plan: {type: string}
  seats: {type: number}
  signed_up: {type: datetime}
  device.os: {type: string}
";

fn flag(number: usize) -> String {
    let head = format!(
        "# yaml-language-server: $schema=../../../schema/flag.schema.json
flag_id: {key}
type: {kind}
description: Feature {number} of the application, as its team describes it in a sentence
owner: team-{team:02}
tags: [team-{team:02}, {tier}]
lifecycle:
  kind: release
  created: 2026-0{month}-1{day}
  expires: 2028-0{month}-1{day}
",
        key = key(number),
        kind = if number % 4 == 3 { "json" } else { "boolean" },
        team = number % 40,
        tier = if number.is_multiple_of(2) {
            "web"
        } else {
            "backend"
        },
        month = number % 9 + 1,
        day = number % 9,
    );
    let body = if number % 4 == 3 {
        variants(number)
    } else {
        boolean(number)
    };
    let depends = if number % 10 == 9 {
        format!(
            "\ndepends_on:\n  - flag: {}\n    required_value: true\n",
            key(number - number % 10)
        )
    } else {
        String::new()
    };
    head + &body + &depends
}

fn boolean(number: usize) -> String {
    let share = number % 99 + 1;
    format!(
        "default_value: false

# Who gets it before everybody does.
targeting_rules:
  - name: staff
    conditions:
      - attribute: user_type
        operator: equals
        value: staff
    value: true
  - name: early_access
    conditions:
      - segment: early_access
      - attribute: app_version
        operator: semver_greater_than_or_equal
        value: 3.{minor}.0
    value: true
    percentage: {share}
  - name: large_teams
    conditions:
      - attribute: seats
        operator: greater_than
        value: {seats}
      - attribute: country
        operator: in
        value: [US, CA, GB, DE, FR, IT, ES, PT, NL, BE]
      - not:
          attribute: device.os
          operator: starts_with
          value: [windows-phone, symbian]
    value: true

environments:
  development: true                 # always on for developers
  staging:
    enabled: true
    percentage: 50
  production:
    enabled: true
    percentage: {share}
    schedule:
      - at: 2030-01-10T09:00:00Z
        set:
          percentage: 75
      - at: 2030-01-20T09:00:00Z
        set:
          percentage: 100

tests:
  - name: staff get it
    environment: production
    context:
      targetingKey: user-{number}
      user_type: staff
    expect:
      value: true
      rule: staff
",
        minor = number % 30,
        seats = number % 500,
    )
}

fn variants(number: usize) -> String {
    format!(
        "variants:
  - key: control
    value:
      color: blue
      text: Buy now
      delay: {number}
    weight: 50
  - key: treatment
    value:
      color: green
      text: Purchase
      delay: 0
    weight: 30
  - key: holdout
    value:
      color: grey
      text: \"-\"
      delay: 5
    weight: 20
default_variant: control

targeting_rules:
  - name: beta_testers
    conditions:
      - segment: beta_testers
    variant: treatment
  - name: new_accounts
    conditions:
      - attribute: signed_up
        operator: after
        value: 2026-06-01
      - attribute: email
        operator: ends_with
        value: [\"@example.com\", \"@example.org\"]
    split: default

environments:
  development: treatment
  staging:
    split:
      control: 50
      treatment: 50
  production:
    percentage: 20
    split: default

tests:
  - name: beta testers see the treatment
    environment: production
    context: {{targetingKey: user-{number}, user_type: beta}}
    expect: {{variant: treatment}}
"
    )
}
