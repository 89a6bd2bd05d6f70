//! `completions`

use crate::support::Sandbox;

#[test]
fn every_shell_gets_a_script_with_the_commands() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = sandbox.run(["completions", shell]).exits(0);
        assert!(
            output.stdout.contains("validate") && output.stdout.contains("environments"),
            "{shell}"
        );
        assert_eq!(output.without_clock(), "");
    }
    let output = sandbox.run(["completions", "cmd"]).exits(2);
    assert!(output.stderr.contains("possible values: bash"), "{output}");
}
