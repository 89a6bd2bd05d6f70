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

/// As [`effects`], each with its flag, and environments in which the same changes told once.
pub(super) fn effects_of_flags(effects: &[Effect]) -> String {
    let groups = groups(effects);
    let heads = groups.iter().map(Group::cells).collect::<Vec<_>>();
    rows(groups.iter().map(|group| &group.words), &heads)
}

/// As [`effects_of_flags`], where all are of one environment.
pub(super) fn effects_of_one(effects: &[Effect]) -> String {
    let words: Vec<Vec<String>> = effects.iter().map(told).collect();
    let heads = effects.iter().map(|effect| vec![effect.flag.clone()]);
    rows(words.iter(), &heads.collect::<Vec<_>>())
}

/// Environments in which the same changes for a flag.
pub(super) struct Group<'e> {
    pub(super) flag: &'e str,
    environments: Vec<&'e str>,
    is_protected: bool,
    pub(super) words: Vec<String>,
}

/// Returns the environments of each flag by what changes there, protected environments first.
pub(super) fn groups(effects: &[Effect]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for effect in effects {
        let words = told(effect);
        // Those of one flag stand together.
        let of_flag = groups.iter_mut().rev();
        let mut of_flag = of_flag.take_while(|group| group.flag == effect.flag);
        let same = of_flag
            .find(|group| (group.is_protected, &group.words) == (effect.is_protected, &words));
        match same {
            Some(group) => group.environments.push(&effect.environment),
            None => groups.push(Group {
                flag: &effect.flag,
                environments: vec![&effect.environment],
                is_protected: effect.is_protected,
                words,
            }),
        }
    }
    groups.sort_by_key(|group| !group.is_protected);
    groups
}

impl Group<'_> {
    pub(super) fn label(&self) -> String {
        labelled(&self.environments.join(", "), self.is_protected)
    }

    fn cells(&self) -> Vec<String> {
        vec![self.label(), self.flag.to_owned()]
    }
}

fn table(effects: &[Effect], names_flags: bool) -> String {
    let mut effects: Vec<&Effect> = effects.iter().collect();
    effects.sort_by_key(|effect| !effect.is_protected);
    let head = |effect: &&Effect| {
        let flag = names_flags.then(|| effect.flag.clone());
        let label = labelled(&effect.environment, effect.is_protected);
        std::iter::once(label).chain(flag).collect()
    };
    let words: Vec<Vec<String>> = effects.iter().map(|effect| told(effect)).collect();
    rows(words.iter(), &effects.iter().map(head).collect::<Vec<_>>())
}

/// Returns lines of words, each behind its head, in columns.
fn rows<'w>(words: impl Iterator<Item = &'w Vec<String>>, heads: &[Vec<String>]) -> String {
    let columns = heads.first().map_or(0, Vec::len);
    let widest = |column: usize| heads.iter().map(|head| head[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(widest).collect();
    let mut text = String::new();
    for (words, cells) in words.zip(heads) {
        let cells = cells.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let head = cells.join("  ");
        let below = " ".repeat(head.chars().count());
        let heads = std::iter::once(head).chain(std::iter::repeat(below));
        for (head, words) in heads.zip(words) {
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

fn labelled(environments: &str, is_protected: bool) -> String {
    if is_protected {
        format!("{environments} (protected)")
    } else {
        environments.to_owned()
    }
}
