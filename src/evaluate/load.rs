//! From JSON to a program, flag by flag.
//!
//! Each flag is compiled as soon as it was read, so that a document of ten thousand flags never
//! stands in memory as a tree. Segments may come behind the flags (in canonical JSON they do): a
//! document whose flags use some is then read a second time, with the segments known.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::assemble::{Assembled, Assembler};
use super::engine::Head;
use super::error::{Fault, LoadError};
use crate::ruleset::{ComputedEntry, Condition, FORMAT, Flag, Table, Text};

/// Reads and compiles a document.
///
/// # Errors
///
/// As for [`Engine::from_json`](super::Engine::from_json).
pub(super) fn from_json(document: &[u8]) -> Result<(Head, Assembled<'_>), LoadError> {
    let text = std::str::from_utf8(document)
        .map_err(|error| LoadError::document(Fault::Encoding(error.valid_up_to())))?;
    let mut reader = Reader::default();
    read(text, &mut reader)?;
    if reader.is_early {
        reader = reader.again();
        read(text, &mut reader)?;
    }
    let Some(assembler) = reader.assembler else {
        return Err(missing("flags"));
    };
    if !reader.is_second && !reader.knew_segments {
        // No flag needed the segments that came behind the flags; they must be sound all the same.
        let computed = reader.members.computed.take().unwrap_or_default();
        Assembler::new(
            &computed,
            reader.members.segments.take().unwrap_or_default(),
        )?;
    }
    let head = Head {
        project: reader
            .members
            .project
            .ok_or_else(|| missing("project"))?
            .as_str()
            .into(),
        environment: reader
            .members
            .environment
            .ok_or_else(|| missing("environment"))?
            .as_str()
            .into(),
        version: reader
            .members
            .version
            .map_or_else(Box::default, |version| version.as_str().into()),
    };
    Ok((head, assembler.finish()?))
}

fn missing(member: &'static str) -> LoadError {
    LoadError::document(Fault::Json(serde_json::Error::missing_field(member)))
}

fn read<'d>(text: &'d str, reader: &mut Reader<'d>) -> Result<(), LoadError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = DeserializeSeed::deserialize(&mut *reader, &mut json).and_then(|()| json.end());
    let format = match &read {
        Ok(()) => reader.members.format.clone(),
        // A document of another format seldom has the shape of this one: say what matters.
        Err(_) => serde_json::from_str(text)
            .ok()
            .and_then(|Format { format }| format),
    };
    match (format, read, reader.fault.take()) {
        (Some(format), ..) if format.as_str() != FORMAT => Err(LoadError::document(Fault::Format(
            format.as_str().to_owned(),
        ))),
        (_, _, Some(fault)) => Err(fault),
        (_, Err(error), None) => Err(LoadError::document(Fault::Json(error))),
        (None, Ok(()), None) => Err(missing("format")),
        (Some(_), Ok(()), None) => Ok(()),
    }
}

/// The one member by which any ruleset can be told.
#[derive(Deserialize)]
struct Format<'d> {
    #[serde(borrow, default)]
    format: Option<Text<'d>>,
}

/// The members of a document but the flags.
#[derive(Default)]
struct Members<'d> {
    format: Option<Text<'d>>,
    version: Option<Text<'d>>,
    project: Option<Text<'d>>,
    environment: Option<Text<'d>>,
    computed: Option<Table<'d, Vec<ComputedEntry<'d>>>>,
    segments: Option<Table<'d, Vec<Condition<'d>>>>,
}

/// Takes a document in.
#[derive(Default)]
struct Reader<'d> {
    members: Members<'d>,
    /// What was known when the flags came.
    assembler: Option<Assembler<'d>>,
    /// Whether the segments had been read when the flags came.
    knew_segments: bool,
    /// Whether the flags came too early to be compiled.
    is_early: bool,
    /// Whether only the flags are to be read.
    is_second: bool,
    /// The error behind the one that the parser reports.
    fault: Option<LoadError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Member {
    Format,
    Version,
    Project,
    Environment,
    Computed,
    Segments,
    Metadata,
    Flags,
}

impl<'d> Reader<'d> {
    fn again(self) -> Self {
        Self {
            members: self.members,
            is_second: true,
            ..Self::default()
        }
    }

    /// Returns whether a failure may only mean that the segments were not read yet.
    fn may_be_early(&self, error: &LoadError) -> bool {
        !self.is_second
            && self.members.segments.is_none()
            && matches!(error.fault(), Fault::UnknownSegment(_))
    }

    fn fail<E: serde::de::Error>(&mut self, fault: LoadError) -> E {
        let error = E::custom(&fault);
        self.fault = Some(fault);
        error
    }

    fn flags<A: MapAccess<'d>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let computed = self.members.computed.as_ref();
        self.knew_segments = self.members.segments.is_some();
        let segments = self.members.segments.clone().unwrap_or_default();
        let assembler = match computed {
            Some(computed) => Assembler::new(computed, segments),
            None => Assembler::new(&Table::default(), segments),
        };
        match assembler {
            Ok(assembler) => self.assembler = Some(assembler),
            Err(error) if self.may_be_early(&error) => self.is_early = true,
            Err(error) => return Err(self.fail(error)),
        }
        map.next_value_seed(Flags(self))
    }
}

/// Reads a member that may stand once.
fn once<'d, T: Deserialize<'d>, A: MapAccess<'d>>(
    place: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *place = Some(map.next_value()?);
    Ok(())
}

impl<'d> DeserializeSeed<'d> for &mut Reader<'d> {
    type Value = ();

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'d> Visitor<'d> for &mut Reader<'d> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a ruleset")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(member) = map.next_key::<Member>()? {
            let members = &mut self.members;
            match member {
                Member::Flags if self.assembler.is_some() || (self.is_early && !self.is_second) => {
                    return Err(A::Error::duplicate_field("flags"));
                }
                Member::Flags => self.flags(&mut map)?,
                Member::Metadata => drop(map.next_value::<IgnoredAny>()?),
                _ if self.is_second => drop(map.next_value::<IgnoredAny>()?),
                Member::Format => once(&mut members.format, "format", &mut map)?,
                Member::Version => once(&mut members.version, "version", &mut map)?,
                Member::Project => once(&mut members.project, "project", &mut map)?,
                Member::Environment => once(&mut members.environment, "environment", &mut map)?,
                Member::Segments => once(&mut members.segments, "segments", &mut map)?,
                Member::Computed => {
                    once(&mut members.computed, "computed", &mut map)?;
                    // Compiled without them, conditions meant attributes of the context.
                    self.is_early |= self.assembler.is_some();
                }
            }
        }
        Ok(())
    }
}

/// Compiles flags as they are read.
struct Flags<'r, 'd>(&'r mut Reader<'d>);

impl<'d> DeserializeSeed<'d> for Flags<'_, 'd> {
    type Value = ();

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'d> Visitor<'d> for Flags<'_, 'd> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("flags by key")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(assembler) = reader.assembler.as_mut().filter(|_| !reader.is_early) {
            let Some((key, flag)) = map.next_entry::<Text<'d>, Flag<'d>>()? else {
                return Ok(());
            };
            match assembler.flag(key.as_str(), &flag) {
                Ok(()) => {}
                Err(error) if reader.may_be_early(&error) => reader.is_early = true,
                Err(error) => return Err(reader.fail(error)),
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
