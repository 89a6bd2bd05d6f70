//! What is known only when every flag was seen: ranks, dependencies, look-up by name.

use std::hash::Hash;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::super::attribute::Attribute;
use super::super::bucket;
use super::super::context::Intake;
use super::super::error::{Fault, LoadError};
use super::super::op::{Code, Op};
use super::super::program::{Late, LateEntry, Program};
use super::super::scale::{Order, Scale};
use super::super::text::{Texts, hash};
use super::draft::{LateDraft, place};
use super::order::order;
use super::{Assembler, Marks, Segments};

/// A program with what a caller needs to use it.
pub(in super::super) struct Assembled<'r> {
    pub(in super::super) program: Program,
    pub(in super::super) intake: Intake,
    pub(in super::super) index: HashTable<u32>,
    pub(in super::super) hasher: DefaultHashBuilder,
    pub(in super::super) marks: Marks,
    pub(in super::super) segments: Segments<'r>,
}

impl<'r> Assembler<'r> {
    /// Completes the program.
    ///
    /// # Errors
    ///
    /// If a flag stands twice, or flags depend on each other in a circle.
    pub(in super::super) fn finish(mut self) -> Result<Assembled<'r>, LoadError> {
        let operands = std::mem::take(&mut self.draft.operands);
        let program = &mut self.draft.program;
        let index = index(program, &operands.texts, &operands.hasher)?;
        self.resolve(&index, &operands.texts, &operands.hasher)?;
        let mut ranks = Ranks::default();
        self.draft
            .intake
            .attributes
            .iter_mut()
            .for_each(|attribute| ranks.sort(attribute));
        self.draft
            .program
            .ops
            .iter_mut()
            .for_each(|op| ranks.put(op));
        self.marks.origins = self.draft.origins();
        let mut program = self.draft.program;
        program.sets = operands.sets;
        program.patterns = operands.patterns;
        program.arena = operands.texts.finish();
        for late in self.draft.late {
            let late = finish_late(late, &mut program, &operands.hasher);
            program.late.push(late);
        }
        program.shrink();
        Ok(Assembled {
            program,
            intake: self.draft.intake,
            index,
            hasher: operands.hasher,
            marks: self.marks,
            segments: self.segments,
        })
    }

    /// Finds the flags that requirements name.
    fn resolve(
        &mut self,
        index: &HashTable<u32>,
        texts: &Texts,
        hasher: &DefaultHashBuilder,
    ) -> Result<(), LoadError> {
        if self.required.is_empty() {
            return Ok(());
        }
        let program = &mut self.draft.program;
        let flags = &program.flags;
        for (requirement, name) in program.requirements.iter_mut().zip(&self.required) {
            let is_it = |number: &u32| texts.text(flags[*number as usize].key) == &**name;
            requirement.flag = index.find(hash(hasher, name), is_it).copied();
        }
        let uses = uses(program);
        order(uses.len(), |flag| &uses[flag as usize]).map_err(|cycle| {
            let name = |flag: &u32| texts.text(program.flags[*flag as usize].key).to_owned();
            let cycle: Vec<String> = cycle.iter().map(name).collect();
            LoadError::flag(
                cycle.first().map_or("", String::as_str),
                Fault::DependencyCycle(cycle.clone()),
            )
        })?;
        Ok(())
    }
}

/// Returns for each flag those that it depends on. A flag's code holds its requirements, and ends
/// where the next one's begins.
fn uses(program: &Program) -> Vec<Vec<u32>> {
    let ends = program
        .flags
        .iter()
        .skip(1)
        .map(|flag| flag.entry as usize)
        .chain([program.ops.len()]);
    let required = |op: &Op| {
        let requirement = (op.code == Code::Require).then(|| &program.requirements[op.a as usize]);
        requirement.and_then(|requirement| requirement.flag)
    };
    let code = program
        .flags
        .iter()
        .zip(ends)
        .map(|(flag, end)| &program.ops[flag.entry as usize..end]);
    code.map(|code| code.iter().filter_map(required).collect())
        .collect()
}

fn index(
    program: &Program,
    texts: &Texts,
    hasher: &DefaultHashBuilder,
) -> Result<HashTable<u32>, LoadError> {
    let key = |number: &u32| texts.text(program.flags[*number as usize].key);
    let mut index = HashTable::with_capacity(program.flags.len());
    for number in 0..place(program.flags.len()).map_err(LoadError::document)? {
        let name = key(&number);
        let digest = hash(hasher, name);
        if index.find(digest, |other| key(other) == name).is_some() {
            return Err(LoadError::flag(name, Fault::Duplicate));
        }
        index.insert_unique(digest, number, |number| hash(hasher, key(number)));
    }
    Ok(index)
}

/// Replaces operands by ranks.
#[derive(Default)]
struct Ranks {
    /// By word: for each operand its place among the sorted ones.
    places: Vec<Option<Box<[u32]>>>,
}

impl Ranks {
    /// Sorts what an attribute is compared with.
    fn sort(&mut self, attribute: &mut Attribute) {
        self.note(&mut attribute.numbers);
        self.note(&mut attribute.versions);
        self.note(&mut attribute.instants);
    }

    fn note<T: Ord + Hash>(&mut self, scale: &mut Option<(u16, Scale<T>)>) {
        if let Some((word, scale)) = scale {
            let word = usize::from(*word);
            self.places
                .resize_with(self.places.len().max(word + 1), || None);
            self.places[word] = Some(scale.sort().into());
        }
    }

    /// Puts the ranks into a test that has an operand's number and an order in their place.
    fn put(&self, op: &mut Op) {
        let Some(Some(places)) = self
            .places
            .get(usize::from(op.slot))
            .filter(|_| op.code == Code::Range)
        else {
            return;
        };
        if let (Some(place), Some(order), Ok(count)) = (
            places.get(op.a as usize),
            Order::from_code(op.b),
            u32::try_from(places.len()),
        ) {
            (op.a, op.b) = order.ranks(*place, count);
        }
    }
}

fn finish_late(mut late: LateDraft, program: &mut Program, hasher: &DefaultHashBuilder) -> Late {
    let mut ranks = Ranks::default();
    ranks.sort(&mut late.attribute);
    for place in late.inner {
        ranks.put(&mut program.inner[place]);
    }
    let missing = late.layout.facts();
    let entries = late.values.into_iter().map(|value| {
        let mut facts = missing.clone();
        late.attribute
            .fill(&value, &program.arena, hasher, &mut facts);
        LateEntry {
            facts,
            subject: bucket::subject(&value),
            value,
        }
    });
    Late {
        routine: late.routine,
        entries: entries.collect(),
        missing,
    }
}
