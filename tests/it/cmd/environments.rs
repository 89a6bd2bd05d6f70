//! `environments`

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::new()
        .file(
            "flags/environments.yaml",
            "\
environments:
  development: {description: Local}
  staging: {parent: development, auto_sync: true}
  production:
    parent: staging
    approval_required: true
    approvers: [alice@example.com]
    change_windows: [{days: [mon], start: '09:00', end: '16:00', timezone: Europe/Rome}]
    freezes: [{from: 2026-12-20T00:00:00Z, to: 2027-01-04T00:00:00Z, reason: holidays}]
",
        )
        .file(
            "flags/checkout.yaml",
            "default_value: false\nenvironments: {production: true}\n",
        )
}

#[test]
fn the_tree_shows_inheritance_and_protection() {
    insta::assert_snapshot!(sandbox().run(["environments", "--at", "2026-12-24"]).exits(0).stdout, @r#"
    development
        Local
        entries: 0 flags
      staging  inherits from development
          entries: 0 flags
        production  after staging, inherits nothing
            entries: 1 flag
            approval: 1 by alice@example.com
            change window: mon 09:00 to 16:00 Europe/Rome
            freeze: 2026-12-20T00:00:00Z to 2027-01-04T00:00:00Z (holidays), in force now
    "#);
}

#[test]
fn a_freeze_is_open_from_its_first_moment_to_its_last() {
    let sandbox = sandbox();
    let open = |at: &str| {
        let document = sandbox
            .run(["environments", "--json", "--at", at])
            .exits(0)
            .json();
        assert_eq!(document["format"], "ffctl.environments/v1");
        !document["environments"][2]["open_freeze"].is_null()
    };
    assert!(!open("2026-12-19T23:59:59Z"));
    assert!(open("2026-12-20T00:00:00Z"));
    assert!(open("2027-01-03T23:59:59Z"));
    assert!(!open("2027-01-04T00:00:00Z"));
}

#[test]
fn overrides_are_counted() {
    let document = sandbox().run(["environments", "--json"]).exits(0).json();
    let counts: Vec<_> = document["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["overrides"])
        .collect();
    assert_eq!(counts, [0, 0, 1]);
}
