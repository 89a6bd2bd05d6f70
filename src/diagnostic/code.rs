//! The registry of checks: one stable kebab-case name for each bad pattern.

use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; does not stop anything unless warnings are denied.
    Warning,
    /// Wrong: the catalog does not compile.
    Error,
}

impl Severity {
    /// Returns the severity's name in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($(#[$clock:ident])? $variant:ident $name:literal $severity:ident $summary:literal;)*) => {
        /// Names a check. The names are stable and never used again for something else.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the code's name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns what the code says, as a noun phrase.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// Returns the severity that findings of the code have if nothing else is configured.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Returns whether the code's findings come and go with the clock alone. Such findings
            /// are warnings that `--deny warnings` does not count.
            #[must_use]
            pub fn depends_on_clock(self) -> bool {
                match self { $(Self::$variant => codes!(@clock $($clock)?),)* }
            }
        }
    };
    (@clock clock) => { true };
    (@clock) => { false };
}

codes! {
    // files
    FileUnreadable "file-unreadable" Error "a file that cannot be read";
    MissingFile "missing-file" Error "a required file that is not there";
    EmptyFile "empty-file" Error "a file that says nothing";
    FileTooLarge "file-too-large" Error "a file over the size limit";
    LinkOutside "link-outside" Error "a symbolic link that leads out of the project";
    NotUtf8 "not-utf8" Error "a file that is not UTF-8";
    YamlSyntax "yaml-syntax" Error "text that is not YAML";
    TomlSyntax "toml-syntax" Error "text that is not TOML";
    SeveralDocuments "several-documents" Error "a file with several YAML documents";
    DuplicateKey "duplicate-key" Error "a key written twice in one map";
    NonStringKey "non-string-key" Error "a map key that is not a string";
    MergeKey "merge-key" Error "a merge key `<<`";
    UnsupportedTag "unsupported-tag" Error "a YAML tag outside the core schema";
    AliasCycle "alias-cycle" Error "an alias that stands inside its own anchor";
    AliasExpansion "alias-expansion" Error "aliases that expand to too many nodes";
    Yaml11Scalar "yaml-1-1-scalar" Warning "a plain scalar that YAML 1.1 tools read otherwise";
    // shape
    UnknownKey "unknown-key" Error "a key that the format does not have";
    MissingKey "missing-key" Error "a required key that is not there";
    WrongType "wrong-type" Error "a value of the wrong YAML type";
    InvalidValue "invalid-value" Error "a value that the format does not allow there";
    OutOfRange "out-of-range" Error "a number outside its range";
    TooManyDecimals "too-many-decimals" Error "a percentage or weight with more than three decimals";
    MalformedCondition "malformed-condition" Error "a condition of no known form";
    EmptyEnvironments "empty-environments" Error "`environments:` with nothing under it";
    EmptyEntry "empty-entry" Error "an environment entry that says nothing";
    // names
    InvalidName "invalid-name" Error "a name with characters that names may not have";
    ReservedName "reserved-name" Error "a name that the format keeps for itself";
    NameClash "name-clash" Error "names that differ in case only, or not at all";
    KeyMismatch "key-mismatch" Error "a `flag_id` that is not the file's stem";
    UnknownEnvironment "unknown-environment" Error "an environment that environments.yaml does not have";
    UnknownSegment "unknown-segment" Error "a segment that segments.yaml does not have";
    UnknownAttribute "unknown-attribute" Error "an attribute that attributes.yaml does not have";
    UnknownVariant "unknown-variant" Error "a variant that the flag does not have";
    UnknownOperator "unknown-operator" Error "an operator that does not exist";
    UnknownFlag "unknown-flag" Error "a dependency on a flag that does not exist";
    UnknownRepository "unknown-repository" Warning "a dependency on a repository that ffctl.toml does not name";
    // values
    ValueTypeMismatch "value-type-mismatch" Error "a value that is not of the flag's type";
    MissingValue "missing-value" Error "a serving that must say what is served";
    ConflictingKeys "conflicting-keys" Error "keys that exclude each other";
    ScalarEntry "scalar-entry" Error "a scalar entry that the flag's type does not allow";
    RawValueWithVariants "raw-value-with-variants" Error "a raw value on a flag that lists variants";
    AmbiguousOffVariant "ambiguous-off-variant" Error "a boolean with variants whose off variant cannot be told";
    InvalidWeights "invalid-weights" Error "weights that do not make a split";
    InvalidOperand "invalid-operand" Error "a value that the operator cannot compare with";
    InvalidRegex "invalid-regex" Error "a regular expression that does not compile";
    InvalidSemver "invalid-semver" Error "a version that is not SemVer";
    InvalidTime "invalid-time" Error "a date or time that does not exist or has no offset";
    InvalidTimeZone "invalid-time-zone" Error "a time zone that does not exist";
    InvalidWindow "invalid-window" Error "a change window or freeze that cannot be";
    InvalidDuration "invalid-duration" Error "a duration that cannot be read";
    InvalidRamp "invalid-ramp" Error "a gradual rollout that cannot be";
    ScheduleOrder "schedule-order" Error "schedule steps that are not in strictly increasing order of time";
    // graphs
    EnvironmentCycle "environment-cycle" Error "environments that inherit from each other in a loop";
    SegmentCycle "segment-cycle" Error "segments that use each other in a loop";
    DependencyCycle "dependency-cycle" Error "flags that depend on each other in a loop";
    SegmentTooLarge "segment-too-large" Error "a segment that expands to too many conditions";
    SyncWithoutParent "sync-without-parent" Error "`auto_sync` on an environment without a parent";
    ComputedFromComputed "computed-from-computed" Error "a computed attribute that needs another one";
    DuplicateDependency "duplicate-dependency" Error "the same dependency written twice";
    ArchivedDependency "archived-dependency" Error "a dependency on an archived flag";
    // meaning
    EnabledWithoutEffect "enabled-without-effect" Error "an entry that is on and serves the off value to everybody";
    ShareWithoutEffect "share-without-effect" Error "a share of users who get what the others get anyway";
    SameEverywhere "same-everywhere" Warning "a flag without `environments`, the same everywhere";
    #[clock] ElapsedSchedule "elapsed-schedule" Warning "a schedule step whose time has come";
    #[clock] ExpiredKillSwitch "expired-kill-switch" Warning "a kill switch that somebody should have looked at by now";
    // settings
    UnknownCheck "unknown-check" Warning "a check in ffctl.toml that this ffctl does not have";
    ProtectedDefault "protected-default" Error "a default environment that is protected";
}

impl Code {
    /// Returns the code of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_unique() {
        for (at, code) in Code::ALL.iter().enumerate() {
            let name = code.name();
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
            assert_eq!(
                Code::ALL.iter().position(|other| other.name() == name),
                Some(at),
                "{name} twice"
            );
            assert_eq!(Code::from_name(name), Some(*code));
        }
    }
}
