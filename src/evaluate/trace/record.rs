//! The visitor that writes down what an evaluation does.

use crate::evaluate::run::{Purpose, Visitor};

/// A subject and its position; `None` if there is no subject.
pub(super) type Placed = Option<(String, u32)>;

/// What an evaluation did.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The instruction that ended the flag.
    pub(super) decided: Option<u32>,
    /// Requirements that were looked at, in order: number, outcome, whether it is satisfied.
    pub(super) required: Vec<(u32, Option<u32>, bool)>,
    /// The bucket of the exposure, if one was needed.
    pub(super) exposure: Option<Placed>,
    /// The bucket of the split, if one was needed.
    pub(super) split: Option<Placed>,
}

impl Visitor for Record {
    const LINEAR: bool = true;

    fn decided(&mut self, at: u32) {
        self.decided = Some(at);
    }

    fn required(&mut self, requirement: u32, served: Option<u32>, satisfied: bool) {
        if self
            .required
            .last()
            .is_none_or(|(last, ..)| *last < requirement)
        {
            self.required.push((requirement, served, satisfied));
        }
    }

    fn placed(&mut self, purpose: Purpose, place: Option<(&str, u32)>) {
        let place = place.map(|(subject, position)| (subject.to_owned(), position));
        match purpose {
            Purpose::Exposure => self.exposure = Some(place),
            Purpose::Split => self.split = Some(place),
        }
    }
}
