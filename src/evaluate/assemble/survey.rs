//! What the conditions of segments and computed attributes look at, before anything is compiled.
//!
//! Whether the time matters decides when a segment is evaluated; how large it is, and what it uses,
//! decides how.

use hashbrown::HashMap;

use super::super::error::Fault;
use super::condition::DEPTH;
use super::draft::place;
use crate::ruleset::Condition;

/// What conditions look at.
#[derive(Debug, Default, Clone)]
pub(super) struct Survey {
    /// How many conditions there are.
    pub(super) size: u32,
    /// Whether the time matters.
    pub(super) is_late: bool,
    /// The computed attributes among the attributes.
    pub(super) computed: Vec<usize>,
    /// The segments, as often as they are used.
    pub(super) segments: Vec<u32>,
}

/// Names that a survey must tell apart.
pub(super) struct Names<'n> {
    pub(super) segments: &'n HashMap<String, usize>,
    pub(super) computed: &'n HashMap<String, usize>,
}

impl Survey {
    /// Looks through conditions, which must all hold.
    pub(super) fn of(conditions: &[Condition<'_>], names: &Names<'_>) -> Result<Self, Fault> {
        let mut survey = Self::default();
        survey.add(conditions, names, 0)?;
        Ok(survey)
    }

    fn add(
        &mut self,
        conditions: &[Condition<'_>],
        names: &Names<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(Fault::TooDeep);
        }
        for condition in conditions {
            self.size = self.size.saturating_add(1);
            match condition {
                Condition::Test { attribute, .. } => {
                    self.is_late |= attribute.as_str() == "now";
                    self.computed.extend(names.computed.get(attribute.as_str()));
                }
                Condition::Segment(name) => {
                    let number = names.segments.get(name.as_str());
                    let number =
                        number.ok_or_else(|| Fault::UnknownSegment(name.as_str().to_owned()))?;
                    self.segments.push(place(*number)?);
                }
                Condition::Any(list) | Condition::All(list) => self.add(list, names, depth + 1)?,
                Condition::Not(inner) => self.add(std::slice::from_ref(inner), names, depth + 1)?,
            }
        }
        Ok(())
    }

    /// Adds what the segments that it uses look at; they are complete already.
    pub(super) fn complete(&mut self, surveys: &[Self]) {
        for number in &self.segments {
            let used = &surveys[*number as usize];
            self.size = self.size.saturating_add(used.size);
            self.is_late |= used.is_late;
        }
    }
}
