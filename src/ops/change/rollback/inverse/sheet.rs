//! A file of today on its way to what it is to say.

use crate::diagnostic::Diagnostics;
use crate::document::Tree;
use crate::model::RESERVED_STEMS;
use crate::store::FileChange;
use crate::text::SourceMap;
use crate::workspace::yaml_stem;
use crate::yaml;

use super::super::super::RefusedError;
use super::super::super::plan::edited;

/// A file of today, as the plan has it so far.
pub(super) struct Sheet {
    pub(super) path: String,
    /// What it says today; `None` where there is no such file.
    pub(super) before: Option<String>,
    /// The text that is edited.
    pub(super) text: String,
    /// What it is to say; `None` where it is to be removed.
    pub(super) root: Option<Tree>,
}

impl Sheet {
    pub(super) fn not_understood(&self) -> RefusedError {
        let message = format!("{} cannot be understood as it is", self.path);
        let hint = "mend the file first: `ffctl validate` shows what is wrong with it";
        RefusedError::new(message, hint.to_owned())
    }

    /// Returns whether nothing is planned yet for a file that says this.
    pub(super) fn is_as_it_was(&self, text: &str) -> bool {
        self.before.as_deref() == Some(text) && self.text == text
    }

    /// Returns the file as it is to be; `None` where it did not exist, and does not then.
    pub(super) fn change(self) -> anyhow::Result<Option<FileChange>> {
        let after = match &self.root {
            Some(root) => Some(edited(&self.text, root, &self.path)?),
            None => None,
        };
        let change = FileChange {
            path: self.path,
            before: self.before,
            after,
        };
        Ok((change.before.is_some() || change.after.is_some()).then_some(change))
    }
}

/// Returns the flag whose file goes by a name; nothing for a file of definitions.
pub(super) fn key_of(name: &str) -> &str {
    let is_definition = yaml_stem(name).is_some_and(|stem| RESERVED_STEMS.contains(&stem));
    if is_definition { "" } else { name }
}

/// Returns what a file of definitions says: nothing, where nothing is in it. `None` where it cannot
/// be understood.
pub(super) fn definitions_of(text: &str) -> Option<Tree> {
    let mut told = Diagnostics::default();
    let document = yaml::parse(SourceMap::default().next_id(), text, &mut told);
    let tree = document.map_or_else(Tree::map, |document| Tree::of(document.root()));
    (!told.has_errors()).then_some(tree)
}
