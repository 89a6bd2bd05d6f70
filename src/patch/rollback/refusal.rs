//! Why a flag cannot be brought back as it was.

use crate::model::EnvironmentId;
use crate::patch::Refusal;

use super::compare::{Difference, Slot};
use super::{Rollback, slots};

impl Rollback<'_> {
    pub(super) fn unfit(&self) -> Refusal {
        Refusal::no(
            format!(
                "`{}` as it was does not fit the project of today",
                self.key()
            ),
            "bring the project's other files back first",
        )
    }

    /// What the files of other things say, or an entry cannot.
    pub(super) fn out_of_reach(&self, id: EnvironmentId, fixed: &str) -> Refusal {
        let (key, name) = (self.key(), self.today.name(id));
        match fixed {
            "bucketing" => Refusal::no(
                format!(
                    "`[evaluation] bucketing` has changed since, so `{key}` would be dealt out otherwise in {name}"
                ),
                "set it in ffctl.toml as it was first",
            ),
            "computed attributes" => Refusal::no(
                format!(
                    "computed attributes that `{key}` uses in {name} have changed since, or segments that these use"
                ),
                "bring attributes.yaml and segments.yaml back first, or name the other flags with `--flag`",
            ),
            _ if self.options.environments.is_some() => Refusal::no(
                format!(
                    "the {fixed} of `{key}` changed since, for all environments, and the entry of {name} cannot say it"
                ),
                "leave out `--env` to roll back the flag as a whole",
            ),
            _ => Refusal::no(
                format!("the {fixed} of `{key}` cannot be brought back in {name}"),
                "bring the project's other files back first",
            ),
        }
    }

    pub(super) fn needs_pins(&self, id: EnvironmentId, differences: &[Difference]) -> Refusal {
        let needed: Vec<Slot> = differences.iter().filter_map(Difference::slot).collect();
        Refusal::no(
            format!(
                "in {} `{}` took its {} from elsewhere, and that has changed since",
                self.today.name(id),
                self.key(),
                slots(&needed)
            ),
            "leave out `--no-pin` to write it into the entry",
        )
    }

    pub(super) fn not_the_same(&self, id: EnvironmentId, differences: &[Difference]) -> Refusal {
        let slots_left: Vec<Slot> = differences.iter().filter_map(Difference::slot).collect();
        let hint = if self.options.environments.is_some() {
            "leave out `--env` to roll back the flag as a whole"
        } else {
            "bring the project's other files back first"
        };
        Refusal::no(
            format!(
                "the {} of `{}` in {} cannot be written into its entry as it was",
                slots(&slots_left),
                self.key(),
                self.today.name(id)
            ),
            hint,
        )
    }
}
