//! The `ffctl` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ffctl::cli::run(std::env::args_os()).into()
}
