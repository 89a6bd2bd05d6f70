//! tests/changes: what the writing commands make of a flag's file, in the format of its README.md.

use crate::support::{NOW, Output, Sandbox, files_below, repository};

const SETTINGS: &str = "[project]\ndefault_environment = \"staging\"\n";

const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null}
  staging: {parent: development, auto_sync: true}
  canary: {parent: staging, auto_sync: true}
  production: {parent: staging}
";

const SEGMENTS: &str = "\
segments:
  beta: {conditions: [{attribute: user_type, operator: equals, value: beta}]}
";

const FLAG: &str = "flags/f.yaml";

struct Case {
    name: String,
    text: String,
    commands: String,
    expected: Expected,
}

enum Expected {
    Text(String),
    Refused(i32, String),
}

impl Expected {
    /// Reads `exit N: words`, `=`, or what `text` makes of the rest.
    fn parse(said: &str, before: &str, text: impl Fn(&str) -> String) -> Self {
        if let Some((status, words)) = said.strip_prefix("exit ").and_then(|s| s.split_once(": ")) {
            return Self::Refused(status.parse().unwrap(), words.trim().to_owned());
        }
        if said.trim() == "=" {
            return Self::Text(before.to_owned());
        }
        Self::Text(text(said))
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for file in files_below(&repository().join("tests/changes")) {
        if file
            .extension()
            .is_some_and(|extension| extension == "case")
        {
            let content = std::fs::read_to_string(&file).unwrap();
            let stem = file.file_stem().unwrap().to_str().unwrap();
            for section in content.split("=== ").skip(1) {
                let (title, body) = section.split_once('\n').unwrap();
                read_section(&format!("{stem}: {title}"), body, &mut cases);
            }
        }
    }
    cases
}

fn read_section(title: &str, body: &str, cases: &mut Vec<Case>) {
    let mut parts = body.split("\n---");
    let text = format!("{}\n", parts.next().unwrap());
    for part in parts {
        let (head, rest) = part.split_once('\n').unwrap_or((part, ""));
        let head = head.trim();
        if head.is_empty() {
            let rows = rest.lines().filter(|row| !row.trim().is_empty());
            cases.extend(rows.map(|row| row_case(title, &text, row)));
        } else {
            let whole = |said: &str| format!("{}\n", said.trim_end());
            cases.push(Case {
                name: format!("{title}: {head}"),
                expected: Expected::parse(rest, &text, whole),
                commands: head.to_owned(),
                text: text.clone(),
            });
        }
    }
}

fn row_case(title: &str, template: &str, row: &str) -> Case {
    let columns: Vec<&str> = row.split(" | ").map(str::trim).collect();
    let [before, commands, after] = columns.as_slice() else {
        panic!("{title}: a row has three columns: {row}");
    };
    let name = template.split('$').nth(1).expect("the text holds `$NAME`");
    let end = name.find([',', '}']).unwrap();
    let name = &name[..end];
    let text = with_entry(template, name, before);
    let is_of_entry = |command: &str| ["enable", "disable"].contains(&command);
    let commands: Vec<String> = commands
        .split(" ; ")
        .map(|command| {
            let verb = command.split(' ').find(|word| !word.starts_with('@'));
            if verb.is_some_and(|verb| is_of_entry(verb) || verb == "emergency-disable") {
                format!("{command} --env {name}")
            } else {
                command.to_owned()
            }
        })
        .collect();
    Case {
        name: format!("{title}: {row}"),
        expected: Expected::parse(after, &text, |after| with_entry(template, name, after)),
        commands: commands.join(" ; "),
        text,
    }
}

fn with_entry(template: &str, name: &str, entry: &str) -> String {
    let place = format!("${name}");
    if entry != "-" {
        return template.replace(&place, &format!("{name}: {entry}"));
    }
    let [last, first] = [format!(", {place}"), format!("{place}, ")];
    let without = template.replace(&last, "").replace(&first, "");
    without.replace(&place, "")
}

/// Splits a command at blanks, but for those between single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for (place, part) in command.split('\'').enumerate() {
        if place % 2 == 1 {
            match words.last_mut().filter(|_| is_open) {
                Some(word) => word.push_str(part),
                None => words.push(part.to_owned()),
            }
            is_open = true;
            continue;
        }
        for (index, word) in part.split(' ').enumerate() {
            match words.last_mut().filter(|_| is_open && index == 0) {
                Some(open) => open.push_str(word),
                None if word.is_empty() => {}
                None => words.push(word.to_owned()),
            }
        }
        is_open = !part.is_empty() && !part.ends_with(' ');
    }
    words
}

/// Runs the commands one after the other; all but the last succeed.
fn run(sandbox: &Sandbox, commands: &str) -> (String, Output) {
    let mut now = NOW.to_owned();
    let mut before = sandbox.read(FLAG);
    let mut last: Option<Output> = None;
    for command in commands.split(" ; ") {
        if let Some(output) = last.take() {
            output.exits(0);
        }
        let mut words = words(command);
        if let Some(time) = words[0].strip_prefix('@') {
            time.clone_into(&mut now);
            words.remove(0);
        }
        words.extend(["--flag", "f"].map(str::to_owned));
        before = sandbox.read(FLAG);
        last = Some(sandbox.command(words).now(Some(&now)).run());
    }
    (before, last.unwrap())
}

fn mistake(case: &Case) -> Option<String> {
    let sandbox = Sandbox::empty()
        .file("ffctl.toml", SETTINGS)
        .file("flags/environments.yaml", ENVIRONMENTS)
        .file("flags/segments.yaml", SEGMENTS)
        .file(FLAG, &case.text);
    let (before, output) = run(&sandbox, &case.commands);
    let after = sandbox.read(FLAG);
    let (status, expected) = match &case.expected {
        Expected::Text(text) => (0, text),
        Expected::Refused(status, words) => {
            let said = format!("{}{}", output.stdout, output.stderr);
            if !said.contains(words.as_str()) {
                return Some(format!("`{words}` is not said\n{output}"));
            }
            (*status, &before)
        }
    };
    if output.status != Some(status) || after != *expected {
        let wanted = format!("wanted, with status {status}:\n{expected}");
        return Some(format!("{wanted}\ngot:\n{after}\n{output}"));
    }
    let validated = sandbox.run(["validate"]);
    (validated.status != Some(0)).then(|| format!("{after}\n{validated}"))
}

#[test]
fn every_change_gives_the_expected_file() {
    let cases = cases();
    assert!(cases.len() >= 90, "{} cases", cases.len());
    let told = |case: &Case| Some(format!("## {}\n{}", case.name, mistake(case)?));
    // A case is a run of the program or two: they are waited for side by side.
    let mistakes: Vec<String> = std::thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(4));
        let runs: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().filter_map(told).collect::<Vec<_>>()))
            .collect();
        let ended = runs.into_iter().map(|run| run.join().unwrap());
        ended.flatten().collect()
    });
    let (failed, all) = (mistakes.len(), cases.len());
    assert!(
        mistakes.is_empty(),
        "{failed} of {all}\n{}",
        mistakes.join("\n\n")
    );
}

#[test]
fn commands_are_split_as_a_shell_does() {
    let split = words("set a='b c'd  e '' --when 'x in [1, 2]'");
    assert_eq!(split, ["set", "a=b cd", "e", "", "--when", "x in [1, 2]"]);
}
