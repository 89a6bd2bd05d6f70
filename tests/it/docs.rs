//! The documents say what the program does.
//!
//! Every `console` block of README.md runs in a copy of the project, in order. A line `$ ffctl …`
//! is a command, the lines below it are what it prints (stdout, then stderr), and `$ echo $?` asks
//! for its exit status, which is 0 where nobody asks. `$ echo '…' | ffctl …` gives it standard
//! input, and an output line `...` stands for any lines. A block that begins with the comment
//! `# flags/….yaml` or `# deployment.yaml` is written to that file. Tables between `<!-- NAME -->` and `<!-- /NAME -->` are generated.
//!
//! `FFCTL_UPDATE_README=1 cargo test docs` writes outputs and tables anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ffctl::cli::ExitStatus;
use ffctl::diagnostic::{Code, Severity};
use ffctl::evaluate::Reason;
use ffctl::ruleset::Operator;

const README: &str = include_str!("../../README.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

// Blocks

/// A line of a fenced block, or the fence itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Open(&'t str),
    Inside(&'t str),
    Close,
    Prose(&'t str),
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut inside = false;
    text.lines()
        .map(move |line| match (line.strip_prefix("```"), inside) {
            (Some(language), false) => {
                inside = true;
                Line::Open(language)
            }
            (Some(_), true) => {
                inside = false;
                Line::Close
            }
            (None, true) => Line::Inside(line),
            (None, false) => Line::Prose(line),
        })
}

/// A copy of the project, so that no command changes what is committed.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        fs::copy(root().join("ffctl.toml"), copy.path("ffctl.toml")).unwrap();
        copy_folder(&root().join("flags"), &copy.path("flags"));
        copy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a command line as a terminal would, and returns what it prints and how it ends.
    fn run(&self, line: &str) -> (String, i32) {
        let words = words(line);
        let (input, words) = match words.iter().position(|word| word == "|") {
            Some(pipe) if words[0] == "echo" => {
                (words[1..pipe].join(" ") + "\n", &words[pipe + 1..])
            }
            _ => (String::new(), &words[..]),
        };
        assert_eq!(words[0], "ffctl", "`{line}`");
        let mut child = Command::new(env!("CARGO_BIN_EXE_ffctl"))
            .args(&words[1..])
            .current_dir(self.0.path())
            .env_remove("FFCTL_NOW")
            .env("NO_COLOR", "1")
            .env("GIT_CEILING_DIRECTORIES", self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may be gone by now.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            String::from_utf8(text).unwrap(),
            output.status.code().unwrap(),
        )
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Splits a command line at blanks; quotes of both kinds hold words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    for character in line.chars() {
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(character);
                begun = true;
            }
            (' ', None) => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            _ => word.push(character),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Returns whether an output is what a document says; `...` stands for any lines.
fn fits(said: &[&str], printed: &[&str]) -> bool {
    match said.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => (0..=printed.len()).any(|skip| fits(rest, &printed[skip..])),
        Some((first, rest)) => printed
            .split_first()
            .is_some_and(|(line, printed)| line == first && fits(rest, printed)),
    }
}

/// Returns the README with the outputs that its commands have now.
fn with_outputs() -> String {
    let project = Copy::new();
    let mut text = String::new();
    let mut file: Option<(String, String)> = None;
    let mut console = false;
    let mut status = 0;
    // The reference's examples are a project of their own.
    let mut in_tour = true;
    let mut all = lines(README).peekable();
    while let Some(line) = all.next() {
        match line {
            Line::Prose(line) => {
                in_tour &= line != "## File format";
                writeln!(text, "{line}").unwrap();
            }
            Line::Open(language) => {
                console = language == "console";
                file = None;
                if let Some(Line::Inside(first)) = all.peek()
                    && let Some(path) = first.strip_prefix("# ")
                    && (path.starts_with("flags/") || path == "deployment.yaml")
                {
                    file = Some((path.to_owned(), String::new()));
                }
                writeln!(text, "```{language}").unwrap();
            }
            Line::Close => {
                if let Some((path, content)) = file.take().filter(|_| in_tour) {
                    project.write(&path, &content);
                }
                assert_eq!(status, 0, "a failing command needs `$ echo $?`");
                writeln!(text, "```").unwrap();
            }
            Line::Inside(line) => {
                writeln!(text, "{line}").unwrap();
                if let Some((_, content)) = &mut file {
                    writeln!(content, "{line}").unwrap();
                }
                let Some(command) = line.strip_prefix("$ ").filter(|_| console) else {
                    assert!(!console, "no command prints `{line}`");
                    continue;
                };
                let mut said = Vec::new();
                while let Some(Line::Inside(line)) = all.peek()
                    && !line.starts_with("$ ")
                {
                    said.push(*line);
                    all.next();
                }
                if command == "echo $?" {
                    writeln!(text, "{status}").unwrap();
                    status = 0;
                    continue;
                }
                assert_eq!(
                    status, 0,
                    "a failing command needs `$ echo $?`, before `{line}`"
                );
                let printed;
                (printed, status) = project.run(command);
                let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
                let shown = if fits(&said, &printed) {
                    &said
                } else {
                    &printed
                };
                for line in shown {
                    writeln!(text, "{line}").unwrap();
                }
            }
        }
    }
    text
}

#[test]
fn the_examples_of_the_reference_are_a_valid_project() {
    let project = Copy(tempfile::tempdir().unwrap());
    let reference = README.split("\n## File format\n").nth(1).unwrap();
    let mut written = 0;
    let mut blocks = lines(reference).peekable();
    while let Some(line) = blocks.next() {
        let path = match (line, blocks.peek()) {
            (Line::Open("toml"), _) => "ffctl.toml",
            (Line::Open("yaml"), Some(Line::Inside(first))) if first.starts_with("# flags/") => {
                &first[2..]
            }
            _ => continue,
        };
        let text: String = blocks
            .by_ref()
            .map_while(|line| match line {
                Line::Inside(line) => Some(format!("{line}\n")),
                _ => None,
            })
            .collect();
        project.write(path, &text);
        written += 1;
    }
    assert_eq!(written, 6);
    // The flags that the examples depend on.
    for flag in ["payments_enabled", "new_dashboard_ui"] {
        let text = "default_value: false\nenvironments: {staging: true}\n";
        project.write(&format!("flags/{flag}.yaml"), text);
    }
    let (printed, status) = project.run("ffctl validate --deny warnings --at 2026-12-01T00:00:00Z");
    assert_eq!(status, 0, "{printed}");
}

// Tables

/// Returns a text with the part between two marks replaced.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let begin = text.find(&open).expect("the table's mark") + open.len();
    let end = text.find(&close).expect("the table's end");
    format!("{}{table}{}", &text[..begin], &text[end..])
}

fn checks() -> String {
    let mut table = "| check | level | finds |\n| --- | --- | --- |\n".to_owned();
    for code in Code::ALL {
        let level = match (code.severity(), code.depends_on_clock()) {
            (Severity::Error, _) => "error",
            (Severity::Warning, false) => "warning",
            (Severity::Warning, true) => "warning, by the clock",
        };
        writeln!(table, "| `{code}` | {level} | {} |", code.summary()).unwrap();
    }
    table
}

fn commands() -> String {
    let mut table = "| command | does |\n| --- | --- |\n".to_owned();
    for command in ffctl::cli::definition().get_subcommands() {
        let about = command.get_about().expect("a help line").to_string();
        writeln!(table, "| `{}` | {about} |", command.get_name()).unwrap();
    }
    table
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let wanted = with_table(&with_outputs(), "checks", &checks());
    let wanted = with_table(&wanted, "commands", &commands());
    if wanted == README {
        return;
    }
    if std::env::var_os("FFCTL_UPDATE_README").is_some() {
        fs::write(root().join("README.md"), wanted).unwrap();
        return;
    }
    let (line, (is, should)) = README
        .lines()
        .zip(wanted.lines())
        .enumerate()
        .find(|(_, (is, should))| is != should)
        .expect("the README ends early");
    panic!(
        "README.md:{}: the program says something else\n     is: {is}\n should: {should}\n\
         `FFCTL_UPDATE_README=1 cargo test docs` writes it anew",
        line + 1
    );
}

#[test]
fn exit_statuses_are_told() {
    let section = README.split("## Exit status").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let told: BTreeSet<u8> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    let own = [
        ExitStatus::Success,
        ExitStatus::No,
        ExitStatus::Usage,
        ExitStatus::Interrupted,
    ];
    // The other one is a panic.
    let own = own.map(ExitStatus::code).into_iter();
    let wanted: BTreeSet<u8> = own.chain([101]).collect();
    assert_eq!(told, wanted);
}

#[test]
fn every_exit_status_happens() {
    let project = Copy::new();
    assert_eq!(project.run("ffctl list").1, 0);
    assert_eq!(project.run("ffctl list --no-such-option").1, 2);
    assert_eq!(project.run("ffctl evaluate --flag no_such_flag").1, 2);
    project.write("flags/broken.yaml", "type: [\n");
    assert_eq!(project.run("ffctl validate").1, 1);
}

/// Collects the names of the keys in a schema.
fn keys(schema: &serde_json::Value, names: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(map) => {
            if let Some(serde_json::Value::Object(properties)) = map.get("properties") {
                names.extend(properties.keys().cloned());
            }
            for value in map.values() {
                keys(value, names);
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, names)),
        _ => {}
    }
}

#[test]
fn the_reference_names_every_key_of_the_format() {
    let kinds = [
        "flag",
        "environments",
        "segments",
        "attributes",
        "flag-dependencies",
        "config",
    ];
    for kind in kinds {
        let path = root().join(format!("schema/{kind}.schema.json"));
        let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let mut names = BTreeSet::new();
        keys(&schema, &mut names);
        for name in names {
            let forms = ["`{}`", "{}:", "{} =", "\n[{}"].map(|form| form.replace("{}", &name));
            assert!(
                forms.iter().any(|form| README.contains(form)),
                "README.md does not explain `{name}` of {kind} files"
            );
        }
    }
    for operator in Operator::ALL {
        assert!(
            README.contains(&format!("`{}`", operator.name())),
            "README.md does not explain `{}`",
            operator.name()
        );
    }
    for reason in [
        Reason::Static,
        Reason::Default,
        Reason::TargetingMatch,
        Reason::Split,
        Reason::Disabled,
        Reason::PrerequisiteFailed,
        Reason::Error,
    ] {
        assert!(README.contains(&format!("| `{reason}` |")), "{reason}");
    }
}

// Links

/// Returns the anchor that a heading gets.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    for document in ["README.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let prose: Vec<&str> = lines(&text)
            .filter_map(|line| match line {
                Line::Prose(line) => Some(line),
                _ => None,
            })
            .collect();
        let anchors: BTreeSet<String> = prose
            .iter()
            .filter(|line| line.starts_with('#'))
            .map(|line| anchor(line))
            .collect();
        for link in prose.iter().flat_map(|line| line.split("](").skip(1)) {
            let target = link.split(')').next().unwrap();
            if let Some(name) = target.strip_prefix('#') {
                assert!(anchors.contains(name), "{document}: no heading `{name}`");
            } else if !target.starts_with("https://") {
                assert!(root().join(target).exists(), "{document}: no `{target}`");
            }
        }
    }
}

// Set-up

/// Returns the commands of the README's chapter on a fresh machine.
fn set_up() -> Vec<&'static str> {
    let chapter = README.split("## Set-up").nth(1).unwrap();
    lines(chapter)
        .skip_while(|line| *line != Line::Open("sh"))
        .skip(1)
        .map_while(|line| match line {
            Line::Inside(line) => Some(line),
            _ => None,
        })
        .collect()
}

#[test]
fn the_check_script_runs_the_tests_as_the_readme_says() {
    let commands = set_up();
    assert_eq!(commands.len(), 2, "{commands:?}");
    let script = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(script.lines().any(|line| line == commands[1]));
}

#[test]
fn the_workflow_tests_the_oldest_compiler() {
    let oldest = concat!("+", env!("CARGO_PKG_RUST_VERSION"), " ");
    let workflow = fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
    assert!(workflow.contains(oldest), "{oldest}");
    assert!(README.contains(concat!("Rust ", env!("CARGO_PKG_RUST_VERSION"))));
}
