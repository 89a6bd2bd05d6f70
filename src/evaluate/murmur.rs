//! `MurmurHash3` x86 32-bit with seed 0, fed in pieces.
//!
//! The state after a salt is kept with the flag, so that a bucket costs only the subject's bytes.
//! Algorithm: Austin Appleby, `MurmurHash3_x86_32` (public domain).

/// A hash in progress. Pieces need not be multiples of four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Murmur {
    /// The state after all whole words.
    state: u32,
    /// The last 0 to 3 bytes, low bits first; the rest is zero.
    tail: u32,
    /// All bytes so far, modulo 2^32.
    length: u32,
}

impl Murmur {
    /// Starts a hash.
    pub(super) const fn new() -> Self {
        Self {
            state: 0,
            tail: 0,
            length: 0,
        }
    }

    /// Returns the hash with these bytes appended.
    #[inline]
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the algorithm keeps the low 32 bits"
    )]
    pub(super) fn with(mut self, bytes: &[u8]) -> Self {
        // A word of input straddles two of the hash's words if the tail holds bytes.
        let shift = (self.length % 4) * 8;
        let mut joined = u64::from(self.tail);
        let (words, rest) = bytes.as_chunks::<4>();
        for word in words {
            joined |= u64::from(u32::from_le_bytes(*word)) << shift;
            self.state = mix(self.state, joined as u32);
            joined >>= 32;
        }
        let mut filled = shift;
        for byte in rest {
            joined |= u64::from(*byte) << filled;
            filled += 8;
        }
        if filled >= 32 {
            self.state = mix(self.state, joined as u32);
            joined >>= 32;
        }
        self.tail = joined as u32;
        self.length = self.length.wrapping_add(bytes.len() as u32);
        self
    }

    /// Returns the hash of all bytes so far.
    #[inline]
    pub(super) fn finish(self) -> u32 {
        // An empty tail scrambles to zero, so it needs no case of its own.
        let mut hash = self.state ^ scramble(self.tail) ^ self.length;
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }
}

#[inline]
fn scramble(word: u32) -> u32 {
    word.wrapping_mul(0xcc9e_2d51)
        .rotate_left(15)
        .wrapping_mul(0x1b87_3593)
}

#[inline]
fn mix(state: u32, word: u32) -> u32 {
    (state ^ scramble(word))
        .rotate_left(13)
        .wrapping_mul(5)
        .wrapping_add(0xe654_6b64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash(bytes: &[u8]) -> u32 {
        Murmur::new().with(bytes).finish()
    }

    /// Exact preimages of the values at the edges, found by the authors of flagd's test bed
    /// (open-feature/flagd-testbed at 82ba89e, `gherkin/targeting.feature`).
    #[test]
    fn published_preimages_hash_to_the_edges() {
        for (text, expected) in [
            ("ejOoVL", 0),
            ("bY9fO-", 1),
            ("SI7p-", 0x7fff_ffff),
            ("6LvT0", 0x8000_0000),
            ("ceQdGm", 0xffff_ffff),
        ] {
            assert_eq!(hash(text.as_bytes()), expected, "{text}");
        }
    }

    /// Vectors for seed 0 that implementations commonly publish.
    #[test]
    fn published_vectors_hold() {
        for (bytes, expected) in [
            (&b""[..], 0),
            (&b"test"[..], 0xba6b_d213),
            (&b"Hello, world!"[..], 0xc036_3e43),
            (
                &b"The quick brown fox jumps over the lazy dog"[..],
                0x2e4f_f723,
            ),
            (&[0xff, 0xff, 0xff, 0xff][..], 0x7629_3b50),
            (&[0x21, 0x43, 0x65, 0x87][..], 0xf55b_516b),
            (&[0x21, 0x43, 0x65][..], 0x7e4a_8634),
            (&[0x21, 0x43][..], 0xa0f7_b07a),
            (&[0x21][..], 0x7266_1cf4),
            (&[0, 0, 0, 0][..], 0x2362_f9de),
            (&[0][..], 0x514e_28b7),
        ] {
            assert_eq!(hash(bytes), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_hash_as_the_whole(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 0..6)) {
            let whole = pieces.concat();
            let streamed = pieces.iter().fold(Murmur::new(), |state, piece| state.with(piece)).finish();
            let reference = murmur3::murmur3_32(&mut std::io::Cursor::new(&whole), 0).unwrap();
            prop_assert_eq!(streamed, reference);
            prop_assert_eq!(hash(&whole), reference);
        }
    }
}
