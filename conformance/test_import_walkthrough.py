"""The developer guide's walk through an import, with the AWS CLI and OpenSSL as an operator types them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.clients import AwsCommand, Key

# A private key wrapped under a fresh AES key, and that key under the public key, as the guide has it.
WRAP_PRIVATE_KEY = """
openssl rand -out aes-key.bin 32
openssl enc -id-aes256-wrap-pad -K "$(od -An -vtx1 aes-key.bin | tr -d ' \\n')" -iv A65959A6 \\
    -in PrivateKey.der -out wrapped-key.bin
openssl pkeyutl -encrypt -in aes-key.bin -out wrapped-aes-key.bin -inkey PublicKey.bin -keyform DER -pubin \\
    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
cat wrapped-aes-key.bin wrapped-key.bin > EncryptedKeyMaterial.bin
"""


def told(aws: AwsCommand, command: str) -> dict[str, Any]:
    return dict(json.loads(aws.run(command)))


def create(aws: AwsCommand, options: str = "") -> Key:
    """Step 1: a key without key material."""
    made = told(aws, f"aws kms create-key --origin EXTERNAL {options}")["KeyMetadata"]
    assert (made["Origin"], made["KeyState"], made["Enabled"]) == ("EXTERNAL", "PendingImport", False)
    return Key(made["KeyId"], made["Arn"])


def download(aws: AwsCommand, key: Key, algorithm: str, spec: str = "RSA_2048") -> dict[str, Any]:
    """Step 2: the public key and the import token, each copied into a file and decoded there."""
    given = told(
        aws,
        f"aws kms get-parameters-for-import --key-id {key.id} --wrapping-algorithm {algorithm} "
        f"--wrapping-key-spec {spec}",
    )
    for member in ("PublicKey", "ImportToken"):
        (aws.home / f"{member}.b64").write_text(given[member])
        aws.run(f"openssl enc -d -base64 -A -in {member}.b64 -out {member}.bin")
    return given


def upload(aws: AwsCommand, key: Key, options: str = "--expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE") -> str:
    """Step 4: the encrypted key material goes up with its token."""
    return aws.run(
        f"aws kms import-key-material --key-id {key.id} "
        "--encrypted-key-material fileb://EncryptedKeyMaterial.bin "
        f"--import-token fileb://ImportToken.bin {options}"
    )


def describe(aws: AwsCommand, key: Key) -> dict[str, Any]:
    return dict(told(aws, f"aws kms describe-key --key-id {key.id}")["KeyMetadata"])


def round_trip(aws: AwsCommand, key: Key) -> str:
    """What comes back of a text that is encrypted and decrypted under the key."""
    aws.run(
        f"aws kms encrypt --key-id {key.id} --plaintext fileb://text --query CiphertextBlob --output text "
        "| base64 -d > sealed"
    )
    return aws.run("aws kms decrypt --ciphertext-blob fileb://sealed --query Plaintext --output text | base64 -d")


@pytest.fixture
def desk(aws: AwsCommand) -> AwsCommand:
    """The operator's directory, with something in it to encrypt."""
    (aws.home / "text").write_text("the guide's own words")
    return aws


def test_the_guides_walkthrough_as_it_is_written(desk: AwsCommand) -> None:
    key = create(desk)
    given = download(desk, key, "RSAES_OAEP_SHA_1")
    assert given["KeyId"] == key.arn
    desk.run("openssl rand -out PlaintextKeyMaterial.bin 32")
    desk.run(
        "openssl rsautl -encrypt -in PlaintextKeyMaterial.bin -oaep -inkey PublicKey.bin -keyform DER -pubin "
        "-out EncryptedKeyMaterial.bin"
    )
    valid_to = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT12:00:00-08:00")
    upload(desk, key, f"--expiration-model KEY_MATERIAL_EXPIRES --valid-to {valid_to}")
    found = describe(desk, key)
    assert (found["KeyState"], found["Enabled"], found["ExpirationModel"]) == ("Enabled", True, "KEY_MATERIAL_EXPIRES")
    assert round_trip(desk, key) == "the guide's own words"
    assert desk.run(f"aws kms delete-imported-key-material --key-id {key.id} --query KeyId --output text").strip()
    assert describe(desk, key)["KeyState"] == "PendingImport"
    upload(desk, key)
    assert describe(desk, key)["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    assert round_trip(desk, key) == "the guide's own words"


def test_the_walkthrough_of_today_wraps_with_sha_256(desk: AwsCommand) -> None:
    key = create(desk)
    download(desk, key, "RSAES_OAEP_SHA_256", "RSA_4096")
    desk.run("openssl rand -out PlaintextKeyMaterial.bin 32")
    desk.run(
        "openssl pkeyutl -encrypt -in PlaintextKeyMaterial.bin -out EncryptedKeyMaterial.bin -inkey PublicKey.bin "
        "-keyform DER -pubin -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
    )
    answer = json.loads(upload(desk, key))
    assert answer["KeyId"] == key.arn
    assert answer["KeyMaterialId"] == describe(desk, key)["CurrentKeyMaterialId"]
    assert round_trip(desk, key) == "the guide's own words"


def test_openssls_default_hash_is_not_the_one_that_was_asked_for(desk: AwsCommand) -> None:
    key = create(desk)
    download(desk, key, "RSAES_OAEP_SHA_256")
    desk.run("openssl rand -out PlaintextKeyMaterial.bin 32")
    desk.run(
        "openssl pkeyutl -encrypt -in PlaintextKeyMaterial.bin -out EncryptedKeyMaterial.bin -inkey PublicKey.bin "
        "-keyform DER -pubin -pkeyopt rsa_padding_mode:oaep"
    )
    done = desk.shell(
        f"aws kms import-key-material --key-id {key.id} --encrypted-key-material fileb://EncryptedKeyMaterial.bin "
        "--import-token fileb://ImportToken.bin --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE"
    )
    assert done.returncode != 0
    assert b"(InvalidCiphertextException) when calling the ImportKeyMaterial operation" in done.stderr


@pytest.mark.parametrize(
    ("spec", "generate"),
    [
        ("RSA_3072", "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
        ("ECC_NIST_P521", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
    ],
)
def test_the_walkthrough_of_a_private_key_wraps_it_under_an_aes_key(desk: AwsCommand, spec: str, generate: str) -> None:
    key = create(desk, f"--key-spec {spec} --key-usage SIGN_VERIFY")
    download(desk, key, "RSA_AES_KEY_WRAP_SHA_256", "RSA_4096")
    desk.run(f"{generate} -outform DER | openssl pkcs8 -topk8 -nocrypt -inform DER -outform DER -out PrivateKey.der")
    desk.run(WRAP_PRIVATE_KEY)
    upload(desk, key)
    assert describe(desk, key)["KeyState"] == "Enabled"
    algorithm, digest = {"RSA_3072": ("RSASSA_PKCS1_V1_5_SHA_256", "sha256")}.get(spec, ("ECDSA_SHA_512", "sha512"))
    desk.run(
        f"aws kms sign --key-id {key.id} --message fileb://text --signing-algorithm {algorithm} "
        "--query Signature --output text | base64 -d > signature"
    )
    desk.run("openssl pkey -inform DER -in PrivateKey.der -pubout -out public.pem")
    assert "Verified OK" in desk.run(f"openssl dgst -{digest} -verify public.pem -signature signature text")
