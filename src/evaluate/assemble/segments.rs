//! Segments and computed attributes.
//!
//! A small segment is repeated wherever it is used. A larger one is code of its own: run once per
//! context if it does not depend on the time, and once per evaluation otherwise. Either way its
//! tests are compiled once, so that segments that use segments never multiply. Computed attributes
//! are found in the same way, the number of their entry being the answer.

use hashbrown::HashMap;

use super::super::context::{Finding, Step};
use super::super::error::{Fault, LoadError, Place};
use super::super::op::{Code, Op};
use super::super::run::Memo;
use super::condition::{Jump, Tests};
use super::draft::{Draft, Source, place};
use super::order::order;
use super::survey::{Names, Survey};
use super::value_of;
use crate::ruleset::{ComputedEntry, Condition, Table};

/// The conditions up to which a segment is repeated where it is used; segments, `any`, `all` and
/// `not` count too, so that this also bounds the depth.
const INLINE: u32 = 20;

/// A segment, compiled.
#[derive(Debug)]
pub(in super::super) struct Segment<'r> {
    pub(in super::super) conditions: Vec<Condition<'r>>,
    /// The instructions of its tests, in order.
    pub(super) tests: Vec<Op>,
    pub(in super::super) form: Form,
}

/// How a segment is used.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Form {
    /// Its code is repeated.
    Inline,
    /// Contexts know the answer; the number of its bit, and its first instruction.
    Bit { number: u32, entry: u32 },
    /// A routine finds out.
    Routine(u32),
}

/// All segments by name.
#[derive(Debug, Default)]
pub(in super::super) struct Segments<'r> {
    list: Vec<Segment<'r>>,
    index: HashMap<String, usize>,
}

impl<'r> Segments<'r> {
    /// Returns the segment of that name.
    pub(in super::super) fn get(&self, name: &str) -> Result<&Segment<'r>, Fault> {
        let number = self
            .index
            .get(name)
            .ok_or_else(|| Fault::UnknownSegment(name.to_owned()))?;
        Ok(&self.list[*number])
    }
}

/// Numbers the names of a table.
fn index<T>(
    table: &Table<'_, T>,
    place: fn(String) -> Place,
) -> Result<HashMap<String, usize>, LoadError> {
    let mut index = HashMap::with_capacity(table.0.len());
    for (number, (name, _)) in table.iter().enumerate() {
        if index.insert(name.as_str().to_owned(), number).is_some() {
            return Err(LoadError::new(
                place(name.as_str().to_owned()),
                Fault::Duplicate,
            ));
        }
    }
    Ok(index)
}

/// A table's segments or computed attributes while they are compiled.
struct Definitions<'d, 'r> {
    draft: &'d mut Draft,
    segments: Segments<'r>,
    names: Vec<String>,
    surveys: Vec<Survey>,
    /// The segments, each after those that it uses.
    order: Vec<u32>,
    /// Whether a segment uses a computed attribute.
    computes: Vec<bool>,
}

/// Compiles the segments and computed attributes of a ruleset.
///
/// # Errors
///
/// If a name stands twice or is unknown, if segments use each other in a circle, if a computed
/// attribute uses another, or if a condition cannot be compiled.
pub(super) fn define<'r>(
    draft: &mut Draft,
    computed: &Table<'r, Vec<ComputedEntry<'r>>>,
    segments: Table<'r, Vec<Condition<'r>>>,
) -> Result<Segments<'r>, LoadError> {
    if let Some((name, _)) = computed.iter().find(|(name, _)| name.as_str() == "now") {
        let place = Place::Computed(name.as_str().to_owned());
        return Err(LoadError::new(place, Fault::ComputedNow));
    }
    computed
        .iter()
        .for_each(|(name, _)| draft.declare_computed(name.as_str()));
    let computed_index = index(computed, Place::Computed)?;
    let segment_index = index(&segments, Place::Segment)?;
    let names = Names {
        segments: &segment_index,
        computed: &computed_index,
    };
    let mut definitions = Definitions::survey(draft, segments, &names)?;
    let late = definitions.survey_computed(computed, &names)?;
    definitions.spread_lateness(&late);
    let sources: Vec<Source> = (computed.iter().zip(&late))
        .map(|((name, _), is_late)| definitions.draft.define_computed(name.as_str(), *is_late))
        .collect();
    definitions.segments.index = segment_index;
    definitions.compile_segments(false)?;
    for ((name, entries), source) in computed.iter().zip(sources) {
        definitions
            .compile_computed(name.as_str(), entries, source)
            .map_err(|fault| LoadError::new(Place::Computed(name.as_str().to_owned()), fault))?;
    }
    definitions.compile_segments(true)?;
    Ok(definitions.segments)
}

impl<'d, 'r> Definitions<'d, 'r> {
    fn survey(
        draft: &'d mut Draft,
        table: Table<'r, Vec<Condition<'r>>>,
        names: &Names<'_>,
    ) -> Result<Self, LoadError> {
        let mut surveys = Vec::with_capacity(table.0.len());
        let mut segments = Segments::default();
        let mut segment_names = Vec::with_capacity(table.0.len());
        for (name, conditions) in table.0 {
            let name = name.as_str().to_owned();
            let survey = Survey::of(&conditions, names)
                .map_err(|fault| LoadError::new(Place::Segment(name.clone()), fault))?;
            surveys.push(survey);
            segments.list.push(Segment {
                conditions,
                tests: Vec::new(),
                form: Form::Inline,
            });
            segment_names.push(name);
        }
        let order =
            order(surveys.len(), |number| &surveys[number as usize].segments).map_err(|cycle| {
                let cycle: Vec<String> = cycle
                    .iter()
                    .map(|number| segment_names[*number as usize].clone())
                    .collect();
                LoadError::new(
                    Place::Segment(cycle.first().cloned().unwrap_or_default()),
                    Fault::SegmentCycle(cycle),
                )
            })?;
        let mut computes: Vec<bool> = surveys
            .iter()
            .map(|survey| !survey.computed.is_empty())
            .collect();
        for number in &order {
            let number = *number as usize;
            let mut survey = std::mem::take(&mut surveys[number]);
            survey.complete(&surveys);
            computes[number] |= survey.segments.iter().any(|used| computes[*used as usize]);
            surveys[number] = survey;
        }
        Ok(Self {
            draft,
            segments,
            names: segment_names,
            surveys,
            order,
            computes,
        })
    }

    /// Returns for each computed attribute whether it depends on the time.
    fn survey_computed(
        &self,
        computed: &Table<'r, Vec<ComputedEntry<'r>>>,
        names: &Names<'_>,
    ) -> Result<Vec<bool>, LoadError> {
        let is_late = |entries: &[ComputedEntry<'r>]| {
            let mut is_late = false;
            for entry in entries {
                let mut survey = Survey::of(&entry.conditions, names)?;
                survey.complete(&self.surveys);
                if !survey.computed.is_empty()
                    || survey
                        .segments
                        .iter()
                        .any(|used| self.computes[*used as usize])
                {
                    return Err(Fault::NestedComputed);
                }
                is_late |= survey.is_late;
            }
            Ok(is_late)
        };
        let located = |(name, entries): (&crate::ruleset::Text<'r>, &Vec<ComputedEntry<'r>>)| {
            is_late(entries)
                .map_err(|fault| LoadError::new(Place::Computed(name.as_str().to_owned()), fault))
        };
        computed.iter().map(located).collect()
    }

    /// A segment depends on the time also through a computed attribute.
    fn spread_lateness(&mut self, late: &[bool]) {
        for number in &self.order {
            let number = *number as usize;
            let survey = &self.surveys[number];
            let is_late = survey.computed.iter().any(|attribute| late[*attribute])
                || survey
                    .segments
                    .iter()
                    .any(|used| self.surveys[*used as usize].is_late);
            self.surveys[number].is_late |= is_late;
        }
    }

    /// Compiles the segments that use computed attributes, or those that do not.
    fn compile_segments(&mut self, computes: bool) -> Result<(), LoadError> {
        for place in 0..self.order.len() {
            let number = self.order[place] as usize;
            if self.computes[number] == computes {
                self.compile_segment(number).map_err(|fault| {
                    LoadError::new(Place::Segment(self.names[number].clone()), fault)
                })?;
            }
        }
        Ok(())
    }

    fn compile_segment(&mut self, number: usize) -> Result<(), Fault> {
        let mut tests = Vec::new();
        keep_tests(
            &self.segments.list[number].conditions,
            self.draft,
            &mut tests,
        )?;
        self.segments.list[number].tests = tests;
        if self.surveys[number].size <= INLINE {
            return Ok(());
        }
        let segment = &self.segments.list[number];
        let mut tests = Tests::Kept(segment.tests.iter());
        let entry = routine(self.draft, |draft| {
            branch(draft, &segment.conditions, &self.segments, &mut tests, 1)?;
            draft.push(Op::new(Code::Yield, 0, 0));
            Ok(())
        })?;
        let form = if self.surveys[number].is_late {
            self.draft.program.routines.push(entry);
            Form::Routine(place(self.draft.program.routines.len() - 1)?)
        } else {
            let number = self.draft.intake.segments;
            self.draft.intake.segments += 1;
            self.draft.intake.steps.push(Step {
                entry,
                finding: Finding::Segment(number),
            });
            Form::Bit { number, entry }
        };
        self.segments.list[number].form = form;
        Ok(())
    }

    fn compile_computed(
        &mut self,
        name: &str,
        entries: &[ComputedEntry<'r>],
        source: Source,
    ) -> Result<(), Fault> {
        let segments = &self.segments;
        let entry = routine(self.draft, |draft| {
            for (number, entry) in entries.iter().enumerate() {
                branch(
                    draft,
                    &entry.conditions,
                    segments,
                    &mut Tests::New,
                    place(number)?,
                )?;
            }
            draft.push(Op::new(Code::Yield, Memo::NONE, 0));
            Ok(())
        })?;
        let values: Box<[_]> = entries.iter().map(|entry| value_of(&entry.value)).collect();
        match source {
            Source::Late(number) => {
                let routine = place(self.draft.program.routines.len())?;
                self.draft.program.routines.push(entry);
                self.draft.late[number].routine = routine;
                self.draft.late[number].values = values;
            }
            Source::Known(place) => {
                self.draft.note_step(name);
                self.draft.intake.steps.push(Step {
                    entry,
                    finding: Finding::Computed(place, values),
                });
            }
            Source::Now | Source::Nothing => {}
        }
        Ok(())
    }
}

/// Emits code whose labels are its own, and returns its first instruction.
fn routine(
    draft: &mut Draft,
    emit: impl FnOnce(&mut Draft) -> Result<(), Fault>,
) -> Result<u32, Fault> {
    let entry = draft.here();
    emit(draft)?;
    draft.seal(entry)?;
    place(entry)
}

/// Emits code that answers if all conditions hold.
fn branch(
    draft: &mut Draft,
    conditions: &[Condition<'_>],
    segments: &Segments<'_>,
    tests: &mut Tests<'_>,
    answer: u32,
) -> Result<(), Fault> {
    let next = draft.label();
    draft.emit_all(
        conditions,
        segments,
        tests,
        Jump {
            on: false,
            to: next,
            depth: 0,
        },
    )?;
    draft.push(Op::new(Code::Yield, answer, 0));
    draft.put(next)
}

/// Compiles the tests of conditions in the order in which they are emitted.
fn keep_tests(
    conditions: &[Condition<'_>],
    draft: &mut Draft,
    tests: &mut Vec<Op>,
) -> Result<(), Fault> {
    for condition in conditions {
        match condition {
            Condition::Test {
                attribute,
                operator,
                operand,
            } => {
                tests.push(draft.lower(attribute.as_str(), *operator, operand.as_ref())?);
            }
            Condition::Segment(_) => {}
            Condition::Any(list) | Condition::All(list) => keep_tests(list, draft, tests)?,
            Condition::Not(inner) => keep_tests(std::slice::from_ref(inner), draft, tests)?,
        }
    }
    Ok(())
}
