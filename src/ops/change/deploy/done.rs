//! What a deployment has done already: to do it twice does nothing twice.

use std::collections::BTreeMap;
use std::path::Path;

use crate::git::{self, ObjectId, Objects};
use crate::workspace::yaml_stem;

use super::Deploy;

/// Returns the flags that commits of the deployment's phase have changed for an environment, each with
/// the newest of them. Without a history nothing was done.
pub(super) fn before(
    root: &Path,
    deploy: &Deploy,
    environment: &str,
) -> anyhow::Result<BTreeMap<String, ObjectId>> {
    let mut done = BTreeMap::new();
    if Objects::find(root)?.is_none_or(|objects| objects.commit("HEAD").is_err()) {
        return Ok(done);
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
