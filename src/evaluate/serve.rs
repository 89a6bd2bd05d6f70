//! What a serving gives a subject: whether it is included, and which outcome it gets.
//!
//! A bucket is only asked for where a share or a split leaves something to decide; without a
//! subject it then is an error, and the default is served.

use super::bucket::Bucket;
use super::outcome::{ErrorCode, Reason};
use super::program::{Choice, Decision, Exposure, Percentage, Program, Serving, Share};
use super::run::{Purpose, View, Visitor};
use crate::ruleset::POSITIONS;

/// How a subject stands to an exposure.
enum Inclusion {
    /// Everybody is included, now and later.
    Everybody,
    /// Nobody is; whether this can change with time.
    Nobody {
        pending: bool,
    },
    /// The bucket decided so.
    Inside,
    Outside,
    /// The bucket needs a subject.
    NoSubject,
}

impl Program {
    /// Returns the decision of a percentage, or the routine whose answer is needed first.
    #[inline]
    pub(super) fn by_percentage<V: Visitor>(
        &self,
        percentage: &Percentage,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Decision, u32> {
        let number = match self.place(&percentage.bucket, Purpose::Exposure, view, visitor)? {
            // Nothing predicts which side a subject is on, so this must not become a branch.
            Some(position) => percentage.decisions[usize::from(position < percentage.end)],
            None => percentage.failed,
        };
        Ok(self.decisions[number as usize])
    }

    /// Returns the decision of a serving, or the routine whose answer is needed first.
    pub(super) fn by_serving<V: Visitor>(
        &self,
        serving: &Serving,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Decision, u32> {
        let included = match &serving.exposure {
            None => Inclusion::Everybody,
            Some(exposure) => self.included(exposure, view, visitor)?,
        };
        let bucketed = match included {
            Inclusion::Everybody => false,
            Inclusion::Inside => true,
            Inclusion::Nobody { pending } => return Ok(serving.leave(serving.settled(pending))),
            Inclusion::Outside => return Ok(serving.leave(Reason::Default)),
            Inclusion::NoSubject => return Ok(serving.fail()),
        };
        match serving.choice {
            Choice::One(outcome) if bucketed => Ok(serving.give(outcome, Reason::Split)),
            Choice::One(outcome) => Ok(serving.give(outcome, serving.unbucketed())),
            Choice::Split(number) => {
                let split = &self.splits[number as usize];
                let Some(position) = self.place(&split.bucket, Purpose::Split, view, visitor)?
                else {
                    return Ok(serving.fail());
                };
                let portion = split.portions.partition_point(|(end, _)| *end <= position);
                let outcome = split
                    .portions
                    .get(portion)
                    .map_or(serving.default, |(_, outcome)| *outcome);
                Ok(serving.give(outcome, Reason::Split))
            }
        }
    }

    #[inline]
    fn included<V: Visitor>(
        &self,
        exposure: &Exposure,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Inclusion, u32> {
        let share = match exposure.share {
            Share::Ranges(..) => POSITIONS,
            Share::Ramp(number) => {
                let ramp = &self.ramps[number as usize];
                match ramp.share_at(view.time) {
                    0 => {
                        return Ok(Inclusion::Nobody {
                            pending: ramp.is_pending(view.time),
                        });
                    }
                    POSITIONS => return Ok(Inclusion::Everybody),
                    share => share,
                }
            }
        };
        let Some(position) = self.place(&exposure.bucket, Purpose::Exposure, view, visitor)? else {
            return Ok(Inclusion::NoSubject);
        };
        let inside = match exposure.share {
            Share::Ranges(from, to) => {
                let ranges = self
                    .ranges
                    .get(from as usize..to as usize)
                    .unwrap_or_default();
                let range = ranges.partition_point(|(_, end)| *end <= position);
                ranges
                    .get(range)
                    .is_some_and(|(start, _)| *start <= position)
            }
            Share::Ramp(_) => position < share,
        };
        Ok(if inside {
            Inclusion::Inside
        } else {
            Inclusion::Outside
        })
    }

    /// Returns the position of the bucket's subject; `None` if there is no subject.
    #[inline]
    fn place<V: Visitor>(
        &self,
        bucket: &Bucket,
        purpose: Purpose,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Option<u32>, u32> {
        let Some(subject) = self.subject(bucket, view)? else {
            visitor.placed(purpose, None);
            return Ok(None);
        };
        let position = bucket.position(subject, &self.arena);
        visitor.placed(purpose, Some((subject, position)));
        Ok(Some(position))
    }
}

impl Serving {
    fn give(&self, outcome: u32, reason: Reason) -> Decision {
        Decision {
            outcome,
            rule: self.rule,
            reason,
            error: None,
        }
    }

    fn leave(&self, reason: Reason) -> Decision {
        self.give(self.default, reason)
    }

    fn fail(&self) -> Decision {
        Decision {
            error: Some(ErrorCode::TargetingKeyMissing),
            ..self.leave(Reason::Error)
        }
    }

    /// The reason for an outcome that everybody included gets. A ramp that includes everybody has
    /// reached its end.
    fn unbucketed(&self) -> Reason {
        if self.rule.is_none() {
            self.settled(false)
        } else {
            Reason::TargetingMatch
        }
    }

    /// The reason for an outcome of which only time can make another.
    fn settled(&self, pending: bool) -> Reason {
        if self.alone && !pending {
            Reason::Static
        } else {
            Reason::Default
        }
    }
}
