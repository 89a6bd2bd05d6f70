//! `archive`: a flag that nobody needs any more is kept, and not compiled.

use crate::diagnostic::join_names;
use crate::document::Tree;
use crate::model::FlagKey;

use super::entry::{in_one_line, moment};
use super::served::{Served, served};
use super::serving::tree_of;
use super::{Patched, Refusal, Subject};

/// Archives a flag. From the next export on, runtimes do not find it and their code's default is
/// served; so it must have settled: the value of `lifecycle.completed.keep`, or else any one value,
/// is what everybody gets in every environment, now and at every later time.
///
/// # Errors
///
/// Refuses a flag that others depend on, or that still serves anything but its settled value.
pub fn archive(
    subject: &Subject<'_>,
    reason: &str,
    dependants: &[FlagKey],
) -> Result<Patched, Refusal> {
    subject.not_archived()?;
    if reason.trim().is_empty() {
        return Err(Refusal::usage(
            "it is not said why the flag is archived",
            "say it with `--reason`",
        ));
    }
    let key = &subject.flag.key;
    if !dependants.is_empty() {
        let names: Vec<&str> = dependants.iter().map(FlagKey::as_str).collect();
        let verb = if names.len() == 1 {
            "depends"
        } else {
            "depend"
        };
        return Err(Refusal::no(
            format!("{} still {verb} on `{key}`", join_names(&names, "and")),
            "take it out of their `depends_on` first",
        ));
    }
    let value = settled(subject)?;
    let block = Tree::map_of([
        ("at", moment(subject.now).into()),
        ("reason", reason.into()),
    ])
    .in_brackets();
    let and_that = value.map_or_else(String::new, |value| {
        format!("; see that it is `{}`", in_one_line(&value))
    });
    Ok(Patched {
        root: subject.with_key("archived", block),
        notes: vec![format!(
            "runtimes will not find `{key}` and get the default of their code{and_that}"
        )],
    })
}

/// An environment's name, with what it serves.
type Place<'s> = (&'s str, Served);

/// Returns the one value that is served, unless there is no environment to serve it in.
fn settled(subject: &Subject<'_>) -> Result<Option<Tree>, Refusal> {
    let flag = subject.flag;
    let environments = subject.catalog.environments.iter();
    let places = environments.map(|(id, place)| (place.name.as_str(), served(subject, id)));
    let mut places: Vec<Place<'_>> = places.collect();
    let key = &flag.key;
    if let Some(keep) = &flag.lifecycle.completed {
        places.retain(|(_, served)| !served.is_only(flag, keep));
        let keep = tree_of(subject, keep);
        if places.is_empty() {
            return Ok(Some(keep));
        }
        let keep = in_one_line(&keep);
        return Err(Refusal::no(
            format!(
                "`{key}` is to keep `{keep}`, and does not serve just that yet: {}",
                in_words(subject, &places)
            ),
            format!("serve `{keep}` to everybody there first"),
        ));
    }
    let mut everything = Served::default();
    for (_, served) in &places {
        everything.extend(served);
    }
    let distinct = everything.distinct(flag);
    if distinct.len() <= 1 {
        return Ok(distinct.first().map(|serve| tree_of(subject, serve)));
    }
    Err(Refusal::no(
        format!(
            "`{key}` does not serve one value to everybody yet: {}",
            in_words(subject, &places)
        ),
        "serve one value everywhere first; `lifecycle.completed.keep` says which is meant to stay",
    ))
}

fn in_words(subject: &Subject<'_>, places: &[Place<'_>]) -> String {
    let words = |(name, served): &Place<'_>| {
        let values = served.distinct(subject.flag).into_iter();
        let values: Vec<String> = values
            .map(|serve| in_one_line(&tree_of(subject, serve)))
            .collect();
        format!("{name} serves {}", join_names(&values, "or"))
    };
    places.iter().map(words).collect::<Vec<_>>().join(", ")
}
