//! A history of any length: each commit changes one flag of a catalog. The same numbers give the
//! same commits.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::catalog;

/// Makes a Git repository of a folder: a catalog of that many flags, and that many commits, made by
/// one `git fast-import`. A fiftieth of the commits are merges.
///
/// # Errors
///
/// Fails if the folder cannot be written, or without `git`.
pub(crate) fn write(folder: &Path, flags: usize, commits: usize) -> io::Result<()> {
    catalog::write(folder, flags)?;
    git(folder, &["init", "--quiet", "--initial-branch=main"])?;
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(stdin) = import.stdin.take() {
        let mut stream = BufWriter::new(stdin);
        begin(&mut stream, folder, flags)?;
        for number in 1..commits {
            change(&mut stream, folder, flags, number)?;
        }
        stream.flush()?;
    }
    import.wait()?;
    git(folder, &["reset", "--quiet", "--hard", "main"])
}

/// Runs `git` in a folder.
///
/// # Errors
///
/// Fails if it does not succeed.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> io::Result<()> {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("git {arguments:?}: {status}")))
}

fn begin(stream: &mut impl Write, folder: &Path, flags: usize) -> io::Result<()> {
    head(stream, 0, "begin")?;
    let scope = ["environments", "segments", "attributes"];
    let scope = scope.map(|stem| format!("flags/{stem}.yaml"));
    let scope = scope.into_iter().chain(["ffctl.toml".to_owned()]);
    let paths = scope.chain((0..flags).map(path));
    for path in paths {
        file(stream, &path, &fs::read(folder.join(&path))?)?;
    }
    writeln!(stream)
}

/// The percentages of a flag, some commit's number.
fn change(stream: &mut impl Write, folder: &Path, flags: usize, number: usize) -> io::Result<()> {
    let path = path(number * 7919 % flags);
    let text = fs::read_to_string(folder.join(&path))?;
    let share = number / flags % 97 + number % 2 + 1;
    let text = text.replace("percentage: 50", &format!("percentage: {share}"));
    let text = text.replace("percentage: 20\n", &format!("percentage: {share}\n"));
    head(
        stream,
        number,
        &format!("change {number}\n\nReason: it is time"),
    )?;
    if number > 2 && number.is_multiple_of(50) {
        writeln!(stream, "merge :{}", number - 1)?;
    }
    file(stream, &path, text.as_bytes())?;
    writeln!(stream)
}

fn path(number: usize) -> String {
    format!(
        "flags/team_{:02}/{}.yaml",
        number % 40,
        catalog::key(number)
    )
}

fn head(stream: &mut impl Write, number: usize, message: &str) -> io::Result<()> {
    let time = 1_700_000_000 + 600 * number;
    writeln!(stream, "commit refs/heads/main\nmark :{}", number + 1)?;
    writeln!(stream, "committer Ada <ada@example.com> {time} +0000")?;
    writeln!(stream, "data {}\n{message}", message.len())
}

fn file(stream: &mut impl Write, path: &str, bytes: &[u8]) -> io::Result<()> {
    writeln!(stream, "M 100644 inline {path}\ndata {}", bytes.len())?;
    stream.write_all(bytes)?;
    writeln!(stream)
}
