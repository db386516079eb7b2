//! What a metric is called, and whose it is.

use claviger_names::{AccountId, Region};
use serde::{Deserialize, Serialize};

use super::Unit;

/// The namespace of what this service measures of its keys.
pub const KMS_NAMESPACE: &str = "AWS/KMS";

/// The namespace of how often its API is called.
pub const USAGE_NAMESPACE: &str = "AWS/Usage";

/// What namespaces of services begin with; nobody else puts values there.
pub const RESERVED_PREFIX: &str = "AWS/";

/// A metric: its namespace, its name and its dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Metric {
    /// Such as `AWS/KMS`.
    pub namespace: Box<str>,
    /// Such as `SuccessfulRequest`.
    pub name: Box<str>,
    /// Sorted by their names.
    dimensions: Vec<Dimension>,
}

/// One of the names and values that tell metrics of one name apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dimension {
    /// Such as `KeyArn`.
    pub name: Box<str>,
    /// Such as a key's ARN.
    pub value: Box<str>,
}

/// The values of a metric that were put with one unit, in an account and Region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeriesName {
    /// Whose it is.
    pub account: AccountId,
    /// Where.
    pub region: Region,
    /// The metric.
    pub metric: Metric,
    /// What it was measured in.
    pub unit: Unit,
}

impl Metric {
    /// A metric; the order of its dimensions is of no meaning.
    pub fn new(namespace: &str, name: &str, mut dimensions: Vec<Dimension>) -> Metric {
        dimensions.sort_unstable();
        Metric { namespace: namespace.into(), name: name.into(), dimensions }
    }

    /// Sorted by their names.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }
}

impl SeriesName {
    /// How many bytes its texts take.
    pub(crate) fn text_bytes(&self) -> usize {
        let Metric { namespace, name, dimensions } = &self.metric;
        let dimensions = dimensions.iter().map(|dimension| dimension.name.len() + dimension.value.len());
        namespace.len() + name.len() + dimensions.sum::<usize>()
    }
}

impl Dimension {
    /// A dimension.
    pub fn new(name: &str, value: &str) -> Dimension {
        Dimension { name: name.into(), value: value.into() }
    }
}
