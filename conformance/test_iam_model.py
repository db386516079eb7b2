"""The models of IAM and STS, honoured: which operations are served, and that no member is passed over unread."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from harness.accounts import ACCOUNT_B
from harness.identities import TRUST_ACCOUNT
from harness.model import lower_camel
from harness.server import Server
from harness.sessions import Keys

# What is deliberately not served, by what it is about. Passwords, MFA devices and certificates of people who sign in to a
# console, servers' certificates and EC2's instance profiles have nothing to do with keys; there is no SAML.
NOT_SERVED: dict[str, str] = {
    "console passwords": "ChangePassword CreateLoginProfile DeleteLoginProfile GetLoginProfile UpdateLoginProfile "
    "DeleteAccountPasswordPolicy GetAccountPasswordPolicy UpdateAccountPasswordPolicy",
    "MFA devices": "CreateVirtualMFADevice DeactivateMFADevice DeleteVirtualMFADevice EnableMFADevice GetMFADevice "
    "ListMFADeviceTags ListMFADevices ListVirtualMFADevices ResyncMFADevice TagMFADevice UntagMFADevice",
    "EC2": "AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile "
    "ListInstanceProfileTags ListInstanceProfiles ListInstanceProfilesForRole RemoveRoleFromInstanceProfile "
    "TagInstanceProfile UntagInstanceProfile",
    "SAML": "AssumeRoleWithSAML CreateSAMLProvider DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags "
    "ListSAMLProviders TagSAMLProvider UntagSAMLProvider UpdateSAMLProvider",
    "certificates and SSH keys": "DeleteSSHPublicKey DeleteServerCertificate DeleteSigningCertificate GetSSHPublicKey "
    "GetServerCertificate ListSSHPublicKeys ListServerCertificateTags ListServerCertificates ListSigningCertificates "
    "TagServerCertificate UntagServerCertificate UpdateSSHPublicKey UpdateServerCertificate UpdateSigningCertificate "
    "UploadSSHPublicKey UploadServerCertificate UploadSigningCertificate",
    "credentials of one service": "CreateServiceSpecificCredential DeleteServiceSpecificCredential "
    "ListServiceSpecificCredentials ResetServiceSpecificCredential UpdateServiceSpecificCredential",
    "organizations": "AssumeRoot DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions "
    "EnableOrganizationsRootCredentialsManagement EnableOrganizationsRootSessions GenerateOrganizationsAccessReport "
    "GetOrganizationsAccessReport ListOrganizationsFeatures",
    "reports": "GenerateCredentialReport GenerateServiceLastAccessedDetails GetCredentialReport "
    "GetServiceLastAccessedDetails GetServiceLastAccessedDetailsWithEntities ListPoliciesGrantingServiceAccess",
    "delegation": "AcceptDelegationRequest AcquireRole AssociateDelegationRequest CreateDelegationRequest "
    "GetDelegatedAccessToken GetDelegationRequest GetHumanReadableSummary GetRoleTemplateVersion "
    "ListDelegationRequests RejectDelegationRequest SendDelegationToken UpdateDelegationRequest",
    "the account at AWS": "DisableOutboundWebIdentityFederation EnableOutboundWebIdentityFederation "
    "GetAccountProperties GetOutboundWebIdentityFederationInfo GetWebIdentityToken PutAccountProperties "
    "SetSecurityTokenServicePreferences",
    "encoded messages": "DecodeAuthorizationMessage",
}
# Constraints that are not kept. Session tokens are never padded; names of entities whose policies a simulation leaves out
# may be patterns, as their description says against their own pattern.
NAME_OF_EXCLUDED = "policyExclusionList.1.member.inlinePolicyIdentifier.attachmentName"
NOT_KEPT = (
    " at 'minimumSessionTokenSize' failed",
    f" at '{NAME_OF_EXCLUDED}' failed to satisfy constraint: Member must satisfy regular",
)
SERVICES = ("iam", "sts")
MODELS: dict[str, ServiceModel] = {name: botocore.session.get_session().get_service_model(name) for name in SERVICES}
LEFT_OUT = {name for names in NOT_SERVED.values() for name in names.split()}
OPERATIONS = [(service, name) for service in SERVICES for name in MODELS[service].operation_names]
SERVED = [(service, name) for service, name in OPERATIONS if name not in LEFT_OUT]

# What a request needs before one member of it is spoilt; nothing of it is there.
ARN = "arn:aws:iam::444455556666:policy/nobody"
VALID: dict[str, Any] = {
    "AWSServiceName": "mrk.kms.amazonaws.com",
    "AccessKeyId": "AKIAIOSFODNN7NOBODYS",
    "AccountAlias": "nobody",
    "AssumeRolePolicyDocument": TRUST_ACCOUNT,
    "ActionNames": ["kms:Encrypt"],
    "ClientID": "client",
    "DeletionTaskId": "task/aws-service-role/x/y/00000000-0000-0000-0000-000000000000",
    "OpenIDConnectProviderArn": "arn:aws:iam::444455556666:oidc-provider/nobody.example",
    "PermissionsBoundary": ARN,
    "PolicyArn": ARN,
    "PolicyDocument": "{}",
    "PolicyInputList": ["{}"],
    "PolicySourceArn": "arn:aws:iam::444455556666:user/nobody",
    "RoleArn": "arn:aws:iam::444455556666:role/nobody",
    "Status": "Active",
    "Tags": [{"Key": "k", "Value": "v"}],
    "TagKeys": ["k"],
    "ThumbprintList": ["a" * 40],
    "Url": "https://nobody.example",
    "VersionId": "v7",
    "WebIdentityToken": "nobody's",
}


@pytest.fixture(scope="module")
def clients(server: Server) -> dict[str, BaseClient]:
    keys = Keys.of_root(ACCOUNT_B)
    return {name: keys.client(server.endpoint, name, checked=False) for name in SERVICES}


def call(clients: dict[str, BaseClient], service: str, operation: str, members: dict[str, Any]) -> tuple[str, str]:
    """Code and text of the error with which this is answered; both empty when there is none."""
    method = botocore.xform_name(operation)
    try:
        getattr(clients[service], method)(**members)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    return "", ""


def required(service: str, operation: str) -> dict[str, Any]:
    shape = MODELS[service].operation_model(operation).input_shape
    return {name: VALID.get(name, "nobody") for name in (shape.required_members if shape else ())}


def test_what_is_left_out_is_in_the_model() -> None:
    assert LEFT_OUT <= {name for _, name in OPERATIONS}
    assert len(LEFT_OUT) == sum(len(names.split()) for names in NOT_SERVED.values()), "something stands there twice"


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_an_operation_is_served_or_stands_in_the_list_of_what_is_not(
    clients: dict[str, BaseClient], service: str, operation: str
) -> None:
    shape = MODELS[service].operation_model(operation).input_shape
    empty: dict[str, Any] = {"string": "", "list": [], "structure": {}, "integer": 0, "boolean": False, "map": {}}
    spoilt = {name: empty[shape.members[name].type_name] for name in (shape.required_members if shape else ())}
    code, text = call(clients, service, operation, spoilt)
    version = MODELS[service].api_version
    unknown = ("InvalidAction", f"Could not find operation {operation} for version {version}")
    # Without a signature nobody is told even that.
    unsigned = ("MissingAuthenticationToken", "Request is missing Authentication Token")
    refusal = unsigned if operation == "AssumeRoleWithSAML" else unknown
    assert ((code, text) == refusal) == (operation in LEFT_OUT), (code, text)


@dataclass(frozen=True)
class Break:
    """A request that breaks the model in one place, and what must be said of it."""

    service: str
    operation: str
    members: dict[str, Any]
    said: str

    def __str__(self) -> str:
        return f"{self.operation}-{self.said}"


def spoilt_scalar(shape: Shape) -> Iterator[tuple[Any, str]]:
    """(value, the constraint that it breaks) for each constraint of a string or number."""
    low, high, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    if shape.metadata.get("enum"):
        yield "INVALID", "Member must satisfy enum value set"
    if pattern and not re.fullmatch(java(pattern), "\u20ac" * max(low or 1, 1), re.ASCII):
        yield "\u20ac" * max(low or 1, 1), "Member must satisfy regular expression pattern: "
    number = shape.type_name in ("integer", "long")
    measure = "value" if number else "length"
    if low:
        yield (low - 1 if number else "1" * (low - 1)), f"Member must have {measure} greater than or equal to {low}"
    if high:
        yield (high + 1 if number else "1" * (high + 1)), f"Member must have {measure} less than or equal to {high}"


def java(pattern: str) -> str:
    """The same pattern for Python, which knows no classes of letters by name and no five digits after \\u."""
    for name, letters in {r"\p{L}": "a-zA-Z", r"\p{Z}": " ", r"\p{N}": "0-9"}.items():
        pattern = pattern.replace(name, letters)
    return re.sub(r"-?\\u10000-\\u10FFFF", "", pattern)


def distinct(shape: Shape, number: int) -> Any:
    """An item of a list that is unlike the others."""
    if isinstance(shape, ListShape):
        return [f"kms:{number}"]
    if not isinstance(shape, StructureShape):
        return f"kms:{number}"
    plain = {name: member for name, member in shape.members.items() if member.type_name in ("string", "list")}
    return {name: distinct(member, number) for name, member in plain.items() if not member.metadata.get("enum")}


def spoilt_member(shape: Shape, path: str) -> Iterator[tuple[Any, str]]:
    """(value, what must be said) for whatever can be wrong inside one member of a request."""
    if isinstance(shape, ListShape):
        if high := shape.metadata.get("max"):
            yield (
                [distinct(shape.member, number) for number in range(high + 1)],
                f" at '{path}' failed to satisfy constraint: Member must have length less than",
            )
        for value, said in spoilt_member(shape.member, f"{path}.1.member"):
            # Of a list of scalars the constraint of each is told in brackets, of the whole list.
            scalar = not isinstance(shape.member, StructureShape)
            yield (
                [value],
                (f" at '{path}' failed to satisfy constraint: Member must satisfy constraint: [" if scalar else said),
            )
    elif isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            rest = {other: VALID.get(other, "nobody") for other in shape.required_members if other != name}
            for value, said in spoilt_member(member, f"{path}.{lower_camel(name)}"):
                yield rest | {name: value}, said
    else:
        for value, constraint in spoilt_scalar(shape):
            yield value, f" at '{path}' failed to satisfy constraint: {constraint}"


def breaks() -> Iterator[Break]:
    """Every way to break one constraint of one member of one operation that is served."""
    for service, operation in SERVED:
        shape, valid = MODELS[service].operation_model(operation).input_shape, required(service, operation)
        if shape is None:
            continue
        for name in shape.required_members:
            absent = {other: value for other, value in valid.items() if other != name}
            said = f" at '{lower_camel(name)}' failed to satisfy constraint: Member must not be null"
            yield Break(service, operation, absent, said)
        for name, member in shape.members.items():
            for value, said in spoilt_member(member, lower_camel(name)):
                yield Break(service, operation, valid | {name: value}, said)


@pytest.mark.parametrize("broken", list(breaks()), ids=str)
def test_every_constraint_of_every_member_is_kept(clients: dict[str, BaseClient], broken: Break) -> None:
    code, text = call(clients, broken.service, broken.operation, broken.members)
    is_kept = not broken.said.startswith(NOT_KEPT)
    assert (code == "ValidationError" and broken.said in text) == is_kept, (code, text, broken.said)
