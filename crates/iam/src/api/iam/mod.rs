//! The operations of IAM, one a file (or one a file for users, groups and roles alike), and their table.

mod access_key;
mod account_alias;
mod add_user_to_group;
mod attach_policy;
mod birth;
mod boundary;
mod caller;
mod client_id;
mod create_access_key;
mod create_group;
mod create_open_id_connect_provider;
mod create_policy;
mod create_policy_version;
mod create_role;
mod create_service_linked_role;
mod create_user;
mod delete_access_key;
mod delete_boundary;
mod delete_group;
mod delete_inline_policy;
mod delete_open_id_connect_provider;
mod delete_policy;
mod delete_policy_version;
mod delete_role;
mod delete_service_linked_role;
mod delete_user;
mod detach_policy;
mod detail;
mod document;
mod get_access_key_last_used;
mod get_account_authorization_details;
mod get_account_summary;
mod get_context_keys_for_custom_policy;
mod get_context_keys_for_principal_policy;
mod get_group;
mod get_inline_policy;
mod get_open_id_connect_provider;
mod get_policy;
mod get_policy_version;
mod get_role;
mod get_service_linked_role_deletion_status;
mod get_user;
mod kin;
mod list_access_keys;
mod list_account_aliases;
mod list_attached_policies;
mod list_entities_for_policy;
mod list_entity_tags;
mod list_groups;
mod list_groups_for_user;
mod list_inline_policies;
mod list_open_id_connect_providers;
mod list_policies;
mod list_policy_tags;
mod list_policy_versions;
mod list_roles;
mod list_users;
mod listing;
mod managed;
mod member;
mod membership;
mod oidc;
mod page;
mod provider_tags;
mod put_boundary;
mod put_inline_policy;
mod remove_user_from_group;
mod role;
mod service_role;
mod set_default_policy_version;
mod shape;
mod simulate_custom_policy;
mod simulate_principal_policy;
mod simulation;
mod tag_entity;
mod tag_policy;
mod untag_entity;
mod untag_policy;
mod update_access_key;
mod update_assume_role_policy;
mod update_entity;
mod update_open_id_connect_provider_thumbprint;
mod update_role;
mod update_role_description;
mod usage;
mod version;

use attach_policy::AttachPolicy;
use delete_boundary::DeleteBoundary;
use delete_inline_policy::DeleteInlinePolicy;
use detach_policy::DetachPolicy;
use get_inline_policy::GetInlinePolicy;
use list_attached_policies::ListAttachedPolicies;
use list_entity_tags::ListEntityTags;
use list_inline_policies::ListInlinePolicies;
use put_boundary::PutBoundary;
use put_inline_policy::PutInlinePolicy;
use tag_entity::TagEntity;
use untag_entity::UntagEntity;
use update_entity::UpdateEntity;

use super::{Entry, entry};
use crate::model::{GroupRecord as Group, RoleRecord as Role, UserRecord as User};

pub(super) use managed::exists as policy_exists;

/// Every operation of IAM that is served, in the order of their names.
pub(super) const OPERATIONS: &[Entry] = &[
    entry::<client_id::AddClientId>(),
    entry::<add_user_to_group::AddUserToGroup>(),
    entry::<AttachPolicy<Group>>(),
    entry::<AttachPolicy<Role>>(),
    entry::<AttachPolicy<User>>(),
    entry::<create_access_key::CreateAccessKey>(),
    entry::<account_alias::CreateAccountAlias>(),
    entry::<create_group::CreateGroup>(),
    entry::<create_open_id_connect_provider::CreateOpenIdConnectProvider>(),
    entry::<create_policy::CreatePolicy>(),
    entry::<create_policy_version::CreatePolicyVersion>(),
    entry::<create_role::CreateRole>(),
    entry::<create_service_linked_role::CreateServiceLinkedRole>(),
    entry::<create_user::CreateUser>(),
    entry::<delete_access_key::DeleteAccessKey>(),
    entry::<account_alias::DeleteAccountAlias>(),
    entry::<delete_group::DeleteGroup>(),
    entry::<DeleteInlinePolicy<Group>>(),
    entry::<delete_open_id_connect_provider::DeleteOpenIdConnectProvider>(),
    entry::<delete_policy::DeletePolicy>(),
    entry::<delete_policy_version::DeletePolicyVersion>(),
    entry::<delete_role::DeleteRole>(),
    entry::<DeleteBoundary<Role>>(),
    entry::<DeleteInlinePolicy<Role>>(),
    entry::<delete_service_linked_role::DeleteServiceLinkedRole>(),
    entry::<delete_user::DeleteUser>(),
    entry::<DeleteBoundary<User>>(),
    entry::<DeleteInlinePolicy<User>>(),
    entry::<DetachPolicy<Group>>(),
    entry::<DetachPolicy<Role>>(),
    entry::<DetachPolicy<User>>(),
    entry::<get_access_key_last_used::GetAccessKeyLastUsed>(),
    entry::<get_account_authorization_details::GetAccountAuthorizationDetails>(),
    entry::<get_account_summary::GetAccountSummary>(),
    entry::<get_context_keys_for_custom_policy::GetContextKeysForCustomPolicy>(),
    entry::<get_context_keys_for_principal_policy::GetContextKeysForPrincipalPolicy>(),
    entry::<get_group::GetGroup>(),
    entry::<GetInlinePolicy<Group>>(),
    entry::<get_open_id_connect_provider::GetOpenIdConnectProvider>(),
    entry::<get_policy::GetPolicy>(),
    entry::<get_policy_version::GetPolicyVersion>(),
    entry::<get_role::GetRole>(),
    entry::<GetInlinePolicy<Role>>(),
    entry::<get_service_linked_role_deletion_status::GetServiceLinkedRoleDeletionStatus>(),
    entry::<get_user::GetUser>(),
    entry::<GetInlinePolicy<User>>(),
    entry::<list_access_keys::ListAccessKeys>(),
    entry::<list_account_aliases::ListAccountAliases>(),
    entry::<ListAttachedPolicies<Group>>(),
    entry::<ListAttachedPolicies<Role>>(),
    entry::<ListAttachedPolicies<User>>(),
    entry::<list_entities_for_policy::ListEntitiesForPolicy>(),
    entry::<ListInlinePolicies<Group>>(),
    entry::<list_groups::ListGroups>(),
    entry::<list_groups_for_user::ListGroupsForUser>(),
    entry::<provider_tags::ListProviderTags>(),
    entry::<list_open_id_connect_providers::ListOpenIdConnectProviders>(),
    entry::<list_policies::ListPolicies>(),
    entry::<list_policy_tags::ListPolicyTags>(),
    entry::<list_policy_versions::ListPolicyVersions>(),
    entry::<ListInlinePolicies<Role>>(),
    entry::<ListEntityTags<Role>>(),
    entry::<list_roles::ListRoles>(),
    entry::<ListInlinePolicies<User>>(),
    entry::<ListEntityTags<User>>(),
    entry::<list_users::ListUsers>(),
    entry::<PutInlinePolicy<Group>>(),
    entry::<PutBoundary<Role>>(),
    entry::<PutInlinePolicy<Role>>(),
    entry::<PutBoundary<User>>(),
    entry::<PutInlinePolicy<User>>(),
    entry::<client_id::RemoveClientId>(),
    entry::<remove_user_from_group::RemoveUserFromGroup>(),
    entry::<set_default_policy_version::SetDefaultPolicyVersion>(),
    entry::<simulate_custom_policy::SimulateCustomPolicy>(),
    entry::<simulate_principal_policy::SimulatePrincipalPolicy>(),
    entry::<provider_tags::TagProvider>(),
    entry::<tag_policy::TagPolicy>(),
    entry::<TagEntity<Role>>(),
    entry::<TagEntity<User>>(),
    entry::<provider_tags::UntagProvider>(),
    entry::<untag_policy::UntagPolicy>(),
    entry::<UntagEntity<Role>>(),
    entry::<UntagEntity<User>>(),
    entry::<update_access_key::UpdateAccessKey>(),
    entry::<update_assume_role_policy::UpdateAssumeRolePolicy>(),
    entry::<UpdateEntity<Group>>(),
    entry::<update_open_id_connect_provider_thumbprint::UpdateOpenIdConnectProviderThumbprint>(),
    entry::<update_role::UpdateRole>(),
    entry::<update_role_description::UpdateRoleDescription>(),
    entry::<UpdateEntity<User>>(),
];
