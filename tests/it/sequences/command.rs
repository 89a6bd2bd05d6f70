//! Commands, drawn so that most of them make sense.

use ffctl::document::Tree;
use ffctl::model::{EnvironmentId, Flag, FlagKey};
use ffctl::patch::{
    self, Assignment, Disable, Enable, Kill, Patched, Pending, Promote, Refusal, Restore, Return,
    RuleParts, Share, Subject, What,
};
use ffctl::ruleset::ValueType;

use crate::edit_properties::Tape;

use super::world::World;

/// A command for one flag.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Enable(EnvironmentId, Enable),
    Disable(EnvironmentId, Disable),
    Set(Option<EnvironmentId>, Vec<Assignment>, Pending),
    Rule(Option<EnvironmentId>, String, Action, Pending),
    Promote(EnvironmentId, EnvironmentId, Promote),
    Kill(Option<EnvironmentId>),
    Restore(Option<EnvironmentId>, Restore),
    Archive,
    Rename(String),
}

/// What is done to a rule.
#[derive(Debug, Clone)]
pub(super) enum Action {
    Add(RuleParts, Option<String>),
    Set(RuleParts),
    Move(Option<String>),
    Remove,
}

pub(super) const VERBS: [&str; 9] = [
    "enable", "disable", "set", "rule", "promote", "kill", "restore", "archive", "rename",
];

impl Command {
    /// Its place in the list of verbs.
    pub(super) fn verb(&self) -> usize {
        match self {
            Self::Enable(..) => 0,
            Self::Disable(..) => 1,
            Self::Set(..) => 2,
            Self::Rule(..) => 3,
            Self::Promote(..) => 4,
            Self::Kill(_) => 5,
            Self::Restore(..) => 6,
            Self::Archive => 7,
            Self::Rename(_) => 8,
        }
    }

    /// The environment that it names; `None` is the flag itself.
    pub(super) fn environment(&self) -> Option<EnvironmentId> {
        match self {
            Self::Enable(id, _) | Self::Disable(id, _) | Self::Promote(_, id, _) => Some(*id),
            Self::Set(id, ..) | Self::Rule(id, ..) | Self::Kill(id) | Self::Restore(id, _) => *id,
            Self::Archive | Self::Rename(_) => None,
        }
    }

    /// Whether it may bring an error of this check into a sound catalog, which the planner refuses.
    pub(super) fn may_bring(&self, check: &str) -> bool {
        match self {
            Self::Set(..) | Self::Rule(_, _, Action::Add(_, _) | Action::Set(_), _) => true,
            Self::Enable(_, options) if options.what.is_some() => true,
            // What weights come to is left to the check.
            Self::Enable(..) => check == "share-without-effect",
            Self::Promote(..) => {
                ["share-without-effect", "enabled-without-effect"].contains(&check)
            }
            // What is left serves nothing: the check asks what is meant.
            Self::Restore(..) | Self::Rule(_, _, Action::Remove, _) => {
                check == "enabled-without-effect"
            }
            _ => false,
        }
    }

    /// Does it to a flag's file.
    pub(super) fn patch(
        &self,
        subject: &Subject<'_>,
        dependants: &[FlagKey],
    ) -> Result<Patched, Refusal> {
        match self {
            Self::Enable(id, options) => patch::enable(subject, *id, options),
            Self::Disable(id, options) => patch::disable(subject, *id, *options),
            Self::Set(id, assignments, pending) => patch::set(subject, *id, assignments, *pending),
            Self::Rule(id, name, action, pending) => match action {
                Action::Add(parts, before) => {
                    patch::add_rule(subject, *id, name, parts, before.as_deref(), *pending)
                }
                Action::Set(parts) => patch::set_rule(subject, *id, name, parts, *pending),
                Action::Move(before) => {
                    patch::move_rule(subject, *id, name, before.as_deref(), *pending)
                }
                Action::Remove => patch::remove_rule(subject, *id, name, *pending),
            },
            Self::Promote(from, to, options) => {
                let promoted = patch::promote(subject, *from, *to, options)?;
                Ok(Patched {
                    root: promoted.root,
                    notes: promoted.notes,
                })
            }
            Self::Kill(id) => patch::kill(subject, *id, &switch()),
            Self::Restore(id, options) => patch::restore(subject, *id, *options),
            Self::Archive => patch::archive(subject, "done", dependants),
            Self::Rename(_) => unreachable!("it changes several files"),
        }
    }
}

/// A kill switch for a reason.
pub(super) fn switch() -> Kill {
    Kill {
        reason: "incident".to_owned(),
        until: None,
        by: None,
    }
}

/// Draws a command for a flag.
pub(super) fn draw(tape: &mut Tape<'_>, world: &World, flag: &Flag, now: i64) -> Command {
    let mut drawing = Drawing {
        tape,
        world,
        flag,
        now,
    };
    drawing.command()
}

struct Drawing<'d, 'b> {
    tape: &'d mut Tape<'b>,
    world: &'d World,
    flag: &'d Flag,
    now: i64,
}

impl Drawing<'_, '_> {
    fn command(&mut self) -> Command {
        // What is killed is restored sooner or later.
        if let Some(place) = self.killed()
            && self.tape.chance(50)
        {
            return Command::Restore(place, self.restore());
        }
        match self.tape.draw(20) {
            0..=5 => Command::Enable(self.environment(), self.enable()),
            6..=8 => {
                let options = Disable {
                    at: self.at(15),
                    keep_schedule: self.tape.chance(20),
                };
                Command::Disable(self.environment(), options)
            }
            9 | 10 => self.set(),
            11..=13 => self.rule(),
            14..=16 => self.promote(),
            17 => {
                let environment = self.environment();
                Command::Kill(self.tape.chance(60).then_some(environment))
            }
            18 if self.tape.chance(50) => Command::Archive,
            18 => Command::Restore(Some(self.environment()), self.restore()),
            _ => {
                let names = ["renamed", "Other.1", "x-ray", "theme_2"];
                Command::Rename(self.tape.pick(&names).to_owned())
            }
        }
    }

    fn environment(&mut self) -> EnvironmentId {
        let all = self.world.environments();
        all[self.tape.draw(all.len())]
    }

    fn killed(&self) -> Option<Option<EnvironmentId>> {
        if self.flag.kill_switch.is_some() {
            return Some(None);
        }
        let mut entries = self.flag.entries.iter().flatten();
        entries
            .find(|(_, entry)| entry.kill_switch.is_some())
            .map(|(id, _)| Some(*id))
    }

    fn pending(&mut self) -> Pending {
        [Pending::Keep, Pending::Drop, Pending::Ask][self.tape.draw(3)]
    }

    fn restore(&mut self) -> Restore {
        let back = [
            Return::AsItWas,
            Return::AsItWas,
            Return::Resume,
            Return::Restart,
        ];
        Restore {
            back: back[self.tape.draw(4)],
            pending: self.pending(),
        }
    }

    fn at(&mut self, percent: usize) -> Option<i64> {
        let hours = i64::try_from(self.tape.draw(30)).unwrap();
        self.tape
            .chance(percent)
            .then_some(self.now - 3_600 + hours * 1_800)
    }

    fn enable(&mut self) -> Enable {
        Enable {
            what: if self.tape.chance(35) {
                Some(self.what())
            } else {
                None
            },
            share: if self.tape.chance(60) {
                Some(self.share())
            } else {
                None
            },
            at: self.at(15),
            pending: self.pending(),
        }
    }

    fn share(&mut self) -> Share {
        if self.tape.chance(20) {
            return Share::Gradual {
                increment: [10_000, 33_333, 100_000][self.tape.draw(3)],
                every: [3_600, 86_400, 90][self.tape.draw(3)],
            };
        }
        Share::Percentage([25_000, 50_000, 0, 100_000, 12_500, 1, 99_999][self.tape.draw(7)])
    }

    fn what(&mut self) -> What {
        let variants = &self.flag.variants;
        if variants.is_empty() {
            return What::Typed(self.value().to_owned());
        }
        let name = variants[self.tape.draw(variants.len())].key.to_string();
        if !self.tape.chance(30) {
            return What::Variant(name);
        }
        let other = variants[self.tape.draw(variants.len())].key.to_string();
        let weights = [(name.as_str(), 3_i64), (other.as_str(), 1)];
        let weights = &weights[..=usize::from(name != other)];
        What::Split(Tree::map_of(weights.iter().map(|(name, weight)| {
            (*name, ffctl::document::Scalar::Integer(*weight).into())
        })))
    }

    fn value(&mut self) -> &'static str {
        let values: &[&str] = match self.flag.value_type {
            ValueType::Boolean => &["true", "false"],
            ValueType::String => &["blue", "green", "no", "a: b", "1.10"],
            ValueType::Integer => &["0", "45", "-7"],
            ValueType::Number => &["1", "0.5", "45"],
            ValueType::Json => &["{color: blue}", "[1, two]", "{}"],
        };
        self.tape.pick(values)
    }

    fn set(&mut self) -> Command {
        let has_variants = !self.flag.variants.is_empty();
        let environment = self.environment();
        let pending = self.pending();
        let (slot, value) = if self.tape.chance(70) {
            let (value, default) = if has_variants {
                ("variant", "default_variant")
            } else {
                ("value", "default_value")
            };
            let slots = [
                "enabled",
                "percentage",
                default,
                value,
                "bucket_by",
                "gradual",
            ];
            let slot = self.tape.pick(&slots);
            let text = match slot {
                "enabled" => self.tape.pick(&["true", "false", "null"]).to_owned(),
                "percentage" => self
                    .tape
                    .pick(&["40", "0", "100", "0.5", "null"])
                    .to_owned(),
                "bucket_by" => self
                    .tape
                    .pick(&["account_id", "null", "user_id"])
                    .to_owned(),
                "gradual" => "{start: 2026-12-01T03:00:00Z, increment: 20, every: 1h}".to_owned(),
                _ => match self.what() {
                    What::Typed(text) | What::Variant(text) => text,
                    _ => self.flag.variants[0].key.to_string(),
                },
            };
            let value = (!self.tape.chance(20)).then_some(text);
            let assignment = Assignment {
                slot: slot.to_owned(),
                value,
            };
            return Command::Set(Some(environment), vec![assignment], pending);
        } else {
            let fields = [
                ("description", "says: # more"),
                ("owner", "web"),
                ("tags", "[a, b]"),
                ("lifecycle.expires", "2027-03-31"),
                ("metadata.ticket", "no"),
                ("killable", "true"),
                ("client_side", "false"),
                ("salt", "new salt"),
                ("x-note", "{deep: [1, {er: 2}]}"),
            ];
            fields[self.tape.draw(fields.len())]
        };
        let value = (!self.tape.chance(20)).then(|| value.to_owned());
        let assignment = Assignment {
            slot: slot.to_owned(),
            value,
        };
        Command::Set(None, vec![assignment], pending)
    }

    fn rule(&mut self) -> Command {
        let environment = self.environment();
        let environment = self.tape.chance(65).then_some(environment);
        let mut names: Vec<String> = self.rule_names(environment);
        let pending = self.pending();
        let known = !names.is_empty() && self.tape.chance(75);
        names.push("fresh".to_owned());
        let name = if known {
            names[self.tape.draw(names.len())].clone()
        } else {
            "fresh".to_owned()
        };
        let other = self.tape.draw(names.len());
        let before = self.tape.chance(50).then(|| names[other].clone());
        let action = match self.tape.draw(5) {
            _ if name == "fresh" => Action::Add(self.parts(true), before.filter(|_| known)),
            0 | 1 => Action::Set(self.parts(false)),
            2 => Action::Remove,
            _ => Action::Move(before),
        };
        Command::Rule(environment, name, action, pending)
    }

    /// The names of the rules that hold in an environment, or are the flag's.
    fn rule_names(&self, environment: Option<EnvironmentId>) -> Vec<String> {
        let rules = match environment {
            Some(id) => {
                let time = ffctl::resolve::Moment::At(self.now);
                let catalog = self.world.catalog();
                ffctl::resolve::resolve(catalog, self.flag, id, time)
                    .rules
                    .value
            }
            None => &self.flag.rules.value,
        };
        rules.iter().map(|rule| rule.name.to_string()).collect()
    }

    fn parts(&mut self, all: bool) -> RuleParts {
        let when = ["country in [IT, US]", "plan equals pro", "email exists"];
        let count = usize::from(all) + self.tape.draw(2);
        RuleParts {
            when: (0..count)
                .map(|_| self.tape.pick(&when).to_owned())
                .collect(),
            what: if all || self.tape.chance(50) {
                Some(self.what())
            } else {
                None
            },
            share: if self.tape.chance(50) {
                Some(self.share())
            } else {
                None
            },
            bucket_by: self.tape.chance(15).then(|| "account_id".to_owned()),
            description: self.tape.chance(20).then(|| "why: because".to_owned()),
        }
    }

    fn promote(&mut self) -> Command {
        let environments = &self.world.catalog().environments;
        let follow = environments
            .iter()
            .filter_map(|(id, environment)| Some((environment.parent?, id, environment.auto_sync)));
        // One that copies is seldom promoted to.
        let mut follow: Vec<_> = follow.collect();
        follow.sort_by_key(|(_, id, is_copy)| (*is_copy, self.flag.entry(*id).is_none()));
        let last = self.environment();
        follow.push((last, last, false));
        let place = self.tape.draw(follow.len()) * usize::from(self.tape.chance(50));
        let (from, to, _) = follow[place];
        let form = self.tape.draw(5);
        let options = Promote {
            percentage: (form < 3).then(|| [10_000, 100_000, 0][self.tape.draw(3)]),
            as_is: form == 3,
            restart_at: if form == 3 && self.tape.chance(60) {
                Some(self.now + 3_600)
            } else {
                None
            },
            pending: self.pending(),
        };
        Command::Promote(from, to, options)
    }
}
