//! `ffctl create`

use std::path::Path;

use clap::Args;
use jiff::civil::Date;

use crate::cli::args::{Clock, KindArg, TypeArg, WriteArgs, parse_text};
use crate::cli::{ExitStatus, Ui};
use crate::literal;
use crate::ops::{NewFlag, Verb};

use super::change;

/// Create a flag that is off in every environment
#[derive(Debug, Args)]
pub(in crate::cli) struct CreateArgs {
    /// The flag's key
    #[arg(short, long, value_name = "KEY")]
    flag: String,

    /// The type of its values; that of the default if left out
    #[arg(long = "type", value_name = "TYPE")]
    value_type: Option<TypeArg>,

    /// What is served where nothing else decides, as YAML; on string flags the text itself
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    default: Option<String>,

    /// What it is for
    #[arg(short, long, value_name = "TEXT", value_parser = parse_text)]
    description: Option<String>,

    /// Who answers for it
    #[arg(short, long, value_name = "OWNER", value_parser = parse_text)]
    owner: Option<String>,

    /// What kind of flag it is
    #[arg(short, long, value_name = "KIND")]
    kind: Option<KindArg>,

    /// A word to select it by (repeatable)
    #[arg(short, long = "tag", value_name = "TAG", value_parser = parse_text)]
    tags: Vec<String>,

    /// The day by which it should be gone
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    expires: Option<Date>,

    /// The folder below the flags folder
    #[arg(long = "dir", value_name = "SUBDIR")]
    folder: Option<String>,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &CreateArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let verb = Verb::Create(NewFlag {
        value_type: args.value_type.map(Into::into),
        default: args.default.clone(),
        description: args.description.clone(),
        owner: args.owner.clone(),
        kind: args.kind.map(Into::into),
        tags: args.tags.clone(),
        expires: args.expires,
        folder: args.folder.clone(),
    });
    let flags = change::one_flag(&args.flag);
    let request = change::request(verb, &flags, Vec::new(), &args.write, folder, clock);
    change::run(request, ui)
}

fn parse_date(text: &str) -> Result<Date, String> {
    literal::date(text).ok_or_else(|| "write a day, like 2027-03-31".to_owned())
}
