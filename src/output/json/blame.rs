//! `ffctl blame --json`

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::ops::{BlameReport, BlamedEnvironment, BlamedSlot, SetBy, Setter};

/// Who set what a flag is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl blame --json")]
pub struct BlameDocument {
    /// Always `ffctl.blame/v1`.
    pub format: &'static str,
    /// The flag.
    pub flag: String,
    /// The environments, in the order of their file.
    pub environments: Vec<BlameEnvironment>,
}

/// An environment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BlameEnvironment {
    /// Its name.
    pub environment: String,
    /// The slots of the flag's record.
    pub slots: Vec<BlameSlot>,
}

/// A part of the flag's record.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BlameSlot {
    /// Its name: that of the record's member, `rules` for their order, `rule NAME` for one of them,
    /// or `schedule`.
    pub slot: String,
    /// Its value, as the record has it (shares in thousandths, times in Unix seconds); null where
    /// there is none.
    pub value: Value,
    /// `committed`; `uncommitted` (the working tree alone has it); `older` (a commit that is not in
    /// this shallow clone).
    pub state: &'static str,
    /// The commit that set it; null without one.
    pub set_by: Option<BlameCommit>,
}

/// A commit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BlameCommit {
    /// Its id.
    pub commit: String,
    /// Who wrote it: `NAME <EMAIL>`.
    pub author: String,
    /// When it was committed, in UTC.
    pub date: String,
    /// The first line of its message.
    pub subject: String,
    /// The `Reason:` lines of its message, joined by `; `; null without one.
    pub reason: Option<String>,
}

impl From<&BlameReport> for BlameDocument {
    fn from(report: &BlameReport) -> Self {
        Self {
            format: "ffctl.blame/v1",
            flag: report.flag.clone(),
            environments: report
                .environments
                .iter()
                .map(BlameEnvironment::from)
                .collect(),
        }
    }
}

impl From<&BlamedEnvironment> for BlameEnvironment {
    fn from(environment: &BlamedEnvironment) -> Self {
        Self {
            environment: environment.name.clone(),
            slots: environment.slots.iter().map(BlameSlot::from).collect(),
        }
    }
}

impl From<&BlamedSlot> for BlameSlot {
    fn from(slot: &BlamedSlot) -> Self {
        let (state, setter) = match &slot.set_by {
            SetBy::Commit(setter) => ("committed", Some(&**setter)),
            SetBy::NotCommitted => ("uncommitted", None),
            SetBy::Older => ("older", None),
        };
        Self {
            slot: slot.slot.clone(),
            value: slot.value.clone(),
            state,
            set_by: setter.map(BlameCommit::from),
        }
    }
}

impl From<&Setter> for BlameCommit {
    fn from(setter: &Setter) -> Self {
        let reason = setter.reasons.join("; ");
        Self {
            commit: setter.commit.clone(),
            author: format!("{} <{}>", setter.author.name, setter.author.email),
            date: setter.date.to_string(),
            subject: setter.subject.clone(),
            reason: (!reason.is_empty()).then_some(reason),
        }
    }
}
