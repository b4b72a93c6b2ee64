//! The load tester and the sandbox: see `loadtest --help` and `loadtest/README.md`.

use std::process::ExitCode;

fn main() -> ExitCode {
    loadtest::cli::main()
}
