//! What a deployment has done already: to do it twice does nothing twice.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::{self, ObjectId, Objects};
use crate::workspace::yaml_stem;

use super::super::RefusedError;
use super::Deploy;

/// Returns the flags that commits of the deployment's phase have changed for an environment, each with
/// the newest of them. Without a history nothing was done.
pub(super) fn before(
    root: &Path,
    deploy: &Deploy,
    environment: &str,
) -> anyhow::Result<BTreeMap<String, ObjectId>> {
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
    for (commit, message) in git::commits_saying(root, deploy.id(), git::Within::Head)? {
        let says = |(key, value): &(&str, &str)| {
            let wanted = format!("{key}: {value}");
            message.lines().any(|line| line.trim() == wanted)
        };
        if lines.iter().all(says) {
            for path in git::changed_by(root, commit)? {
                if let Some(key) = yaml_stem(&path) {
                    done.entry(key.to_owned()).or_insert(commit);
                }
            }
        }
    }
    Ok(done)
}
