//! What conditions of policies can ask of a request to IAM or STS.

use claviger_policy::{ConditionKey, Context, Value, Values};

use super::Ask;
use super::operation::Origin;
use crate::{Caller, TokenOrigin};

/// What `${aws:…}` and conditions see. It is asked by name: these APIs are no data plane.
pub(crate) struct RequestContext<'a> {
    ask: &'a Ask,
    origin: Origin<'a>,
    of_caller: Option<OfCaller<'a>>,
}

/// What is to be said of a caller, once.
struct OfCaller<'a> {
    caller: &'a Caller,
    principal_arn: String,
    user_id: String,
    provider_arn: Option<String>,
}

impl<'a> RequestContext<'a> {
    /// The context of one ask; without a caller, of a request that nobody signed.
    pub(crate) fn new(ask: &'a Ask, origin: Origin<'a>, caller: Option<&'a Caller>) -> RequestContext<'a> {
        let of_caller = caller.map(|caller| OfCaller {
            caller,
            principal_arn: caller.principal_arn(origin.region),
            user_id: caller.user_id(),
            provider_arn: provider_arn(caller, &origin),
        });
        RequestContext { ask, origin, of_caller }
    }

    fn resource_account(&self) -> Option<&str> {
        self.ask.resource.split(':').nth(4).filter(|account| !account.is_empty())
    }

    fn of_request(&self, name: &str) -> Option<Values<'_>> {
        let now = self.origin.now.as_second();
        Some(match name {
            "aws:currenttime" => Values::One(Value::Time(now)),
            "aws:epochtime" => Values::One(Value::Number(now)),
            "aws:sourceip" => Values::One(Value::Address(self.origin.source_ip)),
            "aws:securetransport" => Values::One(Value::Flag(self.origin.is_secure)),
            "aws:requestedregion" => Values::One(Value::Text(self.origin.region.as_str())),
            "aws:resourceaccount" => {
                self.resource_account().map_or(Values::Absent, |account| Values::One(Value::Text(account)))
            }
            "aws:viaawsservice" => Values::One(Value::Flag(false)),
            "aws:useragent" => {
                self.origin.user_agent.map_or(Values::Absent, |agent| Values::One(Value::Text(agent)))
            }
            _ => return None,
        })
    }
}

impl Context for RequestContext<'_> {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        let name = key.name().to_ascii_lowercase();
        if let Some(values) = self.ask.values(&name) {
            return match values.as_slice() {
                [one] => Values::One(Value::Text(one)),
                _ => Values::Many(values),
            };
        }
        let of_caller = || self.of_caller.as_ref().and_then(|of_caller| of_caller.values(&name, self.origin));
        self.of_request(&name).or_else(of_caller).unwrap_or(Values::Absent)
    }
}

impl OfCaller<'_> {
    fn values(&self, name: &str, origin: Origin<'_>) -> Option<Values<'_>> {
        let text = |text| Values::One(Value::Text(text));
        if let Some(tag) = name.strip_prefix("aws:principaltag/") {
            return self.caller.tag(tag).map(text);
        }
        Some(match name {
            "aws:principalarn" => text(&self.principal_arn),
            "aws:principalaccount" => text(self.caller.account.as_str()),
            "aws:principaltype" => text(self.caller.principal_type()),
            "aws:principalisawsservice" => Values::One(Value::Flag(false)),
            "aws:userid" => text(&self.user_id),
            "aws:username" => text(self.caller.user_name()?),
            _ => return self.of_token(name, origin),
        })
    }

    /// What only temporary credentials have.
    fn of_token(&self, name: &str, origin: Origin<'_>) -> Option<Values<'_>> {
        let token = self.caller.token.as_deref()?;
        let text = |text| Values::One(Value::Text(text));
        if let TokenOrigin::WebIdentity(identity) = &token.origin {
            match name.strip_prefix(&*identity.provider.to_ascii_lowercase()) {
                Some(":sub") => return Some(text(&identity.subject)),
                Some(":aud") => return Some(text(&identity.audience)),
                Some(_) | None => {}
            }
        }
        Some(match name {
            "aws:tokenissuetime" => Values::One(Value::Time(token.issued.as_second())),
            "aws:multifactorauthpresent" => Values::One(Value::Flag(token.mfa_authenticated.is_some())),
            "aws:multifactorauthage" => {
                Values::One(Value::Number(origin.now.duration_since(token.mfa_authenticated?).as_secs()))
            }
            "aws:sourceidentity" => text(token.source_identity.as_deref()?),
            "aws:federatedprovider" => text(self.provider_arn.as_deref()?),
            _ => return None,
        })
    }
}

fn provider_arn(caller: &Caller, origin: &Origin<'_>) -> Option<String> {
    match &caller.token.as_deref()?.origin {
        TokenOrigin::WebIdentity(identity) => Some(format!(
            "arn:{}:iam::{}:oidc-provider/{}",
            origin.region.partition(),
            caller.account,
            identity.provider
        )),
        TokenOrigin::AssumeRole | TokenOrigin::SessionToken | TokenOrigin::FederationToken => None,
    }
}
