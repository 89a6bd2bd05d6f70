//! What changes for flags in environments, for people.

use crate::diagnostic::plain_text;
use crate::diff::ChangeKind;
use crate::ops::{Effect, Stages};

/// Returns a text on one line.
#[must_use]
pub fn line(text: &str) -> String {
    plain_text(text.trim_end()).into_owned()
}

/// Returns what each environment served and serves, protected environments first.
pub(super) fn effects(effects: &[Effect]) -> String {
    let first = effects.first().map(|effect| effect.flag.as_str());
    let several = effects
        .iter()
        .any(|effect| Some(effect.flag.as_str()) != first);
    table(effects, several)
}

/// As [`effects`], each with its flag.
pub(super) fn effects_of_flags(effects: &[Effect]) -> String {
    table(effects, true)
}

/// As [`effects_of_flags`], where all are of one environment.
pub(super) fn effects_of_one(effects: &[Effect]) -> String {
    let effects: Vec<&Effect> = effects.iter().collect();
    rows(&effects, |effect| vec![effect.flag.clone()])
}

fn table(effects: &[Effect], names_flags: bool) -> String {
    let mut effects: Vec<&Effect> = effects.iter().collect();
    effects.sort_by_key(|effect| !effect.is_protected);
    rows(&effects, |effect| {
        let flag = names_flags.then(|| effect.flag.clone());
        std::iter::once(label(effect)).chain(flag).collect()
    })
}

fn rows(effects: &[&Effect], head: impl Fn(&Effect) -> Vec<String>) -> String {
    let heads: Vec<Vec<String>> = effects.iter().map(|effect| head(effect)).collect();
    let columns = heads.first().map_or(0, Vec::len);
    let widest = |column: usize| heads.iter().map(|head| head[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(widest).collect();
    let mut text = String::new();
    for (effect, cells) in effects.iter().zip(&heads) {
        let cells = cells.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let head = cells.join("  ");
        let below = " ".repeat(head.chars().count());
        let heads = std::iter::once(head).chain(std::iter::repeat(below));
        for (head, words) in heads.zip(told(effect)) {
            text.push_str(&format!("  {head}  {words}\n"));
        }
    }
    text
}

/// Returns what was served and what is, and what that does, each thing once.
pub(super) fn told(effect: &Effect) -> Vec<String> {
    let stages = effect.stages.iter().flat_map(three_stages);
    let served = effect.served.as_ref().filter(|_| effect.stages.is_none());
    let is_covered = |kind| served.is_some_and(|served| served.covers.contains(&kind));
    let changes = effect
        .changes
        .iter()
        .filter(|change| !is_covered(change.kind));
    let changes = changes.map(|change| match change.kind {
        ChangeKind::Latent => format!("latent, {}", line(&change.effect)),
        _ => line(&change.effect),
    });
    let words = served.into_iter().flat_map(|served| &served.words);
    let before = stages.chain(words.map(|words| line(words)));
    before.chain(changes).collect()
}

/// What was served then, is served now and will be.
fn three_stages(stages: &Stages) -> [String; 3] {
    let words =
        |served: &Option<String>| served.as_deref().map_or_else(|| "nothing".to_owned(), line);
    [
        format!("then   {}", words(&stages.then)),
        format!("now    {}", words(&stages.now)),
        format!("after  {}", words(&stages.after)),
    ]
}

pub(super) fn label(effect: &Effect) -> String {
    if effect.is_protected {
        format!("{} (protected)", effect.environment)
    } else {
        effect.environment.clone()
    }
}
