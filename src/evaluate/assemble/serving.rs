//! From servings to decisions and buckets.
//!
//! What needs no bucket becomes a decision that is known at load: everybody, nobody, a split with
//! one way.

use super::super::bucket::Bucket;
use super::super::error::Fault;
use super::super::op::{Code, Op};
use super::super::outcome::{ErrorCode, Reason};
use super::super::program::{Choice, Decision, Exposure, Percentage, Serving, Share, Split};
use super::super::text::Name;
use super::draft::{Draft, place};
use super::flags::Outcomes;
use crate::ruleset::{self, Bucketing, Gradual, POSITIONS};

/// What surrounds a serving.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) outcomes: Outcomes,
    /// The outcome of the phase's default.
    pub(super) default: u32,
    pub(super) bucketing: Bucketing,
    /// Whether the phase is the last, without rules, and the flag without dependencies.
    pub(super) alone: bool,
}

impl Setting {
    /// The reason for what everybody gets whom no rule took.
    pub(super) fn unbucketed(self) -> Reason {
        if self.alone {
            Reason::Static
        } else {
            Reason::Default
        }
    }
}

/// Who is included.
enum Inclusion {
    Everybody,
    Nobody,
    /// The positions below this.
    Below(Bucket, u32),
    Other(Exposure),
}

impl Draft {
    /// Emits the end of a flag by a serving: of the rule with that name, or of the environment.
    pub(super) fn serving(
        &mut self,
        serving: &ruleset::Serving<'_>,
        setting: Setting,
        rule: Name,
    ) -> Result<(), Fault> {
        let choice = self.choice(serving, setting)?;
        let inclusion = match &serving.exposure {
            Some(exposure) => self.inclusion(exposure, setting)?,
            None => Inclusion::Everybody,
        };
        let by_rule = |reason| {
            if rule.is_none() {
                setting.unbucketed()
            } else {
                reason
            }
        };
        let exposure = match (inclusion, choice) {
            (Inclusion::Nobody, _) => {
                return self.decide(setting.default, by_rule(Reason::Default), rule);
            }
            (Inclusion::Everybody, Choice::One(outcome)) => {
                return self.decide(outcome, by_rule(Reason::TargetingMatch), rule);
            }
            (Inclusion::Below(bucket, end), Choice::One(inside)) => {
                return self.percentage(bucket, end, [setting.default, inside], rule);
            }
            (Inclusion::Everybody, Choice::Split(_)) => None,
            (Inclusion::Below(bucket, end), Choice::Split(_)) => Some(Exposure {
                bucket,
                share: self.ranges(&[(0, end)])?,
            }),
            (Inclusion::Other(exposure), _) => Some(exposure),
        };
        let serving = Serving {
            exposure,
            choice,
            default: setting.default,
            rule,
            alone: setting.alone,
        };
        self.program.servings.push(serving);
        let number = place(self.program.servings.len() - 1)?;
        self.push(Op::new(Code::Serve, number, 0));
        Ok(())
    }

    /// Emits the end of a flag by a bucket with two sides: below `end` is the second outcome.
    fn percentage(
        &mut self,
        bucket: Bucket,
        end: u32,
        [outside, inside]: [u32; 2],
        rule: Name,
    ) -> Result<(), Fault> {
        let decision = |outcome, reason, error| Decision {
            outcome,
            rule,
            reason,
            error,
        };
        let missing = Some(ErrorCode::TargetingKeyMissing);
        let percentage = Percentage {
            bucket,
            end,
            decisions: [
                self.decision(decision(outside, Reason::Default, None))?,
                self.decision(decision(inside, Reason::Split, None))?,
            ],
            failed: self.decision(decision(outside, Reason::Error, missing))?,
        };
        self.program.percentages.push(percentage);
        let number = place(self.program.percentages.len() - 1)?;
        self.push(Op::new(Code::Share, number, 0));
        Ok(())
    }

    fn choice(
        &mut self,
        serving: &ruleset::Serving<'_>,
        setting: Setting,
    ) -> Result<Choice, Fault> {
        match (serving.outcome, &serving.split) {
            (Some(outcome), None) => setting.outcomes.at(outcome).map(Choice::One),
            (None, Some(split)) => self.split(split, setting),
            _ => Err(Fault::Serving),
        }
    }

    fn split(&mut self, split: &ruleset::Split<'_>, setting: Setting) -> Result<Choice, Fault> {
        let mut end = 0;
        let mut portions = Vec::with_capacity(split.ranges.len());
        for (from, to, outcome) in &split.ranges {
            let outcome = setting.outcomes.at(*outcome)?;
            if *from != end || to < from {
                return Err(Fault::Ranges);
            }
            if from < to {
                portions.push((*to, outcome));
            }
            end = *to;
        }
        if end != POSITIONS {
            return Err(Fault::Ranges);
        }
        // One range is one way. Of two ways, one may be too narrow for any position to fall into
        // it: that is a split all the same, and needs a subject.
        if let ([_], [(_, outcome)]) = (split.ranges.as_slice(), portions.as_slice()) {
            return Ok(Choice::One(*outcome));
        }
        let attribute = split.attribute.as_ref().map(ruleset::Text::as_str);
        let bucket = self.bucket(setting.bucketing, split.salt.as_str(), attribute)?;
        let number = place(self.program.splits.len())?;
        self.program.splits.push(Split {
            bucket,
            portions: portions.into(),
        });
        Ok(Choice::Split(number))
    }

    fn inclusion(
        &mut self,
        exposure: &ruleset::Exposure<'_>,
        setting: Setting,
    ) -> Result<Inclusion, Fault> {
        let ranges = match (&exposure.ranges, &exposure.gradual) {
            (Some(ranges), None) => Some(merge(ranges)?),
            (None, Some(_)) => None,
            _ => return Err(Fault::Exposure),
        };
        match ranges.as_deref() {
            Some([]) => return Ok(Inclusion::Nobody),
            Some([(0, POSITIONS)]) => return Ok(Inclusion::Everybody),
            _ => {}
        }
        let attribute = exposure.attribute.as_ref().map(ruleset::Text::as_str);
        let bucket = self.bucket(setting.bucketing, exposure.salt.as_str(), attribute)?;
        let share = match ranges.as_deref() {
            Some([(0, end)]) => return Ok(Inclusion::Below(bucket, *end)),
            Some(ranges) => self.ranges(ranges)?,
            None => self.ramp(exposure.gradual.as_ref().ok_or(Fault::Exposure)?)?,
        };
        Ok(Inclusion::Other(Exposure { bucket, share }))
    }

    fn ranges(&mut self, ranges: &[(u32, u32)]) -> Result<Share, Fault> {
        let start = place(self.program.ranges.len())?;
        self.program.ranges.extend(ranges);
        Ok(Share::Ranges(start, place(self.program.ranges.len())?))
    }

    fn ramp(&mut self, ramp: &Gradual) -> Result<Share, Fault> {
        let shares = [ramp.from, ramp.increment, ramp.until];
        if ramp.every < 1 || shares.iter().any(|share| *share > POSITIONS) {
            return Err(Fault::Gradual);
        }
        self.program.ramps.push(*ramp);
        Ok(Share::Ramp(place(self.program.ramps.len() - 1)?))
    }
}

/// Checks ranges, leaves out empty ones, and joins those that touch.
fn merge(ranges: &[(u32, u32)]) -> Result<Vec<(u32, u32)>, Fault> {
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    let mut end = 0;
    for (from, to) in ranges.iter().copied() {
        if from < end || to < from || to > POSITIONS {
            return Err(Fault::Ranges);
        }
        match merged.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ if from < to => merged.push((from, to)),
            _ => {}
        }
        end = to;
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged_and_checked() {
        assert_eq!(merge(&[]).unwrap(), []);
        assert_eq!(merge(&[(5, 5), (7, 7)]).unwrap(), []);
        assert_eq!(merge(&[(0, 10), (10, 100_000)]).unwrap(), [(0, 100_000)]);
        assert_eq!(
            merge(&[(0, 10), (11, 12), (12, 12), (12, 13)]).unwrap(),
            [(0, 10), (11, 13)]
        );
        for ranges in [
            &[(1, 0)][..],
            &[(0, 2), (1, 3)],
            &[(5, 6), (0, 1)],
            &[(0, 100_001)],
            &[(100_001, 100_001)],
        ] {
            assert!(matches!(merge(ranges), Err(Fault::Ranges)), "{ranges:?}");
        }
    }
}
