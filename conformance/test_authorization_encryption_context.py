"""kms:EncryptionContext:… and kms:EncryptionContextKeys, in key policies and in identity policies."""

import pytest

from harness.callers import Realm, to
from harness.clients import Key, new_key
from harness.conditions import SIDES, Call, Case, hold
from harness.denials import IDENTITY, lacking
from harness.identities import policy
from harness.refusal import refused

TEXT = b"in context"
PREFIX = "kms:EncryptionContext:"
APP = {"AppName": "ExampleApp"}
PATH = {"FilePath": "/var/opt/secrets/"}
OVERLY_PERMISSIVE_TEXT = (
    "OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches "
    "requests without the specified {0} or with an unspecified {0}. To fix, remove ForAllValues."
)


def data_key(**context: str) -> Call:
    """GenerateDataKey in this encryption context."""
    return lambda kms, key: kms.generate_data_key(KeyId=key.id, KeySpec="AES_256", EncryptionContext=context)


def case(condition: dict[str, object], allowed: list[dict[str, str]], denied: list[dict[str, str]]) -> Case:
    """A case of GenerateDataKey, by contexts."""
    calls = (tuple(data_key(**context) for context in contexts) for contexts in (allowed, denied))
    return Case("GenerateDataKey", condition, *calls)


CASES = {
    "every pair must be there": case(
        {"StringEquals": {f"{PREFIX}AppName": "ExampleApp", f"{PREFIX}FilePath": "/var/opt/secrets/"}},
        [APP | PATH, APP | PATH | {"More": "x"}],
        [{}, APP, PATH, APP | {"FilePath": "/var"}, {"AppName": "Other"} | PATH],
    ),
    "the value's case counts": case(
        {"StringEquals": {f"{PREFIX}AppName": "ExampleApp"}},
        [APP],
        [{"AppName": "exampleapp"}, {"AppName": "ExampleApp "}, {"AppName": ""}],
    ),
    "the value's case can be ignored": case(
        {"StringEqualsIgnoreCase": {f"{PREFIX}AppName": "EXAMPLEAPP"}}, [APP], [{"AppName": "Example"}]
    ),
    "the case of the condition's key does not count": case(
        {"StringEquals": {"KMS:encryptioncontext:APPNAME": "ExampleApp"}},
        [APP, {"appname": "ExampleApp"}],
        [{"App": "ExampleApp"}],
    ),
    "one of several values": case(
        {"StringEquals": {f"{PREFIX}Stage": ["test", "beta"]}}, [{"Stage": "test"}, {"Stage": "beta"}], [{"Stage": "x"}]
    ),
    "wildcards match any run": case(
        {"StringLike": {f"{PREFIX}FilePath": "/var/*/secrets/"}},
        [PATH, {"FilePath": "/var/a/b:c/secrets/"}],
        [{"FilePath": "/var/secrets/"}, {"FilePath": "/VAR/opt/secrets/"}],
    ),
    "wildcards of equality are plain text": case(
        {"StringEquals": {f"{PREFIX}FilePath": "/var/*"}}, [{"FilePath": "/var/*"}], [{"FilePath": "/var/opt"}]
    ),
    "what is not there differs": case(
        {"StringNotEquals": {f"{PREFIX}Stage": "prod"}}, [{}, {"Stage": "test"}, APP], [{"Stage": "prod"}]
    ),
    "none of several values": case(
        {"StringNotLike": {f"{PREFIX}Stage": ["prod*", "live"]}},
        [{"Stage": "test"}],
        [{"Stage": "production"}, {"Stage": "live"}],
    ),
    "if it is there": case(
        {"StringEqualsIfExists": {f"{PREFIX}Stage": "test"}}, [{}, {"Stage": "test"}], [{"Stage": "prod"}]
    ),
    "a pair that must be missing": case({"Null": {f"{PREFIX}Stage": True}}, [{}, APP], [{"Stage": "test"}]),
    "a context must be there": case({"Null": {"kms:EncryptionContextKeys": False}}, [APP, {"a": ""}], [{}]),
    "no context may be there": case({"Null": {"kms:EncryptionContextKeys": "true"}}, [{}], [APP]),
    "no other keys": case(
        {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["AppName", "FilePath"]}},
        [{}, APP, PATH, APP | PATH],
        [{"Other": "x"}, APP | {"Other": "x"}, {"appname": "ExampleApp"}],
    ),
    "no other keys, and one at least": case(
        {
            "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["AppName", "FilePath"]},
            "Null": {"kms:EncryptionContextKeys": "false"},
        },
        [APP, APP | PATH],
        [{}, APP | {"Other": "x"}],
    ),
    "one of the keys": case(
        {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["AppName", "FilePath"]}},
        [APP, APP | {"Other": "x"}],
        [{}, {"Other": "x"}, {"appname": "x"}],
    ),
    "keys of one kind": case(
        {"ForAnyValue:StringLike": {"kms:EncryptionContextKeys": "aws:*:arn"}},
        [{"aws:s3:arn": "x"}, {"b": "c", "aws:ebs:arn": "y"}],
        [{}, {"aws:s3": "x"}],
    ),
    "none of the keys": case(
        {"ForAllValues:StringNotEquals": {"kms:EncryptionContextKeys": ["Secret"]}},
        [{}, APP],
        [{"Secret": "x"}, APP | {"Secret": "x"}],
    ),
    "another key beside it": case(
        {"ForAnyValue:StringNotEquals": {"kms:EncryptionContextKeys": ["Secret"]}},
        [APP, APP | {"Secret": "x"}],
        [{}, {"Secret": "x"}],
    ),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", CASES)
def test_the_context_decides(realm: Realm, name: str, side: str) -> None:
    hold(realm, side, CASES[name])


OPERATIONS = {
    "Encrypt": lambda kms, key, _, context: kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext=context),
    "Decrypt": lambda kms, _, sealed, context: kms.decrypt(CiphertextBlob=sealed, EncryptionContext=context),
    "GenerateDataKey": lambda kms, key, _, context: kms.generate_data_key(
        KeyId=key.id, KeySpec="AES_256", EncryptionContext=context
    ),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, _, context: kms.generate_data_key_without_plaintext(
        KeyId=key.id, KeySpec="AES_256", EncryptionContext=context
    ),
}


@pytest.mark.parametrize("action", OPERATIONS)
def test_every_operation_with_a_context_is_held_to_it(realm: Realm, action: str) -> None:
    user = realm.user()
    statement = to(user.arn, "kms:*", StringEquals={f"{PREFIX}AppName": "ExampleApp"})
    key = new_key(realm.kms, Policy=policy(realm.delegation, statement))
    for context, is_allowed in ((APP, True), ({"AppName": "Other"}, False), ({}, False)):
        sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext=context)["CiphertextBlob"]
        if is_allowed:
            OPERATIONS[action](user.kms, key, sealed, context)
        else:
            with lacking(IDENTITY, user, action, key.arn):
                OPERATIONS[action](user.kms, key, sealed, context)
    with lacking(IDENTITY, user, "DescribeKey", key.arn):
        user.kms.describe_key(KeyId=key.id)


@pytest.mark.parametrize("half", ["ReEncryptFrom", "ReEncryptTo"])
def test_each_half_of_a_reencryption_is_held_to_its_own_context(realm: Realm, half: str) -> None:
    user, key = realm.user(), new_key(realm.kms)
    other = {"ReEncryptFrom": "ReEncryptTo", "ReEncryptTo": "ReEncryptFrom"}[half]
    conditional = to(user.arn, f"kms:{half}", StringEquals={f"{PREFIX}AppName": "ExampleApp"})
    document = policy(realm.delegation, to(user.arn, f"kms:{other}"), conditional)
    realm.kms.put_key_policy(KeyId=key.id, Policy=document)

    def attempt(source: dict[str, str], destination: dict[str, str]) -> None:
        sealed = realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext=source)["CiphertextBlob"]
        user.kms.re_encrypt(
            CiphertextBlob=sealed,
            DestinationKeyId=key.id,
            SourceEncryptionContext=source,
            DestinationEncryptionContext=destination,
        )

    right, wrong = (APP, {"x": "y"}) if half == "ReEncryptFrom" else ({"x": "y"}, APP)
    attempt(right, wrong)
    attempt(APP, APP)
    with lacking(IDENTITY, user, half, key.arn):
        attempt(wrong, right)


def test_a_variable_in_the_value_is_the_callers_own(realm: Realm) -> None:
    alice, bob = realm.user(), realm.user()
    statement = to([alice.arn, bob.arn], "kms:*", StringEquals={f"{PREFIX}owner": "${aws:username}"})
    key = new_key(realm.kms, Policy=policy(realm.delegation, statement))
    sealed = alice.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext={"owner": alice.name})["CiphertextBlob"]
    assert alice.kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"owner": alice.name})["Plaintext"] == TEXT
    with lacking(IDENTITY, bob, "Decrypt", key.arn):
        bob.kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"owner": alice.name})
    with lacking(IDENTITY, bob, "Encrypt", key.arn):
        bob.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext={"owner": "${aws:username}"})


def test_a_variable_of_the_old_version_is_plain_text(realm: Realm) -> None:
    user = realm.user()
    statement = to(user.arn, "kms:Encrypt", StringEquals={f"{PREFIX}owner": "${aws:username}"})
    old = policy(realm.delegation, statement).replace("2012-10-17", "2008-10-17")
    key = new_key(realm.kms, Policy=old)
    with lacking(IDENTITY, user, "Encrypt", key.arn):
        user.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext={"owner": user.name})
    user.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext={"owner": "${aws:username}"})


@pytest.mark.unverified("the type of the exception that carries OverlyPermissiveCondition")
@pytest.mark.parametrize(
    "name,noun",
    [(f"{PREFIX}AppName", "encryption context"), ("kms:encryptioncontext:x", "encryption context")]
    + [("aws:RequestTag/Team", "tag")],
)
def test_a_set_operator_over_a_single_value_is_refused_when_the_policy_is_set(
    realm: Realm, key: Key, name: str, noun: str
) -> None:
    statement = to(realm.account.root_arn, "kms:*", **{"ForAllValues:StringEquals": {name: "x"}})
    with refused("MalformedPolicyDocumentException", OVERLY_PERMISSIVE_TEXT.format(noun)):
        realm.kms.put_key_policy(KeyId=key.id, Policy=policy(realm.delegation, statement))
