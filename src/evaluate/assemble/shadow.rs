//! Names whose values a context cannot give: the time, and computed attributes.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashMap};

/// The shadowed names.
///
/// A digest of each, made part by part, finds out in one walk whether a name leads into any of
/// them, however many and long they are.
#[derive(Debug)]
pub(super) struct Shadows {
    names: HashMap<u64, Vec<String>>,
    hasher: DefaultHashBuilder,
}

impl Default for Shadows {
    /// Only `now` is shadowed.
    fn default() -> Self {
        let mut shadows = Self {
            names: HashMap::new(),
            hasher: DefaultHashBuilder::default(),
        };
        shadows.add("now");
        shadows
    }
}

impl Shadows {
    /// Shadows a name.
    pub(super) fn add(&mut self, name: &str) {
        let digest = name
            .split('.')
            .fold(0, |digest, part| self.digest(digest, part));
        self.names.entry(digest).or_default().push(name.to_owned());
    }

    /// Returns whether a name leads into a shadowed one: whether that, and a dot, begins it.
    pub(super) fn cover(&self, name: &str) -> bool {
        let mut digest = 0;
        let mut start = 0;
        for dot in name.match_indices('.').map(|(dot, _)| dot) {
            digest = self.digest(digest, &name[start..dot]);
            let mut found = self.names.get(&digest).into_iter().flatten();
            if found.any(|shadow| *shadow == name[..dot]) {
                return true;
            }
            start = dot + 1;
        }
        false
    }

    fn digest(&self, before: u64, part: &str) -> u64 {
        self.hasher.hash_one((before, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_shadowed_ones_are_covered() {
        let mut shadows = Shadows::default();
        shadows.add("device.tier");
        shadows.add("plan");
        for covered in [
            "now.x",
            "device.tier.x",
            "device.tier.x.y",
            "plan.",
            "plan.a.b",
        ] {
            assert!(shadows.cover(covered), "{covered}");
        }
        for free in [
            "now",
            "device.tier",
            "device",
            "device.tie",
            "device.tier2.x",
            "plan",
            "planx.y",
            "",
            ".",
            "x.now",
        ] {
            assert!(!shadows.cover(free), "{free}");
        }
    }

    #[test]
    fn long_names_take_one_walk() {
        let mut shadows = Shadows::default();
        let long = "a.".repeat(200_000);
        shadows.add(&long);
        assert!(shadows.cover(&format!("{long}.a")));
        assert!(!shadows.cover(&long));
    }
}
