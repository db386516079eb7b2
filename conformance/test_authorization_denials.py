"""AccessDeniedException word for word: every reason that a refusal can have, and what it must not tell."""

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B, Account
from harness.callers import Caller, Realm, deny, forbid, to
from harness.clients import Key, new_key
from harness.denials import (
    BOUNDARY,
    IDENTITY,
    RESOURCE,
    SESSION,
    forbidden,
    forbidden_text,
    lacking,
    lacking_text,
    opaque,
)
from harness.identities import ALLOW_ALL, allow, fresh, policy
from harness.model import UNKNOWN_KEY_ID
from harness.refusal import UNKNOWN_IN_CIPHERTEXT_TEXT, opaque_text, refused
from harness.server import Server
from harness.sessions import Keys
from harness.trail import record_of
from harness.wire import perform

TEXT = b"x"


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


@pytest.fixture(scope="module")
def nobody(realm: Realm) -> Caller:
    """A user without policies."""
    return realm.user()


@pytest.fixture(scope="module")
def anyone(realm: Realm) -> Caller:
    """A user that may do everything."""
    return realm.user(ALLOW_ALL)


def test_the_text_is_as_recorded(realm: Realm, nobody: Caller, key: Key) -> None:
    text = (
        f"User: arn:aws:iam::{ACCOUNT_A.id}:user/{nobody.name} is not authorized to perform: kms:Encrypt on resource: "
        f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{key.id} because no identity-based policy allows the kms:Encrypt "
        "action"
    )
    with refused("AccessDeniedException", text):
        encrypt(nobody, key)
    silent = realm.key(to(realm.role().arn, "kms:*"))
    text = text.replace(key.id, silent.id).replace("identity-based", "resource-based")
    with refused("AccessDeniedException", text):
        encrypt(nobody, silent)
    denying = realm.key(forbid(nobody.arn, "kms:Encrypt"))
    head = text.replace(silent.id, denying.id).partition(" because ")[0]
    with refused("AccessDeniedException", f"{head} with an explicit deny in a resource-based policy"):
        encrypt(nobody, denying)


def test_the_message_is_spelled_with_a_capital(server: Server, nobody: Caller, key: Key) -> None:
    account = Account("", nobody.keys.access_key_id, nobody.keys.secret)
    reply = perform(server.host, "Encrypt", {"KeyId": key.id, "Plaintext": "eA=="}, account)
    text = lacking_text(IDENTITY, nobody.arn, "Encrypt", key.arn)
    assert (reply.status, reply.json) == (400, {"__type": "AccessDeniedException", "Message": text})


def test_a_key_that_leaves_out_one_action_is_the_one_that_does_not_allow(realm: Realm, anyone: Caller) -> None:
    key = realm.key(to(realm.account.root_arn, "kms:Describe*"))
    anyone.kms.describe_key(KeyId=key.id)
    for caller in (anyone, realm.root):
        with lacking(RESOURCE, caller, "Encrypt", key.arn):
            encrypt(caller, key)


def test_without_either_side_the_key_is_blamed(realm: Realm, nobody: Caller) -> None:
    key = realm.key(to(realm.role().arn, "kms:*"))
    with lacking(RESOURCE, nobody, "Encrypt", key.arn):
        encrypt(nobody, key)


def test_a_deny_of_the_key_policy_is_told_whoever_it_meets(realm: Realm, anyone: Caller) -> None:
    role = realm.role(ALLOW_ALL)
    session = realm.session(role)
    denying = forbid([realm.account.root_arn], "kms:Encrypt")
    key = realm.key(realm.delegation, to([anyone.arn, role.arn, session.arn], "kms:*"), denying)
    for caller in (anyone, session, realm.root):
        with forbidden(RESOURCE, caller, "Encrypt", key.arn):
            encrypt(caller, key)


def test_a_deny_of_an_inline_policy(realm: Realm, key: Key) -> None:
    user = realm.user(ALLOW_ALL, deny("kms:Encrypt"))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_a_deny_of_a_managed_policy(realm: Realm, key: Key) -> None:
    user = realm.user(ALLOW_ALL)
    realm.iam.attach_user_policy(UserName=user.name, PolicyArn=realm.bound(deny("kms:Encrypt")))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_a_deny_of_a_groups_policies(realm: Realm, key: Key) -> None:
    user, group = realm.user(ALLOW_ALL), fresh("group")
    realm.iam.create_group(GroupName=group)
    realm.iam.add_user_to_group(GroupName=group, UserName=user.name)
    encrypt(user, key)
    realm.iam.put_group_policy(GroupName=group, PolicyName="no", PolicyDocument=policy(deny("kms:Encrypt")))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    realm.iam.delete_group_policy(GroupName=group, PolicyName="no")
    encrypt(user, key)
    realm.iam.attach_group_policy(GroupName=group, PolicyArn=realm.bound(deny("kms:Encrypt")))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_a_deny_of_a_roles_policy_names_the_session(realm: Realm, key: Key) -> None:
    role = realm.role(ALLOW_ALL, deny("kms:Encrypt"), Path="/some/path/")
    session = realm.session(role, "who@example.com")
    assert session.arn == f"arn:aws:sts::{ACCOUNT_A.id}:assumed-role/{role.name}/who@example.com"
    with forbidden(IDENTITY, session, "Encrypt", key.arn):
        encrypt(session, key)


def test_a_deny_of_a_boundary_and_of_a_session_policy(realm: Realm, key: Key) -> None:
    user = realm.user(ALLOW_ALL, PermissionsBoundary=realm.bound(ALLOW_ALL, deny("kms:Encrypt")))
    with forbidden(BOUNDARY, user, "Encrypt", key.arn):
        encrypt(user, key)
    session = realm.session(realm.role(ALLOW_ALL), Policy=policy(ALLOW_ALL, deny("kms:Encrypt")))
    with forbidden(SESSION, session, "Encrypt", key.arn):
        encrypt(session, key)


def test_a_limit_that_does_not_allow(realm: Realm, key: Key) -> None:
    user = realm.user(ALLOW_ALL, PermissionsBoundary=realm.bound(allow("s3:*")))
    with lacking(BOUNDARY, user, "Encrypt", key.arn):
        encrypt(user, key)
    session = realm.session(realm.role(ALLOW_ALL), Policy=policy(allow("s3:*")))
    with lacking(SESSION, session, "Encrypt", key.arn):
        encrypt(session, key)


def test_the_users_of_a_path_and_of_a_federation_are_named_in_full(realm: Realm, key: Key) -> None:
    user = realm.user(allow("sts:GetFederationToken"), Path="/people/")
    assert user.arn == f"arn:aws:iam::{ACCOUNT_A.id}:user/people/{user.name}"
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    answer = user.client("sts").get_federation_token(Name="visitor", Policy=policy(ALLOW_ALL))
    arn = f"arn:aws:sts::{ACCOUNT_A.id}:federated-user/visitor"
    visitor = Caller(realm.endpoint, arn, Keys.of_answer(answer))
    with lacking(IDENTITY, visitor, "Encrypt", key.arn):
        encrypt(visitor, key)


def test_the_resource_is_the_key_also_when_its_alias_was_asked_for(realm: Realm, nobody: Caller, key: Key) -> None:
    alias = fresh("alias/denied")
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for name in (key.id, key.arn, alias, f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{alias}"):
        with lacking(IDENTITY, nobody, "DescribeKey", key.arn):
            nobody.kms.describe_key(KeyId=name)


def test_what_is_missing_in_ones_own_account_is_told_to_everyone(nobody: Caller) -> None:
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:key/{UNKNOWN_KEY_ID}"
    with refused("NotFoundException", f"Key '{arn}' does not exist"):
        nobody.kms.describe_key(KeyId=UNKNOWN_KEY_ID)


def test_who_may_not_use_a_key_does_not_learn_its_state_or_usage(realm: Realm, nobody: Caller, key: Key) -> None:
    realm.kms.schedule_key_deletion(KeyId=key.id)
    for more in ({}, {"DryRun": True}):
        with lacking(IDENTITY, nobody, "Encrypt", key.arn):
            nobody.kms.encrypt(KeyId=key.id, Plaintext=TEXT, **more)
    with lacking(IDENTITY, nobody, "DisableKey", key.arn):
        nobody.kms.disable_key(KeyId=key.id)


def test_a_request_that_breaks_the_model_is_told_so_before_anything_is_decided(nobody: Caller, key: Key) -> None:
    with pytest.raises(nobody.kms.exceptions.ClientError) as caught:
        nobody.kms.generate_data_key(KeyId=key.id, KeySpec="AES_1")
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_ciphertext_of_ones_own_account_names_the_key_that_may_not_be_used(
    realm: Realm, nobody: Caller, key: Key
) -> None:
    sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    for named in ({}, {"KeyId": key.id}):
        with lacking(IDENTITY, nobody, "Decrypt", key.arn):
            nobody.kms.decrypt(CiphertextBlob=sealed, **named)


def test_a_ciphertext_of_a_foreign_key_tells_nothing(realm: Realm, nobody: Caller, anyone: Caller, key_b: Key) -> None:
    kms_b = Realm(realm.endpoint, ACCOUNT_B).kms
    sealed = kms_b.encrypt(KeyId=key_b.id, Plaintext=TEXT)["CiphertextBlob"]
    own = new_key(realm.kms)
    for caller in (nobody, anyone, realm.root):
        with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
            caller.kms.decrypt(CiphertextBlob=sealed)
        with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
            caller.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=own.id)
        with opaque(caller, "Decrypt"):
            caller.kms.decrypt(CiphertextBlob=sealed, KeyId=key_b.arn)


def test_a_ciphertext_of_another_region_tells_nothing(realm: Realm, anyone: Caller) -> None:
    oregon = realm.root.client("kms", "us-west-2")
    sealed = oregon.encrypt(KeyId=new_key(oregon).id, Plaintext=TEXT)["CiphertextBlob"]
    with refused("AccessDeniedException", UNKNOWN_IN_CIPHERTEXT_TEXT):
        anyone.kms.decrypt(CiphertextBlob=sealed)


def test_the_opaque_text_is_as_recorded(realm_b: Realm, key: Key) -> None:
    session = realm_b.session(realm_b.role(), "spy")
    arn = f"arn:aws:sts::{ACCOUNT_B.id}:assumed-role/{session.name}/spy"
    text = (
        f"User: {arn} is not authorized to perform: kms:DescribeKey on this resource because the resource does not "
        "exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies "
        "access"
    )
    assert text == opaque_text(arn, "DescribeKey")
    with refused("AccessDeniedException", text):
        session.kms.describe_key(KeyId=key.arn)


def test_each_half_of_a_reencryption_is_told_by_its_name(realm: Realm, key: Key, other_key: Key) -> None:
    sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    only_to = realm.user(allow("kms:ReEncryptTo"))
    only_from = realm.user(allow("kms:ReEncryptFrom"))
    wrongly = realm.user(allow("kms:ReEncrypt"))
    for caller, action, denied in (
        (only_to, "ReEncryptFrom", key),
        (only_from, "ReEncryptTo", other_key),
        (wrongly, "ReEncryptFrom", key),
    ):
        with lacking(IDENTITY, caller, action, denied.arn):
            caller.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=other_key.id)


@pytest.mark.parametrize("action", ["CreateAlias", "UpdateAlias", "DeleteAlias"])
def test_both_halves_of_an_alias_operation(realm: Realm, nobody: Caller, key: Key, other_key: Key, action: str) -> None:
    alias = fresh("alias/halves")
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{alias}"
    if action != "CreateAlias":
        realm.kms.create_alias(AliasName=alias, TargetKeyId=other_key.id)

    def attempt(caller: Caller) -> None:
        {
            "CreateAlias": lambda: caller.kms.create_alias(AliasName=alias, TargetKeyId=key.id),
            "UpdateAlias": lambda: caller.kms.update_alias(AliasName=alias, TargetKeyId=key.id),
            "DeleteAlias": lambda: caller.kms.delete_alias(AliasName=alias),
        }[action]()

    with lacking(IDENTITY, nobody, action, arn):
        attempt(nobody)
    only_key = realm.user(allow(f"kms:{action}", [key.arn, other_key.arn]))
    with lacking(IDENTITY, only_key, action, arn):
        attempt(only_key)
    only_alias = realm.user(allow(f"kms:{action}", arn))
    with lacking(IDENTITY, only_alias, action, (key if action == "CreateAlias" else other_key).arn):
        attempt(only_alias)
    attempt(realm.user(allow(f"kms:{action}", [arn, key.arn, other_key.arn])))


def test_the_key_that_an_alias_leaves_and_the_one_it_goes_to_are_both_asked(
    realm: Realm, key: Key, other_key: Key
) -> None:
    alias = fresh("alias/moved")
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{alias}"
    for allowed, denied in ((key, other_key), (other_key, key)):
        user = realm.user(allow("kms:UpdateAlias", [arn, allowed.arn]))
        with lacking(IDENTITY, user, "UpdateAlias", denied.arn):
            user.kms.update_alias(AliasName=alias, TargetKeyId=other_key.id)


def test_no_key_policy_gives_the_alias_half(realm: Realm, nobody: Caller) -> None:
    key, alias = realm.key(realm.delegation, to("*", "kms:*")), fresh("alias/half")
    with lacking(IDENTITY, nobody, "CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{alias}"):
        nobody.kms.create_alias(AliasName=alias, TargetKeyId=key.id)


def test_an_alias_in_a_policy_gives_no_use_of_its_key(realm: Realm, key: Key) -> None:
    alias = fresh("alias/only")
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    user = realm.user(allow("kms:*", f"arn:aws:kms:*:{ACCOUNT_A.id}:alias/*"))
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=alias, Plaintext=TEXT)


def test_operations_that_only_identity_policies_give(realm: Realm, nobody: Caller) -> None:
    denied = realm.user(ALLOW_ALL, deny("kms:*"))
    for action, members in {
        "CreateKey": {},
        "ListKeys": {},
        "ListAliases": {},
        "GenerateRandom": {"NumberOfBytes": 8},
    }.items():
        operation = {"CreateKey": "create_key", "ListKeys": "list_keys", "ListAliases": "list_aliases"}.get(
            action, "generate_random"
        )
        with lacking(IDENTITY, nobody, action, "*"):
            getattr(nobody.kms, operation)(**members)
        with forbidden(IDENTITY, denied, action, "*"):
            getattr(denied.kms, operation)(**members)
        getattr(realm.user(allow([f"kms:{action}", "kms:PutKeyPolicy"])).kms, operation)(**members)
        getattr(realm.kms, operation)(**members)


def test_listing_the_aliases_of_a_key_needs_no_permission_on_the_key(realm: Realm) -> None:
    user = realm.user(allow("kms:ListAliases"))
    key = realm.key(to(realm.role().arn, "kms:*"))
    user.kms.list_aliases(KeyId=key.id)


def test_tags_on_a_new_key_need_the_permission_to_tag(realm: Realm) -> None:
    user = realm.user(allow("kms:CreateKey"))
    tags = [{"TagKey": "a", "TagValue": "b"}]
    document = policy(to(user.arn, "kms:*"))
    with pytest.raises(user.kms.exceptions.ClientError) as caught:
        user.kms.create_key(Policy=document, Tags=tags)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDeniedException" and "kms:TagResource" in error["Message"]
    user.kms.create_key(Policy=document)
    tagging = realm.user(allow(["kms:CreateKey", "kms:TagResource"]))
    tagging.kms.create_key(Policy=policy(to(tagging.arn, "kms:*")), Tags=tags)


def test_a_refusal_is_on_record_with_its_text(server: Server, nobody: Caller, key: Key) -> None:
    with lacking(IDENTITY, nobody, "Encrypt", key.arn) as caught:
        encrypt(nobody, key)
    request_id = caught.value.response["ResponseMetadata"]["RequestId"]
    record = record_of(server.trail_dir, request_id)
    assert (record["errorCode"], record["errorMessage"]) == (
        "AccessDenied",
        caught.value.response["Error"]["Message"],
    )


def test_the_first_deny_found_is_the_one_that_is_told(realm: Realm, nobody: Caller) -> None:
    user = realm.user(deny("kms:Encrypt"))
    key = realm.key(realm.delegation, forbid(user.arn, "kms:Encrypt"))
    with pytest.raises(user.kms.exceptions.ClientError) as caught:
        encrypt(user, key)
    texts = {forbidden_text(kind, user.arn, "Encrypt", key.arn) for kind in (RESOURCE, IDENTITY)}
    assert caught.value.response["Error"]["Message"] in texts
