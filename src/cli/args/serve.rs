//! What is served, and to how many: the options of `enable` and `rule`.

use clap::Args;

use crate::document::Tree;
use crate::literal;
use crate::patch::{Share, What};

/// What is served, and to how many.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ServeArgs {
    /// To how many, in percent with up to three decimals
    #[arg(short, long, value_name = "P", value_parser = parse_percentage, allow_negative_numbers = true)]
    pub(in crate::cli) percentage: Option<u32>,

    /// The value to serve, as YAML; on string flags the text itself
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(in crate::cli) value: Option<String>,

    /// The variant to serve
    #[arg(long, value_name = "VARIANT", conflicts_with = "value")]
    pub(in crate::cli) variant: Option<String>,

    /// The variants to serve, by weight: `a=90,b=10`, or `default`
    #[arg(long, value_name = "SPLIT", value_parser = parse_split, conflicts_with_all = ["value", "variant"])]
    pub(in crate::cli) split: Option<Tree>,

    /// To a share that grows from now on: `10/1d` adds 10% each day
    #[arg(long, value_name = "STEP/TIME", value_parser = parse_gradual, conflicts_with = "percentage")]
    pub(in crate::cli) gradual: Option<Share>,
}

impl ServeArgs {
    /// Returns what is to be served.
    pub(in crate::cli) fn what(&self) -> Option<What> {
        let value = self.value.clone().map(What::Typed);
        let variant = self.variant.clone().map(What::Variant);
        value
            .or(variant)
            .or_else(|| self.split.clone().map(What::Split))
    }

    /// Returns to how many.
    pub(in crate::cli) fn share(&self) -> Option<Share> {
        self.percentage.map(Share::Percentage).or(self.gradual)
    }
}

/// Reads a percentage, with or without its sign, in thousandths of a percent.
pub(in crate::cli) fn parse_percentage(text: &str) -> Result<u32, String> {
    let number = text.trim().trim_end_matches('%').trim();
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let share = number.parse::<f64>().ok().filter(|_| plain);
    let share = share.filter(|share| *share <= 100.0);
    share
        .and_then(literal::thousandths)
        .and_then(|share| u32::try_from(share).ok())
        .ok_or_else(|| "write 0 to 100, with up to three decimals".to_owned())
}

fn parse_gradual(text: &str) -> Result<Share, String> {
    let help = || "write a share and a time, like 10/1d: 10% more each day".to_owned();
    let (increment, every) = text.split_once('/').ok_or_else(help)?;
    let increment = parse_percentage(increment)?;
    let every = literal::seconds(every.trim()).ok_or_else(help)?;
    if increment == 0 || every == 0 {
        return Err("a ramp grows: write a share and a time above 0".to_owned());
    }
    Ok(Share::Gradual { increment, every })
}

fn parse_split(text: &str) -> Result<Tree, String> {
    if text == "default" {
        return Ok(text.into());
    }
    let mut split = Tree::map();
    for part in text.split(',') {
        let (name, weight) = part
            .split_once(['=', ':'])
            .ok_or("write variants with weights, like a=90,b=10")?;
        let weight = weight.trim();
        let tree = if let Ok(whole) = weight.parse::<u32>() {
            Tree::from(i64::from(whole))
        } else {
            let number = weight.parse::<f64>().ok().filter(|number| *number >= 0.0);
            let known = number.filter(|number| literal::thousandths(*number).is_some());
            Tree::from(known.ok_or("weights are numbers of 0 or more, with up to three decimals")?)
        };
        let name = name.trim();
        if split.has(name) {
            return Err(format!("`{name}` is named twice"));
        }
        split.set(name, tree, &[]);
    }
    Ok(split)
}
