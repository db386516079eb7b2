"""Deleting users and roles with all that is their own."""

from harness.callers import Caller, Realm, Role


def dismiss(realm: Realm, who: Caller | Role) -> None:
    """Deletes a user or a role."""
    if isinstance(who, Role):
        for name in realm.iam.list_role_policies(RoleName=who.name)["PolicyNames"]:
            realm.iam.delete_role_policy(RoleName=who.name, PolicyName=name)
        realm.iam.delete_role(RoleName=who.name)
        return
    for entry in realm.iam.list_access_keys(UserName=who.name)["AccessKeyMetadata"]:
        realm.iam.delete_access_key(UserName=who.name, AccessKeyId=entry["AccessKeyId"])
    for name in realm.iam.list_user_policies(UserName=who.name)["PolicyNames"]:
        realm.iam.delete_user_policy(UserName=who.name, PolicyName=name)
    realm.iam.delete_user(UserName=who.name)
