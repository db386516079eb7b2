"""securesystemslib, by which TUF and in-toto sign their metadata, with its signer that has its keys in KMS."""

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from securesystemslib.exceptions import UnsupportedAlgorithmError, UnverifiedSignatureError
from securesystemslib.signer import AWSSigner

from harness.callers import Caller, Realm
from harness.clients import Key
from harness.identities import allow
from harness.key_types import RSA_SIGNING, SIGN, shared_key
from harness.watched import WatchedSession

METADATA = b'{"_type": "root", "version": 1}'
P256 = "ECC_NIST_P256"
SPECS = {"ECDSA_SHA_256": P256, "ECDSA_SHA_384": "ECC_NIST_P384"} | dict.fromkeys(RSA_SIGNING, "RSA_2048")
SCHEMES = {scheme: SPECS[algorithm] for scheme, algorithm in AWSSigner.aws_algos.items()}


@pytest.fixture
def signer(realm: Realm) -> Caller:
    """Somebody who may do what the signer's own documentation asks for, and no more."""
    return realm.user(allow(["kms:GetPublicKey", "kms:Sign"]))


@pytest.fixture
def asked(signer: Caller, monkeypatch: pytest.MonkeyPatch) -> WatchedSession:
    """The session that the library finds where it looks for one."""
    session = WatchedSession(signer.endpoint, signer.keys)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.session.Session(botocore_session=session))
    return session


def imported(key: Key, scheme: str | None = None) -> AWSSigner:
    uri, public = AWSSigner.import_(key.arn, scheme)
    return AWSSigner.from_priv_key_uri(uri, public)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_metadata_is_signed_and_verified_by_every_scheme(kms: BaseClient, asked: WatchedSession, scheme: str) -> None:
    signing = imported(shared_key(kms, SCHEMES[scheme], SIGN), scheme)
    made = signing.sign(METADATA)
    signing.public_key.verify_signature(made, METADATA)
    with pytest.raises(UnverifiedSignatureError):
        signing.public_key.verify_signature(made, METADATA + b" ")
    assert [(call.operation, call.error) for call in asked.calls] == [("GetPublicKey", None), ("Sign", None)]


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_P384"])
def test_the_scheme_of_a_key_is_found_by_its_algorithms(kms: BaseClient, asked: WatchedSession, spec: str) -> None:
    signing = imported(shared_key(kms, spec, SIGN))
    assert SCHEMES[signing.public_key.scheme] == spec
    signing.public_key.verify_signature(signing.sign(METADATA), METADATA)


def test_a_scheme_that_the_key_does_not_have_is_refused(kms: BaseClient, asked: WatchedSession) -> None:
    with pytest.raises(UnsupportedAlgorithmError):
        imported(shared_key(kms, P256, SIGN), "rsassa-pss-sha256")


def test_who_may_not_sign_does_not(kms: BaseClient, realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = realm.user(allow("kms:GetPublicKey"))
    session = WatchedSession(reader.endpoint, reader.keys)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.session.Session(botocore_session=session))
    signing = imported(shared_key(kms, P256, SIGN))
    with pytest.raises(ClientError, match=f"User: {reader.arn} is not authorized to perform: kms:Sign"):
        signing.sign(METADATA)
