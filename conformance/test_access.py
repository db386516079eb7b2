"""`claviger access`: who can do what with a key, as the guide's chapter on determining access works it out, and each
answer held against what the server does."""

import json

import pytest
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.analysis import Access, cited, claviger, told
from harness.callers import Caller, Realm, deny, forbid, to
from harness.grants import EQUALS, give
from harness.identities import allow, policy
from harness.server import Server

USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
USED = {"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"}
USED |= {"kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"}
USED |= {"kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"}
ADMINISTRATION = ["kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*"]
ADMINISTRATION += ["kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"]
FOR_SERVICES = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
KEY_POLICY, IDENTITY = "KeyPolicy", "IdentityPolicy"


def may_describe(caller: Caller, key: str) -> bool:
    """What the server itself says."""
    try:
        caller.kms.describe_key(KeyId=key)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return False
    return True


def test_the_guides_three_users_and_two_keys(server: Server, realm: Realm) -> None:
    alice, bob, charlie = realm.user(), realm.user(allow("kms:*")), realm.user(deny("kms:*"))
    first = realm.key(realm.delegation)
    second = realm.key(to([alice.arn, charlie.arn], "kms:*"))
    expected = {
        first.arn: {alice: "notAllowed", bob: "allowed", charlie: "denied"},
        second.arn: {alice: "allowed", bob: "notAllowed", charlie: "denied"},
    }
    for key, outcomes in expected.items():
        access = Access.of(server, key)
        for user, outcome in outcomes.items():
            assert access.outcome(user.arn, "kms:DescribeKey") == outcome, (key, user)
            assert may_describe(user, key) == (outcome == "allowed")
            (group,) = access.principals[user.arn]
            assert {"kms:Decrypt", "kms:PutKeyPolicy", "kms:ReEncryptTo"} < set(group["actions"])


def test_every_allowance_is_told_with_the_statements_that_it_comes_through(server: Server, realm: Realm) -> None:
    bob = realm.user()
    document = policy(allow("kms:*") | {"Sid": "Everything"})
    realm.iam.put_user_policy(UserName=bob.name, PolicyName="bobs", PolicyDocument=document)
    key = realm.key(realm.delegation | {"Sid": "Delegate"})
    group = Access.of(server, key.arn).group(bob.arn, "kms:Decrypt")
    assert cited(group["by"]) == [(KEY_POLICY, "Delegate"), (IDENTITY, "Everything")]
    assert [statement["policy"] for statement in group["by"]] == ["default", "bobs"]
    root = Access.of(server, key.arn).group(ACCOUNT_A.root_arn, "kms:Decrypt")
    assert cited(root["by"]) == [(KEY_POLICY, "Delegate")]


def test_key_administrators_and_key_users(server: Server, realm: Realm) -> None:
    admin, user, role = realm.user(), realm.user(), realm.role()
    attach = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
    key = realm.key(
        realm.delegation,
        to(admin.arn, ADMINISTRATION),
        to([user.arn, role.arn], USE) | {"Sid": "Use"},
        to([user.arn, role.arn], attach, **FOR_SERVICES) | {"Sid": "Attach"},
    )
    access = Access.of(server, key.arn)
    assert access.allowed(user.arn) == access.allowed(role.arn) == USED
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CreateGrant"} < access.allowed(admin.arn)
    assert access.allowed(admin.arn) & USED == {"kms:DescribeKey"}
    group = access.group(user.arn, "kms:CreateGrant")
    assert (group["outcome"], sorted(group["actions"])) == ("conditional", attach)
    ((condition,),) = [statement["conditions"] for statement in group["conditions"]]
    assert condition == {"operator": "Bool", "key": "kms:GrantIsForAWSResource", "values": ["true"]}
    assert access.kinds[role.arn] == "role"


def test_what_a_group_allows_its_members_may(server: Server, realm: Realm) -> None:
    member, other = realm.user(), realm.user()
    group = f"group-of-{member.name}"
    realm.iam.create_group(GroupName=group)
    realm.iam.put_group_policy(GroupName=group, PolicyName="of-group", PolicyDocument=policy(allow("kms:Encrypt")))
    realm.iam.add_user_to_group(GroupName=group, UserName=member.name)
    key = realm.key(realm.delegation)
    access = Access.of(server, key.arn)
    assert access.allowed(member.arn) == {"kms:Encrypt"}
    assert access.group(member.arn, "kms:Encrypt")["by"][1]["policy"] == "of-group"
    assert access.allowed(other.arn) == set()


def test_an_identity_policy_about_another_key_gives_nothing(server: Server, realm: Realm) -> None:
    key, other = realm.key(realm.delegation), realm.key(realm.delegation)
    user = realm.user(allow("kms:Decrypt", key.arn))
    assert Access.of(server, key.arn).allowed(user.arn) == {"kms:Decrypt"}
    assert Access.of(server, other.arn).allowed(user.arn) == set()


def test_a_boundary_limits(server: Server, realm: Realm) -> None:
    user = realm.user(allow("kms:*"), PermissionsBoundary=realm.bound(allow("kms:Decrypt")))
    access = Access.of(server, realm.key(realm.delegation).arn)
    assert access.allowed(user.arn) == {"kms:Decrypt"}
    assert access.group(user.arn, "kms:Encrypt")["lacking"] == "PermissionsBoundary"


def test_an_explicit_deny_of_the_key_is_named(server: Server, realm: Realm) -> None:
    user = realm.user(allow("kms:*"))
    key = realm.key(realm.delegation, forbid(user.arn, "kms:Decrypt") | {"Sid": "NotThisOne"})
    group = Access.of(server, key.arn).group(user.arn, "kms:Decrypt")
    assert group["actions"] == ["kms:Decrypt"]
    assert (group["outcome"], group["by"]["sid"], group["by"]["effect"]) == ("denied", "NotThisOne", "Deny")


def test_a_deny_under_conditions_is_told_and_not_guessed(server: Server, realm: Realm) -> None:
    user = realm.user()
    insecure = forbid("*", "kms:*", Bool={"aws:SecureTransport": "false"}) | {"Sid": "Tls"}
    key = realm.key(to(user.arn, "kms:Decrypt") | {"Sid": "Give"}, insecure)
    group = Access.of(server, key.arn).group(user.arn, "kms:Decrypt")
    assert group["outcome"] == "conditional"
    assert (cited(group["by"]), cited(group["conditions"])) == ([(KEY_POLICY, "Give")], [(KEY_POLICY, "Tls")])


def test_conditions_on_what_is_known_are_decided(server: Server, realm: Realm) -> None:
    user = realm.user(Tags=[{"Key": "team", "Value": "red"}])
    key = realm.key(
        to("*", "kms:Encrypt", StringEquals={"aws:PrincipalTag/team": "red", "kms:CallerAccount": ACCOUNT_A.id}),
        to("*", "kms:Decrypt", StringEquals={"aws:PrincipalTag/team": "blue"}),
        to("*", "kms:DescribeKey", StringEquals={"kms:EncryptionContext:a": "1"}),
    )
    access = Access.of(server, key.arn)
    assert access.allowed(user.arn) == {"kms:Encrypt"}
    # An operation without an encryption context never has it, so nothing is in doubt.
    assert access.outcome(user.arn, "kms:DescribeKey") == "notAllowed"


def test_grants_are_told_by_their_ids(server: Server, realm: Realm) -> None:
    user, other = realm.user(), realm.user()
    key = realm.key(realm.delegation)
    free = give(realm.kms, key, user.arn, ["Decrypt"])
    bound = give(realm.kms, key, user.arn, ["Encrypt", "DescribeKey"], Constraints={EQUALS: {"a": "1"}})
    access = Access.of(server, key.arn)
    assert [grant["id"] for grant in access.group(user.arn, "kms:Decrypt")["grants"]] == [free.id]
    # Operations without an encryption context are not held to a constraint on it.
    assert access.allowed(user.arn) == {"kms:Decrypt", "kms:DescribeKey"}
    group = access.group(user.arn, "kms:Encrypt")
    assert (group["outcome"], group["actions"]) == ("conditional", ["kms:Encrypt"])
    ((grant,), sentence) = (group["grants"], "the encryption context is a=1")
    assert (grant["id"], grant["constraints"]) == (bound.id, [sentence])
    assert access.allowed(other.arn) == set()


def test_another_account_is_told_what_the_key_gives_and_its_users_are_decided(
    server: Server, realm: Realm, realm_b: Realm
) -> None:
    able, unable = realm_b.user(allow("kms:*")), realm_b.user()
    key = realm.key(realm.delegation, to(ACCOUNT_B.root_arn, ["kms:Decrypt", "kms:PutKeyPolicy"]))
    access = Access.of(server, key.arn)
    assert access.kinds[ACCOUNT_B.root_arn] == "account"
    assert access.allowed(ACCOUNT_B.root_arn) == access.allowed(able.arn) == {"kms:Decrypt"}
    assert access.outcome(able.arn, "kms:PutKeyPolicy") == "otherAccount"
    assert access.group(unable.arn, "kms:Decrypt")["lacking"] == IDENTITY


def test_of_another_account_only_those_who_are_named_are_told(server: Server, realm: Realm, realm_b: Realm) -> None:
    named, grantee, other = realm_b.user(allow("kms:*")), realm_b.user(), realm_b.user(allow("kms:*"))
    role = realm_b.role(allow("kms:Encrypt"))
    key = realm.key(realm.delegation, to([named.arn, role.arn], USE))
    give(realm.kms, key, grantee.arn, ["Decrypt"])
    access = Access.of(server, key.arn)
    assert access.allowed(named.arn) == USED
    assert access.allowed(role.arn) == {"kms:Encrypt"}
    assert access.outcome(grantee.arn, "kms:Decrypt") == "allowed"
    assert other.arn not in access.principals


def test_everyone_services_and_sessions_are_told_as_the_policy_names_them(server: Server, realm: Realm) -> None:
    role = realm.role()
    session = realm.session_arn(role, "named")
    logs = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": USE, "Resource": "*"}
    key = realm.key(to(session, "kms:Encrypt"), logs, to("*", "kms:DescribeKey"))
    access = Access.of(server, key.arn)
    assert access.allowed(session) == {"kms:Encrypt", "kms:DescribeKey"}
    assert access.allowed("logs.amazonaws.com") == USED
    assert access.allowed("*") == access.allowed(role.arn) == {"kms:DescribeKey"}
    kinds = [access.kinds[name] for name in (session, "logs.amazonaws.com", "*")]
    assert kinds == ["session", "service", "anyone"]


def test_a_user_made_again_has_nothing_of_the_one_before(server: Server, realm: Realm) -> None:
    user = realm.user()
    key = realm.key(realm.delegation, to(user.arn, "kms:*"))
    give(realm.kms, key, user.arn)
    for made in realm.iam.list_access_keys(UserName=user.name)["AccessKeyMetadata"]:
        realm.iam.delete_access_key(UserName=user.name, AccessKeyId=made["AccessKeyId"])
    realm.iam.delete_user(UserName=user.name)
    assert user.arn not in Access.of(server, key.arn).principals
    realm.iam.create_user(UserName=user.name)
    assert Access.of(server, key.arn).allowed(user.arn) == set()


def test_an_account_of_many_users_is_told_to_its_end(own_server: Server) -> None:
    realm = Realm(own_server.endpoint, ACCOUNT_A)
    names = [f"User-{number}" for number in range(230)]
    for name in names:
        realm.iam.create_user(UserName=name)
    key = realm.key(realm.delegation)
    told_of = {name for name, kind in Access.of(own_server, key.arn).kinds.items() if kind == "user"}
    assert told_of == {f"arn:aws:iam::{ACCOUNT_A.id}:user/{name}" for name in names}


def test_a_key_is_named_by_arn_alias_or_in_its_place(server: Server, realm: Realm) -> None:
    key = realm.key(realm.delegation)
    alias = f"alias/{key.id}"
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    place = ["--account", ACCOUNT_A.id, "--region", "us-east-1"]
    ways = [[key.arn], [key.arn.replace(f"key/{key.id}", alias)], [key.id, *place], [alias, *place]]
    texts = {told(server, "access", *way).splitlines()[0] for way in ways}
    assert texts == {f"{key.arn} (Enabled, {alias})"}


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("1234abcd-12ab-34cd-56ef-1234567890ab", "names no key: give a key ARN or alias ARN"),
        ("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "there is no key arn:aws:kms"),
        ("arn:aws:kms:us-east-1:111122223333:alias/nothing", "there is no key arn:aws:kms"),
    ],
)
def test_what_is_no_key_is_refused(server: Server, named: str, why: str) -> None:
    refused = claviger(server, "access", named)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert why in refused.stderr


def test_people_read_who_may_and_why(server: Server, realm: Realm) -> None:
    user, nobody = realm.user(), realm.user()
    key = realm.key(realm.delegation | {"Sid": "Delegate"}, to(user.arn, "kms:Decrypt") | {"Sid": "Use"})
    text = told(server, "access", key.arn)
    root = text[text.index(f"\n{ACCOUNT_A.root_arn} - root user\n") :]
    assert root.splitlines()[2:5] == [
        "  may",
        f"    all {len(Access.of(server, key.arn).group(ACCOUNT_A.root_arn, 'kms:Decrypt')['actions'])} actions on a key",
        '      by key policy, statement 1 "Delegate"',
    ]
    of_user = text[text.index(f"\n{user.arn} - user\n") :].splitlines()[2:5]
    assert of_user == ["  may", "    kms:Decrypt", '      by key policy, statement 2 "Use"']
    assert nobody.arn not in text and "may do nothing with it" in text
    assert nobody.arn in told(server, "access", key.arn, "--all")


def test_every_operation_on_a_key_is_among_the_actions(server: Server, realm: Realm) -> None:
    key = realm.key(realm.delegation)
    (group,) = Access.of(server, key.arn).principals[ACCOUNT_A.root_arn]
    present = {"CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "UpdateAlias"}
    assert {f"kms:{action}" for action in present} < set(group["actions"])
    assert not {"kms:CreateKey", "kms:ListKeys", "kms:GenerateRandom"} & set(group["actions"])
    assert json.dumps(sorted(group["actions"])) == json.dumps(sorted(set(group["actions"])))
