//! The two APIs: how requests and answers of each are told apart.

use super::operation::Entry;
use super::{iam, sts};

/// An API of the Query protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Identities and policies.
    Iam,
    /// Sessions.
    Sts,
}

impl Service {
    /// The API of this version, as requests name it.
    pub fn of_version(version: &str) -> Option<Service> {
        [Service::Iam, Service::Sts].into_iter().find(|service| service.version() == version)
    }

    /// Its version: the `Version` of every request.
    pub fn version(self) -> &'static str {
        match self {
            Service::Iam => "2010-05-08",
            Service::Sts => "2011-06-15",
        }
    }

    /// The services that a request to it may be signed for.
    pub fn signing_names(self) -> &'static [&'static str] {
        match self {
            Service::Iam => &["iam"],
            Service::Sts => &["sts"],
        }
    }

    /// Every operation, in the order of their names.
    pub fn operations(self) -> &'static [Entry] {
        match self {
            Service::Iam => iam::OPERATIONS,
            Service::Sts => sts::OPERATIONS,
        }
    }

    /// The operation of this name.
    pub fn find(self, name: &str) -> Option<&'static Entry> {
        let operations = self.operations();
        operations.binary_search_by(|entry| entry.facts.name.cmp(name)).ok().map(|at| &operations[at])
    }

    /// What `eventSource` names.
    pub(crate) fn event_source(self) -> &'static str {
        match self {
            Service::Iam => "iam.amazonaws.com",
            Service::Sts => "sts.amazonaws.com",
        }
    }

    /// The namespace of its answers.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order_so_that_every_operation_is_found() {
        for service in [Service::Iam, Service::Sts] {
            for entry in service.operations() {
                assert_eq!(service.find(entry.facts.name).unwrap().facts.name, entry.facts.name);
            }
            assert!(service.find("").is_none());
        }
        assert_eq!(Service::of_version("2011-06-15"), Some(Service::Sts));
        assert_eq!(Service::of_version("2011-06-16"), None);
    }
}
