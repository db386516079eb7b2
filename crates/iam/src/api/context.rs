//! What conditions of policies can ask of a request to IAM or STS.

use claviger_policy::{ConditionKey, Context, Value, Values};

use super::Ask;
use crate::{Caller, CallerKeys, Origin};

/// What `${aws:…}` and conditions see. It is asked by name: these APIs are no data plane.
pub(crate) struct RequestContext<'a> {
    ask: &'a Ask,
    origin: Origin<'a>,
    of_caller: Option<CallerKeys<'a>>,
}

impl<'a> RequestContext<'a> {
    /// The context of one ask; without a caller, of a request that nobody signed.
    pub(crate) fn new(ask: &'a Ask, origin: Origin<'a>, caller: Option<&'a Caller>) -> RequestContext<'a> {
        RequestContext { ask, origin, of_caller: caller.map(|caller| CallerKeys::new(caller, origin)) }
    }

    fn resource_account(&self) -> Option<&str> {
        self.ask.resource.split(':').nth(4).filter(|account| !account.is_empty())
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
        match name.as_str() {
            "aws:viaawsservice" if self.of_caller.is_none() => Values::One(Value::Flag(false)),
            "aws:resourceaccount" => {
                self.resource_account().map_or(Values::Absent, |account| Values::One(Value::Text(account)))
            }
            _ => match (self.origin.values(&name), &self.of_caller) {
                (Values::Absent, Some(caller)) => caller.values(&name),
                (values, _) => values,
            },
        }
    }
}
