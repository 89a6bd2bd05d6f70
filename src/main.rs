//! The `ffctl` program; everything is in the library.
#![expect(
    clippy::disallowed_methods,
    clippy::exit,
    clippy::print_stderr,
    reason = "the rim of the program: its arguments come in here, and a bug ends it here"
)]

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Catalogs are many small trees: a third of the time of reading them went to the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    end_with_101_on_a_bug();
    ffctl::cli::run(std::env::args_os()).into()
}

/// A panic is a bug: it says so, with what the reader can do, and nothing runs after it.
fn end_with_101_on_a_bug() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        eprintln!("this is a bug in ffctl: please report it, with the command and the files");
        std::process::exit(101);
    }));
}
