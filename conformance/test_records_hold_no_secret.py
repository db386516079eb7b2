"""Whatever is planted where secrets go, or where they do not belong: no file and no log of the server holds it."""

import base64
import secrets as chance
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, Account
from harness.callers import Caller, Realm
from harness.clients import Key, new_key
from harness.grants import federated, give
from harness.identities import allow, fresh
from harness.imports import bring, external_key, new_material, parameters
from harness.key_stores import ONE_STORE
from harness.key_types import AGREE, ENCAPSULATE, ENCRYPT, MAC, OAEP, SIGN, shared_key
from harness.outside import digest
from harness.planted import assert_hidden, forms, found_in, texts, written
from harness.server import Server, start
from harness.trail import contents
from harness.wire import Call, Headers, Reply, exchange, frame, with_header

CURVE = "ECC_NIST_P256"
EVERYTHING = "kms:*"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module alone: all that it writes is searched, and it says all that it can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUST_LOG", "trace")
        running = start(tmp_path_factory.mktemp("watched"))
    yield running
    running.kill()


@pytest.fixture(scope="module")
def owner(watched: Server) -> Realm:
    return Realm(watched.endpoint, ACCOUNT_A)


@pytest.fixture(scope="module")
def kms(owner: Realm) -> BaseClient:
    return owner.kms


@pytest.fixture
def key(kms: BaseClient) -> Key:
    return new_key(kms)


@pytest.fixture(scope="module")
def nobody(owner: Realm) -> Caller:
    """A user that may do nothing."""
    return owner.user()


def secret() -> bytes:
    """Something that nobody else has."""
    return chance.token_bytes(30)


def in_vain(call: Callable[..., Any], **request: object) -> None:
    """A call that must fail."""
    with pytest.raises(ClientError):
        call(**request)


def test_the_search_finds_what_it_looks_for(watched: Server, kms: BaseClient) -> None:
    planted = secret()
    for form in forms(planted):
        assert found_in(b"before" + form + b"after", {"planted": planted}) == ["planted"], form
    assert found_in(b"nothing of it", {"planted": planted}) == []
    shown = fresh("a description that is shown")
    new_key(kms, Description=shown)
    with pytest.raises(AssertionError):
        assert_hidden(watched, {"shown": shown.encode()})


def test_no_plaintext_and_no_ciphertext_is_told(watched: Server, kms: BaseClient, nobody: Caller, key: Key) -> None:
    context = {"EncryptionContext": {"tenant": "7"}}
    names = ("used", "denied", "tried", "disabled", "misused", "too long", "of nobody")
    planted = {name: secret() for name in names} | {"too long": chance.token_bytes(5000)}
    sealed = kms.encrypt(KeyId=key.id, Plaintext=planted["used"], **context)["CiphertextBlob"]
    opening = {"CiphertextBlob": sealed, **context}
    kms.decrypt(**opening)
    other, signer = new_key(kms), shared_key(kms, CURVE, SIGN)
    moved = kms.re_encrypt(CiphertextBlob=sealed, SourceEncryptionContext={"tenant": "7"}, DestinationKeyId=other.id)
    rsa = shared_key(kms, "RSA_2048", ENCRYPT)
    wrapped = kms.encrypt(KeyId=rsa.id, Plaintext=planted["used"], EncryptionAlgorithm=OAEP[1])["CiphertextBlob"]
    kms.decrypt(KeyId=rsa.id, CiphertextBlob=wrapped, EncryptionAlgorithm=OAEP[1])
    for call, request in (
        (nobody.kms.encrypt, {"KeyId": key.id, "Plaintext": planted["denied"]}),
        (kms.encrypt, {"KeyId": key.id, "Plaintext": planted["tried"], "DryRun": True}),
        (kms.encrypt, {"KeyId": signer.id, "Plaintext": planted["misused"]}),
        (kms.encrypt, {"KeyId": "absent", "Plaintext": planted["of nobody"]}),
        (kms.encrypt, {"KeyId": key.id, "Plaintext": planted["too long"]}),
        (kms.decrypt, {"CiphertextBlob": sealed}),
        (kms.decrypt, {"CiphertextBlob": sealed[:-1] + b"!", **context}),
        (kms.decrypt, opening | {"KeyId": other.id}),
        (nobody.kms.decrypt, opening),
        (kms.re_encrypt, {"CiphertextBlob": sealed, "DestinationKeyId": key.id}),
        (kms.decrypt, {"KeyId": rsa.id, "CiphertextBlob": wrapped, "EncryptionAlgorithm": OAEP[0]}),
    ):
        in_vain(call, **request)
    kms.disable_key(KeyId=key.id)
    in_vain(kms.encrypt, KeyId=key.id, Plaintext=planted["disabled"])
    in_vain(kms.decrypt, **opening)
    made = {"ciphertext": sealed, "moved": moved["CiphertextBlob"], "wrapped": wrapped}
    assert_hidden(watched, planted | made)


def test_no_data_key_is_told(watched: Server, kms: BaseClient, key: Key) -> None:
    planted: dict[str, bytes] = {"random": kms.generate_random(NumberOfBytes=32)["Plaintext"]}
    asked = {
        "GenerateDataKey": kms.generate_data_key(KeyId=key.id, KeySpec="AES_256"),
        "of bytes": kms.generate_data_key(KeyId=key.id, NumberOfBytes=64),
        "without plaintext": kms.generate_data_key_without_plaintext(KeyId=key.id, KeySpec="AES_128"),
        "pair": kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=CURVE),
        "pair without plaintext": kms.generate_data_key_pair_without_plaintext(KeyId=key.id, KeyPairSpec=CURVE),
    }
    for name, answer in asked.items():
        planted |= {f"{name}: {member}": blob for member, blob in answer.items() if isinstance(blob, bytes)}
    hidden = planted["without plaintext: CiphertextBlob"]
    planted["opened"] = kms.decrypt(CiphertextBlob=hidden)["Plaintext"]
    assert len(planted) == 12
    assert_hidden(watched, planted)


def test_no_message_signature_mac_or_shared_secret_is_told(watched: Server, kms: BaseClient, nobody: Caller) -> None:
    signer, authenticator = shared_key(kms, CURVE, SIGN), shared_key(kms, "HMAC_256", MAC)
    agreeing, capsules = (shared_key(kms, *of) for of in ((CURVE, AGREE), ("ML_KEM_768", ENCAPSULATE)))
    message, denied, forged = secret(), secret(), secret() * 2
    signing = {"KeyId": signer.id, "SigningAlgorithm": "ECDSA_SHA_256"}
    of_digest = {"Message": digest("SHA_256", message), "MessageType": "DIGEST"}
    made = [kms.sign(Message=message, **signing)["Signature"], kms.sign(**of_digest, **signing)["Signature"]]
    kms.verify(Message=message, Signature=made[0], **signing)
    in_vain(kms.verify, Message=message, Signature=forged, **signing)
    in_vain(nobody.kms.sign, Message=denied, **signing)
    macs = {"KeyId": authenticator.id, "MacAlgorithm": "HMAC_SHA_256"}
    made.append(kms.generate_mac(Message=message, **macs)["Mac"])
    kms.verify_mac(Message=message, Mac=made[2], **macs)
    in_vain(kms.verify_mac, Message=message, Mac=forged, **macs)
    theirs = kms.get_public_key(KeyId=shared_key(kms, "ECC_NIST_P384", AGREE).id)["PublicKey"]
    peer = kms.generate_data_key_pair_without_plaintext(KeyId=new_key(kms).id, KeyPairSpec=CURVE)["PublicKey"]
    agreement = {"KeyId": agreeing.id, "KeyAgreementAlgorithm": "ECDH"}
    made.append(kms.derive_shared_secret(PublicKey=peer, **agreement)["SharedSecret"])
    in_vain(kms.derive_shared_secret, PublicKey=theirs, **agreement)
    capsule = kms.encapsulate(KeyId=capsules.id, EncapsulationAlgorithm="ML_KEM")
    made += [capsule["SharedSecret"], capsule["SharedSecretCiphertextBlob"]]
    opening = {"KeyId": capsules.id, "EncapsulationAlgorithm": "ML_KEM"}
    kms.decapsulate(SharedSecretCiphertextBlob=made[5], **opening)
    in_vain(kms.decapsulate, SharedSecretCiphertextBlob=forged, **opening)
    planted = {"message": message, "digest": of_digest["Message"], "denied": denied, "forged": forged}
    given = {"public key": peer, "another public key": theirs}
    assert_hidden(watched, planted | given | {f"made {number}": blob for number, blob in enumerate(made)})


def test_no_imported_material_and_no_import_token_is_told(watched: Server, kms: BaseClient, nobody: Caller) -> None:
    key, other = external_key(kms), external_key(kms)
    given, of_other = parameters(kms, key), parameters(kms, other)
    material, another = new_material(), new_material()
    wrapped = {name: given.wrap(what) for name, what in (("wrapped", material), ("wrapped again", another))}
    lasting = {"KeyId": key.id, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    importing = {"ImportToken": given.token, "EncryptedKeyMaterial": wrapped["wrapped"], **lasting}
    in_vain(nobody.kms.import_key_material, **importing)
    in_vain(kms.import_key_material, **importing | {"ImportToken": of_other.token})
    in_vain(kms.import_key_material, **importing | {"ImportToken": given.token[:-1] + b"!"})
    in_vain(kms.import_key_material, **importing | {"EncryptedKeyMaterial": secret() * 9})
    kms.import_key_material(**importing)
    in_vain(kms.import_key_material, **importing | {"EncryptedKeyMaterial": wrapped["wrapped again"]})
    keyed = external_key(kms, CURVE)
    private = new_material(CURVE)
    bring(kms, keyed, private, parameters(kms, keyed, "RSA_AES_KEY_WRAP_SHA_256"))
    tokens = {"token": given.token, "token of another": of_other.token}
    assert_hidden(watched, wrapped | tokens | {"material": material, "another": another, "private key": private})


def test_no_grant_token_is_told(watched: Server, owner: Realm, kms: BaseClient, nobody: Caller, key: Key) -> None:
    user = owner.user()
    terms = {"RetiringPrincipal": user.arn, "operations": ["Encrypt", "DescribeKey", "GenerateMac"][:2]}
    made = [give(kms, key, user.arn, terms["operations"], RetiringPrincipal=user.arn) for _ in range(2)]
    using = {"KeyId": key.id, "GrantTokens": [grant.token for grant in made]}
    user.kms.encrypt(Plaintext=b"x", **using)
    user.kms.describe_key(**using)
    in_vain(nobody.kms.encrypt, Plaintext=b"x", **using)
    in_vain(user.kms.encrypt, Plaintext=b"x", **using | {"GrantTokens": [made[0].token[:-2] + "AA"]})
    in_vain(user.kms.retire_grant, GrantToken="AA" + made[0].token[2:])
    in_vain(nobody.kms.retire_grant, GrantToken=made[0].token)
    user.kms.retire_grant(GrantToken=made[0].token)
    in_vain(user.kms.retire_grant, GrantToken=made[0].token)
    assert_hidden(watched, texts((f"token {number}", grant.token[4:-4]) for number, grant in enumerate(made)))


def test_no_password_and_no_credential_of_a_key_store_is_told(watched: Server, kms: BaseClient, nobody: Caller) -> None:
    passwords = [chance.token_hex(14) for _ in range(5)]
    raw = [base64.b64encode(chance.token_bytes(40)).decode() for _ in range(3)]
    cluster = {"CustomKeyStoreName": "cluster", "CloudHsmClusterId": "cluster-2a34b5cdefg"}
    cluster |= {"TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----"}
    for caller, password in ((kms, passwords[0]), (nobody.kms, passwords[1])):
        in_vain(caller.create_custom_key_store, KeyStorePassword=password, **cluster)
    in_vain(kms.create_custom_key_store, KeyStorePassword=passwords[2], CustomKeyStoreType="NONSENSE", **cluster)
    for caller, password in ((kms, passwords[3]), (nobody.kms, passwords[4])):
        in_vain(caller.update_custom_key_store, KeyStorePassword=password, **ONE_STORE)
    proxy = {"CustomKeyStoreName": "proxy", "CustomKeyStoreType": "EXTERNAL_KEY_STORE"}
    proxy |= {"XksProxyUriEndpoint": "https://xks.example", "XksProxyUriPath": "/kms/xks/v1"}
    credentials = [{"AccessKeyId": "A" * 20, "RawSecretAccessKey": text} for text in raw]
    connected = proxy | {"XksProxyConnectivity": "PUBLIC_ENDPOINT"}
    in_vain(kms.create_custom_key_store, XksProxyAuthenticationCredential=credentials[0], **connected)
    in_vain(kms.create_custom_key_store, XksProxyAuthenticationCredential=credentials[1], **proxy)
    in_vain(kms.update_custom_key_store, XksProxyAuthenticationCredential=credentials[2], **ONE_STORE)
    assert_hidden(watched, texts((text, text) for text in passwords + raw))


def signature(headers: Headers) -> str:
    return dict(headers)["Authorization"].rpartition("=")[2]


def sent(server: Server, call: Call, headers: Headers | None = None, path: str = "/") -> Reply:
    return exchange(server.port, frame(call.signed() if headers is None else headers, call.body, path=path))


def test_no_credential_of_a_session_and_no_signature_is_told(watched: Server, owner: Realm) -> None:
    user = owner.user(allow([EVERYTHING, "sts:*", "iam:*"]))
    sessions = [owner.session(owner.role(allow(EVERYTHING))), federated(user)]
    sts = user.client("sts")
    taken = sts.get_session_token()["Credentials"]
    for caller in (user, *sessions):
        with suppress(ClientError):
            caller.kms.list_keys()
    planted = [("user", user.keys.secret), ("taken", taken["SecretAccessKey"]), ("token", taken["SessionToken"])]
    for number, caller in enumerate(sessions):
        planted += [(f"secret {number}", caller.keys.secret), (f"token {number}", caller.keys.session_token or "")]
    session = sessions[0].keys
    account = Account(ACCOUNT_A.id, session.access_key_id, session.secret)
    call = Call(watched.host, account=account, token=session.session_token)
    good = call.signed()
    path, headers = call.presigned()
    assert sent(watched, call, good).status == sent(watched, call, headers, path).status == 200
    spoilt = with_header(good, "X-Amz-Security-Token", str(session.session_token)[:-9] + "AAAAAAAAA")
    assert sent(watched, call, spoilt).status == sent(watched, call, headers, path + "0").status == 400
    planted += [("signature", signature(good)), ("presigned", path.rpartition("=")[2])]
    planted.append(("wrong secret", wrong := chance.token_hex(20)))
    assert (
        sent(watched, Call(watched.host, account=Account(ACCOUNT_A.id, ACCOUNT_A.access_key_id, wrong))).status == 400
    )
    assert_hidden(watched, texts(planted))
    # A server for development says its root users' keys in its log, on purpose.
    assert found_in(contents(watched.data_dir), texts([("root", ACCOUNT_A.secret)])) == []


def test_what_a_caller_says_openly_is_told(watched: Server, kms: BaseClient) -> None:
    open_text = {name: fresh(name) for name in ("description", "tag", "value", "context", "alias")}
    tags = [{"TagKey": open_text["tag"], "TagValue": open_text["value"]}]
    key = new_key(kms, Description=open_text["description"], Tags=tags)
    kms.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"a": open_text["context"]})
    kms.create_alias(AliasName=f"alias/{open_text['alias']}", TargetKeyId=key.id)
    assert found_in(written(watched), texts(open_text.items())) == list(open_text)
