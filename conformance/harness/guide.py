"""The calls behind the log entries of the developer guide: by golden record, what is made ready and what is called."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.callers import Caller, Realm
from harness.clients import Key, new_key
from harness.identities import allow, fresh, policy
from harness.imports import bring, external_key, new_material, parameters
from harness.regions import HERE, THERE, Spread, spread
from harness.uses import USES

CONTEXT = {"branch": "north", "year": "2026"}
DESCRIPTION = "the branch ledgers"
NO_STORE = "cks-1a2b3c4d5e6f70819"
TEXT = b"of the ledgers"

Answer = dict[str, Any]


@dataclass
class Scene:
    """Alice of the guide in her account, and what the golden record calls all that there is."""

    realm: Realm
    alice: Caller
    values: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, realm: Realm, alice: Caller, **values: str) -> "Scene":
        known = {
            "accountId": realm.account.id,
            "userId": alice.id,
            "userArn": alice.arn,
            "userName": alice.name,
            "accessKeyId": alice.keys.access_key_id,
        }
        return cls(realm, alice, known | values)

    @property
    def kms(self) -> BaseClient:
        """Alice's client."""
        return self.alice.kms

    def name(self, **values: str) -> None:
        self.values |= values

    def key(self, **request: object) -> Key:
        """A new key."""
        return self.named(new_key(self.realm.kms, **request))

    def named(self, key: Key) -> Key:
        self.name(keyId=key.id, keyArn=key.arn, keyMaterialId=self.material(key))
        return key

    def other(self) -> Key:
        """A second key."""
        key = new_key(self.realm.kms)
        self.name(otherKeyId=key.id, otherKeyArn=key.arn, otherKeyMaterialId=self.material(key))
        return key

    def material(self, key: Key) -> str:
        return str(self.realm.kms.describe_key(KeyId=key.arn)["KeyMetadata"].get("CurrentKeyMaterialId"))

    def alias(self, key: Key | None = None) -> str:
        """A name for an alias; the alias too where it is to lead to a key."""
        name = fresh("alias/ledgers")
        self.name(aliasName=name, aliasArn=f"arn:aws:kms:{HERE}:{self.realm.account.id}:{name}")
        if key:
            self.realm.kms.create_alias(AliasName=name, TargetKeyId=key.id)
        return name

    def grant(self, key: Key) -> dict[str, str]:
        """A grant that Alice may retire; gives what names it."""
        terms = {"GranteePrincipal": self.alice.arn, "RetiringPrincipal": self.alice.arn, "Operations": ["Encrypt"]}
        made = self.realm.kms.create_grant(KeyId=key.id, **terms)
        self.name(grantId=made["GrantId"])
        return {"KeyId": key.arn, "GrantId": made["GrantId"]}

    def sealed(self, key: Key) -> bytes:
        answer = self.realm.kms.encrypt(KeyId=key.id, Plaintext=TEXT, EncryptionContext=CONTEXT)
        return bytes(answer["CiphertextBlob"])

    def spread(self, *replicas: str) -> Spread:
        """A multi-Region key."""
        made = spread(lambda region: self.realm.root.client("kms", region), *replicas, Description=DESCRIPTION)
        self.named(made.primary)
        self.name(replicaArn=made.at(THERE).arn)
        return made

    def policy(self) -> str:
        """A policy for a key."""
        self.name(policy=policy(self.realm.delegation))
        return self.values["policy"]


def refusal(call: Callable[..., Answer], **request: object) -> Answer:
    """What is answered to a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    return dict(caught.value.response)


def create_alias(s: Scene) -> Answer:
    return s.kms.create_alias(AliasName=s.alias(), TargetKeyId=s.key().arn)


def create_grant(s: Scene) -> Answer:
    constraints = {"EncryptionContextSubset": {"branch": "north"}}
    terms = {"GranteePrincipal": s.alice.arn, "Operations": ["Encrypt", "RetireGrant"], "Constraints": constraints}
    made = s.kms.create_grant(KeyId=s.key().arn, **terms)
    s.name(grantId=made["GrantId"])
    return made


def create_key(s: Scene) -> Answer:
    made = s.kms.create_key(Policy=s.policy(), Description=DESCRIPTION)
    s.named(Key(made["KeyMetadata"]["KeyId"], made["KeyMetadata"]["Arn"]))
    return made


def decrypt(s: Scene) -> Answer:
    key = s.key()
    return s.kms.decrypt(CiphertextBlob=s.sealed(key), EncryptionContext=CONTEXT, KeyId=key.arn)


def decrypt_without_context(s: Scene) -> Answer:
    return refusal(s.kms.decrypt, CiphertextBlob=s.sealed(s.key()))


def decrypt_under_another_key(s: Scene) -> Answer:
    sealed, other = s.sealed(s.key()), s.other()
    return refusal(s.kms.decrypt, CiphertextBlob=sealed, EncryptionContext=CONTEXT, KeyId=other.arn)


def encrypt_pending_deletion(s: Scene) -> Answer:
    key = s.key()
    s.realm.kms.schedule_key_deletion(KeyId=key.id)
    return refusal(s.kms.encrypt, KeyId=key.id, Plaintext=TEXT)


def misuse(s: Scene) -> Answer:
    key = s.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return refusal(s.kms.generate_data_key_without_plaintext, KeyId=key.id, NumberOfBytes=16)


def list_aliases(s: Scene) -> Answer:
    for _ in range(2):
        s.alias(s.key())
    s.name(marker=s.realm.kms.list_aliases(Limit=1)["NextMarker"])
    return s.kms.list_aliases(Limit=1, Marker=s.values["marker"])


def list_grants(s: Scene) -> Answer:
    key = s.key()
    s.grant(key), s.grant(key)
    s.name(marker=s.realm.kms.list_grants(KeyId=key.id, Limit=1)["NextMarker"])
    return s.kms.list_grants(KeyId=key.arn, Limit=1, Marker=s.values["marker"])


def re_encrypt(s: Scene) -> Answer:
    source = {"CiphertextBlob": s.sealed(s.key()), "SourceEncryptionContext": CONTEXT}
    return s.kms.re_encrypt(**source, DestinationKeyId=s.other().id, DestinationEncryptionContext={"shelf": "3"})


def cancel_key_deletion(s: Scene) -> Answer:
    key = s.key()
    s.realm.kms.schedule_key_deletion(KeyId=key.id)
    return s.kms.cancel_key_deletion(KeyId=key.id)


def untag(s: Scene) -> Answer:
    key = s.key(Tags=[{"TagKey": "branch", "TagValue": "north"}])
    return s.kms.untag_resource(KeyId=key.arn, TagKeys=["branch"])


def update_alias(s: Scene) -> Answer:
    return s.kms.update_alias(AliasName=s.alias(s.key()), TargetKeyId=s.other().id)


def revoke_grant(s: Scene) -> Answer:
    key = s.key()
    return s.kms.revoke_grant(**s.grant(key) | {"KeyId": key.id})


def parameters_for_import(s: Scene) -> Answer:
    key = s.named(external_key(s.realm.kms))
    wrapping = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    return s.kms.get_parameters_for_import(KeyId=key.id, **wrapping)


def import_key_material(s: Scene) -> Answer:
    key, ends = s.named(external_key(s.realm.kms)), datetime.now(UTC) + timedelta(days=30)
    lasting = {"ValidTo": ends.replace(microsecond=0), "ExpirationModel": "KEY_MATERIAL_EXPIRES"}
    said = {"ImportType": "NEW_KEY_MATERIAL", "KeyMaterialDescription": "brought from the vault"}
    return bring(s.kms, key, new_material(), parameters(s.realm.kms, key), **lasting, **said)


def delete_imported_key_material(s: Scene) -> Answer:
    key = external_key(s.realm.kms)
    bring(s.realm.kms, key, new_material())
    s.named(key)
    return s.kms.delete_imported_key_material(KeyId=key.id, KeyMaterialId=s.values["keyMaterialId"])


def replicate_key(s: Scene) -> Answer:
    key = s.spread()
    answer = s.kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE, Description=DESCRIPTION)
    key.settle(THERE)
    s.name(replicaPolicy=answer["ReplicaPolicy"])
    return answer


def update_primary_region(s: Scene) -> Answer:
    return s.kms.update_primary_region(KeyId=s.spread(THERE).id, PrimaryRegion=THERE)


def used(name: str, **more: object) -> Callable[[Scene], Answer]:
    """A use of a key of the type that this one needs."""

    def call(s: Scene) -> Answer:
        use = USES[name]
        key = s.named(use.shared_key(s.realm.kms))
        return use.call(s.kms, key.id, use.given(s.realm.kms, key), more)

    return call


def of_new_key(method: str, by: str = "id", **more: object) -> Callable[[Scene], Answer]:
    """A call that names a new key by its id or ARN."""
    return lambda s: getattr(s.kms, method)(KeyId=getattr(s.key(), by), **more)


# By golden record, the call.
CALLS: dict[str, Callable[[Scene], Answer]] = {
    "CreateAlias": create_alias,
    "CreateGrant": create_grant,
    "CreateKey": create_key,
    "Decrypt": decrypt,
    "Decrypt-InvalidCiphertext": decrypt_without_context,
    "Decrypt-IncorrectKey": decrypt_under_another_key,
    "DeleteAlias": lambda s: s.kms.delete_alias(AliasName=s.alias(s.key())),
    "DescribeKey": of_new_key("describe_key"),
    "DisableKey": of_new_key("disable_key"),
    "EnableKey": of_new_key("enable_key"),
    "Encrypt": of_new_key("encrypt", "arn", Plaintext=TEXT, EncryptionContext=CONTEXT),
    "Encrypt-pending-deletion": encrypt_pending_deletion,
    "GenerateDataKey": of_new_key("generate_data_key", KeySpec="AES_256", EncryptionContext=CONTEXT),
    "GenerateDataKey-bytes": of_new_key("generate_data_key", NumberOfBytes=32),
    "GenerateDataKey-alias": lambda s: s.kms.generate_data_key(KeyId=s.alias(s.key()), KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": of_new_key("generate_data_key_without_plaintext", NumberOfBytes=16),
    "GenerateDataKeyWithoutPlaintext-InvalidKeyUsage": misuse,
    "GenerateRandom": lambda s: s.kms.generate_random(NumberOfBytes=32),
    "GetKeyPolicy": of_new_key("get_key_policy", "arn", PolicyName="default"),
    "ListAliases": list_aliases,
    "ListGrants": list_grants,
    "ReEncrypt": re_encrypt,
    "CancelKeyDeletion": cancel_key_deletion,
    "ScheduleKeyDeletion": of_new_key("schedule_key_deletion", PendingWindowInDays=20),
    "ScheduleKeyDeletion-with-replicas": lambda s: s.kms.schedule_key_deletion(
        KeyId=s.spread(THERE).id, PendingWindowInDays=20
    ),
    "EnableKeyRotation": of_new_key("enable_key_rotation", RotationPeriodInDays=180),
    "DisableKeyRotation": of_new_key("disable_key_rotation", "arn"),
    "RotateKeyOnDemand": of_new_key("rotate_key_on_demand"),
    "GetKeyRotationStatus": of_new_key("get_key_rotation_status"),
    "ListKeyRotations": of_new_key("list_key_rotations", IncludeKeyMaterial="ALL_KEY_MATERIAL"),
    "PutKeyPolicy": lambda s: s.kms.put_key_policy(KeyId=s.key().id, Policy=s.policy()),
    "TagResource": of_new_key("tag_resource", "arn", Tags=[{"TagKey": "branch", "TagValue": "north"}]),
    "UntagResource": untag,
    "UpdateAlias": update_alias,
    "UpdateKeyDescription": of_new_key("update_key_description", Description="the ledgers of all branches"),
    "RevokeGrant": revoke_grant,
    "RetireGrant": lambda s: s.kms.retire_grant(**s.grant(s.key())),
    "GetParametersForImport": parameters_for_import,
    "ImportKeyMaterial": import_key_material,
    "DeleteImportedKeyMaterial": delete_imported_key_material,
    "GenerateDataKeyPair": used("GenerateDataKeyPair", EncryptionContext=CONTEXT),
    "GenerateDataKeyPairWithoutPlaintext": used(
        "GenerateDataKeyPairWithoutPlaintext", KeyPairSpec="ECC_NIST_P384", EncryptionContext=CONTEXT
    ),
    "GenerateMac": used("GenerateMac"),
    "VerifyMac": used("VerifyMac"),
    "Sign": used("Sign", MessageType="RAW"),
    "Verify": used("Verify", MessageType="RAW"),
    "Encapsulate": used("Encapsulate"),
    "Decapsulate": used("Decapsulate"),
    "DeriveSharedSecret": used("DeriveSharedSecret"),
    "ReplicateKey": replicate_key,
    "UpdatePrimaryRegion": update_primary_region,
    "DescribeCustomKeyStores": lambda s: s.kms.describe_custom_key_stores(),
    "ConnectCustomKeyStore": lambda s: refusal(s.kms.connect_custom_key_store, CustomKeyStoreId=NO_STORE),
}


def alices(realm: Realm) -> Caller:
    """A user like the one that all entries of the guide are about."""
    return realm.user(allow("kms:*"))
