"""Every operation on a symmetric key whose imported material is gone: allowed, or refused with its own error."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A
from harness.clients import Key, client, new_key
from harness.identities import fresh
from harness.imports import bring, external_key, new_material, parameters, state
from harness.refusal import ANY_TEXT, refused
from harness.server import Server

PENDING_IMPORT = "KMSInvalidStateException: {arn} is pending import."
NOT_PENDING_DELETION = "KMSInvalidStateException: {arn} is not pending deletion."
WRONG_ORIGIN = "UnsupportedOperationException: {arn} origin is EXTERNAL which is not valid for this operation."
TAGS = [{"TagKey": "a", "TagValue": "b"}]

Call = Callable[[BaseClient, Key, bytes], object]

ALLOWED: dict[str, Call] = {
    "CreateAlias": lambda kms, key, _: kms.create_alias(AliasName=fresh("alias/a"), TargetKeyId=key.id),
    "DescribeKey": lambda kms, key, _: kms.describe_key(KeyId=key.id),
    "GetKeyPolicy": lambda kms, key, _: kms.get_key_policy(KeyId=key.id),
    "GetParametersForImport": lambda kms, key, _: parameters(kms, key),
    "DeleteImportedKeyMaterial": lambda kms, key, _: kms.delete_imported_key_material(KeyId=key.id),
    "ListAliases": lambda kms, key, _: kms.list_aliases(KeyId=key.id),
    "ListGrants": lambda kms, key, _: kms.list_grants(KeyId=key.id),
    "ListKeyRotations": lambda kms, key, _: kms.list_key_rotations(KeyId=key.id),
    "ListResourceTags": lambda kms, key, _: kms.list_resource_tags(KeyId=key.id),
    "ScheduleKeyDeletion": lambda kms, key, _: kms.schedule_key_deletion(KeyId=key.id),
    "TagResource": lambda kms, key, _: kms.tag_resource(KeyId=key.id, Tags=TAGS),
    "UntagResource": lambda kms, key, _: kms.untag_resource(KeyId=key.id, TagKeys=["a"]),
    "UpdateKeyDescription": lambda kms, key, _: kms.update_key_description(KeyId=key.id, Description="new"),
}
REFUSED: dict[str, tuple[str, Call]] = {
    "CancelKeyDeletion": (NOT_PENDING_DELETION, lambda kms, key, _: kms.cancel_key_deletion(KeyId=key.id)),
    "CreateGrant": (
        PENDING_IMPORT,
        lambda kms, key, _: kms.create_grant(KeyId=key.id, GranteePrincipal=ACCOUNT_A.root_arn, Operations=["Decrypt"]),
    ),
    "Decrypt": (PENDING_IMPORT, lambda kms, _, sealed: kms.decrypt(CiphertextBlob=sealed)),
    "DisableKey": (PENDING_IMPORT, lambda kms, key, _: kms.disable_key(KeyId=key.id)),
    "DisableKeyRotation": (WRONG_ORIGIN, lambda kms, key, _: kms.disable_key_rotation(KeyId=key.id)),
    "EnableKey": (PENDING_IMPORT, lambda kms, key, _: kms.enable_key(KeyId=key.id)),
    "EnableKeyRotation": (WRONG_ORIGIN, lambda kms, key, _: kms.enable_key_rotation(KeyId=key.id)),
    "Encrypt": (PENDING_IMPORT, lambda kms, key, _: kms.encrypt(KeyId=key.id, Plaintext=b"x")),
    "GenerateDataKey": (
        PENDING_IMPORT,
        lambda kms, key, _: kms.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
    ),
    "GetKeyRotationStatus": (WRONG_ORIGIN, lambda kms, key, _: kms.get_key_rotation_status(KeyId=key.id)),
    "ReEncrypt from": (
        PENDING_IMPORT,
        lambda kms, _, sealed: kms.re_encrypt(CiphertextBlob=sealed, DestinationKeyId=new_key(kms).id),
    ),
    "RotateKeyOnDemand": (PENDING_IMPORT, lambda kms, key, _: kms.rotate_key_on_demand(KeyId=key.id)),
}


@pytest.fixture
def gone(kms: BaseClient) -> tuple[Key, bytes]:
    """A key whose material is deleted, and what was sealed under it."""
    key = external_key(kms)
    bring(kms, key, new_material())
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key.id)
    return key, sealed


@pytest.mark.parametrize("name", ALLOWED)
def test_without_its_material_a_key_can_still_be_administered(
    kms: BaseClient, gone: tuple[Key, bytes], name: str
) -> None:
    ALLOWED[name](kms, *gone)


@pytest.mark.parametrize("name", REFUSED)
def test_without_its_material_a_key_does_nothing(kms: BaseClient, gone: tuple[Key, bytes], name: str) -> None:
    (expected, call), (key, sealed) = REFUSED[name], gone
    code, _, text = expected.partition(": ")
    with refused(code, text.format(arn=key.arn)):
        call(kms, key, sealed)
    assert state(kms, key) == "PendingImport"


def test_material_that_expires_in_a_moment_is_gone_in_that_moment(own_server: Server) -> None:
    """Nothing depends on when the server tidies up: whoever comes first finds the key without its material."""
    kms = client(own_server.endpoint)
    key, material = external_key(kms), new_material()
    bring(kms, key, material, ValidTo=datetime.now(UTC) + timedelta(hours=2))
    sealed = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    own_server.advance("2h")
    with refused("KMSInvalidStateException", f"{key.arn} is pending import."):
        kms.decrypt(CiphertextBlob=sealed)
    bring(kms, key, material)
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"


def test_a_token_stays_expired_when_the_key_that_sealed_it_is_destroyed(own_server: Server) -> None:
    kms = client(own_server.endpoint)
    key = external_key(kms)
    given = parameters(kms, key)
    for days in ("1d", "2d", "30d"):
        own_server.advance(days)
        with refused("ExpiredImportTokenException", ANY_TEXT):
            bring(kms, key, new_material(), given)
    bring(kms, key, new_material())
    assert state(kms, key) == "Enabled"


def test_material_goes_with_its_key_and_so_does_what_waits(own_server: Server) -> None:
    kms, material = client(own_server.endpoint), new_material()
    key = external_key(kms)
    valid_to = datetime.now(UTC) + timedelta(days=20)
    bring(kms, key, material, ValidTo=valid_to)
    bring(kms, key, new_material(), ValidTo=valid_to, ImportType="NEW_KEY_MATERIAL")
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    own_server.advance("8d")
    with refused("NotFoundException", ANY_TEXT):
        bring(kms, key, material, parameters(kms, external_key(kms)))
    own_server.advance("20d")
    with refused("NotFoundException", ANY_TEXT):
        kms.describe_key(KeyId=key.id)
