"""Condition keys that speak of the key and of what is asked for it."""

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Realm, deny, to
from harness.clients import Key, new_key
from harness.conditions import IDENTITY_POLICY, KEY_POLICY, SIDES, Call, Case, grantee, hold
from harness.denials import IDENTITY, forbidden, lacking, opaque
from harness.identities import allow, fresh, policy
from harness.refusal import refused

TEXT = b"conditional"
TAGS = [{"TagKey": "Team", "TagValue": "red"}]


def encrypt(**more: object) -> Call:
    return lambda kms, key: kms.encrypt(KeyId=key.id, Plaintext=TEXT, **more)


def data_key(kms, key):
    return kms.generate_data_key(KeyId=key.id, KeySpec="AES_256")


def describe(kms, key):
    return kms.describe_key(KeyId=key.id)


def schedule(**more: int) -> Call:
    return lambda kms, key: kms.schedule_key_deletion(KeyId=key.id, **more)


def get_policy(**more: str) -> Call:
    return lambda kms, key: kms.get_key_policy(KeyId=key.id, **more)


def tag(*pairs: tuple[str, str]) -> Call:
    tags = [{"TagKey": key, "TagValue": value} for key, value in pairs]
    return lambda kms, key: kms.tag_resource(KeyId=key.id, Tags=tags)


def untag(*names: str) -> Call:
    return lambda kms, key: kms.untag_resource(KeyId=key.id, TagKeys=list(names))


DAYS = "kms:ScheduleKeyDeletionPendingWindowInDays"
CASES = {
    "the algorithm, though it was not sent": Case(
        "Encrypt",
        {"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}},
        (encrypt(), encrypt(EncryptionAlgorithm="SYMMETRIC_DEFAULT")),
    ),
    "another algorithm": Case(
        "Encrypt", {"StringEquals": {"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}}, (), (encrypt(),)
    ),
    "the algorithm of data keys": Case(
        "GenerateDataKey", {"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}, (data_key,)
    ),
    "no algorithm where there is none": Case("DescribeKey", {"Null": {"kms:EncryptionAlgorithm": "true"}}, (describe,)),
    "a long wait, though it was not sent": Case(
        "ScheduleKeyDeletion",
        {"NumericGreaterThanEquals": {DAYS: 30}},
        (schedule(),),
        (schedule(PendingWindowInDays=7),),
    ),
    "a short wait": Case(
        "ScheduleKeyDeletion",
        {"NumericLessThan": {DAYS: "10"}},
        (schedule(PendingWindowInDays=9),),
        (schedule(), schedule(PendingWindowInDays=10)),
    ),
    "exactly this wait": Case(
        "ScheduleKeyDeletion",
        {"NumericEquals": {DAYS: ["7", "14.0"]}},
        (schedule(PendingWindowInDays=14),),
        (schedule(), schedule(PendingWindowInDays=8)),
    ),
    "the policy's name, sent or not": Case(
        "GetKeyPolicy",
        {"StringEquals": {"kms:PolicyName": "default"}},
        (get_policy(), get_policy(PolicyName="default")),
    ),
    "another policy's name": Case(
        "GetKeyPolicy",
        {"StringEquals": {"kms:PolicyName": "other"}},
        (),
        (get_policy(), get_policy(PolicyName="default")),
    ),
    "tags of the request": Case(
        "TagResource",
        {"StringEquals": {"aws:RequestTag/Team": ["red", "blue"]}},
        (tag(("Team", "red")), tag(("team", "blue"), ("Other", "x"))),
        (tag(("Team", "Red")), tag(("Other", "red"))),
    ),
    "a tag that must be among those of the request": Case(
        "TagResource",
        {"Null": {"aws:RequestTag/Cost": "false"}},
        (tag(("Cost", "")), tag(("Cost", "1"), ("b", "c"))),
        (tag(("b", "c")),),
    ),
    "only these tag keys": Case(
        "TagResource",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["Team", "Cost"]}},
        (tag(("Team", "x")), tag(("Team", "x"), ("Cost", "y"))),
        (tag(("Other", "x")), tag(("Team", "x"), ("Other", "y"))),
    ),
    "only these tag keys when tags are taken": Case(
        "UntagResource",
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]}},
        (untag("Team"),),
        (untag("Other"), untag("Team", "Other")),
    ),
    "any of these tag keys": Case(
        "UntagResource",
        {"ForAnyValue:StringLike": {"aws:TagKeys": "T*"}},
        (untag("Team"), untag("x", "Tier")),
        (untag("Other"),),
    ),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", CASES)
def test_the_request_decides(realm: Realm, name: str, side: str) -> None:
    hold(realm, side, CASES[name])


TRAITS = {
    "kms:KeySpec": ("SYMMETRIC_DEFAULT", "RSA_2048"),
    "kms:CustomerMasterKeySpec": ("SYMMETRIC_DEFAULT", "RSA_2048"),
    "kms:KeyUsage": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    "kms:CustomerMasterKeyUsage": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    "kms:KeyOrigin": ("AWS_KMS", "EXTERNAL"),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", TRAITS)
def test_what_the_key_is_decides(realm: Realm, name: str, side: str) -> None:
    right, wrong = TRAITS[name]
    hold(realm, side, Case("DescribeKey", {"StringEquals": {name: right}}, (describe,)))
    hold(realm, side, Case("DescribeKey", {"StringEquals": {name: wrong}}, (), (describe,)))


@pytest.mark.parametrize("name", TRAITS)
def test_what_a_new_key_will_be_decides(realm: Realm, name: str) -> None:
    right, wrong = TRAITS[name]
    may = realm.user(allow("kms:CreateKey", StringEquals={name: right}), allow("kms:PutKeyPolicy"))
    may.kms.create_key()
    may_not = realm.user(allow("kms:CreateKey", StringEquals={name: wrong}), allow("kms:PutKeyPolicy"))
    with lacking(IDENTITY, may_not, "CreateKey", "*"):
        may_not.kms.create_key()


def test_keys_of_several_regions_can_be_demanded_or_forbidden(realm: Realm) -> None:
    many = realm.user(allow("kms:CreateKey", Bool={"kms:MultiRegion": "true"}), allow("kms:PutKeyPolicy"))
    one = realm.user(allow("kms:CreateKey", Bool={"kms:MultiRegion": False}), allow("kms:PutKeyPolicy"))
    many.kms.create_key(MultiRegion=True)
    one.kms.create_key()
    one.kms.create_key(MultiRegion=False)
    with lacking(IDENTITY, many, "CreateKey", "*"):
        many.kms.create_key()
    with lacking(IDENTITY, one, "CreateKey", "*"):
        one.kms.create_key(MultiRegion=True)


def test_whether_a_key_is_of_several_regions_and_which_kind_decides(realm: Realm, key: Key) -> None:
    primary = new_key(realm.kms, MultiRegion=True)
    for condition, allowed, denied in (
        ({"Bool": {"kms:MultiRegion": "true"}}, primary, key),
        ({"Bool": {"kms:MultiRegion": "false"}}, key, primary),
        ({"StringEquals": {"kms:MultiRegionKeyType": "PRIMARY"}}, primary, key),
        ({"Null": {"kms:MultiRegionKeyType": "true"}}, key, primary),
    ):
        user = realm.user(allow("kms:DescribeKey", **condition))
        user.kms.describe_key(KeyId=allowed.id)
        with lacking(IDENTITY, user, "DescribeKey", denied.arn):
            user.kms.describe_key(KeyId=denied.id)


@pytest.mark.parametrize("side", SIDES)
def test_the_alias_of_the_request_decides_by_its_name(realm: Realm, side: str) -> None:
    alias, other = fresh("alias/asked"), fresh("alias/other")
    who = grantee(realm, side, "Encrypt", lambda *_: {"StringEquals": {"kms:RequestAlias": alias}})
    for name in (alias, other):
        realm.kms.create_alias(AliasName=name, TargetKeyId=who.key.id)
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:"
    for named in (alias, arn + alias):
        who.caller.kms.encrypt(KeyId=named, Plaintext=TEXT)
    for named in (who.key.id, who.key.arn, other, arn + other):
        with lacking(IDENTITY, who.caller, "Encrypt", who.key.arn):
            who.caller.kms.encrypt(KeyId=named, Plaintext=TEXT)


def test_the_aliases_of_the_key_decide_however_it_is_named(realm: Realm, key: Key) -> None:
    alias, more = fresh("alias/team-a"), fresh("alias/more")
    user = realm.user(allow("kms:Encrypt", **{"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/team-a*"}}))
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    realm.kms.create_alias(AliasName=more, TargetKeyId=key.id)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=more, Plaintext=TEXT)
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    for named in (key.id, key.arn, alias, more):
        user.kms.encrypt(KeyId=named, Plaintext=TEXT)
    realm.kms.delete_alias(AliasName=alias)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def test_a_key_without_aliases_has_none_to_speak_of(realm: Realm, key: Key) -> None:
    user = realm.user(allow("kms:Encrypt", Null={"kms:ResourceAliases": "true"}))
    user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    realm.kms.create_alias(AliasName=fresh("alias/now"), TargetKeyId=key.id)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def test_key_policies_cannot_ask_for_the_aliases_of_their_key(realm: Realm) -> None:
    condition = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}}
    who = grantee(realm, KEY_POLICY, "Encrypt", lambda *_: condition)
    realm.kms.create_alias(AliasName=fresh("alias/there"), TargetKeyId=who.key.id)
    with lacking(IDENTITY, who.caller, "Encrypt", who.key.arn):
        who.caller.kms.encrypt(KeyId=who.key.id, Plaintext=TEXT)


@pytest.mark.parametrize("side", SIDES)
def test_the_tags_of_the_key_decide(realm: Realm, side: str) -> None:
    who = grantee(realm, side, "Encrypt", lambda *_: {"StringEquals": {"aws:ResourceTag/team": "red"}})
    with lacking(IDENTITY, who.caller, "Encrypt", who.key.arn):
        who.caller.kms.encrypt(KeyId=who.key.id, Plaintext=TEXT)
    realm.kms.tag_resource(KeyId=who.key.id, Tags=TAGS)
    who.caller.kms.encrypt(KeyId=who.key.id, Plaintext=TEXT)
    realm.kms.tag_resource(KeyId=who.key.id, Tags=[{"TagKey": "Team", "TagValue": "Red"}])
    with lacking(IDENTITY, who.caller, "Encrypt", who.key.arn):
        who.caller.kms.encrypt(KeyId=who.key.id, Plaintext=TEXT)
    realm.kms.untag_resource(KeyId=who.key.id, TagKeys=["Team"])
    with lacking(IDENTITY, who.caller, "Encrypt", who.key.arn):
        who.caller.kms.encrypt(KeyId=who.key.id, Plaintext=TEXT)


def test_new_keys_can_be_made_to_carry_their_tag(realm: Realm) -> None:
    tagged = allow(["kms:CreateKey", "kms:TagResource"], StringEquals={"aws:RequestTag/Team": "red"})
    user = realm.user(tagged, allow("kms:PutKeyPolicy"))
    user.kms.create_key(Tags=TAGS)
    for tags in ([], [{"TagKey": "Team", "TagValue": "blue"}], [{"TagKey": "Other", "TagValue": "red"}]):
        with lacking(IDENTITY, user, "CreateKey", "*"):
            user.kms.create_key(Tags=tags)
    strict = realm.user(
        allow("kms:*"), deny("kms:CreateKey", **{"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["Team"]}})
    )
    strict.kms.create_key(Tags=TAGS)
    with forbidden(IDENTITY, strict, "CreateKey", "*"):
        strict.kms.create_key(Tags=[*TAGS, {"TagKey": "Other", "TagValue": "x"}])


@pytest.mark.parametrize("side", SIDES)
def test_a_reencryption_can_be_kept_within_one_key(realm: Realm, side: str, other_key: Key) -> None:
    who = grantee(realm, side, "ReEncrypt*", lambda *_: {"Bool": {"kms:ReEncryptOnSameKey": True}})
    sealed = realm.kms.encrypt(KeyId=who.key.id, Plaintext=TEXT)["CiphertextBlob"]
    alias = fresh("alias/same")
    realm.kms.create_alias(AliasName=alias, TargetKeyId=who.key.id)
    for same in (who.key.id, who.key.arn, alias):
        who.caller.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=same)
    with lacking(IDENTITY, who.caller, "ReEncryptFrom", who.key.arn):
        who.caller.kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=other_key.id)


def test_all_of_one_account_can_be_let_in_at_once(realm: Realm, realm_b: Realm) -> None:
    user, foreign = realm.user(), realm_b.user(allow("kms:*"))
    ours = realm.key(to("*", "kms:Encrypt", StringEquals={"kms:CallerAccount": ACCOUNT_A.id}))
    theirs = realm.key(to("*", "kms:Encrypt", StringEquals={"kms:CallerAccount": ACCOUNT_B.id}))
    for caller in (user, realm.root):
        caller.kms.encrypt(KeyId=ours.id, Plaintext=TEXT)
        with lacking("resource-based policy", caller, "Encrypt", theirs.arn):
            caller.kms.encrypt(KeyId=theirs.id, Plaintext=TEXT)
    foreign.kms.encrypt(KeyId=theirs.arn, Plaintext=TEXT)
    with opaque(foreign, "Encrypt"):
        foreign.kms.encrypt(KeyId=ours.arn, Plaintext=TEXT)


def test_the_caller_account_is_known_when_a_key_is_made(realm: Realm) -> None:
    user = realm.user(
        allow("kms:CreateKey", StringEquals={"kms:CallerAccount": ACCOUNT_A.id}), allow("kms:PutKeyPolicy")
    )
    user.kms.create_key()


def test_a_direct_call_comes_through_no_service(realm: Realm) -> None:
    user = realm.user()
    via = {"kms:CallerAccount": ACCOUNT_A.id, "kms:ViaService": "ec2.us-east-1.amazonaws.com"}
    key = new_key(realm.kms, Policy=policy(realm.delegation, to("*", "kms:*", StringEquals=via)))
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT)
    hold(realm, IDENTITY_POLICY, Case("Encrypt", {"Null": {"kms:ViaService": "true"}}, (encrypt(),)))


def test_what_is_asked_of_no_key_has_no_caller_account(realm: Realm) -> None:
    actions = ["kms:ListKeys", "kms:ListAliases", "kms:GenerateRandom"]
    without = realm.user(allow(actions, Null={"kms:CallerAccount": "true"}))
    having = realm.user(allow(actions, StringEquals={"kms:CallerAccount": ACCOUNT_A.id}))
    for action, operation, members in (
        ("ListKeys", "list_keys", {}),
        ("ListAliases", "list_aliases", {}),
        ("GenerateRandom", "generate_random", {"NumberOfBytes": 8}),
    ):
        getattr(without.kms, operation)(**members)
        with lacking(IDENTITY, having, action, "*"):
            getattr(having.kms, operation)(**members)


def test_the_policys_name_is_the_one_that_was_sent(realm: Realm) -> None:
    who = grantee(realm, IDENTITY_POLICY, "GetKeyPolicy", lambda *_: {"StringEquals": {"kms:PolicyName": "other"}})
    with refused("NotFoundException", "No such policy exists"):
        who.caller.kms.get_key_policy(KeyId=who.key.id, PolicyName="other")


def test_the_tags_of_a_new_key_are_those_of_the_resource_too(realm: Realm) -> None:
    tagged = allow(["kms:CreateKey", "kms:TagResource"], StringEquals={"aws:ResourceTag/Team": "red"})
    user = realm.user(tagged, allow("kms:PutKeyPolicy"))
    user.kms.create_key(Tags=TAGS)
    with lacking(IDENTITY, user, "CreateKey", "*"):
        user.kms.create_key()


@pytest.mark.parametrize("half", ["ReEncryptFrom", "ReEncryptTo"])
def test_each_half_of_a_reencryption_has_the_alias_that_it_was_asked_by(realm: Realm, half: str) -> None:
    alias = fresh("alias/half")
    named, plain = {"kms:RequestAlias": alias}, "ReEncryptTo" if half == "ReEncryptFrom" else "ReEncryptFrom"
    user = realm.user(allow(f"kms:{half}", StringEquals=named), allow(f"kms:{plain}"))
    key = new_key(realm.kms)
    realm.kms.create_alias(AliasName=alias, TargetKeyId=key.id)
    sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT)["CiphertextBlob"]
    names = {"SourceKeyId": key.id, "DestinationKeyId": key.id}
    mine = "SourceKeyId" if half == "ReEncryptFrom" else "DestinationKeyId"
    user.kms.re_encrypt(CiphertextBlob=sealed, **names | {mine: alias})
    theirs = ({"SourceKeyId", "DestinationKeyId"} - {mine}).pop()
    for wrong in (names, names | {theirs: alias}):
        with lacking(IDENTITY, user, half, key.arn):
            user.kms.re_encrypt(CiphertextBlob=sealed, **wrong)
