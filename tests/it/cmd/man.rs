//! `man`

use crate::support::Sandbox;

#[test]
fn there_is_a_page_for_the_program_and_for_each_command() {
    let sandbox = Sandbox::empty();
    let page = sandbox.run(["man"]).exits(0).stdout;
    assert!(page.contains(".TH ffctl 1"), "{page}");
    for command in [
        "init",
        "validate",
        "list",
        "show",
        "environments",
        "evaluate",
        "export",
        "schema",
    ] {
        assert!(page.contains(&format!("ffctl\\-{command}(1)")), "{command}");
        let own = sandbox.run(["man", command]).exits(0).stdout;
        assert!(own.contains(&format!(".TH ffctl-{command} 1")), "{own}");
    }
}
