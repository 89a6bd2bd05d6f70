//! What a commit's message says beside what the commit did.

/// The parts of a message that are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::ops) struct Said {
    pub(in crate::ops) subject: String,
    pub(in crate::ops) reasons: Vec<String>,
    pub(in crate::ops) approvals: Vec<String>,
    pub(in crate::ops) deployments: Vec<String>,
}

/// Reads a message: `Key: value` lines anywhere in the body, so that those of the commits that a
/// squash merge has put together are found.
pub(in crate::ops) fn read(message: &str) -> Said {
    let mut lines = message.lines().skip_while(|line| line.trim().is_empty());
    let mut said = Said {
        subject: lines.next().unwrap_or_default().trim().to_owned(),
        ..Said::default()
    };
    for line in lines {
        let line = line.trim_start_matches([' ', '\t', '*', '-', '>']);
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let list = match key.to_ascii_lowercase().as_str() {
            "reason" => &mut said.reasons,
            "approved-by" => &mut said.approvals,
            "deployment-id" => &mut said.deployments,
            _ => continue,
        };
        let value = value.trim();
        if !value.is_empty() && !list.iter().any(|one| one == value) {
            list.push(value.to_owned());
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_squash_merge_are_read() {
        let said = read(
            "Checkout (#12)\n\n* enable a in staging\n\nReason: wanted\nDeployment-Id: d1\n\n\
             * enable b\n\n    Reason: too\n    reason: wanted\nReasons: none\nApproved-by: Ada <a@b>\n",
        );
        assert_eq!(said.subject, "Checkout (#12)");
        assert_eq!(said.reasons, ["wanted", "too"]);
        assert_eq!(said.deployments, ["d1"]);
        assert_eq!(said.approvals, ["Ada <a@b>"]);
    }

    #[test]
    fn a_subject_is_no_reason() {
        assert_eq!(read("Reason: none\n").reasons, [""; 0]);
    }
}
