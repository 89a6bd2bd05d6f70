//! Subjects: which attribute names them, and what stands in.

use serde_json::{Value, json};

use super::{boolean, document, evaluate, merge, single, with};

/// A flag that tells by its variant which of the subjects was bucketed: the split has a range for
/// each position that one of them has.
fn telling(attribute: Option<&str>, subjects: &[&str]) -> Value {
    let mut places: Vec<(u32, usize)> = subjects
        .iter()
        .enumerate()
        .map(|(n, subject)| (position(subject), n))
        .collect();
    places.sort_unstable();
    let mut ranges = Vec::new();
    for (place, number) in places {
        let end = ranges.last().map_or(0, |(_, to, _)| *to);
        ranges.push((end, place, subjects.len()));
        ranges.push((place, place + 1, number));
    }
    let end = ranges.last().map_or(0, |(_, to, _)| *to);
    ranges.push((end, 100_000, subjects.len()));
    let outcomes: Vec<Value> = subjects
        .iter()
        .chain([&"nobody"])
        .map(|name| json!({"variant": name, "value": name}))
        .collect();
    let mut split = json!({"salt": "f/split", "ranges": ranges});
    if let Some(attribute) = attribute {
        merge(&mut split, json!({ "attribute": attribute }));
    }
    with(
        boolean(json!({"default": subjects.len(), "serving": {"split": split}})),
        json!({"type": "string", "outcomes": outcomes}),
    )
}

fn position(subject: &str) -> u32 {
    let hash =
        murmur3::murmur3_32(&mut std::io::Cursor::new(format!("f/split{subject}")), 0).unwrap();
    u32::try_from((u64::from(hash) * 100_000) >> 32).unwrap()
}

fn subject(attribute: Option<&str>, attributes: &Value) -> String {
    let flag = telling(attribute, &["key", "user", "42", "0"]);
    let answer = evaluate(&single(&flag), "f", attributes, 0);
    if answer.error.is_some() {
        "error".to_owned()
    } else {
        answer.variant
    }
}

#[test]
fn user_id_stands_in_for_a_missing_targeting_key() {
    for (attributes, expected) in [
        (json!({"targetingKey": "key", "user_id": "user"}), "key"),
        (json!({"targetingKey": "key"}), "key"),
        (json!({"user_id": "user"}), "user"),
        (json!({"targetingKey": null, "user_id": "user"}), "user"),
        (json!({"targetingKey": "", "user_id": "user"}), "user"),
        (json!({"targetingKey": true, "user_id": "user"}), "user"),
        (json!({"targetingKey": 1.5, "user_id": "user"}), "user"),
        (json!({"targetingKey": ["key"], "user_id": "user"}), "user"),
        (json!({"targetingKey": 42, "user_id": "user"}), "42"),
        (json!({"targetingKey": 42.0}), "42"),
        (json!({"user_id": -0.0}), "0"),
        (json!({"user_id": 9_007_199_254_740_992_i64}), "error"),
        (json!({"user_id": ""}), "error"),
        (json!({"other": "key"}), "error"),
        (json!({}), "error"),
    ] {
        assert_eq!(subject(None, &attributes), expected, "{attributes}");
    }
}

#[test]
fn a_named_attribute_is_exactly_that() {
    for (attribute, attributes, expected) in [
        ("targetingKey", json!({"targetingKey": "key"}), "key"),
        ("targetingKey", json!({"user_id": "user"}), "error"),
        ("user_id", json!({"user_id": "user"}), "user"),
        ("user_id", json!({"targetingKey": "key"}), "error"),
        ("account.id", json!({"account": {"id": 42}}), "42"),
        ("account.id", json!({"account.id": 42}), "error"),
        ("now", json!({"now": "key"}), "error"),
    ] {
        assert_eq!(
            subject(Some(attribute), &attributes),
            expected,
            "{attribute} {attributes}"
        );
    }
}

#[test]
fn computed_attributes_can_be_bucketed() {
    let computed = |late: bool| {
        let mut conditions = vec![json!({"attribute": "a", "operator": "exists"})];
        if late {
            conditions.push(
                json!({"attribute": "now", "operator": "after", "value": "1970-01-01T00:00:10Z"}),
            );
        }
        json!({"team": [{"conditions": conditions, "value": "key"}, {"conditions": [{"attribute": "b", "operator": "exists"}], "value": 42}],
               "user_id": [{"conditions": conditions, "value": "user"}]})
    };
    for late in [false, true] {
        let ask = |attribute: Option<&str>, attributes: Value, time: i64| {
            let mut whole = single(&telling(attribute, &["key", "user", "42", "0"]));
            merge(&mut whole, json!({"computed": computed(late)}));
            let answer = evaluate(&whole, "f", &attributes, time);
            if answer.error.is_some() {
                "error".to_owned()
            } else {
                answer.variant
            }
        };
        assert_eq!(
            ask(Some("team"), json!({"a": 1, "team": "nobody"}), 10),
            "key"
        );
        assert_eq!(
            ask(Some("team"), json!({"b": 1, "team": "nobody"}), 10),
            "42"
        );
        assert_eq!(ask(Some("team"), json!({"team": "key"}), 10), "error");
        assert_eq!(
            ask(Some("team.x"), json!({"team": {"x": "key"}}), 10),
            "error"
        );
        // `user_id` is computed too: what the context says of it does not stand in.
        assert_eq!(ask(None, json!({"a": 1, "user_id": "42"}), 10), "user");
        assert_eq!(ask(None, json!({"user_id": "42"}), 10), "error");
        assert_eq!(ask(None, json!({"a": 1, "targetingKey": "key"}), 10), "key");
        let early = if late { "error" } else { "key" };
        assert_eq!(ask(Some("team"), json!({"a": 1}), 9), early);
    }
}

/// MODEL.md, section 6: growing exposure never moves a subject from one variant to another.
#[test]
fn exposure_and_split_are_independent() {
    let flags: Value = (1..=10)
        .map(|tenths| {
            let serving = json!({
                "exposure": {"salt": "f", "ranges": [[0, tenths * 10_000]]},
                "split": {"salt": "f/split", "ranges": [[0, 50_000, 0], [50_000, 100_000, 1]]},
            });
            let flag = with(boolean(json!({"default": 2, "serving": serving})), json!({"outcomes": [
                {"variant": "a", "value": "a"}, {"variant": "b", "value": "b"}, {"variant": "none", "value": "none"},
            ]}));
            (format!("f{tenths}"), flag)
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let engine = super::engine(&document(&flags));
    for user in 0..200 {
        let attributes = json!({ "targetingKey": format!("user-{user}") });
        let context = engine.context(super::map(&attributes));
        let served: Vec<&str> = (1..=10)
            .filter_map(|n| engine.evaluate(&format!("f{n}"), &context, 0).variant)
            .collect();
        let first = served
            .iter()
            .position(|variant| *variant != "none")
            .unwrap();
        assert!(
            served[first..]
                .iter()
                .all(|variant| *variant == served[first]),
            "{served:?}"
        );
    }
}

#[test]
fn third_generation_hashes_other_bytes() {
    // open-feature/flagd-testbed at 82ba89e, `gherkin/targeting.feature`, fractional v2 and v3.
    for (bucketing, subject, variant) in [
        ("flagd-v2", "jack", "hearts"),
        ("flagd-v2", "queen", "spades"),
        ("flagd-v3", "jack", "diamonds"),
        ("flagd-v3", "3", "spades"),
    ] {
        let split = json!({"salt": "fractional-flag", "ranges": [[0, 25_000, 0], [25_000, 50_000, 1], [50_000, 75_000, 2], [75_000, 100_000, 3]]});
        let suits = ["clubs", "diamonds", "hearts", "spades"]
            .map(|suit| json!({"variant": suit, "value": suit}));
        let flag = with(
            boolean(json!({"serving": {"split": split}})),
            json!({"bucketing": bucketing, "outcomes": suits}),
        );
        let answer = evaluate(&single(&flag), "f", &json!({"targetingKey": subject}), 0);
        assert_eq!(
            (answer.variant.as_str(), answer.reason),
            (variant, "SPLIT"),
            "{bucketing} {subject}"
        );
    }
}
