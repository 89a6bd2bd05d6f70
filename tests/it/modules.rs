//! Every file under tests/it is part of the program.

use std::path::Path;

use crate::support::files_below;

/// A file `a/b.rs` needs `mod b;` in `a/mod.rs`, or in main.rs where there is no folder.
#[test]
fn no_file_is_forgotten() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for file in files_below(&root) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let folder = file.parent().unwrap();
        let (parent, module) = match (name, folder == root) {
            ("main", true) => continue,
            ("mod", false) => (
                folder.parent().unwrap(),
                folder.file_name().unwrap().to_str().unwrap(),
            ),
            _ => (folder, name),
        };
        let list = if parent == root { "main.rs" } else { "mod.rs" };
        let text = std::fs::read_to_string(parent.join(list)).unwrap();
        let listed = text.lines().any(|line| {
            let line = line
                .trim_start_matches("pub ")
                .trim_start_matches("pub(crate) ");
            line == format!("mod {module};")
        });
        assert!(listed, "{} is not listed in {list}", file.display());
    }
}
