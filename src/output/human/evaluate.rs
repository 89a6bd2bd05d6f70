//! Answers of evaluations, and how they came about.

use crate::evaluate::{
    BucketTrace, ConditionTrace, DependencyTrace, ExposureTrace, RuleStatus, RuleTrace,
    ServingTrace, State, Trace,
};
use crate::ops::{EvaluateReport, Evaluation, Traced};

use super::table::table;
use crate::words::{one_line, plain, thousandths};

/// Returns a table of answers, or with traces one account after the other.
#[must_use]
pub fn evaluate(report: &EvaluateReport) -> String {
    if report
        .evaluations
        .iter()
        .any(|evaluation| evaluation.trace.is_some())
    {
        return report
            .evaluations
            .iter()
            .map(account)
            .collect::<Vec<_>>()
            .join("\n");
    }
    let dash = || "-".to_owned();
    let rows = report.evaluations.iter().map(|evaluation| {
        vec![
            evaluation.flag.clone(),
            value_text(evaluation),
            evaluation.variant.clone().unwrap_or_else(dash),
            reason(evaluation),
            evaluation.rule.clone().unwrap_or_else(dash),
        ]
    });
    let environment = report
        .evaluations
        .first()
        .map_or_else(String::new, |first| format!("{}\n", first.environment));
    environment + &table(&["flag", "value", "variant", "reason", "rule"], rows)
}

fn value_text(evaluation: &Evaluation) -> String {
    match &evaluation.value {
        None => "-".to_owned(),
        Some(value) if value.is_object() => one_line(&value.to_string()),
        Some(value) => plain(value),
    }
}

fn reason(evaluation: &Evaluation) -> String {
    evaluation.error.map_or_else(
        || evaluation.reason.to_string(),
        |error| format!("{}: {error}", evaluation.reason),
    )
}

fn account(evaluation: &Evaluation) -> String {
    let variant = evaluation
        .variant
        .as_ref()
        .map_or_else(String::new, |variant| format!(" ({variant})"));
    let rule = evaluation
        .rule
        .as_ref()
        .map_or_else(String::new, |rule| format!(", rule {rule}"));
    let mut text = format!(
        "{} in {}: {}{variant}, {}{rule}\n",
        evaluation.flag,
        evaluation.environment,
        value_text(evaluation),
        reason(evaluation)
    );
    if let Some(Traced { trace, decided_by }) = &evaluation.trace {
        if let Some(place) = decided_by {
            let owner = place.environment.as_deref().unwrap_or("the flag");
            text.push_str(&format!(
                "  decided by {}:{} ({owner})\n",
                one_line(&place.file),
                place.line
            ));
        }
        steps(trace, &mut text);
    }
    text
}

fn steps(trace: &Trace, text: &mut String) {
    match trace.state {
        State::Unknown => text.push_str("  there is no such flag among those that are served\n"),
        State::Killed => text.push_str("  a kill switch is in force\n"),
        State::Disabled => text.push_str("  not enabled\n"),
        State::Enabled => {}
    }
    for dependency in &trace.dependencies {
        text.push_str(&format!("  {}\n", describe_dependency(dependency)));
    }
    for rule in &trace.rules {
        describe_rule(rule, text);
    }
    if let Some(serving) = &trace.serving {
        text.push_str("  the environment's serving\n");
        describe_serving(serving, text);
    }
    if let Some(default) = &trace.default {
        text.push_str(&format!(
            "  default: {} ({})\n",
            plain(&default.value),
            default.variant
        ));
    }
}

fn mark(holds: bool) -> &'static str {
    if holds { "yes" } else { "no " }
}

fn describe_dependency(dependency: &DependencyTrace) -> String {
    let values = dependency.values.iter().flatten().map(plain);
    let wanted: Vec<String> = values
        .chain(dependency.variants.iter().flatten().cloned())
        .collect();
    let wanted = wanted.join(" or ");
    let served = dependency
        .served
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), |served| plain(&served.value));
    match dependency.satisfied {
        Some(satisfied) => format!(
            "{} needs {} to serve {wanted}; it serves {served}",
            mark(satisfied),
            dependency.flag
        ),
        None => format!(
            "--  needs {} to serve {wanted}; not looked at",
            dependency.flag
        ),
    }
}

fn describe_rule(rule: &RuleTrace, text: &mut String) {
    let status = match rule.status {
        RuleStatus::Decided => "decided",
        RuleStatus::Outside => "its conditions hold, but the subject is outside its percentage",
        RuleStatus::NotMatched => "not matched",
        RuleStatus::NotReached => "not reached",
    };
    text.push_str(&format!("  rule {}: {status}\n", rule.name));
    for condition in &rule.conditions {
        describe_condition(condition, 4, text);
    }
    if let Some(serving) = &rule.serving {
        describe_serving(serving, text);
    }
}

fn describe_condition(condition: &ConditionTrace, indent: usize, text: &mut String) {
    let blank = " ".repeat(indent);
    let holds = mark(condition.holds());
    let (line, inner): (String, &[ConditionTrace]) = match condition {
        ConditionTrace::Test {
            attribute,
            operator,
            value,
            actual,
            ..
        } => {
            let operand = if value.is_null() {
                String::new()
            } else {
                format!(" {}", plain(value))
            };
            let actual = if actual.is_null() {
                "missing".to_owned()
            } else {
                plain(actual)
            };
            (
                format!(
                    "{} {}{operand}   (is {actual})",
                    one_line(attribute),
                    operator.name().replace('_', " ")
                ),
                &[],
            )
        }
        ConditionTrace::Segment {
            segment,
            conditions,
            ..
        } => (
            format!("segment {segment}"),
            conditions.as_deref().unwrap_or_default(),
        ),
        ConditionTrace::Any { any, .. } => ("any of".to_owned(), any),
        ConditionTrace::All { all, .. } => ("all of".to_owned(), all),
        ConditionTrace::Not { not, .. } => ("not".to_owned(), std::slice::from_ref(not)),
    };
    text.push_str(&format!("{blank}{holds} {line}\n"));
    for condition in inner {
        describe_condition(condition, indent + 4, text);
    }
}

fn describe_serving(serving: &ServingTrace, text: &mut String) {
    let exposure = serving.exposure.as_ref();
    let left_out = exposure.is_some_and(|exposure| exposure.included != Some(true));
    if let Some(exposure) = &serving.exposure {
        text.push_str(&format!("    {}\n", describe_exposure(exposure)));
    }
    if left_out {
        return;
    }
    if let Some(split) = &serving.split {
        let ranges: Vec<String> = split
            .ranges
            .iter()
            .map(|(from, to, name)| format!("{name} {}–{}", percent(*from), percent(*to)))
            .collect();
        text.push_str(&format!(
            "    split by {}: {}\n",
            describe_bucket(&split.bucket),
            ranges.join(", ")
        ));
    }
    if let Some(variant) = &serving.variant {
        text.push_str(&format!("    serves {variant}\n"));
    }
}

fn describe_exposure(exposure: &ExposureTrace) -> String {
    let share = match (&exposure.ranges, exposure.share) {
        (_, Some(share)) => format!("{} at this time", percent(share)),
        (Some(ranges), None) if ranges.is_empty() => "nobody".to_owned(),
        (Some(ranges), None) => {
            let parts: Vec<String> = ranges
                .iter()
                .map(|(from, to)| format!("{}–{}", percent(*from), percent(*to)))
                .collect();
            parts.join(", ")
        }
        (None, None) => "everybody".to_owned(),
    };
    let included = match exposure.included {
        Some(true) => "included",
        Some(false) => "left out",
        None => "cannot be told",
    };
    format!(
        "share by {}: {share}: {included}",
        describe_bucket(&exposure.bucket)
    )
}

fn describe_bucket(bucket: &BucketTrace) -> String {
    let attribute = one_line(&bucket.attribute);
    match (&bucket.subject, bucket.position) {
        (Some(subject), Some(position)) => {
            format!("{attribute} {} at {}", one_line(subject), percent(position))
        }
        _ if bucket.needed => format!("{attribute} (missing)"),
        _ => format!("{attribute} (not needed)"),
    }
}

/// Returns a position or share in percent.
fn percent(position: u32) -> String {
    format!("{}%", thousandths(u64::from(position)))
}
