//! Why a request was decided so: every statement, and what of it did not match.

use std::collections::HashSet;

use crate::compile::Policy;
use crate::decide::{Applicable, Request, Scene, decide, with_scene};
use crate::document::Effect;
use crate::verdict::{Determining, Miss, PolicyKind, Verdict};
use crate::who::Principal;

/// A decision with everything that was weighed.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation<'a> {
    /// The decision.
    pub verdict: Verdict<'a>,
    /// Every statement of every policy that applies.
    pub statements: Vec<Weighed<'a>>,
    /// Condition keys, as written, that statements about this action and resource ask for and the request lacks.
    /// Those of service and resource control policies are not among them.
    pub absent_keys: Vec<&'a str>,
}

/// One statement, held against the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed<'a> {
    /// Which one.
    pub statement: Determining<'a>,
    /// What it does when it matches.
    pub effect: Effect,
    /// Whether it matches, or the first element that does not.
    pub outcome: Result<(), Miss<'a>>,
}

/// Decides a request and tells everything that was weighed.
pub fn explain<'a>(request: &Request<'_>, applicable: &Applicable<'a>) -> Explanation<'a> {
    let verdict = decide(request, applicable);
    with_scene(request, |scene| {
        let mut statements = Vec::new();
        let mut absent_keys = Vec::new();
        for (kind, policy) in applicable.policies(scene.principal) {
            weigh_all(scene, kind, policy, &mut statements);
            if !matches!(kind, PolicyKind::ServiceControl | PolicyKind::ResourceControl) {
                absent_keys.extend(policy.rules.iter().flat_map(|rule| rule.absent_keys(scene)));
            }
        }
        let mut seen = HashSet::new();
        absent_keys.retain(|key: &&str| seen.insert(key.to_ascii_lowercase()));
        Explanation { verdict, statements, absent_keys }
    })
}

fn weigh_all<'a>(scene: &Scene<'_>, kind: PolicyKind, policy: &'a Policy, all: &mut Vec<Weighed<'a>>) {
    all.extend(policy.rules.iter().map(|rule| Weighed {
        statement: policy.determining(rule, kind),
        effect: rule.effect,
        outcome: rule.weigh(scene).map(|_| ()),
    }));
}

impl<'a> Applicable<'a> {
    /// Every policy with the part it plays, in the order in which a deny is reported.
    fn policies(
        &self,
        principal: &Principal<'_>,
    ) -> impl Iterator<Item = (PolicyKind, &'a Policy)> + use<'_, 'a> {
        let of = |kind: PolicyKind| move |policy: &'a Policy| (kind, policy);
        let service = self.service_levels(principal).iter().flatten().map(|policy| &**policy);
        let resource_control = self.resource_control.iter().flatten().map(|policy| &**policy);
        let identity = self.identity.iter().map(|policy| &**policy);
        let session = self.session.into_iter().flatten().map(|policy| &**policy);
        let controls = service.map(of(PolicyKind::ServiceControl));
        let controls = controls.chain(resource_control.map(of(PolicyKind::ResourceControl)));
        let way = self.vpc_endpoint.into_iter().map(of(PolicyKind::VpcEndpoint));
        let sides = self.resource.into_iter().map(of(PolicyKind::Resource));
        let sides = sides.chain(identity.map(of(PolicyKind::Identity)));
        let limits = self.boundary.into_iter().map(of(PolicyKind::Boundary));
        controls.chain(way).chain(sides).chain(limits).chain(session.map(of(PolicyKind::Session)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ALICE, World, alice, identity, logs, to};
    use crate::operator::{Operator, Test};
    use crate::value::Values;
    use crate::verdict::Denial;
    use crate::vocabulary::{ConditionKey, Context, Doubt};

    const STATEMENTS: &str = r#"
        {"Sid":"here","Effect":"Allow","Principal":"*","Action":"kms:Encrypt","Resource":"*"},
        {"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"kms:*","Resource":"*"},
        {"Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"},
        {"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"arn:aws:kms:::key/x"},
        {"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"arn:aws:kms:::${aws:username}"},
        {"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*",
         "Condition":{"Bool":{"aws:ViaAWSService":true,"aws:Other":true}}}"#;

    #[test]
    fn every_statement_is_told_with_the_element_that_does_not_match() {
        World::new(STATEMENTS, alice()).with(|request, applicable| {
            let explanation = explain(request, applicable);
            assert!(explanation.verdict.is_allowed());
            let operator = Operator { each: None, test: Test::Bool, negated: false, if_exists: false };
            let absent = Miss::Condition { operator, key: "aws:Other", absent: true };
            let outcomes: Vec<_> = explanation.statements.iter().map(|weighed| weighed.outcome).collect();
            let variable = Miss::Variable { key: "aws:username" };
            let misses = [Miss::Principal, Miss::Action, Miss::Resource, variable, absent];
            assert_eq!(outcomes[0], Ok(()));
            assert_eq!(outcomes[1..], misses.map(Err));
            let first = &explanation.statements[0].statement;
            assert_eq!((first.sid, first.number, first.policy), (Some("here"), 1, "named"));
            assert_eq!(explanation.statements[1].effect, Effect::Deny);
        });
    }

    #[test]
    fn keys_that_a_request_lacks_are_listed_once_and_not_those_of_controls() {
        let mut world = World::new(STATEMENTS, alice());
        let condition = |key: &str| {
            let condition = format!(r#","Condition":{{"StringEquals":{{"{key}":"${{kms:ViaService}}"}}}}}}"#);
            identity("Allow", "kms:*").replace('}', &condition)
        };
        world.identity = condition("AWS:other");
        world.service_control = vec![condition("aws:control")];
        world.with(|request, applicable| {
            let keys = explain(request, applicable).absent_keys;
            assert_eq!(keys, ["aws:username", "aws:Other", "aws:ViaAWSService", "kms:ViaService"]);
        });
    }

    #[test]
    fn what_has_no_say_over_a_service_is_not_weighed() {
        let mut world = World::new(&to("*"), logs());
        world.service_control = vec![identity("Deny", "*")];
        world.with(|request, applicable| assert_eq!(explain(request, applicable).statements.len(), 1));
    }

    #[test]
    fn the_verdict_is_the_one_that_is_decided() {
        let mut world = World::new(&to(ALICE), alice());
        world.boundary = Some(identity("Deny", "*"));
        world.with(|request, applicable| {
            let explanation = explain(request, applicable);
            assert_eq!(explanation.verdict, decide(request, applicable));
            let Verdict::Denied(Denial::Explicit(by)) = explanation.verdict else { panic!("a denial") };
            assert_eq!((by.kind, by.number), (PolicyKind::Boundary, 1));
        });
    }

    /// A request of which nobody knows through which service it comes.
    struct Doubtful<'a>(&'a dyn Context, Doubt);

    impl Context for Doubtful<'_> {
        fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
            self.0.values(key)
        }

        fn doubt(&self) -> Option<Doubt> {
            Some(self.1)
        }

        fn is_in_doubt(&self, key: &str) -> bool {
            key.eq_ignore_ascii_case("kms:ViaService")
        }
    }

    /// Whether Alice may, for the caller, against it, and with what is in doubt left out.
    fn in_doubt(statements: &str) -> [bool; 3] {
        let mut answers = [false; 3];
        World::new(statements, alice()).with(|request, applicable| {
            answers = [Doubt::ForCaller, Doubt::AgainstCaller, Doubt::LeftOut].map(|doubt| {
                let context = Doubtful(request.context, doubt);
                let request = Request { context: &context, ..*request };
                let explanation = explain(&request, applicable);
                assert_eq!(explanation.verdict, decide(&request, applicable));
                explanation.verdict.is_allowed()
            });
        });
        answers
    }

    fn statement(effect: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"{effect}","Principal":{{"AWS":"{ALICE}"}},"Action":"kms:*","Resource":"*",
               "Condition":{condition}}}"#
        )
    }

    #[test]
    fn a_condition_in_doubt_counts_for_or_against_the_caller_or_not_at_all() {
        let via = r#"{"StringEquals":{"kms:ViaService":"s3"}}"#;
        let (allow, deny) = (statement("Allow", via), statement("Deny", via));
        assert_eq!(in_doubt(&allow), [true, false, false]);
        assert_eq!(in_doubt(&format!("{},{deny}", to(ALICE))), [true, false, true]);
        assert_eq!(in_doubt(&format!("{allow},{deny}")), [true, false, false]);
        assert_eq!(in_doubt(&format!("{},{allow}", to(ALICE))), [true; 3]);
    }

    #[test]
    fn every_way_to_ask_for_a_key_in_doubt_is_in_doubt() {
        for condition in [
            r#"{"StringNotEquals":{"kms:ViaService":"s3"}}"#,
            r#"{"StringEqualsIfExists":{"KMS:viaservice":"s3"}}"#,
            r#"{"Null":{"kms:ViaService":"true"}}"#,
            r#"{"StringLike":{"aws:username":"${kms:ViaService}"}}"#,
        ] {
            assert_eq!(in_doubt(&statement("Allow", condition)), [true, false, false], "{condition}");
        }
    }

    #[test]
    fn what_is_known_decides_before_what_is_in_doubt() {
        let other = r#"{"StringEquals":{"kms:ViaService":"s3","aws:username":"nobody"}}"#;
        assert_eq!(in_doubt(&statement("Allow", other)), [false; 3]);
        assert_eq!(in_doubt(&format!("{},{}", to(ALICE), statement("Deny", other))), [true; 3]);
    }
}
