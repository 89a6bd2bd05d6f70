//! The `ffctl` program; everything is in the library.

use std::process::ExitCode;

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where arguments come from"
)]
fn main() -> ExitCode {
    ffctl::cli::run(std::env::args_os()).into()
}
