//! What `git log --pretty=raw --raw -z` prints.

use super::{Difference, FileId, PastCommit, Person};
use crate::git::objects::{EntryKind, ObjectId};

/// A commit's head as it is printed, once for each parent that differs.
pub(super) struct Head<'t> {
    pub(super) commit: PastCommit,
    /// The parent that the files are compared with; `None` where there is at most one, or none
    /// differs.
    pub(super) from: Option<ObjectId>,
    /// The first file's line, which stands behind the message.
    pub(super) first: Option<&'t str>,
}

/// Reads a head: `commit ID PARENT… (from ID)`, the commit as it is, its message indented by four,
/// and after an empty line the first file's `:MODE MODE ID ID STATUS`.
pub(super) fn head(text: &str) -> Option<Head<'_>> {
    let (line, mut rest) = text.strip_prefix("commit ")?.split_once('\n')?;
    let (ids, from) = line.split_once(" (from ").unwrap_or((line, ""));
    let mut ids = ids.split(' ').map(ObjectId::parse);
    let mut commit = PastCommit {
        id: ids.next()??,
        next: ids.collect::<Option<_>>()?,
        ..PastCommit::default()
    };
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        match line.split_once(' ') {
            _ if line.is_empty() => break,
            Some(("parent", id)) => commit.parents.push(ObjectId::parse(id)?),
            Some(("author", who)) => commit.author = person(who),
            Some(("committer", who)) => commit.committer = person(who),
            _ => {}
        }
    }
    let first = rest
        .rsplit('\n')
        .next()
        .filter(|line| line.starts_with(':'));
    let message = rest.lines().filter_map(|line| line.strip_prefix("    "));
    commit.message = message.collect::<Vec<_>>().join("\n");
    commit.differences = vec![Vec::new(); commit.next.len().max(1)];
    Some(Head {
        commit,
        from: ObjectId::parse(from.trim_end_matches(')')),
        first,
    })
}

/// Reads `NAME <EMAIL> SECONDS OFFSET`.
pub(super) fn person(text: &str) -> Person {
    let (name, rest) = text.split_once('<').unwrap_or((text, ""));
    let (email, time) = rest.rsplit_once('>').unwrap_or((rest, ""));
    let seconds = time.split_whitespace().next();
    Person {
        name: name.trim().to_owned(),
        email: email.trim().to_owned(),
        time: seconds
            .and_then(|time| time.parse().ok())
            .unwrap_or_default(),
    }
}

/// Reads `:MODE MODE ID ID STATUS` with the path that follows.
pub(super) fn difference(line: &str, path: String) -> Option<Difference> {
    let mut words = line.strip_prefix(':')?.split(' ');
    let modes = [words.next()?, words.next()?];
    let ids = [words.next()?, words.next()?];
    let file = |at: usize| {
        let mode = u32::from_str_radix(modes[at], 8).ok()?;
        let id = ObjectId::parse(ids[at])?;
        let kind = EntryKind::of_mode(mode);
        (mode != 0).then_some(FileId { id, kind })
    };
    Some(Difference {
        path,
        before: file(0),
        after: file(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";
    const NONE: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn a_head_is_read_with_a_signature_and_a_message_that_looks_like_files() {
        let text = format!(
            "commit {ONE} {TWO} (from {TWO})\ntree {ONE}\nparent {TWO}\nauthor A <B> <a@b> 5 +0100\n\
             committer C <c@d> 7 -0200\ngpgsig -----BEGIN\n \n parent x\n\n    subject\n    \n    :100644 no file\n\
             \n:000000 100644 {NONE} {TWO} A"
        );
        let head = head(&text).unwrap();
        assert_eq!(head.commit.message, "subject\n\n:100644 no file");
        assert_eq!(head.commit.author.name, "A");
        assert_eq!(head.commit.author.email, "B> <a@b");
        assert_eq!(head.commit.committer.time, 7);
        assert_eq!(head.commit.parents, head.commit.next);
        assert_eq!(head.from, ObjectId::parse(TWO));
        let file = difference(head.first.unwrap(), "f".to_owned()).unwrap();
        assert_eq!(file.before, None);
        assert_eq!(file.after.unwrap().id, ObjectId::parse(TWO).unwrap());
    }
}
