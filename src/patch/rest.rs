//! Entries that are on and have nothing left to serve, made to say so.

use crate::document::Tree;

use super::Subject;
use super::entry::{Draft, Form};
use super::serving::{is_idle, put_to_rest};

/// Puts the idle entries of a flag's file to rest, but for those of environments that `stays`
/// holds for. The subject is the flag, as the file says it.
pub(super) fn rest(subject: &Subject<'_>, root: &mut Tree, stays: impl Fn(&str) -> bool) {
    for (id, environment) in subject.catalog.environments.iter() {
        let name = environment.name.as_str();
        if stays(name) {
            continue;
        }
        let present = root.clone();
        let subject = Subject {
            root: &present,
            ..*subject
        };
        let mut draft = Draft::new(&subject, id);
        if draft.form == Form::Map && is_idle(&subject, id, &draft.map) {
            put_to_rest(&mut draft, &subject, id);
            if let Some(list) = root.get_mut("environments") {
                list.set(name, draft.map, &[]);
            }
        }
    }
}
