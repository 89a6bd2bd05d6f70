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

fn table(effects: &[Effect], names_flags: bool) -> String {
    let mut effects: Vec<&Effect> = effects.iter().collect();
    effects.sort_by_key(|effect| !effect.is_protected);
    let widest = |width: fn(&Effect) -> usize| effects.iter().map(|effect| width(effect)).max();
    let place = widest(|effect| label(effect).chars().count()).unwrap_or_default();
    let flag = widest(|effect| effect.flag.chars().count()).unwrap_or_default();
    let mut text = String::new();
    for effect in effects {
        let mut head = format!("{:place$}", label(effect));
        if names_flags {
            head.push_str(&format!("  {:flag$}", effect.flag));
        }
        let below = " ".repeat(head.chars().count());
        let heads = std::iter::once(head).chain(std::iter::repeat(below));
        for (head, words) in heads.zip(told(effect)) {
            text.push_str(&format!("  {head}  {words}\n"));
        }
    }
    text
}

/// Returns what was served and what is, and what that does. A switch says both by itself.
pub(super) fn told(effect: &Effect) -> Vec<String> {
    let is_switch = |kind| {
        matches!(
            kind,
            ChangeKind::Created
                | ChangeKind::Removed
                | ChangeKind::Enabled
                | ChangeKind::Disabled
                | ChangeKind::Killed
                | ChangeKind::Restored
        )
    };
    let switched = effect.changes.iter().any(|change| is_switch(change.kind));
    let stages = effect.stages.iter().flat_map(three_stages);
    let is_told = effect.stages.is_some() || switched;
    let served = effect.served.iter().filter(|_| !is_told);
    let changes = effect.changes.iter().map(|change| match change.kind {
        ChangeKind::Latent => format!("latent, {}", line(&change.effect)),
        _ => line(&change.effect),
    });
    let before = stages.chain(served.map(|served| line(served)));
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
