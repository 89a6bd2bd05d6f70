//! Files of definitions without what commits changed in them.

use crate::document::Tree;
use crate::patch;
use crate::tree::FileTree as _;

use super::super::super::RefusedError;
use super::super::side::{File, Side};
use super::collect::Change;
use super::conflict::{Told, last};
use super::sheet::{Sheet, definitions_of};
use super::undo::Undoing;

impl Undoing<'_, '_> {
    pub(super) fn definitions(
        &mut self,
        stem: &str,
        before: &File,
        after: &File,
        change: &Change,
    ) -> anyhow::Result<()> {
        let list = if stem == "flag-dependencies" {
            "dependencies"
        } else {
            stem
        };
        let name = format!("{stem}.yaml");
        if !self.work.sheets.contains_key(&name) {
            let sheet = self.definition_sheet(stem, before)?;
            self.work.sheets.insert(name.clone(), sheet);
        }
        let Some(sheet) = self.work.sheets.get_mut(&name) else {
            return Ok(());
        };
        let tree = |file: &File| -> Result<Tree, RefusedError> {
            let side = file.as_ref().map(Side::definitions).transpose()?;
            Ok(side.cloned().unwrap_or_else(Tree::map))
        };
        let was = tree(before)?;
        let is_untouched = after
            .as_ref()
            .is_some_and(|side| sheet.is_as_it_was(&side.text));
        if is_untouched
            && (after
                .as_ref()
                .is_some_and(|side| side.definitions().is_err()))
        {
            // What the commit broke is as it was, as a whole: nothing else can be kept.
            sheet.root = before.is_some().then(|| was.clone());
            sheet.text = before
                .as_ref()
                .map_or_else(String::new, |side| side.text.clone());
            return Ok(());
        }
        let is = tree(after)?;
        if sheet.before.is_some() && sheet.root.is_none() && sheet.is_as_it_was(&sheet.text) {
            return Err(sheet.not_understood().into());
        }
        let (path, today) = (sheet.path.clone(), sheet.root.clone());
        let today = today.unwrap_or_else(Tree::map);
        let undone = patch::undo_definitions(list, &was, &is, &today, &self.undo_options(change));
        let conflicts = undone.conflicts.clone();
        for conflict in conflicts {
            let later = last(self.root, &path, change)?;
            self.work.conflicts.push(Told {
                what: format!("`{}` in {name}", conflict.slot),
                commit: change.past.name.clone(),
                later,
                stuck: None,
            });
        }
        if let Some(sheet) = self.work.sheets.get_mut(&name) {
            // A file that did not exist before and defines nothing now goes again.
            let defines = undone
                .root
                .get(list)
                .is_some_and(|list| !list.entries().is_empty() || !list.items().is_empty());
            sheet.root = (before.is_some() || defines).then_some(undone.root);
        }
        Ok(())
    }

    pub(super) fn definition_sheet(&self, stem: &str, before: &File) -> anyhow::Result<Sheet> {
        let folder = self.planner.project.flags_folder();
        for extension in ["yaml", "yml"] {
            let path = format!("{folder}/{stem}.{extension}");
            let Some(bytes) = self.planner.overlay.read(&path)? else {
                continue;
            };
            let text = String::from_utf8(bytes).map_err(|_| {
                let hint = "mend the file first".to_owned();
                RefusedError::new(format!("{path} is not UTF-8"), hint)
            })?;
            return Ok(Sheet {
                root: definitions_of(&text),
                before: Some(text.clone()),
                text,
                path,
            });
        }
        let text = before
            .as_ref()
            .map_or_else(String::new, |side| side.text.clone());
        let path = before.as_ref().map_or("", |side| side.path.as_str());
        let extension = path
            .rsplit_once('.')
            .map_or("yaml", |(_, extension)| extension);
        Ok(Sheet {
            path: format!("{folder}/{stem}.{extension}"),
            before: None,
            text,
            root: None,
        })
    }
}
