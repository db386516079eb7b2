//! What can be wrong with a body before its meaning matters.

/// A body that is not what the API model says; each becomes AWS's error of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireFault {
    /// `SerializationException`: not JSON, or a member of the wrong JSON type. AWS gives a message for some.
    Serialization(Option<String>),
    /// `ValidationException`: the whole message, all failed constraints in it.
    Validation(String),
}
