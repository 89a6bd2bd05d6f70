//! The file of a deployment plan: read, checked, and its places told.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lower;
use crate::model::{Deployment, Environments};
use crate::schema::{self, FileKind};
use crate::text::{Location, Source, SourceMap, Span};
use crate::workspace;

use super::super::sound::refuse;
use super::Deploy;

/// A deployment plan without errors.
pub(super) struct PlanFile {
    pub(super) deployment: Deployment,
    sources: SourceMap,
    /// Findings that stop nothing.
    findings: Diagnostics,
}

impl PlanFile {
    /// Reads a plan for a project with these environments.
    pub(super) fn read(deploy: &Deploy, environments: &Environments) -> anyhow::Result<Self> {
        let mut sources = SourceMap::default();
        let mut findings = Diagnostics::default();
        let id = sources.next_id();
        let text = String::from_utf8(deploy.bytes.clone()).unwrap_or_else(|error| {
            findings.push(workspace::not_utf8(&error, id));
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        });
        let document = if findings.is_empty() {
            workspace::parse(id, &text, &mut findings)
        } else {
            None
        };
        let deployment = document.map(|document| {
            schema::check(FileKind::Deployment, &document, &mut findings);
            lower::deployment(&document, environments, &mut findings)
        });
        sources.add(Source::new(deploy.name.clone(), text));
        findings.sort(&sources);
        match deployment {
            Some(deployment) if !findings.has_errors() => Ok(Self {
                deployment,
                sources,
                findings,
            }),
            _ => Err(refuse(
                "the deployment plan has errors, so no step was done",
                "mend it first; `ffctl schema deployment` prints what it may say",
                findings,
                &sources,
            )),
        }
    }

    /// Returns the file's name as it was typed.
    pub(super) fn name(&self) -> &str {
        self.sources.get(self.deployment.source).name()
    }

    /// Returns where something stands: the file and the line.
    pub(super) fn place(&self, span: Span) -> String {
        let location = Location::new(self.deployment.source, span);
        format!("{}:{}", self.name(), self.sources.start(location).line)
    }

    /// Returns the findings that stop nothing, as sentences.
    pub(super) fn warnings(&self) -> Vec<String> {
        let sentence = |finding: &Diagnostic| {
            let (place, code) = (self.place(finding.location.span), finding.code);
            let help = finding.help.as_deref().map(|help| format!("; {help}"));
            format!(
                "{place}: {}{} ({code})",
                finding.message,
                help.unwrap_or_default()
            )
        };
        self.findings.iter().map(sentence).collect()
    }
}
