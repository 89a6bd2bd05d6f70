//! The instructions that flags, segments and computed attributes are compiled to.
//!
//! A program is one flat list of instructions of sixteen bytes. A test falls through to the next
//! instruction or jumps, so that `any`, `all` and `not` are nothing but jumps. What does not fit
//! into an instruction stands in a table of the [`Program`](super::program::Program), and the
//! instruction holds its place there.

/// One instruction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Op {
    pub(super) code: Code,
    /// For tests: the answer on which to jump. Until the test is emitted: whether the condition
    /// is the test's negation.
    pub(super) jump_if: bool,
    /// For tests of a context: the number of the word or text.
    pub(super) slot: u16,
    /// Where to jump: the place of an instruction, or of a label until the code is sealed.
    pub(super) target: u32,
    pub(super) a: u32,
    pub(super) b: u32,
}

/// What an instruction does with its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// Test: the word is one of `b` values from `a`. Until ranks are known, `a` is the number of
    /// an operand and `b` an [`Order`](super::scale::Order).
    Range,
    /// Test: the same for an id, or a list shares such an id.
    Member,
    /// Test: the id, below 64, is set in the mask `b << 32 | a`; or a list shares such an id.
    Mask,
    /// Test: the id is in set `a`, or a list shares such an id.
    Set,
    /// Test: the text passes pattern `a`.
    Pattern,
    /// Test: the time is not before the second `b << 32 | a`.
    Reached,
    /// Test: segment `a` holds, which the context knows.
    Segment,
    /// Test: segment `a` holds, which routine `a` finds out.
    Call,
    /// Test: inner test `b` holds for the computed attribute `a`, which depends on the time.
    Late,
    /// Jumps.
    Jump,
    /// Goes where table `a` says for the id.
    Switch,
    /// Test: the flag of requirement `a` serves what is required.
    Require,
    /// Ends a flag with decision `a`.
    Decide,
    /// Ends a flag with what percentage `a` gives the subject.
    Share,
    /// Ends a flag with what serving `a` gives the subject.
    Serve,
    /// Ends a routine with the answer `a`.
    Yield,
}

impl Code {
    /// Returns whether the instruction tests a condition of a ruleset.
    pub(super) fn is_condition(self) -> bool {
        use Code::{Call, Late, Mask, Member, Pattern, Range, Reached, Segment, Set};
        matches!(
            self,
            Range | Member | Mask | Set | Pattern | Reached | Segment | Call | Late
        )
    }

    /// Returns whether the instruction has a target.
    pub(super) fn jumps(self) -> bool {
        self.is_condition() || matches!(self, Self::Jump | Self::Require)
    }
}

impl Op {
    /// An instruction without a slot or target.
    pub(super) const fn new(code: Code, a: u32, b: u32) -> Self {
        Self {
            code,
            jump_if: false,
            slot: 0,
            target: 0,
            a,
            b,
        }
    }

    /// A test of a word or text.
    pub(super) const fn test(code: Code, slot: u16, a: u32, b: u32) -> Self {
        Self {
            slot,
            ..Self::new(code, a, b)
        }
    }

    /// A test or jump with 64 bits of operand.
    pub(super) const fn wide(code: Code, slot: u16, operand: u64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
        let (low, high) = (operand as u32, (operand >> 32) as u32);
        Self::test(code, slot, low, high)
    }

    /// A test that never holds: no word has this number.
    pub(super) const NEVER: Self = Self::test(Code::Range, u16::MAX, 0, 0);

    /// A test that always holds.
    pub(super) const ALWAYS: Self = Self::wide(Code::Reached, 0, i64::MIN.cast_unsigned());

    /// Returns the operand of 64 bits.
    #[inline]
    pub(super) const fn operand(self) -> u64 {
        (self.b as u64) << 32 | self.a as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_takes_sixteen_bytes() {
        assert_eq!(size_of::<Op>(), 16);
        assert_eq!(
            Op::wide(Code::Mask, 1, 0x0123_4567_89ab_cdef).operand(),
            0x0123_4567_89ab_cdef
        );
    }
}
