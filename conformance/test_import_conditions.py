"""Imports under policies, and in the trail: the four condition keys, and what is told of an import and what never."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.callers import Caller, Realm, to
from harness.clients import Key, client
from harness.denials import IDENTITY, RESOURCE, lacking
from harness.identities import allow
from harness.imports import Parameters, bring, external_key, new_material, parameters, state
from harness.refusal import refused
from harness.server import Server
from harness.trail import Record, contents, record_of

EXPIRES, LASTS = "KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"
JAVA_DATE = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d{2}:\d{2}\s[AP]M")


def in_days(days: int) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)


def epoch(when: datetime) -> str:
    return str(int(when.timestamp()))


def guarded_key(realm: Realm, user: Caller, action: str, **condition: object) -> Key:
    """A key without material, on which the user may do one thing under a condition."""
    root = to(realm.account.root_arn, ["kms:PutKeyPolicy", "kms:DescribeKey", "kms:GetParametersForImport"])
    return realm.key(root, to(user.arn, f"kms:{action}", **condition), Origin="EXTERNAL")


@pytest.fixture
def user(realm: Realm) -> Caller:
    """Somebody with no policy of their own that allows an import."""
    return realm.user(allow("kms:ListKeys"))


def test_the_way_to_wrap_is_a_condition(realm: Realm, user: Caller) -> None:
    key = guarded_key(
        realm, user, "GetParametersForImport", StringEquals={"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256"}
    )
    parameters(user.kms, key, "RSAES_OAEP_SHA_256", "RSA_2048")
    with lacking(IDENTITY, user, "GetParametersForImport", key.arn):
        parameters(user.kms, key, "RSAES_OAEP_SHA_1", "RSA_2048")


def test_the_size_of_the_wrapping_key_is_a_condition(realm: Realm, user: Caller) -> None:
    key = guarded_key(realm, user, "GetParametersForImport", StringEquals={"kms:WrappingKeySpec": ["RSA_4096"]})
    parameters(user.kms, key, "RSAES_OAEP_SHA_1", "RSA_4096")
    with lacking(IDENTITY, user, "GetParametersForImport", key.arn):
        parameters(user.kms, key, "RSAES_OAEP_SHA_1", "RSA_3072")


def test_whether_material_expires_is_a_condition(realm: Realm, user: Caller) -> None:
    key = guarded_key(realm, user, "ImportKeyMaterial", StringEquals={"kms:ExpirationModel": EXPIRES})
    given, material = parameters(realm.kms, key), new_material()
    with lacking(RESOURCE, user, "ImportKeyMaterial", key.arn):
        bring(user.kms, key, material, given, ExpirationModel=LASTS)
    bring(user.kms, key, material, given, ExpirationModel=EXPIRES, ValidTo=in_days(3))
    assert state(realm.kms, key) == "Enabled"


def test_a_model_that_was_not_sent_is_absent_though_there_is_a_default(realm: Realm, user: Caller) -> None:
    key = guarded_key(realm, user, "ImportKeyMaterial", Null={"kms:ExpirationModel": "true"})
    given = parameters(realm.kms, key)
    with lacking(RESOURCE, user, "ImportKeyMaterial", key.arn):
        bring(user.kms, key, new_material(), given, ExpirationModel=EXPIRES, ValidTo=in_days(3))
    bring(user.kms, key, new_material(), given, ValidTo=in_days(3))


@pytest.mark.parametrize("operator", ["NumericLessThanEquals", "DateLessThanEquals"])
def test_the_date_of_expiry_is_a_condition_in_seconds(realm: Realm, user: Caller, operator: str) -> None:
    limit = in_days(30)
    key = guarded_key(realm, user, "ImportKeyMaterial", **{operator: {"kms:ValidTo": epoch(limit)}})
    given, material = parameters(realm.kms, key), new_material()
    for refused_request in ({"ValidTo": limit + timedelta(seconds=1)}, {"ExpirationModel": LASTS}):
        with lacking(RESOURCE, user, "ImportKeyMaterial", key.arn):
            bring(user.kms, key, material, given, **refused_request)
    bring(user.kms, key, material, given, ValidTo=limit)


def test_a_date_that_was_not_sent_is_absent(realm: Realm, user: Caller) -> None:
    key = guarded_key(realm, user, "ImportKeyMaterial", Null={"kms:ValidTo": "true"})
    given = parameters(realm.kms, key)
    with lacking(RESOURCE, user, "ImportKeyMaterial", key.arn):
        bring(user.kms, key, new_material(), given, ValidTo=in_days(3))
    bring(user.kms, key, new_material(), given, ExpirationModel=LASTS)


def test_each_of_the_three_needs_a_permission_of_its_own(realm: Realm, user: Caller) -> None:
    key = guarded_key(realm, user, "DescribeKey")
    given = parameters(realm.kms, key)
    with lacking(IDENTITY, user, "GetParametersForImport", key.arn):
        parameters(user.kms, key)
    with lacking(RESOURCE, user, "ImportKeyMaterial", key.arn):
        bring(user.kms, key, new_material(), given)
    with lacking(RESOURCE, user, "DeleteImportedKeyMaterial", key.arn):
        user.kms.delete_imported_key_material(KeyId=key.id)


def test_the_origin_is_a_condition_of_every_use(realm: Realm, user: Caller) -> None:
    key = guarded_key(realm, user, "DescribeKey", StringEquals={"kms:KeyOrigin": "EXTERNAL"})
    user.kms.describe_key(KeyId=key.id)
    elsewhere = realm.key(
        to(realm.account.root_arn, "kms:PutKeyPolicy"),
        to(user.arn, "kms:DescribeKey", StringEquals={"kms:KeyOrigin": "EXTERNAL"}),
    )
    with lacking(RESOURCE, user, "DescribeKey", elsewhere.arn):
        user.kms.describe_key(KeyId=elsewhere.id)


def record(server: Server, answer: dict) -> Record:
    """The record of a request that boto3 made."""
    return record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"])


def test_an_import_is_recorded_from_its_parameters_to_its_end(server: Server, kms: BaseClient) -> None:
    key = external_key(kms)
    asked = kms.get_parameters_for_import(
        KeyId=key.id, WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048"
    )
    found = record(server, asked)
    assert found["requestParameters"] == {
        "keyId": key.id,
        "wrappingAlgorithm": "RSAES_OAEP_SHA_1",
        "wrappingKeySpec": "RSA_2048",
    }
    assert (found["responseElements"], found["readOnly"], found["resources"][0]["ARN"]) == (None, True, key.arn)
    answer = bring(
        kms,
        key,
        new_material(),
        ValidTo=in_days(3),
        ExpirationModel=EXPIRES,
        ImportType="NEW_KEY_MATERIAL",
        KeyMaterialDescription="first",
    )
    found = record(server, answer)
    assert JAVA_DATE.fullmatch(found["requestParameters"].pop("validTo"))
    assert found["requestParameters"] == {
        "keyId": key.id,
        "expirationModel": EXPIRES,
        "importType": "NEW_KEY_MATERIAL",
        "keyMaterialDescription": "first",
    }
    both = {"keyId": key.arn, "keyMaterialId": answer["KeyMaterialId"]}
    assert (found["responseElements"], found["readOnly"]) == (both, False)
    gone = kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=answer["KeyMaterialId"])
    found = record(server, gone)
    assert found["requestParameters"] == {"keyId": key.id, "keyMaterialId": answer["KeyMaterialId"]}
    assert (found["responseElements"], found["readOnly"]) == (both, False)


def test_neither_material_nor_token_nor_what_wraps_it_lies_in_any_file(own_server: Server) -> None:
    kms, material = client(own_server.endpoint), new_material()
    key = external_key(kms)
    given = parameters(kms, key)
    wrapped = given.wrap(material)
    kms.import_key_material(KeyId=key.id, ImportToken=given.token, EncryptedKeyMaterial=wrapped, ExpirationModel=LASTS)
    with refused("InvalidImportTokenException", re.compile(".*")) as caught:
        bring(kms, key, material, Parameters(given.algorithm, material, given.public_key))
    assert material not in str(caught.value).encode()
    kms.encrypt(KeyId=key.id, Plaintext=b"x")
    written = contents(own_server.data_dir) + own_server.log.read_bytes()
    for secret in (material, given.token, wrapped):
        assert secret not in written
        assert base64.b64encode(secret) not in written and secret.hex().encode() not in written
