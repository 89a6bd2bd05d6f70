//! What is refused, and that nothing panics.

use serde_json::{Value, json};

use super::{boolean, document, merge, rule, single, test, with};
use crate::evaluate::{Engine, Fault, LoadError, Place, Tracer};
use crate::ruleset::Ruleset;

/// The error of a document, which all ways of loading must agree on.
fn refused(document: &Value) -> LoadError {
    let text = document.to_string();
    let error = Engine::from_json(text.as_bytes()).unwrap_err();
    if let Ok(ruleset) = serde_json::from_str::<Ruleset<'_>>(&text) {
        let other = Engine::new(&ruleset).unwrap_err();
        assert_eq!(other.to_string(), error.to_string());
        assert_eq!(
            Tracer::new(ruleset).unwrap_err().to_string(),
            error.to_string()
        );
    }
    error
}

fn flag_message(flag: &Value) -> String {
    refused(&single(flag)).to_string()
}

fn in_rule(conditions: Value, serving: Value) -> Value {
    boolean(
        json!({"rules": [rule("ok", json!([])), {"name": "r", "conditions": conditions, "serving": serving}]}),
    )
}

#[test]
fn malformed_documents_are_refused() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "{\"format\": 1}",
        "{\"flags\": {}}",
        "{\"format\": \"ffctl.ruleset/v1\"}",
    ] {
        let error = Engine::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.place(), &Place::Document, "{text}");
        assert!(matches!(error.fault(), Fault::Json(_)), "{text}: {error}");
    }
    let whole = document(&json!({})).to_string();
    assert!(Engine::from_json(whole.as_bytes()).unwrap().is_empty());
    for (from, to) in [
        ("\"flags\":{}", "\"flags\":{},\"flags\":{}"),
        ("\"flags\":{}", "\"flags\":{},\"x\":1"),
        ("}}", "}} 1"),
        (
            "\"project\":\"web\"",
            "\"project\":\"web\",\"project\":\"web\"",
        ),
    ] {
        let text = whole.replacen(from, to, 1);
        let altered = if text == whole {
            format!("{whole} 1")
        } else {
            text
        };
        assert!(
            matches!(
                Engine::from_json(altered.as_bytes()).unwrap_err().fault(),
                Fault::Json(_)
            ),
            "{altered}"
        );
    }
    assert!(matches!(
        Engine::from_json(b"\xff").unwrap_err().fault(),
        Fault::Encoding(0)
    ));
    let deep = format!("{{\"flags\": {}", "[".repeat(100_000));
    assert!(matches!(
        Engine::from_json(deep.as_bytes()).unwrap_err().fault(),
        Fault::Json(_)
    ));
}

/// The compiler makes the version last, of a document that has none.
#[test]
fn a_version_may_be_missing() {
    let mut whole = document(&json!({}));
    whole.as_object_mut().unwrap().remove("version");
    let engine = Engine::from_json(whole.to_string().as_bytes()).unwrap();
    assert_eq!(engine.version(), "");
}

#[test]
fn every_prefix_of_a_document_is_refused() {
    let mut whole = document(
        &json!({"f": in_rule(json!([{"segment": "s"}, test("é", "in", json!(["\u{1F600}\n"]))]), json!({"outcome": 1}))}),
    );
    merge(
        &mut whole,
        json!({"segments": {"s": [test("a", "matches", json!("^a"))]}, "computed": {"c": [{"conditions": [], "value": 1}]}}),
    );
    let text = whole.to_string();
    assert!(Engine::from_json(text.as_bytes()).is_ok());
    for end in 0..text.len() {
        assert!(Engine::from_json(&text.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn another_format_is_named_whatever_else_is_wrong() {
    for flags in [json!({}), json!([1]), json!({"f": {"surprise": 1}})] {
        let error = Engine::from_json(
            with(document(&flags), json!({"format": "ffctl.ruleset/v2"}))
                .to_string()
                .as_bytes(),
        )
        .unwrap_err();
        assert!(
            matches!(error.fault(), Fault::Format(found) if found == "ffctl.ruleset/v2"),
            "{error}"
        );
    }
}

#[test]
fn members_may_stand_in_any_order() {
    let flag = in_rule(
        json!([{"segment": "s"}, test("c", "equals", json!("x"))]),
        json!({"outcome": 1}),
    );
    let flags = json!({"f": flag, "plain": boolean(json!({}))}).to_string();
    let segments = json!({"s": [test("a", "equals", json!(1))]}).to_string();
    let computed = json!({"c": [{"conditions": [{"segment": "s"}], "value": "x"}]}).to_string();
    let head =
        r#""format": "ffctl.ruleset/v1", "version": "v", "project": "p", "environment": "e""#;
    let members = [
        format!(r#""flags": {flags}"#),
        format!(r#""segments": {segments}"#),
        format!(r#""computed": {computed}"#),
        head.to_owned(),
    ];
    for order in [
        [0, 1, 2, 3],
        [0, 2, 1, 3],
        [1, 0, 2, 3],
        [1, 2, 0, 3],
        [2, 0, 3, 1],
        [3, 2, 1, 0],
        [2, 1, 3, 0],
    ] {
        let text = format!("{{{}}}", order.map(|n| members[n].as_str()).join(","));
        let engine = Engine::from_json(text.as_bytes()).unwrap();
        assert_eq!((engine.len(), engine.project()), (2, "p"), "{order:?}");
        let context = engine.context(super::map(&json!({"a": 1, "c": "y"})));
        assert_eq!(engine.evaluate("f", &context, 0).rule, Some("ok"));
        let decided = engine.evaluate("plain", &context, 0).variant;
        assert_eq!(decided, Some("off"));
    }
}

#[test]
fn outcomes_must_exist() {
    let two = json!({"split": {"salt": "s", "ranges": [[0, 50_000, 0], [50_000, 100_000, 9]]}});
    for (flag, expected) in [
        (
            with(boolean(json!({})), json!({"off": 2})),
            "flag `f`: it has no outcome 2",
        ),
        (
            with(boolean(json!({})), json!({"outcomes": []})),
            "flag `f`: it has no outcome 0",
        ),
        (
            boolean(json!({"default": 7})),
            "flag `f`: it has no outcome 7",
        ),
        (
            boolean(json!({"serving": {"outcome": 4_294_967_295_u32}})),
            "flag `f`: it has no outcome 4294967295",
        ),
        (
            boolean(json!({"serving": two})),
            "flag `f`: it has no outcome 9",
        ),
        (
            in_rule(json!([]), json!({"outcome": 2})),
            "flag `f`, rule `r`: it has no outcome 2",
        ),
        (
            in_rule(json!([]), two),
            "flag `f`, rule `r`: it has no outcome 9",
        ),
        (
            with(boolean(json!({})), json!({"killed": true, "off": 2})),
            "flag `f`: it has no outcome 2",
        ),
        (
            boolean(json!({"enabled": false, "serving": {"outcome": 2}})),
            "flag `f`: it has no outcome 2",
        ),
    ] {
        assert_eq!(flag_message(&flag), expected);
    }
}

#[test]
fn servings_must_make_sense() {
    let exposed =
        |exposure: Value| json!({"outcome": 1, "exposure": with(exposure, json!({"salt": "s"}))});
    let ramp = |members: Value| {
        exposed(
            json!({"gradual": with(json!({"start": 0, "from": 1, "increment": 1, "every": 1, "until": 1}), members)}),
        )
    };
    let split = |ranges: Value| json!({"split": {"salt": "s", "ranges": ranges}});
    for (serving, fault) in [
        (json!({}), "exactly one of `outcome` and `split`"),
        (
            with(split(json!([[0, 100_000, 0]])), json!({"outcome": 0})),
            "exactly one of `outcome` and `split`",
        ),
        (exposed(json!({})), "exactly one of `ranges` and `gradual`"),
        (ramp(json!({"every": 0})), "`every` at least 1"),
        (ramp(json!({"until": 100_001})), "at most 100000"),
        (ramp(json!({"from": 100_001})), "at most 100000"),
        (ramp(json!({"increment": 100_001})), "at most 100000"),
        (
            exposed(json!({"ranges": [[0, 100_001]]})),
            "half-open, ascending",
        ),
        (exposed(json!({"ranges": [[5, 4]]})), "half-open, ascending"),
        (
            exposed(json!({"ranges": [[5, 7], [6, 8]]})),
            "half-open, ascending",
        ),
        (split(json!([])), "without gaps"),
        (split(json!([[0, 99_999, 0]])), "without gaps"),
        (split(json!([[1, 100_000, 0]])), "without gaps"),
        (split(json!([[0, 5, 0], [6, 100_000, 0]])), "without gaps"),
        (split(json!([[0, 5, 0], [4, 100_000, 0]])), "without gaps"),
        (
            split(json!([[0, 100_000, 0], [100_000, 100_001, 0]])),
            "without gaps",
        ),
        (
            split(json!([[0, 100_000, 0], [100_000, 5, 0], [5, 100_000, 0]])),
            "without gaps",
        ),
    ] {
        let message = flag_message(&boolean(json!({ "serving": serving })));
        assert!(
            message.starts_with("flag `f`: ") && message.contains(fault),
            "{serving}: {message}"
        );
        let message = flag_message(&in_rule(json!([]), serving));
        assert!(
            message.starts_with("flag `f`, rule `r`: ") && message.contains(fault),
            "{message}"
        );
    }
    let both = json!({"outcome": 1, "exposure": {"salt": "s", "ranges": [], "gradual": {"start": 0, "from": 1, "increment": 1, "every": 1, "until": 1}}});
    assert!(
        flag_message(&boolean(json!({ "serving": both })))
            .contains("exactly one of `ranges` and `gradual`")
    );
}

#[test]
fn phases_must_be_in_order() {
    let phase = |from: Option<i64>| match from {
        Some(from) => json!({"from": from, "enabled": true, "default": 0}),
        None => json!({"enabled": true, "default": 0}),
    };
    for (froms, expected) in [
        (vec![], "flag `f`: it has no phases"),
        (
            vec![Some(1)],
            "flag `f`: its phases are not in order of time",
        ),
        (
            vec![None, None],
            "flag `f`: its phases are not in order of time",
        ),
        (
            vec![None, Some(2), Some(2)],
            "flag `f`: its phases are not in order of time",
        ),
        (
            vec![None, Some(2), Some(1)],
            "flag `f`: its phases are not in order of time",
        ),
    ] {
        let phases: Vec<Value> = froms.into_iter().map(phase).collect();
        assert_eq!(
            flag_message(&with(boolean(json!({})), json!({ "phases": phases }))),
            expected
        );
    }
}

#[test]
fn operands_must_fit_their_operators() {
    for (condition, expected) in [
        (
            test("a", "in", json!("x")),
            "`a` `in` takes a list of scalars",
        ),
        (
            json!({"attribute": "a", "operator": "equals"}),
            "`a` `equals` takes a scalar",
        ),
        (
            test("a", "semver_less_than", json!("one")),
            "`a` `semver_less_than` takes a version",
        ),
        (
            test("now", "before", json!("tomorrow")),
            "`now` `before` takes an RFC 3339 date-time or a date",
        ),
        (
            test("a", "not_contains", json!(1)),
            "`a` `not_contains` takes a string or a list of strings",
        ),
        (
            test("a", "less_than", json!("1")),
            "`a` `less_than` takes a number",
        ),
        (
            test("a", "exists", json!(true)),
            "`a` `exists` takes no value",
        ),
        (
            test("a", "matches", json!("(")),
            "`(` is not a valid regular expression",
        ),
        (json!({"segment": "none"}), "there is no segment `none`"),
    ] {
        let message = flag_message(&in_rule(
            json!([{"any": [{"not": condition}]}]),
            json!({"outcome": 1}),
        ));
        assert!(
            message.starts_with(&format!("flag `f`, rule `r`: {expected}")),
            "{message}"
        );
    }
}

#[test]
fn dependencies_must_require_something_and_not_lead_back() {
    let on = |flag: &str| json!({"flag": flag, "values": [true]});
    let depending = |on: Value| with(boolean(json!({})), json!({"depends_on": [on]}));
    assert_eq!(
        flag_message(&depending(json!({"flag": "g"}))),
        "flag `f`: a dependency has `values` or `variants`"
    );
    assert_eq!(
        flag_message(&depending(on("f"))),
        "flag `f`: flags depend on each other: `f` → `f`"
    );
    let flags = json!({"a": depending(on("b")), "b": depending(on("c")), "c": with(depending(on("b")), json!({"killed": true}))});
    assert_eq!(
        refused(&document(&flags)).to_string(),
        "flag `b`: flags depend on each other: `b` → `c` → `b`"
    );
}

#[test]
fn names_stand_once() {
    let flag = boolean(json!({})).to_string();
    let text = document(&json!({})).to_string().replace(
        "\"flags\":{}",
        &format!("\"flags\":{{\"f\":{flag},\"g\":{flag},\"f\":{flag}}}"),
    );
    assert_eq!(
        Engine::from_json(text.as_bytes()).unwrap_err().to_string(),
        "flag `f`: it stands twice"
    );
    let whole = document(&json!({})).to_string();
    for (member, expected) in [
        (
            r#""segments":{"s":[],"s":[]}"#,
            "segment `s`: it stands twice",
        ),
        (
            r#""computed":{"c":[],"c":[]}"#,
            "computed attribute `c`: it stands twice",
        ),
    ] {
        let text = whole.replacen('{', &format!("{{{member},"), 1);
        assert_eq!(
            Engine::from_json(text.as_bytes()).unwrap_err().to_string(),
            expected
        );
    }
}

#[test]
fn segments_and_computed_attributes_must_be_sound() {
    let loaded = |members: Value| refused(&with(document(&json!({})), members)).to_string();
    let uses = |name: &str| json!([{"any": [{"not": {"segment": name}}]}]);
    assert_eq!(
        loaded(json!({"segments": {"a": uses("b"), "b": uses("c"), "c": uses("a")}})),
        "segment `a`: segments use each other: `a` → `b` → `c` → `a`"
    );
    assert_eq!(
        loaded(json!({"segments": {"a": uses("a")}})),
        "segment `a`: segments use each other: `a` → `a`"
    );
    assert_eq!(
        loaded(json!({"segments": {"a": uses("b")}})),
        "segment `a`: there is no segment `b`"
    );
    assert_eq!(
        loaded(json!({"segments": {"a": [test("x", "in", json!(1))]}})),
        "segment `a`: `x` `in` takes a list of scalars"
    );
    let computed =
        |conditions: Value| json!({"c": [{"conditions": conditions, "value": 1}], "d": []});
    assert_eq!(
        loaded(json!({"computed": computed(json!([test("d", "equals", json!(1))]))})),
        "computed attribute `c`: its conditions use a computed attribute"
    );
    assert_eq!(
        loaded(
            json!({"computed": computed(uses("s")), "segments": {"s": uses("t"), "t": [test("d", "equals", json!(1))]}})
        ),
        "computed attribute `c`: its conditions use a computed attribute"
    );
    assert_eq!(
        loaded(json!({"computed": computed(json!([test("x", "matches", json!("["))]))}))
            .split(':')
            .next(),
        Some("computed attribute `c`")
    );
    assert_eq!(
        loaded(json!({"computed": {"now": []}})),
        "computed attribute `now`: `now` is the time and cannot be computed"
    );
    assert_eq!(
        loaded(json!({"computed": computed(uses("s"))})),
        "computed attribute `c`: there is no segment `s`"
    );
}

#[test]
fn conditions_built_too_deep_are_refused() {
    use crate::ruleset::Condition;
    let text = single(&in_rule(json!([]), json!({"outcome": 1}))).to_string();
    let mut ruleset: Ruleset<'_> = serde_json::from_str(&text).unwrap();
    let mut condition = Condition::All(Vec::new());
    for _ in 0..1000 {
        condition = Condition::Not(Box::new(condition));
    }
    ruleset.flags.0[0].1.phases[0].rules[1]
        .conditions
        .push(condition.clone());
    assert!(matches!(
        Engine::new(&ruleset).unwrap_err().fault(),
        Fault::TooDeep
    ));
    ruleset.flags.0.clear();
    ruleset.segments.0.push(("s".into(), vec![condition]));
    let error = Engine::new(&ruleset).unwrap_err();
    assert_eq!(
        error.to_string(),
        "segment `s`: its conditions are nested too deeply"
    );
}

#[test]
fn as_many_attributes_as_there_are_numbers() {
    let flags = |count: usize| {
        let conditions: Vec<Value> = (0..count)
            .map(|n| test(&format!("a{n}"), "equals", json!(1)))
            .collect();
        document(&json!({"f": in_rule(json!(conditions), json!({"outcome": 1}))}))
    };
    assert!(Engine::from_json(flags(65_535).to_string().as_bytes()).is_ok());
    let error = Engine::from_json(flags(65_536).to_string().as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "flag `f`, rule `r`: it has too many attributes"
    );
}
