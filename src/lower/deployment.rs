//! A deployment plan to its steps.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::document::{Document, View};
use crate::model::{
    At, Deployment, DeploymentAction, DeploymentPhase, DeploymentStep, EnvironmentId, Environments,
    FlagKey,
};

use super::Scope;
use super::reader::Reader;

/// Reads a deployment plan. Whether its flags exist is for those who run it.
#[must_use]
pub fn deployment(
    document: &Document<'_>,
    environments: &Environments,
    diagnostics: &mut Diagnostics,
) -> Deployment {
    let scope = Scope::default();
    let mut reader = Reader {
        scope: &scope,
        diagnostics,
    };
    let phases = document.root().get("deployment");
    let mut steps = |phase: DeploymentPhase| {
        let list = phases?.get(phase.name())?;
        let steps = list.items();
        Some(
            steps
                .filter_map(|view| reader.deployment_step(view, environments))
                .collect(),
        )
    };
    Deployment {
        source: document.source(),
        pre_deploy: steps(DeploymentPhase::Pre),
        post_deploy: steps(DeploymentPhase::Post),
    }
}

impl Reader<'_> {
    fn deployment_step(
        &mut self,
        view: View<'_>,
        environments: &Environments,
    ) -> Option<DeploymentStep> {
        let percentage = view.get("percentage");
        let percentage = percentage.and_then(|share| self.percentage(share));
        let environment = view.get("environment");
        let environment = environment.and_then(|name| self.place(name, environments));
        let (action, flags) = if let Some(key) = view.get("enable_flag") {
            (DeploymentAction::Enable { percentage }, vec![key])
        } else if let Some(key) = view.get("disable_flag") {
            (DeploymentAction::Disable, vec![key])
        } else {
            let keys = view.get("verify_flags")?;
            (DeploymentAction::Verify, keys.items().collect())
        };
        let key = |view: View<'_>| Some(At::new(FlagKey::new(view.as_str()?).ok()?, view.span()));
        Some(DeploymentStep {
            action,
            flags: flags.into_iter().filter_map(key).collect(),
            environment,
            span: view.span(),
        })
    }

    fn place(&mut self, view: View<'_>, environments: &Environments) -> Option<EnvironmentId> {
        let name = view.as_str()?;
        let found = environments.find(name);
        if found.is_none() {
            let message = format!("environments.yaml has no environment `{name}`");
            let finding = Diagnostic::new(Code::UnknownEnvironment, view.location(), message);
            self.report(
                finding
                    .maybe_help(did_you_mean(name, environments.names()))
                    .maybe_help_else("`ffctl environments` lists them"),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceMap;
    use crate::yaml;

    fn lowered(text: &str) -> (Deployment, Vec<Code>) {
        let mut found = Diagnostics::default();
        let document = yaml::parse(SourceMap::default().next_id(), text, &mut found).unwrap();
        let lowered = deployment(&document, &Environments::default(), &mut found);
        (lowered, found.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn steps_keep_their_order_and_their_places() {
        let text = "\
deployment:
  post_deploy:
    - {disable_flag: a}
    - {enable_flag: b}
    - {enable_flag: b, percentage: 12.5}
    - {verify_flags: [a, b]}
";
        let (deployment, codes) = lowered(text);
        assert_eq!(
            (deployment.phase(DeploymentPhase::Pre), codes),
            (None, vec![])
        );
        let steps = deployment.phase(DeploymentPhase::Post).unwrap();
        let told = steps.iter().map(|step| {
            let flags = step.flags.iter();
            let keys = flags.map(|flag| {
                assert_eq!(&text[flag.span.range()], flag.value.as_str());
                flag.value.as_str()
            });
            (step.action, keys.collect::<Vec<_>>().join(" "))
        });
        let share = |percentage| DeploymentAction::Enable { percentage };
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                (DeploymentAction::Disable, "a".to_owned()),
                (share(None), "b".to_owned()),
                (share(Some(12_500)), "b".to_owned()),
                (DeploymentAction::Verify, "a b".to_owned()),
            ]
        );
    }

    #[test]
    fn environments_and_shares_are_checked() {
        let steps = "[{disable_flag: a, environment: b}, {enable_flag: a, percentage: 0.0001}]";
        let (_, codes) = lowered(&format!("deployment: {{pre_deploy: {steps}}}"));
        assert_eq!(codes, [Code::UnknownEnvironment, Code::TooManyDecimals]);
    }
}
