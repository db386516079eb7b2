"""The `openssl` command at the other end: it verifies, encrypts and derives with the public keys that KMS hands out,
and reads the private keys of data key pairs."""

from pathlib import Path

import pytest
from botocore.client import BaseClient

from harness import outside
from harness.clients import Key
from harness.key_types import (
    AGREE,
    ECDSA,
    ED25519,
    EDDSA,
    ENCRYPT,
    OAEP,
    RSA_BITS,
    RSA_SIGNING,
    SECRET_BYTES,
    SIGN,
    public_key,
    shared_key,
)
from harness.openssl import OpenSsl

MESSAGE = b"a message that openssl reads from a file\n"
CURVES = {"ECC_NIST_P256": "P-256", "ECC_NIST_P384": "P-384", "ECC_NIST_P521": "P-521"}
BRIEF = {  # What `openssl pkey -text` calls a key.
    "RSA_2048": "Private-Key: (2048 bit, 2 primes)",
    "RSA_3072": "Private-Key: (3072 bit, 2 primes)",
    "RSA_4096": "Private-Key: (4096 bit, 2 primes)",
    "ECC_NIST_P256": "ASN1 OID: prime256v1",
    "ECC_NIST_P384": "ASN1 OID: secp384r1",
    "ECC_NIST_P521": "ASN1 OID: secp521r1",
    "ECC_SECG_P256K1": "ASN1 OID: secp256k1",
    "ECC_NIST_EDWARDS25519": "ED25519 Private-Key:",
}


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    return OpenSsl(tmp_path)


def pss_options(algorithm: str) -> list[str]:
    """How openssl is told of the salt; PKCS #1 v1.5 needs no word."""
    if "PKCS1" in algorithm:
        return []
    return ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]


def signed(kms: BaseClient, spec: str, algorithm: str, message: bytes = MESSAGE, message_type: str = "RAW") -> bytes:
    key = shared_key(kms, spec, SIGN)
    answer = kms.sign(KeyId=key.id, Message=message, MessageType=message_type, SigningAlgorithm=algorithm)
    return answer["Signature"]


def is_verified(openssl: OpenSsl, hash_bits: str, *options: str) -> bool:
    """Whether `openssl dgst` accepts the files `signature` and `message`."""
    arguments = ["-verify", "public.pem", *options, "-signature", "signature", "message"]
    done = openssl.attempt("dgst", f"-sha{hash_bits}", *arguments)
    assert (done.stdout == b"Verified OK\n") == (done.returncode == 0), done
    return done.returncode == 0


@pytest.mark.parametrize("algorithm", RSA_SIGNING)
@pytest.mark.parametrize("spec", RSA_BITS)
def test_openssl_verifies_the_signatures_of_rsa(kms: BaseClient, openssl: OpenSsl, spec: str, algorithm: str) -> None:
    openssl.public_pem(public_key(kms, shared_key(kms, spec, SIGN)))
    digest = outside.digest(algorithm, MESSAGE)
    for signature in (signed(kms, spec, algorithm), signed(kms, spec, algorithm, digest, "DIGEST")):
        openssl.write("signature", signature)
        openssl.write("message", MESSAGE)
        assert is_verified(openssl, algorithm[-3:], *pss_options(algorithm))
        openssl.write("message", MESSAGE + b"!")
        assert not is_verified(openssl, algorithm[-3:], *pss_options(algorithm))


@pytest.mark.parametrize("spec", ECDSA)
def test_openssl_verifies_the_signatures_of_ecdsa(kms: BaseClient, openssl: OpenSsl, spec: str) -> None:
    algorithm = ECDSA[spec]
    openssl.public_pem(public_key(kms, shared_key(kms, spec, SIGN)))
    digest = outside.digest(algorithm, MESSAGE)
    for signature in (signed(kms, spec, algorithm), signed(kms, spec, algorithm, digest, "DIGEST")):
        openssl.write("signature", signature)
        openssl.write("message", MESSAGE)
        assert is_verified(openssl, algorithm[-3:])
        openssl.write("message", MESSAGE + b"!")
        assert not is_verified(openssl, algorithm[-3:])


def test_openssl_verifies_the_signatures_of_ed25519(kms: BaseClient, openssl: OpenSsl) -> None:
    openssl.public_pem(public_key(kms, shared_key(kms, ED25519, SIGN)))
    openssl.write("signature", signed(kms, ED25519, EDDSA))
    verify = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "public.pem", "-sigfile", "signature"]
    openssl.run(*verify, "-in", openssl.write("message", MESSAGE))
    assert openssl.attempt(*verify, "-in", openssl.write("message", MESSAGE + b"!")).returncode != 0


@pytest.mark.parametrize("algorithm", OAEP)
@pytest.mark.parametrize("spec", RSA_BITS)
def test_kms_decrypts_what_openssl_encrypted(kms: BaseClient, openssl: OpenSsl, spec: str, algorithm: str) -> None:
    key, chosen = shared_key(kms, spec, ENCRYPT), "sha1" if algorithm.endswith("SHA_1") else "sha256"
    openssl.public_pem(public_key(kms, key))
    padding = ["rsa_padding_mode:oaep", f"rsa_oaep_md:{chosen}", f"rsa_mgf1_md:{chosen}"]
    options = [word for option in padding for word in ("-pkeyopt", option)]
    source = openssl.write("message", MESSAGE)
    openssl.run("pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", *options, "-in", source, "-out", "sealed")
    opened = kms.decrypt(KeyId=key.id, CiphertextBlob=openssl.read("sealed"), EncryptionAlgorithm=algorithm)
    assert opened["Plaintext"] == MESSAGE


@pytest.mark.parametrize("spec", SECRET_BYTES)
def test_openssl_derives_the_same_secret(kms: BaseClient, openssl: OpenSsl, spec: str) -> None:
    key = shared_key(kms, spec, AGREE)
    openssl.public_pem(public_key(kms, key))
    openssl.run("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{CURVES[spec]}", "-out", "own.pem")
    openssl.run("pkey", "-in", "own.pem", "-pubout", "-outform", "DER", "-out", "own.der")
    openssl.run("pkeyutl", "-derive", "-inkey", "own.pem", "-peerkey", "public.pem", "-out", "secret")
    answer = kms.derive_shared_secret(KeyId=key.id, KeyAgreementAlgorithm="ECDH", PublicKey=openssl.read("own.der"))
    assert answer["SharedSecret"] == openssl.read("secret")


@pytest.mark.parametrize("spec", BRIEF)
def test_openssl_reads_a_data_key_pair(kms: BaseClient, key: Key, openssl: OpenSsl, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    name = openssl.write("private.der", made["PrivateKeyPlaintext"])
    shown = openssl.run("pkey", "-inform", "DER", "-in", name, "-text", "-noout").decode()
    assert BRIEF[spec] in shown
    if spec != ED25519:
        openssl.run("pkey", "-inform", "DER", "-in", name, "-check", "-noout")
    openssl.run("pkey", "-inform", "DER", "-in", name, "-pubout", "-outform", "DER", "-out", "derived.der")
    assert openssl.read("derived.der") == made["PublicKey"]


@pytest.mark.parametrize("spec", RSA_BITS)
def test_openssl_decrypts_with_a_data_key_pair(kms: BaseClient, key: Key, openssl: OpenSsl, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    openssl.public_pem(made["PublicKey"])
    openssl.write("private.der", made["PrivateKeyPlaintext"])
    openssl.run("pkey", "-inform", "DER", "-in", "private.der", "-out", "private.pem")
    options = ["-pkeyopt", "rsa_padding_mode:oaep"]
    source = openssl.write("message", MESSAGE)
    openssl.run("pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", *options, "-in", source, "-out", "sealed")
    assert openssl.run("pkeyutl", "-decrypt", "-inkey", "private.pem", *options, "-in", "sealed") == MESSAGE


@pytest.mark.parametrize("spec", ECDSA)
def test_openssl_signs_with_a_data_key_pair(kms: BaseClient, key: Key, openssl: OpenSsl, spec: str) -> None:
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec=spec)
    openssl.public_pem(made["PublicKey"])
    openssl.write("private.der", made["PrivateKeyPlaintext"])
    openssl.run("pkey", "-inform", "DER", "-in", "private.der", "-out", "private.pem")
    bits = ECDSA[spec][-3:]
    source = openssl.write("message", MESSAGE)
    openssl.run("dgst", f"-sha{bits}", "-sign", "private.pem", "-out", "signature", source)
    assert is_verified(openssl, bits)
