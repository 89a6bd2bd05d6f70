//! Back to a revision.

use super::super::scenario::Scenario;
use super::{MARCH, check, idle, refused, row};
use crate::support::git::Repositories;

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn back_to_a_revision() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // The last revisions differ in nothing, or in one flag.
            idle("--to c45"),
            idle("--to c44"),
            row(
                "--to c43",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            // Before the first merge: search is on nowhere, and there is no step; what was `banner` is
            // called `hero`.
            row(
                "--to c14",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    all_but!("search disabled"),
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | sale",
                    "checkout: beta[tester] true | beta[tester] 25% by checkout",
                    "search: off | off",
                ],
            ),
            // After it: search is on in development, and in what follows it.
            row(
                "--to c15",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | sale",
                    "checkout: beta[tester] true | beta[tester] 25% by checkout",
                    "search: true | off",
                ],
            ),
            // Before the squash merge, and after it.
            row(
                "--to c18 --flag checkout --flag search",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure+schedule",
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 25% by checkout",
                    "search: true | 5% by search",
                ],
            ),
            row(
                "--to c19",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure+schedule",
                ],
                &[
                    "hero: hi dev | sale",
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 5% by search",
                ],
            )
            .tells(&["`layout` did not exist at c19", "called `banner` at c19"]),
            // The flag is called as today.
            row(
                "--to c20",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure+schedule",
                    all!("hero serving"),
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 5% by search",
                    "hero: hi dev | sale",
                ],
            ),
            // On both sides of the move it is the same.
            row(
                "--to c21 --flag hero",
                &[all!("hero serving")],
                &["hero: hi dev | sale!"],
            ),
            row(
                "--to c22 --flag hero",
                &[all!("hero serving")],
                &["hero: hi dev | sale!"],
            ),
            idle("--to c21").from("c22"),
            // What was reverted, and the revert. All or nothing needs no bucket.
            row(
                "--to c23 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+latent",
                ],
                &["checkout: beta[tester] true | beta[tester] true"],
            ),
            row(
                "--to c24 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                ],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            ),
            row(
                "--to c23",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] true"],
            )
            .from("c24"),
            // What the broken file said is not known: the flag stays as it is.
            row(
                "--to c25",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    all!("hero serving"),
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "hero: hi dev | sale!",
                ],
            )
            .partly()
            .tells(&["its file had errors at c25"]),
            refused("--to c25 --flag search", &["had errors at c25"]),
            row(
                "--to c26 --flag search",
                &["production search exposure+schedule"],
                &["search: true | 20% by search"],
            ),
            // A merge that did what neither side had done, and the two sides.
            row(
                "--to c30 --flag hero",
                &["production hero serving"],
                &["hero: hi devs | sale!"],
            ),
            row(
                "--to c31 --flag hero",
                &[all!("hero serving")],
                &["hero: hi dev | sale!!"],
            ),
            idle("--to c32 --flag hero"),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn back_to_where_there_were_other_flags_and_environments() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // Long before. What did not exist is left, or archived.
            row(
                "--to c07",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+rules+reshuffle",
                    all_but!("search disabled"),
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | hi",
                    "checkout: true | 25% by checkout",
                    "search: off | off",
                ],
            )
            .tells(&["`layout` did not exist at c07", "called `banner` at c07"]),
            row(
                "--to c07 --prune",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+rules+reshuffle",
                    all!("layout removed"),
                    all_but!("search disabled"),
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | hi",
                    "checkout: true | 25% by checkout",
                    "layout: - | -",
                    "search: off | off",
                ],
            ),
            // The rule asked for others then.
            row(
                "--to c11 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+rules+reshuffle",
                ],
                &["checkout: beta[beta] true | beta[beta] 25% by checkout"],
            ),
            // A flag that is gone comes back.
            row(
                "--to c33",
                &[
                    all!("temp created"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure",
                ],
                &[
                    "temp: true | false",
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            ),
            // It comes back as a whole only.
            row(
                "--to c33 --env production --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            refused("--to c33 --env production --flag temp", &["temp"]),
            // Staging stood alone, and had no entries: it served the defaults.
            row(
                "--to c36",
                &[
                    "development+qa checkout latent",
                    "staging checkout+search disabled",
                    "staging hero serving",
                    "production checkout exposure+reshuffle",
                    "production search exposure",
                ],
                &[
                    "checkout: beta[tester] true | false | beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | false | true | 20% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi | hi devs | SALE",
                ],
            ),
            row(
                "--to c36 --env staging",
                &["staging checkout+search disabled", "staging hero serving"],
                &[
                    "checkout: beta[tester] true | false | beta[tester] true | beta[tester] 75% by pepper",
                    "search: true | false | true | 30% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi | hi devs | SALE",
                ],
            ),
            refused("--to c36 --env staging --no-pin", &["--no-pin"]),
            // It follows again.
            row(
                "--to c37",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure",
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            )
            .tells(&["`layout` did not exist at c37"]),
            row(
                "--to c37 --prune --flag layout",
                &[all!("layout removed")],
                &["layout: - | -"],
            ),
            // Others were first in line.
            row(
                "--to c38 --flag layout",
                &[all!("layout reshuffle")],
                &["layout: a 50% b 50% | a 90% b 10%"],
            ),
            row(
                "--to c40",
                &["production checkout+search exposure"],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by pepper",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            ),
            // One environment, and those that follow it.
            row(
                "--to c40 --env production --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--to c05 --env production --flag checkout --flag search",
                &[
                    "production checkout disabled",
                    "production search disabled+schedule",
                ],
                &["checkout: beta[tester] true | off", "search: true | off"],
            ),
            row(
                "--to c04 --env development --flag checkout --flag search",
                &[all_but!("checkout+search disabled")],
                &[
                    "checkout: off | beta[tester] 75% by pepper",
                    "search: off | 30% by search, 50% by search from 2026-03-01",
                ],
            ),
            // The salt is not the entry's to say, and it decides who is in.
            refused(
                "--to c12 --env production --flag checkout",
                &["salt", "leave out `--env`"],
            ),
            row(
                "--to c23 --env production --flag checkout",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] true"],
            ),
            // It was archived then.
            row(
                "--to c41",
                &["production checkout exposure", all!("search removed")],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by pepper",
                    "search: - | -",
                ],
            ),
        ],
    );
}

#[test]
fn back_to_a_revision_over_kill_switches_and_time() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // A kill switch that was in force then comes back.
            row(
                "--to c27",
                &[
                    all_but!("checkout killed+latent"),
                    "production checkout killed+latent",
                    "production search exposure+schedule",
                    all!("hero serving"),
                ],
                &[
                    "checkout: killed, beta[tester] true | killed, beta[tester] 60% by checkout",
                    "search: true | 20% by search",
                    "hero: hi dev | sale!",
                ],
            ),
            row(
                "--to c28 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                ],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            ),
            // One that has been thrown since stays, unless it is to go.
            idle("--to c26").from("c27"),
            row(
                "--to c26 --lift-kill-switches",
                &["development+staging+production checkout restored"],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            )
            .from("c27"),
            row(
                "--to c23",
                &["production checkout latent", "production search exposure"],
                &[
                    "checkout: killed, beta[tester] true | killed, beta[tester] true",
                    "search: true | 5% by search",
                ],
            )
            .from("c27"),
            row(
                "--to c23 --lift-kill-switches",
                &[
                    "development+staging+production checkout restored",
                    "production search exposure",
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] true",
                    "search: true | 5% by search",
                ],
            )
            .from("c27"),
            // The step was ahead then. While it still is, it stays; elapsed, it goes.
            row(
                "--to c42 --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--to c42 --flag search",
                &["production search exposure+schedule"],
                &["search: true | 20% by search"],
            )
            .at(MARCH),
            row(
                "--to c42 --flag search --resume",
                &["production search latent"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            )
            .at(MARCH),
            row(
                "--to c45",
                &["production search exposure+schedule"],
                &["search: true | 30% by search"],
            )
            .at(MARCH),
            idle("--to c45 --resume").at(MARCH),
        ],
    );
}
