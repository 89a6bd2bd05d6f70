//! From servings to decisions and buckets.
//!
//! What needs no bucket becomes a decision that is known at load: everybody, nobody, a split with
//! one way.

use super::super::error::Fault;
use super::super::op::{Code, Op};
use super::super::outcome::Reason;
use super::super::program::{Choice, Exposure, Serving, Share, Split};
use super::super::text::Span;
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
    Some(Exposure),
}

impl Draft {
    /// Emits the end of a flag by a serving: of the rule with that name, or of the environment.
    pub(super) fn serving(
        &mut self,
        serving: &ruleset::Serving<'_>,
        setting: Setting,
        rule: Span,
    ) -> Result<(), Fault> {
        let choice = self.choice(serving, setting)?;
        let inclusion = match &serving.exposure {
            Some(exposure) => self.inclusion(exposure, setting)?,
            None => Inclusion::Everybody,
        };
        let exposure = match (inclusion, choice) {
            (Inclusion::Nobody, _) => {
                let reason = if rule.is_none() {
                    setting.unbucketed()
                } else {
                    Reason::Default
                };
                return self.decide(setting.default, reason, rule);
            }
            (Inclusion::Everybody, Choice::One(outcome)) => {
                let reason = if rule.is_none() {
                    setting.unbucketed()
                } else {
                    Reason::TargetingMatch
                };
                return self.decide(outcome, reason, rule);
            }
            (Inclusion::Everybody, Choice::Split(_)) => None,
            (Inclusion::Some(exposure), _) => Some(exposure),
        };
        let number = place(self.program.servings.len())?;
        let serving = Serving {
            exposure,
            choice,
            default: setting.default,
            rule,
            alone: setting.alone,
        };
        self.program.servings.push(serving);
        self.push(Op::new(Code::Serve, number, 0));
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
        let share = match (&exposure.ranges, &exposure.gradual) {
            (Some(ranges), None) => match merge(ranges)?.as_slice() {
                [] => return Ok(Inclusion::Nobody),
                [(0, POSITIONS)] => return Ok(Inclusion::Everybody),
                [(0, end)] => Share::Below(*end),
                ranges => {
                    let start = place(self.program.ranges.len())?;
                    self.program.ranges.extend(ranges);
                    Share::Ranges(start, place(self.program.ranges.len())?)
                }
            },
            (None, Some(gradual)) => {
                check_ramp(gradual)?;
                self.program.ramps.push(*gradual);
                Share::Ramp(place(self.program.ramps.len() - 1)?)
            }
            _ => return Err(Fault::Exposure),
        };
        let attribute = exposure.attribute.as_ref().map(ruleset::Text::as_str);
        let bucket = self.bucket(setting.bucketing, exposure.salt.as_str(), attribute)?;
        Ok(Inclusion::Some(Exposure { bucket, share }))
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

fn check_ramp(ramp: &Gradual) -> Result<(), Fault> {
    let shares = [ramp.from, ramp.increment, ramp.until];
    if ramp.every >= 1 && shares.iter().all(|share| *share <= POSITIONS) {
        Ok(())
    } else {
        Err(Fault::Gradual)
    }
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
