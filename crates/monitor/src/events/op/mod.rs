//! The operations of EventBridge, each in a file of its own.

mod delete_rule;
mod describe_event_bus;
mod describe_rule;
mod list_event_buses;
mod list_rule_names_by_target;
mod list_rules;
mod list_tags_for_resource;
mod list_targets_by_rule;
mod put_events;
mod put_rule;
mod put_targets;
mod remove_targets;
mod shape;
mod switch_rule;
mod tag_resource;
mod test_event_pattern;
mod untag_resource;

use claviger_api::{Entry, entry};

use super::EventBridge;

/// All of them, in the order of their names.
pub(super) const OPERATIONS: &[Entry<EventBridge>] = &[
    entry::<delete_rule::DeleteRule>(),
    entry::<describe_event_bus::DescribeEventBus>(),
    entry::<describe_rule::DescribeRule>(),
    entry::<switch_rule::DisableRule>(),
    entry::<switch_rule::EnableRule>(),
    entry::<list_event_buses::ListEventBuses>(),
    entry::<list_rule_names_by_target::ListRuleNamesByTarget>(),
    entry::<list_rules::ListRules>(),
    entry::<list_tags_for_resource::ListTagsForResource>(),
    entry::<list_targets_by_rule::ListTargetsByRule>(),
    entry::<put_events::PutEvents>(),
    entry::<put_rule::PutRule>(),
    entry::<put_targets::PutTargets>(),
    entry::<remove_targets::RemoveTargets>(),
    entry::<tag_resource::TagResource>(),
    entry::<test_event_pattern::TestEventPattern>(),
    entry::<untag_resource::UntagResource>(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_name() {
        assert!(OPERATIONS.is_sorted_by_key(|entry| entry.facts.name));
    }
}
