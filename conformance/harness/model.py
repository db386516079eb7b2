"""botocore's model of KMS as an oracle: how requests break it, and what answers must look like."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

OPERATIONS = (
    "CancelKeyDeletion",
    "ConnectCustomKeyStore",
    "CreateAlias",
    "CreateCustomKeyStore",
    "CreateGrant",
    "CreateKey",
    "Decapsulate",
    "Decrypt",
    "DeleteAlias",
    "DeleteCustomKeyStore",
    "DeleteImportedKeyMaterial",
    "DeriveSharedSecret",
    "DescribeCustomKeyStores",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "DisconnectCustomKeyStore",
    "EnableKey",
    "EnableKeyRotation",
    "Encapsulate",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetParametersForImport",
    "GetPublicKey",
    "ImportKeyMaterial",
    "ListAliases",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListKeys",
    "ListResourceTags",
    "ListRetirableGrants",
    "PutKeyPolicy",
    "ReEncrypt",
    "ReplicateKey",
    "RetireGrant",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "Sign",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateCustomKeyStore",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
)

UNKNOWN_KEY_ID = "1234abcd-12ab-44cd-96ef-1234567890ab"
BLOB = base64.b64encode(b"some bytes").decode()

# What a request of the operation needs before one member of it is spoilt.
VALID: dict[str, Any] = {
    "KeyId": UNKNOWN_KEY_ID,
    "TargetKeyId": UNKNOWN_KEY_ID,
    "DestinationKeyId": UNKNOWN_KEY_ID,
    "AliasName": "alias/x",
    "Description": "d",
    "Policy": "{}",
    "Plaintext": BLOB,
    "Tags": [{"TagKey": "k", "TagValue": "v"}],
    "TagKeys": ["k"],
    "Operations": ["Decrypt"],
    "GrantId": 64 * "a",
    "KeyPairSpec": "ECC_NIST_P256",
    "Message": BLOB,
    "Signature": BLOB,
    "SigningAlgorithm": "ECDSA_SHA_256",
    "Mac": BLOB,
    "MacAlgorithm": "HMAC_SHA_256",
    "PublicKey": BLOB,
    "KeyAgreementAlgorithm": "ECDH",
    "EncapsulationAlgorithm": "ML_KEM",
    "SharedSecretCiphertextBlob": BLOB,
    "ImportToken": BLOB,
    "EncryptedKeyMaterial": BLOB,
    "WrappingAlgorithm": "RSAES_OAEP_SHA_256",
    "WrappingKeySpec": "RSA_2048",
    "ReplicaRegion": "eu-west-1",
    "PrimaryRegion": "eu-west-1",
    "CustomKeyStoreId": "cks-1234567890abcdef0",
    "CustomKeyStoreName": "x",
    "XksProxyAuthenticationCredential": {"AccessKeyId": 20 * "A", "RawSecretAccessKey": 43 * "x"},
}
# Patterns that neither dots nor letters alone match: how a value begins, what fills it, and how it ends.
FILLED = {
    "cluster-[2-7a-zA-Z]{11,16}": ("cluster-", "a", ""),
    "^https://[a-zA-Z0-9.-]+$": ("https://", "a", ""),
    r"^(/[a-zA-Z0-9\/_-]+/kms/xks/v\d{1,2})$|^(/kms/xks/v\d{1,2})$": ("/", "a", "/kms/xks/v1"),
    r"^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$": (
        "com.amazonaws.vpce.us-east-1.vpce-svc-",
        "0",
        "",
    ),
    "[0-9]{12}": ("", "1", ""),
    "^[a-f0-9]+$": ("", "a", ""),
    r"^([a-z]+-){2,3}\d+$": ("eu-", "a", "-1"),
}
MATCHES_NO_PATTERN = "alias/\u20ac -"

# Bounds of the documentation that are narrower than the model's.
LARGEST = {
    ("ListAliases", "Limit"): 100,
    ("ListGrants", "Limit"): 100,
    ("ListRetirableGrants", "Limit"): 100,
    ("ListResourceTags", "Limit"): 50,
}


def service_model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("kms")


MODEL = service_model()


def operation_model(operation: str) -> OperationModel:
    return MODEL.operation_model(operation)


def valid_members(operation: str) -> dict[str, Any]:
    """The required members of an operation, each fit to pass validation."""
    return {name: VALID[name] for name in operation_model(operation).input_shape.required_members}


@dataclass(frozen=True)
class Violation:
    """A request that breaks the model in one place, and the clauses that must say so."""

    operation: str
    case: str
    members: dict[str, Any]
    clauses: tuple[str, ...]
    is_prefix: bool = False

    def __str__(self) -> str:
        return f"{self.operation}-{self.case}"


def lower_camel(name: str) -> str:
    return name[0].lower() + name[1:]


def clause(shape: Shape | None, path: str, value: Any, constraint: str) -> str:
    """One clause of a ValidationException; blobs and sensitive values are not repeated."""
    hidden = shape is not None and (shape.type_name == "blob" or shape.metadata.get("sensitive"))
    shown = " null" if value is None else "" if hidden else f" '{java_text(value)}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: Member must {constraint}"


def java_text(value: Any) -> str:
    return "[" + ", ".join(map(java_text, value)) + "]" if isinstance(value, list) else str(value)


def enum_clause_set(text: str) -> str:
    """A clause with the values of its enum set in alphabetical order: theirs is a hash order."""
    head, bracket, values = text.partition("enum value set: [")
    return head + bracket + ", ".join(sorted(values.rstrip("]").split(", "))) + "]" if bracket else text


def spoilt_scalars(shape: Shape, path: str) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """(case, value, clauses) for each constraint of a string, number or blob."""
    low, high, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    if values := shape.metadata.get("enum"):
        named = f"satisfy enum value set: [{', '.join(sorted(values))}]"
        yield f"{path} enum", "INVALID", (clause(shape, path, "INVALID", named),)
    if pattern:
        value = MATCHES_NO_PATTERN.ljust(low or 0)
        yield f"{path} pattern", value, tuple(unmatched(shape, path, value))
    measure = "value" if shape.type_name in ("integer", "long") else "length"
    if low:
        value = sized(shape, low - 1)
        short = clause(shape, path, value, f"have {measure} greater than or equal to {low}")
        yield f"{path} min", value, (*unmatched(shape, path, value), short)
    if high:
        value = sized(shape, high + 1)
        long = clause(shape, path, value, f"have {measure} less than or equal to {high}")
        yield f"{path} max", value, (*unmatched(shape, path, value), long)


def unmatched(shape: Shape, path: str, value: Any) -> list[str]:
    """The clause of the pattern that a value does not match: Coral checks the pattern first, and goes on."""
    if is_matched(shape, value):
        return []
    return [clause(shape, path, value, f"satisfy regular expression pattern: {shape.metadata['pattern']}")]


def is_matched(shape: Shape, value: Any) -> bool:
    """Whether a value is of its member's pattern, if there is one; patterns are written for Java."""
    pattern = shape.metadata.get("pattern")
    return pattern is None or not isinstance(value, str) or re.fullmatch(pattern, value, re.ASCII) is not None


def sized(shape: Shape, size: int) -> Any:
    """A JSON value of this size: the number itself, or that many characters or bytes."""
    if shape.type_name in ("integer", "long"):
        return size
    if shape.type_name == "blob":
        return base64.b64encode(bytes(size)).decode()
    begin, filling, end = FILLED.get(shape.metadata.get("pattern", ""), ("", "", ""))
    if filling and size > len(begin + end):
        return begin + filling * (size - len(begin + end)) + end
    # Names of services have dots in them.
    dotted = "x.x.".ljust(size, "x")
    return dotted if len(dotted) == size and is_matched(shape, dotted) else "x" * size


def spoilt_list(shape: ListShape, path: str) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """(case, value, clauses) for the length of a list."""
    item = "x" if not getattr(shape.member, "enum", None) else shape.member.enum[0]
    if low := shape.metadata.get("min"):
        text = clause(None, path, [], f"have length greater than or equal to {low}")
        yield f"{path} min", [], (text,)
    if high := shape.metadata.get("max"):
        value = [item] * (high + 1)
        yield f"{path} max", value, (clause(None, path, value, f"have length less than or equal to {high}"),)


def spoilt_items(shape: ListShape, path: str) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """(case, value, clause beginnings) for the items of a list of strings."""
    for case, value, _ in spoilt_scalars(shape.member, path):
        kind = "satisfy enum value set: [" if case.endswith("enum") else "have length "
        text = clause(None, path, [value], f"satisfy constraint: [Member must {kind}")
        yield f"{case} of an item", [value], (text,)


def spoilt_structure(
    shape: StructureShape, path: str, whole: dict[str, Any]
) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """(case, value, clauses) for each member of a structure that is otherwise `whole`."""
    for name, member in shape.members.items():
        inner = f"{path}.{lower_camel(name)}"
        if name in shape.required_members:
            yield f"{inner} null", whole | {name: None}, (clause(None, inner, None, "not be null"),)
        for case, value, found in spoilt_scalars(member, inner):
            yield case, whole | {name: value}, found


def spoilt(shape: Shape, name: str) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """(case, value, clauses) for whatever can be wrong inside one member of a request."""
    path = lower_camel(name)
    if isinstance(shape, ListShape):
        yield from spoilt_list(shape, path)
        if isinstance(shape.member, StructureShape):
            good = VALID[name][0]
            for case, value, found in spoilt_structure(shape.member, f"{path}.2.member", good):
                yield case, [good, value], found
        else:
            yield from spoilt_items(shape, path)
    elif isinstance(shape, StructureShape):
        yield from spoilt_structure(shape, path, VALID.get(name, {}))
    elif not isinstance(shape, MapShape):
        yield from spoilt_scalars(shape, path)


def bounded(shape: Shape, largest: int) -> Shape:
    """The same number with another upper bound."""
    return Shape(shape.name, {"type": shape.type_name, "min": shape.metadata["min"], "max": largest})


def violations() -> Iterator[Violation]:
    """Every way to break one constraint of one member of one operation."""
    for operation in OPERATIONS:
        shape, valid = operation_model(operation).input_shape, valid_members(operation)
        for name in shape.required_members:
            missing = (clause(None, lower_camel(name), None, "not be null"),)
            absent = {key: value for key, value in valid.items() if key != name}
            yield Violation(operation, f"{lower_camel(name)} absent", absent, missing)
            yield Violation(operation, f"{lower_camel(name)} null", valid | {name: None}, missing)
        for name, member in shape.members.items():
            if largest := LARGEST.get((operation, name)):
                member = bounded(member, largest)
            for case, value, found in spoilt(member, name):
                yield Violation(operation, case, valid | {name: value}, found, case.endswith("item"))


@dataclass(frozen=True)
class Edge:
    """A request whose one member only just keeps to the model."""

    operation: str
    case: str
    members: dict[str, Any]
    path: str

    def __str__(self) -> str:
        return f"{self.operation}-{self.case}"


def allowed_scalars(shape: Shape) -> Iterator[tuple[str, Any]]:
    """(case, value) for the smallest, the largest and every listed value of a string, number or blob."""
    for value in shape.metadata.get("enum", []):
        yield value, value
    for bound in ("min", "max"):
        if (size := shape.metadata.get(bound)) is not None and is_matched(shape, sized(shape, size)):
            yield bound, sized(shape, size)


def allowed(shape: Shape) -> Iterator[tuple[str, Any]]:
    """(case, value) for what only just fits one member of a request, and for its every listed value."""
    if isinstance(shape, ListShape) and not isinstance(shape.member, StructureShape):
        for case, value in allowed_scalars(shape.member):
            yield f"item {case}", [value]
        if high := shape.metadata.get("max"):
            values = shape.member.metadata.get("enum") or [f"{number}" for number in range(high)]
            yield "max", values[:high]
    elif shape.type_name == "boolean":
        yield from (("true", True), ("false", False))
    elif not isinstance(shape, (ListShape, StructureShape, MapShape)):
        yield from allowed_scalars(shape)


def edges() -> Iterator[Edge]:
    """Every smallest, largest and listed value of every member of every operation."""
    for operation in OPERATIONS:
        for name, member in operation_model(operation).input_shape.members.items():
            largest = LARGEST.get((operation, name))
            for case, value in allowed(bounded(member, largest) if largest else member):
                path = lower_camel(name)
                yield Edge(operation, f"{path} {case}", valid_members(operation) | {name: value}, path)


WRONG_TYPES: dict[str, list[Any]] = {
    "string": [7, True, [], {}],
    "integer": ["seven", "7", 1.5, True, [], {}],
    "boolean": ["true", 1, [], {}],
    "blob": [7, "***", "YQ", [], {}],
    "list": ["text", 7, {}],
    "map": ["text", 7, [], {"name": 7}, {"name": ["x"]}],
    "structure": ["text", 7, []],
    "timestamp": ["soon", True, [], {}],
}


def wrong_types() -> Iterator[tuple[str, str, Any]]:
    """(operation, member, value of a JSON type that the member cannot have)."""
    for operation in OPERATIONS:
        for name, member in operation_model(operation).input_shape.members.items():
            for value in WRONG_TYPES[member.type_name]:
                yield operation, name, value


def assert_modelled(shape: Shape, value: Any, path: str) -> None:
    """Holds a JSON value of an answer against its shape: right type, known members, known enum values."""
    if isinstance(shape, StructureShape):
        assert isinstance(value, dict) and set(value) <= set(shape.members), f"{path} has unknown members: {value}"
        for name, member in value.items():
            assert_modelled(shape.members[name], member, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        assert isinstance(value, list), path
        for item in value:
            assert_modelled(shape.member, item, f"{path}[]")
    else:
        assert_scalar(shape, value, path)


def assert_scalar(shape: Shape, value: Any, path: str) -> None:
    """Holds a string, number, boolean, date or blob against its shape."""
    kinds = {"string": str, "blob": str, "boolean": bool, "integer": int, "timestamp": (int, float)}
    assert isinstance(value, kinds[shape.type_name]), f"{path} is {value!r}"
    assert isinstance(value, bool) == (shape.type_name == "boolean"), f"{path} is {value!r}"
    if values := shape.metadata.get("enum"):
        assert value in values, f"{path} is {value!r}"
    if shape.type_name == "blob":
        assert base64.b64encode(decoded(value)).decode() == value, f"{path} is not canonical base64"


def decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise AssertionError(f"{text!r} is not base64") from error
