//! What a request wants to do, as policies see it: an action, a resource, and what only this request can say.

/// One action on one resource, to be decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Such as `cloudtrail:LookupEvents`.
    pub action: &'static str,
    /// Its ARN, or `*`.
    pub resource: Box<str>,
    /// How the refusal names it.
    pub shown: Box<str>,
    /// Condition keys in lower case, and their values.
    context: Vec<(Box<str>, Vec<Box<str>>)>,
}

impl Ask {
    /// `action` on the resource of this ARN, which a refusal names as `shown`.
    pub fn new(action: &'static str, arn: impl Into<Box<str>>, shown: impl Into<Box<str>>) -> Ask {
        Ask { action, resource: arn.into(), shown: shown.into(), context: Vec::new() }
    }

    /// `action`, which is not about one resource.
    pub fn any(action: &'static str) -> Ask {
        Ask::new(action, "*", "*")
    }

    /// Adds a condition key with one value.
    #[must_use]
    pub fn with(self, key: &str, value: &str) -> Ask {
        self.with_many(key, [value])
    }

    /// Adds a condition key when there is a value.
    #[must_use]
    pub fn maybe(self, key: &str, value: Option<&str>) -> Ask {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds a condition key with several values.
    #[must_use]
    pub fn with_many<'t>(mut self, key: &str, values: impl IntoIterator<Item = &'t str>) -> Ask {
        self.context.push((key.to_ascii_lowercase().into(), values.into_iter().map(Box::from).collect()));
        self
    }

    /// Adds the tags that the request would put on something.
    #[must_use]
    pub fn tagging<'t>(self, tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> Ask {
        let tags: Vec<_> = tags.into_iter().collect();
        let keys = tags.iter().map(|(key, _)| *key);
        let ask = if tags.is_empty() { self } else { self.with_many("aws:TagKeys", keys) };
        tags.iter().fold(ask, |ask, (key, value)| ask.with(&format!("aws:RequestTag/{key}"), value))
    }

    /// Adds the tags that the resource has.
    #[must_use]
    pub fn resource_tags<'t>(self, tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> Ask {
        tags.into_iter().fold(self, |ask, (key, value)| {
            ask.with(&format!("aws:ResourceTag/{key}"), value).with(&format!("iam:ResourceTag/{key}"), value)
        })
    }

    /// The values of a condition key, whose name is in lower case.
    pub(crate) fn values(&self, key: &str) -> Option<&Vec<Box<str>>> {
        self.context.iter().find(|(name, _)| **name == *key).map(|(_, values)| values)
    }
}
