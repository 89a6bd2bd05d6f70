//! What commits changed, kept from one run to the next: a commit never changes.
//!
//! It is kept in Git's own folder, where only long histories ask for it. A text of lines. The first
//! has the format, the program and a digest of the rest, so that what is damaged or another
//! program's is told from what counts. Then there is a line a commit: its id, a digest of what it
//! was compared in the light of, and what it changed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::diff::{Change, ChangeKind, Json};
use crate::git::ObjectId;
use crate::model::FlagKey;
use crate::store::{self, Lock, Place, digest};
use crate::workspace::{Fault, Past};

use super::{Compared, Step, Told, compare};

const FORMAT: &str = "ffctl.history/v1";

/// So few commits are compared as soon as they are looked up.
const MANY: usize = 512;

/// A larger file is begun anew.
const MAX_SIZE: usize = 256 << 20;

/// What is known of commits from earlier runs, and what this one adds to it.
#[derive(Debug)]
pub(in crate::ops) struct Kept {
    file: PathBuf,
    place: Place,
    text: String,
    known: HashMap<(ObjectId, u64), Range<usize>>,
    new: Vec<String>,
}

/// What a commit changed, beside what it is known by.
#[derive(Debug)]
pub(in crate::ops) struct Looked {
    pub(in crate::ops) compared: Compared,
    /// The line to keep, where it was not kept already.
    line: Option<String>,
}

/// [`Compared`], as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Line<'l> {
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    told: Vec<LineTold<'l>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    broken: Vec<LineFault<'l>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LineTold<'l> {
    #[serde(borrow)]
    flag: Cow<'l, str>,
    #[serde(borrow)]
    environment: Cow<'l, str>,
    protected: bool,
    kind: usize,
    #[serde(borrow)]
    before: &'l RawValue,
    #[serde(borrow)]
    after: &'l RawValue,
    #[serde(borrow)]
    effect: Cow<'l, str>,
    files: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LineFault<'l> {
    #[serde(borrow)]
    path: Cow<'l, str>,
    line: usize,
    column: usize,
    #[serde(borrow)]
    message: Cow<'l, str>,
}

impl Kept {
    /// Reads what is kept in a file.
    pub(in crate::ops) fn read(file: PathBuf, place: Place) -> Self {
        let text = store::kept(&file).and_then(|bytes| String::from_utf8(bytes).ok());
        let text = text.unwrap_or_default();
        Self {
            known: known(&text).unwrap_or_default(),
            file,
            place,
            text,
            new: Vec::new(),
        }
    }

    /// Returns what a commit changed: as it is known, or else by comparing.
    pub(in crate::ops) fn compare(&self, past: &Past, step: &Step) -> anyhow::Result<Looked> {
        // Of a commit of which some flags are followed, not all is known.
        if step.wanted.is_some() {
            let compared = compare(past, step)?;
            return Ok(Looked {
                compared,
                line: None,
            });
        }
        let key = (step.commit.id, light(step));
        let known = self
            .known
            .get(&key)
            .and_then(|range| self.text.get(range.clone()));
        if let Some(compared) = known.and_then(parsed) {
            return Ok(Looked {
                compared,
                line: None,
            });
        }
        let compared = compare(past, step)?;
        let line = written(&compared).map(|json| format!("{} {:016x} {json}", key.0, key.1));
        Ok(Looked { compared, line })
    }

    /// Takes what is new, and returns what the commit changed.
    pub(in crate::ops) fn take(&mut self, looked: Looked) -> Compared {
        self.new.extend(looked.line);
        looked.compared
    }

    /// Keeps what is new, where that is worth it. Another program that writes just now keeps what it
    /// has.
    pub(in crate::ops) fn keep(&self) {
        if self.new.len() < MANY {
            return;
        }
        let Ok(Some(_lock)) = Lock::try_take(&self.place) else {
            return;
        };
        let old = self.text.split_once('\n').map_or("", |(_, old)| old);
        let old = if self.known.is_empty() || old.len() > MAX_SIZE {
            ""
        } else {
            old
        };
        let mut body = String::with_capacity(old.len());
        body.push_str(old);
        for line in &self.new {
            let _ = writeln!(body, "{line}");
        }
        let head = head_of(&body);
        store::keep(&self.file, format!("{head}\n{body}").as_bytes());
    }
}

fn head_of(body: &str) -> String {
    let program = store::this_program();
    format!("{FORMAT} {program} {:016x}", digest(body.as_bytes()))
}

/// Finds the lines of a text; `None` if it is damaged or another program's.
fn known(text: &str) -> Option<HashMap<(ObjectId, u64), Range<usize>>> {
    let (head, body) = text.split_once('\n')?;
    if head != head_of(body) {
        return None;
    }
    let mut at = head.len() + 1;
    let mut known = HashMap::new();
    for line in body.split_inclusive('\n') {
        let (commit, rest) = line.split_once(' ')?;
        let (light, json) = rest.split_once(' ')?;
        let key = (
            ObjectId::parse(commit)?,
            u64::from_str_radix(light, 16).ok()?,
        );
        let end = at + line.len();
        known.insert(key, end - json.len()..end);
        at = end;
    }
    Some(known)
}

/// Returns a number for all that a commit is compared in the light of.
fn light(step: &Step) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&step.layout, &step.scope).hash(&mut hasher);
    for side in &step.sides {
        (side.parent, &side.layout, &side.scope).hash(&mut hasher);
        (&side.pairs, &side.scope_paths).hash(&mut hasher);
    }
    hasher.finish()
}

fn written(compared: &Compared) -> Option<String> {
    let place = |kind: ChangeKind| ChangeKind::ALL.iter().position(|one| *one == kind);
    let told = compared.told.iter().map(|told| {
        Some(LineTold {
            flag: told.flag.as_str().into(),
            environment: told.environment.as_str().into(),
            protected: told.is_protected,
            kind: place(told.change.kind)?,
            before: raw(&told.change.before)?,
            after: raw(&told.change.after)?,
            effect: told.change.effect.as_str().into(),
            files: told.files.clone(),
        })
    });
    let broken = compared.broken.iter().map(|fault| LineFault {
        path: fault.path.as_str().into(),
        line: fault.line,
        column: fault.column,
        message: fault.message.as_str().into(),
    });
    let line = Line {
        told: told.collect::<Option<_>>()?,
        broken: broken.collect(),
    };
    serde_json::to_string(&line).ok()
}

fn raw(json: &Json) -> Option<&RawValue> {
    serde_json::from_str(json.text()).ok()
}

fn parsed(json: &str) -> Option<Compared> {
    let line: Line<'_> = serde_json::from_str(json).ok()?;
    let told = line.told.into_iter().map(|told| {
        Some(Told {
            flag: FlagKey::new(&told.flag).ok()?,
            environment: told.environment.into_owned(),
            is_protected: told.protected,
            change: Change {
                kind: *ChangeKind::ALL.get(told.kind)?,
                before: Json::of_text(told.before.get()),
                after: Json::of_text(told.after.get()),
                effect: told.effect.into_owned(),
            },
            files: told.files,
        })
    });
    let broken = line.broken.into_iter().map(|fault| Fault {
        path: fault.path.into_owned(),
        line: fault.line,
        column: fault.column,
        message: fault.message.into_owned(),
    });
    Some(Compared {
        told: told.collect::<Option<_>>()?,
        broken: broken.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_read_as_it_was() {
        let told = Told {
            flag: FlagKey::new("cart").unwrap(),
            environment: "production".to_owned(),
            is_protected: true,
            change: Change {
                kind: ChangeKind::Exposure,
                before: Json::default(),
                after: json!({"b": 0.1, "a": [1, "two\nlines", {"c": 1.797e308}]}).into(),
                effect: "10% → 25%: \"15% more\"".to_owned(),
            },
            files: vec!["flags/cart.yaml".to_owned()],
        };
        let fault = Fault {
            path: "flags/till.yaml".to_owned(),
            line: 3,
            column: 1,
            message: "this is not YAML".to_owned(),
        };
        let compared = Compared {
            told: vec![told],
            broken: vec![fault],
        };
        let json = written(&compared).unwrap();
        assert!(!json.contains('\n'));
        let read = parsed(&json).unwrap();
        assert_eq!(format!("{read:?}"), format!("{compared:?}"));
    }

    #[test]
    fn what_is_damaged_is_nothing() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let body = format!("{id} 00000000000000ff {{}}\n{id} 00000000000000fe {{}}\n");
        let text = format!("{}\n{body}", head_of(&body));
        let lines = known(&text).unwrap();
        let line = &lines[&(ObjectId::parse(id).unwrap(), 255)];
        assert_eq!(&text[line.clone()], "{}\n");
        for at in 0..text.len() {
            assert_eq!(known(&text[..at]), None, "cut at {at}");
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(known(&String::from_utf8(bytes).unwrap()), None, "at {at}");
        }
    }
}
