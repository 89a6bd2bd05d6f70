//! What a deployment has done already: to do it twice does nothing twice.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::{self, ObjectId, Objects};
use crate::workspace::yaml_stem;

use super::super::RefusedError;
use super::Deploy;

/// What has changed a flag for a deployment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    /// The newest commit that did.
    pub(super) commit: ObjectId,
    /// The rollback that has undone it since.
    pub(super) undone_by: Option<ObjectId>,
}

/// Returns the flags that commits of the deployment's phase have changed for an environment, each with
/// the newest of them. Without a history nothing was done.
pub(super) fn before(
    root: &Path,
    deploy: &Deploy,
    environment: &str,
) -> anyhow::Result<BTreeMap<String, Done>> {
    let mut done = BTreeMap::new();
    let objects = Objects::find(root)?;
    let Some(objects) = objects.filter(|objects| objects.commit("HEAD").is_ok()) else {
        return Ok(done);
    };
    if objects.is_shallow() {
        let message = format!(
            "this clone is shallow, so it is not known what `{}` has done already",
            deploy.id()
        );
        let hint =
            "`git fetch --unshallow` gets the whole history (`fetch-depth: 0` in a workflow)";
        return Err(RefusedError::new(message, hint.to_owned()).into());
    }
    let lines = [
        ("Deployment-Id", deploy.id()),
        ("Deployment-Phase", deploy.phase().name()),
        ("Environment", environment),
    ];
    let rollbacks = git::commits_saying(root, "Rollback-Of", git::Within::Head)?;
    for (commit, message) in git::commits_saying(root, deploy.id(), git::Within::Head)? {
        let says = |(key, value): &(&str, &str)| {
            let wanted = format!("{key}: {value}");
            message.lines().any(|line| line.trim() == wanted)
        };
        if lines.iter().all(says) {
            let of_it = [deploy.id().to_owned(), commit.to_string()];
            let of_it = of_it.map(|target| format!("Rollback-Of: {target}"));
            let undoes = |message: &str| {
                let mut lines = message.lines().map(str::trim);
                lines.any(|line| of_it.iter().any(|target| line == target))
            };
            let mut undone_by = None;
            for (rollback, _) in rollbacks.iter().filter(|(_, message)| undoes(message)) {
                if git::is_behind(root, commit, &rollback.to_string())? {
                    undone_by = Some(*rollback);
                }
            }
            let done_here = Done { commit, undone_by };
            for path in git::changed_by(root, commit)? {
                if let Some(key) = yaml_stem(&path) {
                    done.entry(key.to_owned()).or_insert(done_here);
                }
            }
        }
    }
    Ok(done)
}
