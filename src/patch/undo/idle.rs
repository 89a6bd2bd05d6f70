//! What an undoing leaves on with nothing to serve.

use crate::document::Tree;
use crate::model::Flag;
use crate::patch::Age;
use crate::patch::rest::rest;

use super::entry_of;

/// Returns a flag's file with the entries at rest that an undoing has left on with nothing to serve.
/// Those that are as the file of today (`is`) has them stay.
#[must_use]
pub fn idle_at_rest(today: &Age<'_>, flag: &Flag, mut root: Tree, is: &Tree) -> Tree {
    let Some(flag) = today.flag_of(&root, flag) else {
        return root;
    };
    let undone = root.clone();
    let subject = today.subject(&flag, &undone);
    rest(&subject, &mut root, |name| {
        entry_of(is, name) == entry_of(&undone, name)
    });
    root
}
