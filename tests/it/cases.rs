//! tests/cases: a bad and a good form for every check, in the format of its README.md.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use ffctl::diagnostic::Code;
use ffctl::literal;
use ffctl::ops::{Place, ValidateOptions, ValidateReport, validate};
use ffctl::text::Location;

use crate::support::{NOW, Sandbox, files_below, repository};

struct Case {
    name: String,
    sections: Vec<Section>,
    expected: String,
}

struct Section {
    form: Form,
    path: String,
    how: Option<String>,
    body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bad,
    Good,
    Both,
}

fn cases() -> Vec<Case> {
    let folder = repository().join("tests/cases");
    let files = files_below(&folder);
    let files = files.iter().filter(|file| {
        file.extension()
            .is_some_and(|extension| extension == "case")
    });
    let cases: Vec<Case> = files.map(|file| Case::read(&folder, file)).collect();
    assert!(!cases.is_empty());
    cases
}

impl Case {
    fn read(folder: &Path, file: &Path) -> Self {
        let name = file.strip_prefix(folder).unwrap().with_extension("");
        let text = std::fs::read_to_string(file).unwrap();
        let (head, expected) = text.split_once("=== expect\n").unwrap();
        let mut parts = head.split("\n=== ");
        let title = parts.next().unwrap();
        assert!(
            title.starts_with("# ") && !title.contains('\n'),
            "{}: {title}",
            name.display()
        );
        Self {
            name: name.to_str().unwrap().replace('\\', "/"),
            sections: parts.map(Section::read).collect(),
            expected: expected.to_owned(),
        }
    }

    fn code(&self) -> &str {
        self.name.split_once('/').unwrap().0
    }

    /// Lays the files of a form and returns what validating them gives; `None` where this system
    /// cannot hold such files.
    fn validate(&self, form: Form) -> Option<ValidateReport> {
        let sandbox = Sandbox::new();
        let outside = sandbox.root().parent().unwrap().to_owned();
        std::fs::create_dir(outside.join("outside")).unwrap();
        std::fs::write(
            outside.join("outside.yaml"),
            "default_value: false\nenvironments: {}\n",
        )
        .unwrap();
        let sections = self
            .sections
            .iter()
            .filter(|section| section.form == form || section.form == Form::Both);
        for section in sections {
            if !section.lay(&sandbox) {
                return None;
            }
        }
        let options = ValidateOptions {
            place: Place {
                folder: sandbox.root(),
                revision: None,
            },
            paths: Vec::new(),
            now: literal::date_time(NOW).unwrap(),
        };
        Some(validate(&options).unwrap())
    }
}

impl Section {
    fn read(text: &str) -> Self {
        let (line, body) = text.split_once('\n').unwrap_or((text, ""));
        let (line, how) = match line.split_once(" (") {
            Some((line, how)) => (line, Some(how.trim_end_matches(')').to_owned())),
            None => (line, None),
        };
        let (form, path) = line
            .split_once(' ')
            .unwrap_or((line, "flags/checkout.yaml"));
        let form = match form {
            "bad" => Form::Bad,
            "good" => Form::Good,
            "both" => Form::Both,
            other => panic!("{other} is no form"),
        };
        let mut body = body.to_owned();
        if !body.is_empty() && !body.ends_with('\n') {
            body.push('\n');
        }
        Self {
            form,
            path: path.to_owned(),
            how,
            body,
        }
    }

    /// Returns whether the system can hold the file.
    fn lay(&self, sandbox: &Sandbox) -> bool {
        let path = sandbox.path(&self.path);
        match self.how.as_deref() {
            None => std::fs::write(path, &self.body).unwrap(),
            Some("bytes") => std::fs::write(path, unescape(&self.body)).unwrap(),
            Some("none") => std::fs::remove_file(path).unwrap(),
            Some("fifo") => return make_fifo(&path),
            Some(how) => {
                if let Some(target) = how.strip_prefix("link to ") {
                    return make_link(target, &path);
                }
                let size = how.strip_prefix("size ").unwrap().parse().unwrap();
                std::fs::File::create(path).unwrap().set_len(size).unwrap();
            }
        }
        true
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).unwrap());
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

#[cfg(unix)]
fn make_link(target: &str, path: &Path) -> bool {
    std::os::unix::fs::symlink(target, path).unwrap();
    true
}

#[cfg(not(unix))]
fn make_link(_: &str, _: &Path) -> bool {
    false
}

/// The standard library makes no named pipes; every Unix has the program.
fn make_fifo(path: &Path) -> bool {
    let status = std::process::Command::new("mkfifo").arg(path).status();
    cfg!(unix) && status.is_ok_and(|status| status.success())
}

/// Returns the findings in the form of the cases.
fn render(report: &ValidateReport) -> String {
    let mut text = String::new();
    let place = |location: Location| {
        let position = report.sources.start(location);
        let file = report.sources.get(location.source).name();
        format!("{file}:{}:{}", position.line, position.column)
    };
    for finding in &report.diagnostics {
        let (severity, code) = (finding.severity.name(), finding.code);
        writeln!(
            text,
            "{severity}[{code}] {} {}",
            place(finding.location),
            finding.message
        )
        .unwrap();
        for related in &finding.related {
            writeln!(text, "  see {} {}", place(related.location), related.note).unwrap();
        }
        if let Some(help) = &finding.help {
            writeln!(text, "  help {help}").unwrap();
        }
    }
    text
}

#[test]
fn every_check_has_a_case() {
    let covered: BTreeSet<String> = cases().iter().map(|case| case.code().to_owned()).collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(covered, codes);
}

#[test]
fn bad_forms_give_the_expected_findings_and_no_others() {
    for case in cases() {
        if let Some(report) = case.validate(Form::Bad) {
            assert_eq!(render(&report), case.expected, "{}", case.name);
        }
        let code = format!("[{}]", case.code());
        assert!(
            case.expected.contains(&code),
            "{} does not show its check",
            case.name
        );
    }
}

#[test]
fn good_forms_give_no_findings() {
    for case in cases() {
        if let Some(report) = case.validate(Form::Good) {
            assert_eq!(render(&report), "", "{}", case.name);
        }
    }
}

/// One plain sentence and a next step: what can be told of a text by its form.
#[test]
fn messages_are_plain_sentences_with_a_next_step() {
    for case in cases() {
        let Some(report) = case.validate(Form::Bad) else {
            continue;
        };
        for finding in &report.diagnostics {
            let message = &finding.message;
            assert!(
                !message.ends_with('.') && !message.contains('\n'),
                "{}: {message}",
                case.name
            );
            assert!(
                !message.starts_with(char::is_uppercase),
                "{}: {message}",
                case.name
            );
            let help = finding.help.as_deref().unwrap_or_default();
            assert!(
                !help.is_empty() && !help.contains('\n'),
                "{}: {message}",
                case.name
            );
        }
    }
}
