//! Without a commit, or a deployment.

use super::super::scenario::Scenario;
use super::{check, idle, refused, row};
use crate::support::git::Repositories;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn without_a_commit() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // Comments and owners are no part of what comes back.
            idle("--commit c08"),
            idle("--commit c09"),
            // An ordinary edit, and one with a later edit beside it.
            row(
                "--commit c43",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--commit c44",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            // A share that was changed again; the switch was not.
            refused(
                "--commit c06",
                &[
                    "serving in production of `checkout`",
                    "--keep-newer",
                    "--take-older",
                ],
            ),
            row(
                "--commit c06 --keep-newer",
                &["production checkout disabled"],
                &["checkout: beta[tester] true | off"],
            ),
            row(
                "--commit c06 --take-older",
                &["production checkout disabled+latent"],
                &["checkout: beta[tester] true | off"],
            ),
            // A rule, and the segment that it asks for.
            row(
                "--commit c11",
                &[all_but!("checkout latent"), "production checkout rules"],
                &["checkout: true | 75% by pepper"],
            ),
            row(
                "--commit c12",
                &[all_but!("checkout latent"), "production checkout rules"],
                &["checkout: beta[beta] true | beta[beta] 75% by pepper"],
            ),
            refused("--commit c10", &["`beta_testers` in segments.yaml"]),
            // A merge is what it brought, and its branch's commit is the same.
            row(
                "--commit c15",
                &[all_but!("search disabled")],
                &["search: off | 30% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--commit c13",
                &[all_but!("search disabled")],
                &["search: off | 30% by search, 50% by search from 2026-03-01"],
            ),
            // A merge that did what neither side had done.
            row(
                "--commit c32",
                &[all!("hero serving")],
                &["hero: hi dev | sale!!"],
            ),
            row(
                "--commit c30",
                &[all_but!("hero serving")],
                &["hero: hi dev | SALE"],
            ),
            refused("--commit c31", &["serving in production of `hero`"]),
            // A squash merge, in a folder that has moved since, and where all was changed again.
            row(
                "--commit c19",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by checkout"],
            )
            .from("c22"),
            refused("--commit c19", &["serving in production of `checkout`"]),
            idle("--commit c19 --keep-newer"),
            row(
                "--commit c19 --take-older",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by pepper"],
            ),
            // A rename is a flag that goes, and another that comes.
            row(
                "--commit c20",
                &[
                    "development+staging+production banner created",
                    "development+staging+production hero removed",
                ],
                &["banner: hi dev | sale", "hero: - | -"],
            )
            .from("c20"),
            refused("--commit c20", &["the flag `hero`"]),
            row(
                "--commit c20 --keep-newer",
                &[all!("banner created")],
                &["banner: hi dev | sale"],
            ),
            row(
                "--commit c20 --take-older",
                &[all!("banner created"), all!("hero removed")],
                &["banner: hi dev | sale", "hero: - | -"],
            )
            .follows(&[all!("banner serving")]),
            // The moved folder is a setting, which stays.
            refused("--commit c22", &["ffctl.toml", "not undone"]),
            // What was reverted, the revert, and a revert of a revert.
            idle("--commit c23").from("c24"),
            row(
                "--commit c24",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] true"],
            )
            .from("c24"),
            refused("--commit c24", &["serving in production of `checkout`"]),
        ],
    );
}

#[test]
fn without_a_commit_of_a_broken_file_of_a_switch_or_of_an_environment() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // What the file said while it was broken is not known, and it was mended since.
            refused("--commit c25", &["`search` cannot be understood at"]),
            refused("--commit c26", &["`search` cannot be understood at"]),
            // A kill switch stays, unless it is to go; one that was lifted comes back.
            idle("--commit c27").from("c27").tells(&["kill switch"]),
            row(
                "--commit c27 --lift-kill-switches",
                &["development+staging+production checkout restored"],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            )
            .from("c27"),
            row(
                "--commit c28",
                &[all!("checkout killed")],
                &["checkout: killed, beta[tester] true | killed, beta[tester] 75% by pepper"],
            ),
            // A step.
            row(
                "--commit c29",
                &["production search schedule"],
                &["search: true | 30% by search"],
            ),
            // Flags that came and went.
            idle("--commit c33"),
            row(
                "--commit c34",
                &[all!("temp created")],
                &["temp: true | false"],
            ),
            refused("--commit c38", &["the flag `layout`"]),
            row(
                "--commit c38",
                &[all!("layout removed")],
                &["layout: - | -"],
            )
            .from("c38"),
            row(
                "--commit c39",
                &[all!("layout reshuffle")],
                &["layout: a 50% b 50% | a 90% b 10%"],
            ),
            // An environment.
            row(
                "--commit c35",
                &["qa checkout+hero+layout+search removed"],
                &[
                    "checkout: beta[tester] true | beta[tester] true | - | beta[tester] 75% by pepper",
                    "search: true | true | - | 30% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi devs | - | SALE",
                    "layout: b 50% a 50% | b 50% a 50% | - | b 10% a 90%",
                ],
            ),
            // What an environment follows, and the revert of that.
            idle("--commit c36"),
            row(
                "--commit c37",
                &[
                    "staging checkout+search disabled",
                    "staging hero+layout serving",
                ],
                &[
                    "checkout: beta[tester] true | false | beta[tester] true | beta[tester] 75% by pepper",
                    "search: true | false | true | 30% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi | hi devs | SALE",
                    "layout: b 50% a 50% | a | b 50% a 50% | b 10% a 90%",
                ],
            ),
            // Who is dealt how.
            row(
                "--commit c40",
                &[all_but!("checkout latent"), "production checkout reshuffle"],
                &["checkout: beta[tester] true | beta[tester] 75% by checkout"],
            ),
            // A flag was archived, and came back.
            idle("--commit c41"),
            row(
                "--commit c42",
                &[all!("search removed")],
                &["search: - | -"],
            ),
            // One flag or one environment of a commit that has several.
            row(
                "--commit c44 --env production --flag checkout",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            idle("--commit c44 --env staging"),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn without_a_deployment() {
    let repositories = Repositories::new();
    let mut scenario = Scenario::new(&repositories);
    scenario.february();
    check(
        &scenario.repo,
        &[
            // Two commits, one of each phase, and an edit beside them.
            row(
                "--deployment-id d2",
                &["production search+checkout exposure"],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by pepper",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            ),
            row(
                "--deployment-id d2 --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--deployment-id d2 --env production --flag checkout",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            idle("--deployment-id d2 --env staging"),
            // A squash merge that has the line of one of its commits.
            row(
                "--deployment-id d1",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by checkout"],
            )
            .from("c22"),
            refused(
                "--deployment-id d1",
                &["serving in production of `checkout`"],
            ),
            idle("--deployment-id d1 --keep-newer"),
            row(
                "--deployment-id d1 --take-older",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by pepper"],
            ),
            // A ramp is held at what it gave when the deployment ended it, four steps along; or
            // goes on, nine steps along.
            row(
                "--deployment-id d3",
                &["production pay exposure", "production hero serving"],
                &["pay: true | 40% by pay", "hero: hi devs | SALE"],
            )
            .from("c49")
            .tells(&["held at 40%"]),
            row(
                "--deployment-id d3 --resume",
                &["production pay exposure", "production hero serving"],
                &["pay: true | ramp by pay", "hero: hi devs | SALE"],
            )
            .from("c49"),
            row(
                "--to c46 --flag pay",
                &["production pay exposure"],
                &["pay: true | 20% by pay"],
            )
            .from("c49")
            .tells(&["held at 20%"]),
            row(
                "--to c46 --flag pay --resume",
                &["production pay exposure"],
                &["pay: true | ramp by pay"],
            )
            .from("c49"),
            // Over a segment that has changed since, and back.
            row(
                "--to c46 --flag checkout",
                &[all_but!("checkout latent"), "production checkout rules"],
                &["checkout: beta[tester] true | beta[tester] 75% by pepper"],
            )
            .from("c49"),
            // One of its slots was changed again, the other was not.
            refused("--deployment-id d3", &["serving in production of `hero`"]).from("c50"),
            row(
                "--deployment-id d3 --keep-newer",
                &["production pay exposure"],
                &["pay: true | 40% by pay"],
            )
            .from("c50"),
            row(
                "--deployment-id d3 --take-older",
                &["production pay exposure", "production hero serving"],
                &["pay: true | 40% by pay", "hero: hi devs | SALE"],
            )
            .from("c50"),
            // A kill switch that a deployment threw stays.
            row(
                "--deployment-id d4",
                &["production layout serving+reshuffle"],
                &["layout: b 50% a 50% | b 10% a 90%"],
            )
            .from("c52"),
            row(
                "--deployment-id d4 --lift-kill-switches",
                &[
                    "production layout serving+reshuffle",
                    "production search restored",
                ],
                &[
                    "layout: b 50% a 50% | b 10% a 90%",
                    "search: true | 30% by search, 50% by search from 2026-03-01",
                ],
            )
            .from("c52"),
        ],
    );
}
