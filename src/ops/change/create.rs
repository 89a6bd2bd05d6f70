//! `create`: a flag's file that is not there yet.

use crate::model::{FlagKey, FlagKind};
use crate::patch;
use crate::ruleset::ValueType;
use crate::store::FileChange;
use crate::tree::{FileTree, Overlay};
use crate::workspace::{Project, ProjectTree};
use crate::yaml;

use super::super::UsageError;
use super::super::write::Planned;
use super::plan::{Plan, Planner};
use super::{RefusedError, Request, refused};

/// A flag to be created.
#[derive(Debug, Clone, Default)]
pub struct NewFlag {
    /// The type of its values; left out, that of the default.
    pub value_type: Option<ValueType>,
    /// Its default as it was typed.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What kind of flag it is.
    pub kind: Option<FlagKind>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// The day by which it should be gone.
    pub expires: Option<jiff::civil::Date>,
    /// The folder below the flags folder.
    pub folder: Option<String>,
}

/// Plans the file of a new flag.
pub(super) fn plan(
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    key: &str,
    request: &Request,
    new: &NewFlag,
) -> anyhow::Result<Planned<Plan>> {
    patch::not_reserved(key).map_err(refused)?;
    let path = path_of(&project, &overlay, key, new)?;
    let keys = vec![key.to_owned()];
    let mut planner = Planner::open(project, overlay, keys, request);
    planner.is_free(key, None)?;
    planner.sound_settings()?;
    planner.sound_environments()?;
    let text = text_of(&planner, key, &path, new)?;
    planner.plan.title = format!("create {key}");
    planner.take(
        key,
        FileChange {
            path,
            before: None,
            after: Some(text),
        },
    );
    planner.judge_all()?;
    Ok(planner.finish())
}

fn text_of(planner: &Planner<'_>, key: &str, path: &str, new: &NewFlag) -> anyhow::Result<String> {
    let flag_key = FlagKey::new(key).map_err(|error| {
        UsageError::new(format!("`{key}` is not a flag's key"), error.to_string())
    })?;
    let today = planner.request.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let environments: Vec<&str> = planner.before.catalog.environments.names().collect();
    let options = patch::Create {
        key: &flag_key,
        value_type: new.value_type,
        default: new.default.as_deref(),
        description: new.description.as_deref(),
        owner: new.owner.as_deref(),
        kind: new.kind,
        tags: &new.tags,
        expires: new.expires,
        created: today,
    };
    let tree = patch::create(&options, &environments).map_err(refused)?;
    let body = in_sections(&yaml::render_document(&tree));
    let has_schema = planner
        .overlay
        .read(SCHEMA)
        .is_ok_and(|schema| schema.is_some());
    if !has_schema {
        return Ok(body);
    }
    let up = "../".repeat(path.matches('/').count());
    Ok(format!(
        "# yaml-language-server: $schema={up}{SCHEMA}\n{body}"
    ))
}

/// Sets apart what people look for: the default, and what each environment says.
fn in_sections(body: &str) -> String {
    ["default_value:", "environments:"]
        .iter()
        .fold(body.to_owned(), |text, key| {
            text.replacen(&format!("\n{key}"), &format!("\n\n{key}"), 1)
        })
}

/// Where `init` and `schema --write` put the schema that editors use.
const SCHEMA: &str = "schema/flag.schema.json";

fn path_of(
    project: &Project,
    tree: &impl FileTree,
    key: &str,
    new: &NewFlag,
) -> anyhow::Result<String> {
    let folder = project
        .config
        .as_ref()
        .map_or("flags", |config| config.flags.as_str());
    let inside = new.folder.as_deref().unwrap_or_default().trim_matches('/');
    let fits = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
    if !inside.is_empty() && !inside.split('/').all(fits) {
        let message = format!("`{inside}` is not a folder below `{folder}`");
        let hint = "write folders with `/` between them; hidden ones are not read".to_owned();
        return Err(UsageError::new(message, hint).into());
    }
    let path = if inside.is_empty() {
        format!("{folder}/{key}.yaml")
    } else {
        format!("{folder}/{inside}/{key}.yaml")
    };
    if tree.read(&path).is_ok_and(|bytes| bytes.is_some()) {
        let hint = "choose another key, or remove the file".to_owned();
        return Err(RefusedError::new(format!("`{path}` is there already"), hint).into());
    }
    Ok(path)
}
