//! A setup of the corpus with its callers, as both the engine and the naive evaluator are asked about it.

use serde_json::{Map, Value};

use crate::naive::{self, Applicable, Asked, Finding, Place};

/// A setup in which requests are made.
pub(crate) struct World<'a> {
    /// Caller by name, each with the context that it always brings.
    pub(crate) principals: &'a Value,
    /// The unique id that each user's or role's ARN was bound to.
    pub(crate) bindings: &'a Value,
    pub(crate) setup: &'a Value,
}

/// One request with everything that it is decided on.
pub(crate) struct Call<'a> {
    pub(crate) by: &'a str,
    pub(crate) caller: &'a Value,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Map<String, Value>,
    pub(crate) grant: &'a Value,
}

impl World<'_> {
    /// What the caller brings, and over it what the request says.
    pub(crate) fn context(&self, request: &Value) -> Map<String, Value> {
        let by = request["by"].as_str().unwrap();
        let mut context = self.principals[by]["context"].as_object().cloned().unwrap_or_default();
        context.extend(request["context"].as_object().cloned().unwrap_or_default());
        context
    }

    pub(crate) fn call<'a>(&'a self, request: &'a Value, context: &'a Map<String, Value>) -> Call<'a> {
        let by = request["by"].as_str().unwrap();
        let resource = request.get("on").unwrap_or(&self.setup["on"]);
        Call {
            by,
            caller: &self.principals[by],
            action: request["action"].as_str().unwrap(),
            resource: resource.as_str().unwrap(),
            context,
            grant: &request["grant"],
        }
    }

    pub(crate) fn is_of_role(&self) -> bool {
        self.setup["resource_policy_kind"] == "trust"
    }

    /// What the naive evaluator finds.
    pub(crate) fn find(&self, call: &Call<'_>) -> Finding {
        let attached = &self.setup["attached"][call.by];
        naive::decide(&self.asked(call), &Applicable { setup: self.setup, attached, grant: call.grant })
    }

    /// Which statements apply, as the naive evaluator sees it.
    pub(crate) fn applying(&self, call: &Call<'_>) -> Vec<Place> {
        let attached = &self.setup["attached"][call.by];
        naive::applying_statements(
            &self.asked(call),
            &Applicable { setup: self.setup, attached, grant: call.grant },
        )
    }

    fn asked<'a>(&'a self, call: &Call<'a>) -> Asked<'a> {
        Asked {
            action: call.action,
            resource: call.resource,
            caller: call.caller,
            context: call.context,
            bindings: self.bindings,
            is_of_role: self.is_of_role(),
        }
    }
}
