//! Events, the rules that take them, and where those send them: the default event bus of EventBridge.

mod bus;
mod delivery;
mod envelope;
mod fault;
mod follower;
mod input;
mod json_path;
mod op;
mod page;
mod pattern;
mod rule;
mod rules;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use claviger_api::{Api, Entry, Fault, Service};
use claviger_audit::EventId;
use claviger_clock::Clock;
use claviger_crypto::Random;
use claviger_seal::SealedStore;

use crate::Courier;
use rules::Rules;

pub use follower::EventFollower;
pub use pattern::{EventPattern, PATTERN_BYTES_MAX, PatternFault};

/// What EventBridge is made of.
pub struct EventsParts {
    /// Where rules are.
    pub store: Arc<SealedStore>,
    /// Who takes events to the targets of rules.
    pub courier: Arc<dyn Courier>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the ids of events that users put.
    pub random: Arc<dyn Random>,
}

/// EventBridge, as far as there are rules with patterns on the default bus.
pub struct EventBridge {
    pub(crate) rules: Rules,
    pub(crate) courier: Arc<dyn Courier>,
    pub(crate) random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
}

impl EventBridge {
    /// EventBridge with these parts.
    pub fn new(parts: EventsParts) -> EventBridge {
        let EventsParts { store, courier, clock, random } = parts;
        EventBridge { rules: Rules::new(store), courier, random, clock }
    }

    /// Who tells the rules of everything that is on the trail. There is one for each node.
    pub fn follower(&self) -> EventFollower {
        EventFollower::new(self.rules.clone(), Arc::clone(&self.courier), Arc::clone(&self.clock))
    }
}

impl EventBridge {
    /// A new event's id: a UUID of version 4.
    fn event_id(&self) -> Result<String, Fault> {
        let mut bytes = [0; 16];
        self.random.fill_public(&mut bytes).map_err(Fault::internal)?;
        Ok(EventId::from_random(bytes).to_string())
    }
}

impl Api for EventBridge {
    const SERVICE: Service = Service {
        event_source: "events.amazonaws.com",
        signing_names: &["events"],
        targets: &["AWSEvents"],
        query: None,
        cbor_namespace: None,
        invalid: "ValidationException",
    };
    const OPERATIONS: &'static [Entry<EventBridge>] = op::OPERATIONS;
}
