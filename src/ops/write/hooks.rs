//! What a commit really holds: hooks may have changed it.

use crate::diagnostic::Diagnostics;
use crate::document::Tree;
use crate::git::{self, Repo};
use crate::text::{Source, SourceMap};
use crate::yaml;

use super::{Planned, Session};

impl<T> Session<'_, T> {
    /// Reads the committed files again. Returns those that do not mean what was planned; those that
    /// merely look otherwise are told of. `paths` are the changed files' in the repository.
    pub(super) fn look_again(
        &mut self,
        repo: &Repo,
        commit: &str,
        paths: &[&str],
        planned: &Planned<T>,
    ) -> anyhow::Result<Vec<String>> {
        let files = planned.files.iter();
        let files = files.filter(|file| file.before != file.after);
        let mut changed = Vec::new();
        for (file, path) in files.zip(paths) {
            let committed = repo.read_committed(commit, path)?;
            let committed = committed.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            if committed == file.after {
                continue;
            }
            // What a hook adds to the commit, it adds to a copy of the index alone.
            git::restage(repo, commit, &[path])?;
            let (Some(planned), Some(committed)) = (&file.after, &committed) else {
                changed.push(file.path.clone());
                continue;
            };
            // Line ends are Git's own affair.
            if committed.replace("\r\n", "\n") == planned.replace("\r\n", "\n") {
                continue;
            }
            let meaning = meaning(committed);
            if meaning.is_some() && meaning == self::meaning(planned) {
                self.note(format!("a hook reformatted `{}`", file.path), None);
            } else {
                changed.push(file.path.clone());
            }
        }
        Ok(changed)
    }
}

fn meaning(text: &str) -> Option<Tree> {
    let mut sources = SourceMap::default();
    let source = sources.add(Source::new("", text));
    let document = yaml::parse(source, text, &mut Diagnostics::default())?;
    Some(Tree::of(document.root()))
}
