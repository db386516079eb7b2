"""The real `aws kms` with asymmetric and HMAC keys, in pipes with openssl, as the developer guide has it."""

import base64
import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from harness.clients import AwsCommand


def answer(aws: AwsCommand, command: str) -> Any:
    """What `aws kms …` prints, as JSON."""
    return json.loads(aws.run(f"aws kms {command}"))


def new_key_id(aws: AwsCommand, spec: str, usage: str) -> str:
    command = f"aws kms create-key --key-spec {spec} --key-usage {usage} --query KeyMetadata.KeyId --output text"
    return aws.run(command).strip()


@pytest.fixture
def aws_with_message(aws: AwsCommand, tmp_path: Path) -> AwsCommand:
    (tmp_path / "message").write_bytes(b"from a file\n")
    return aws


def saved(member: str, name: str) -> str:
    """The end of a pipe that puts a blob of an answer into a file."""
    return f"--query {member} --output text | base64 --decode > {name}"


@pytest.mark.parametrize(
    ("spec", "algorithm", "options"),
    [
        ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", ""),
        ("RSA_2048", "RSASSA_PSS_SHA_256", "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"),
        ("ECC_NIST_P256", "ECDSA_SHA_256", ""),
    ],
)
def test_sign_and_verify_here_and_with_openssl(
    aws_with_message: AwsCommand, spec: str, algorithm: str, options: str
) -> None:
    aws, key_id = aws_with_message, new_key_id(aws_with_message, spec, "SIGN_VERIFY")
    request = f"--key-id {key_id} --message fileb://message --signing-algorithm {algorithm}"
    aws.run(f"aws kms sign {request} {saved('Signature', 'signature')}")
    assert answer(aws, f"verify {request} --signature fileb://signature")["SignatureValid"] is True
    aws.run(f"aws kms get-public-key --key-id {key_id} {saved('PublicKey', 'public.der')}")
    verify = f"openssl dgst -sha256 -verify public.der -keyform DER {options} -signature signature message"
    assert aws.run(verify) == "Verified OK\n"
    aws.run("openssl dgst -sha256 -binary message > digest")
    by_digest = request.replace("fileb://message", "fileb://digest --message-type DIGEST")
    assert answer(aws, f"verify {by_digest} --signature fileb://signature")["SignatureValid"] is True


def test_a_signature_that_is_none(aws_with_message: AwsCommand) -> None:
    key_id = new_key_id(aws_with_message, "ECC_NIST_P256", "SIGN_VERIFY")
    request = f"--key-id {key_id} --message fileb://message --signing-algorithm ECDSA_SHA_256"
    done = aws_with_message.shell(f"aws kms verify {request} --signature fileb://message")
    assert done.returncode != 0
    assert b"An error occurred (KMSInvalidSignatureException) when calling the Verify operation" in done.stderr


def test_ml_dsa_and_ed25519(aws_with_message: AwsCommand) -> None:
    for spec, algorithm, length in (
        ("ML_DSA_65", "ML_DSA_SHAKE_256", 3309),
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", 64),
    ):
        key_id = new_key_id(aws_with_message, spec, "SIGN_VERIFY")
        request = f"--key-id {key_id} --message fileb://message --message-type RAW --signing-algorithm {algorithm}"
        aws_with_message.run(f"aws kms sign {request} {saved('Signature', 'signature')}")
        assert (aws_with_message.home / "signature").stat().st_size == length
        assert answer(aws_with_message, f"verify {request} --signature fileb://signature")["SignatureValid"] is True


def test_a_mac(aws_with_message: AwsCommand) -> None:
    aws, key_id = aws_with_message, new_key_id(aws_with_message, "HMAC_512", "GENERATE_VERIFY_MAC")
    request = f"--key-id {key_id} --message fileb://message --mac-algorithm HMAC_SHA_512"
    aws.run(f"aws kms generate-mac {request} {saved('Mac', 'mac')}")
    found = answer(aws, f"verify-mac {request} --mac fileb://mac")
    assert (found["MacValid"], found["MacAlgorithm"]) == (True, "HMAC_SHA_512")


def test_a_data_key_pair_that_openssl_uses(aws_with_message: AwsCommand) -> None:
    aws = aws_with_message
    key_id = aws.run("aws kms create-key --query KeyMetadata.KeyId --output text").strip()
    made = answer(aws, f"generate-data-key-pair-without-plaintext --key-id {key_id} --key-pair-spec ECC_NIST_P384")
    for member, name in (("PrivateKeyCiphertextBlob", "sealed"), ("PublicKey", "public.der")):
        (aws.home / name).write_bytes(base64.b64decode(made[member]))
    aws.run(f"aws kms decrypt --ciphertext-blob fileb://sealed {saved('Plaintext', 'private.der')}")
    aws.run("openssl dgst -sha384 -sign private.der -keyform DER -out signature message")
    verify = "openssl dgst -sha384 -verify public.der -keyform DER -signature signature message"
    assert aws.run(verify) == "Verified OK\n"


def test_the_guides_shared_secret(aws: AwsCommand) -> None:
    key_id = new_key_id(aws, "ECC_NIST_P256", "KEY_AGREEMENT")
    aws.run(f"aws kms get-public-key --key-id {key_id} {saved('PublicKey', 'kms.der')}")
    aws.run("openssl ecparam -name prime256v1 -genkey -out bob.pem")
    aws.run("openssl ec -in bob.pem -pubout -outform DER > bob.der")
    request = f"--key-id {key_id} --key-agreement-algorithm ECDH --public-key fileb://bob.der"
    aws.run(f"aws kms derive-shared-secret {request} {saved('SharedSecret', 'secret')}")
    aws.run("openssl pkeyutl -derive -inkey bob.pem -peerkey <(openssl pkey -pubin -inform DER -in kms.der) > bobs")
    assert (aws.home / "secret").read_bytes() == (aws.home / "bobs").read_bytes()


def test_a_capsule(aws: AwsCommand) -> None:
    """The model that the command brings along is older than these operations."""
    younger = f"export AWS_DATA_PATH={Path(botocore.__file__).parent / 'data'};"
    key_id = new_key_id(aws, "ML_KEM_768", "ENCAPSULATE_DECAPSULATE")
    request = f"--key-id {key_id} --encapsulation-algorithm ML_KEM"
    made = json.loads(aws.run(f"{younger} aws kms encapsulate {request}"))
    (aws.home / "capsule").write_bytes(base64.b64decode(made["SharedSecretCiphertextBlob"]))
    opening = f"aws kms decapsulate {request} --shared-secret-ciphertext-blob fileb://capsule"
    assert json.loads(aws.run(f"{younger} {opening}"))["SharedSecret"] == made["SharedSecret"]


def test_the_guides_offline_encryption_with_rsa(aws_with_message: AwsCommand) -> None:
    aws, key_id = aws_with_message, new_key_id(aws_with_message, "RSA_4096", "ENCRYPT_DECRYPT")
    aws.run(f"aws kms get-public-key --key-id {key_id} {saved('PublicKey', 'public.der')}")
    options = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
    aws.run(f"openssl pkeyutl -in message -out sealed -inkey public.der -keyform DER -pubin -encrypt {options}")
    request = f"--key-id {key_id} --ciphertext-blob fileb://sealed --encryption-algorithm RSAES_OAEP_SHA_256"
    assert aws.run(f"aws kms decrypt {request} {saved('Plaintext', '/dev/stdout')}") == "from a file\n"


def test_the_public_key_of_a_symmetric_key(aws: AwsCommand) -> None:
    key_id = aws.run("aws kms create-key --query KeyMetadata.KeyId --output text").strip()
    done = aws.shell(f"aws kms get-public-key --key-id {key_id}")
    assert done.returncode != 0
    assert b"An error occurred (UnsupportedOperationException) when calling the GetPublicKey operation" in done.stderr
