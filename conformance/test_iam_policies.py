"""Managed and inline policies, attachments and boundaries by the IAM API: used, and done wrongly."""

import json
import re
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.identities import ALLOW_ALL, allow, fresh, keys_of, new_policy, new_role, new_user, policy
from harness.refusal import ANY_TEXT, refused
from harness.server import Server
from harness.sessions import Keys

ACCOUNT = ACCOUNT_A.id
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
NOT_FOUND = "Policy ARN was not found."
NOT_ATTACHABLE = "Policy ARN does not exist or is not attachable."


@pytest.fixture(scope="module")
def iam(server: Server) -> BaseClient:
    return Keys.of_root(ACCOUNT_A).client(server.endpoint, "iam")


def missing_policy(iam: BaseClient) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{fresh('none')}"


def test_a_policy_is_created_shown_and_deleted(iam: BaseClient) -> None:
    name, document = fresh("Policy"), policy(allow("kms:*"))
    made = iam.create_policy(
        PolicyName=name, Path="/p/", PolicyDocument=document, Description="Keys", Tags=[{"Key": "a", "Value": "b"}]
    )["Policy"]
    assert re.fullmatch("ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/p/{name}"
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["PermissionsBoundaryUsageCount"]) == ("v1", 0, 0)
    assert made["IsAttachable"] and made["Tags"] == [{"Key": "a", "Value": "b"}]
    found = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert found == made | {"Description": "Keys"}
    version = iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["IsDefaultVersion"] and version["Document"] == json.loads(document)
    iam.delete_policy(PolicyArn=made["Arn"])
    with refused("NoSuchEntity", NOT_FOUND, 404):
        iam.get_policy(PolicyArn=made["Arn"])
    with refused("NoSuchEntity", NOT_FOUND, 404):
        iam.delete_policy(PolicyArn=made["Arn"])


def test_a_policy_name_is_taken_once_whatever_its_case_and_path(iam: BaseClient) -> None:
    name = fresh("Policy")
    iam.create_policy(PolicyName=name, PolicyDocument=policy(ALLOW_ALL))
    text = f"A policy called {name} already exists. Duplicate names are not allowed."
    with refused("EntityAlreadyExists", text, 409):
        iam.create_policy(PolicyName=name.upper(), Path="/other/", PolicyDocument=policy(ALLOW_ALL))


def test_versions_are_numbered_once_and_five_at_most(iam: BaseClient) -> None:
    arn = new_policy(iam)
    for number in range(2, 6):
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALLOW_ALL))["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == (f"v{number}", False)
    full = (
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version."
    )
    with refused("LimitExceeded", full, 409):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALLOW_ALL))
    with refused("DeleteConflict", "Cannot delete the default version of a policy.", 409):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v3")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    again = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALLOW_ALL), SetAsDefault=True)
    assert again["PolicyVersion"]["VersionId"] == "v6"
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in listed] == ["v6", "v4", "v3", "v2", "v1"]
    assert [version["VersionId"] for version in listed if version["IsDefaultVersion"]] == ["v6"]
    assert all("Document" not in version for version in listed)
    with refused("NoSuchEntity", "Policy ARN version v5 does not exist or is not attachable.", 404):
        iam.get_policy_version(PolicyArn=arn, VersionId="v5")
    with refused("DeleteConflict", re.compile("This policy has more than one version.*"), 409):
        iam.delete_policy(PolicyArn=arn)


def test_another_default_version_binds_at_once(server: Server, iam: BaseClient) -> None:
    arn, name = new_policy(iam, allow("iam:ListUsers")), new_user(iam)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    own = keys_of(iam, name).client(server.endpoint, "iam")
    own.list_users()
    nothing = policy(allow("iam:GetRole"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=nothing, SetAsDefault=True)
    with refused("AccessDenied", ANY_TEXT, 403):
        own.list_users()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    own.list_users()


@pytest.mark.parametrize(
    "document",
    ["{", "[]", "{}", policy(allow("x")), policy({"Effect": "Allow", "Action": "*"}), '{"Statement":[]}'],
    ids=["no JSON", "list", "empty", "action without service", "no resource", "no statement"],
)
def test_a_malformed_document_is_refused(iam: BaseClient, document: str) -> None:
    with refused("MalformedPolicyDocument", ANY_TEXT):
        iam.create_policy(PolicyName=fresh(), PolicyDocument=document)
    with refused("MalformedPolicyDocument", ANY_TEXT):
        iam.put_user_policy(UserName=new_user(iam), PolicyName="p", PolicyDocument=document)


def test_an_identity_policy_names_no_principal(iam: BaseClient) -> None:
    document = policy(ALLOW_ALL | {"Principal": "*"})
    with refused("MalformedPolicyDocument", "Policy document should not specify a principal."):
        iam.create_policy(PolicyName=fresh(), PolicyDocument=document)


def test_sizes_count_without_white_space(iam: BaseClient) -> None:
    def sized(characters: int) -> str:
        empty = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_ALL | {"Sid": ""}]})
        fill = "x" * (characters - len(re.sub(r"\s", "", empty)))
        return json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_ALL | {"Sid": fill}]}, indent=4)

    iam.create_policy(PolicyName=fresh(), PolicyDocument=sized(6144))
    with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409):
        iam.create_policy(PolicyName=fresh(), PolicyDocument=sized(6145))
    name = new_user(iam)
    iam.put_user_policy(UserName=name, PolicyName="one", PolicyDocument=sized(1048))
    iam.put_user_policy(UserName=name, PolicyName="two", PolicyDocument=sized(1000))
    with refused("LimitExceeded", f"Maximum policy size of 2048 bytes exceeded for user {name}", 409):
        iam.put_user_policy(UserName=name, PolicyName="three", PolicyDocument=policy(ALLOW_ALL))
    iam.put_user_policy(UserName=name, PolicyName="two", PolicyDocument=sized(999))


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_inline_policies_are_put_shown_listed_and_deleted(iam: BaseClient, kind: str) -> None:
    def call(verb: str, **request: object) -> dict[str, object]:
        return getattr(iam, f"{verb}")(**{f"{kind.capitalize()}Name": name} | request)

    name = fresh(kind)
    if kind == "role":
        name = new_role(iam)
    else:
        getattr(iam, f"create_{kind}")(**{f"{kind.capitalize()}Name": name})
    document = '{ "Version": "2012-10-17",\n "Statement": {"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a%3Ab/*"} }'
    call(f"put_{kind}_policy", PolicyName="b", PolicyDocument=policy(ALLOW_ALL))
    call(f"put_{kind}_policy", PolicyName="a", PolicyDocument=document)
    call(f"put_{kind}_policy", PolicyName="b", PolicyDocument=document)
    found = call(f"get_{kind}_policy", PolicyName="b")
    assert (found[f"{kind.capitalize()}Name"], found["PolicyName"]) == (name, "b")
    assert found["PolicyDocument"] == json.loads(document)
    plural = f"list_{kind}_policies"
    assert call(plural)["PolicyNames"] == ["a", "b"]
    first = call(plural, MaxItems=1)
    assert first["IsTruncated"] and call(plural, Marker=first["Marker"])["PolicyNames"] == ["b"]
    call(f"delete_{kind}_policy", PolicyName="a")
    text = f"The {kind} policy with name a cannot be found."
    for verb in ("get", "delete"):
        with refused("NoSuchEntity", text, 404):
            call(f"{verb}_{kind}_policy", PolicyName="a")


def test_a_document_comes_back_as_it_was_sent(server: Server, iam: BaseClient) -> None:
    name, document = (
        new_user(iam),
        '{"Version":"2012-10-17", "Statement": [{"Effect":"Allow","Action":"a:%3A+ /","Resource":"*"}]}',
    )
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    raw: list[str] = []
    iam.meta.events.register("after-call.iam.GetUserPolicy", lambda http_response, **_: raw.append(http_response.text))
    iam.get_user_policy(UserName=name, PolicyName="p")
    escaped = re.search("<PolicyDocument>(.*)</PolicyDocument>", raw[0])
    assert escaped and escaped[1] == urllib.parse.quote(document, safe="")


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_policies_are_attached_listed_and_detached(iam: BaseClient, kind: str) -> None:
    key = f"{kind.capitalize()}Name"
    name = new_role(iam) if kind == "role" else fresh(kind)
    if kind != "role":
        getattr(iam, f"create_{kind}")(**{key: name})
    attach, detach = getattr(iam, f"attach_{kind}_policy"), getattr(iam, f"detach_{kind}_policy")
    listed = getattr(iam, f"list_attached_{kind}_policies")
    own = new_policy(iam, Path="/mine/")
    for arn in (own, own, READ_ONLY):
        attach(**{key: name}, PolicyArn=arn)
    assert {policy["PolicyArn"] for policy in listed(**{key: name})["AttachedPolicies"]} == {own, READ_ONLY}
    below = listed(**{key: name}, PathPrefix="/mine/")["AttachedPolicies"]
    assert below == [{"PolicyName": own.rpartition("/")[2], "PolicyArn": own}]
    assert iam.get_policy(PolicyArn=own)["Policy"]["AttachmentCount"] == 1
    entities = iam.list_entities_for_policy(PolicyArn=own)
    assert [entity[key] for entity in entities[f"Policy{kind.capitalize()}s"]] == [name]
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=own)
    detach(**{key: name}, PolicyArn=own)
    with refused("NoSuchEntity", NOT_FOUND, 404):
        detach(**{key: name}, PolicyArn=own)
    iam.delete_policy(PolicyArn=own)


def test_what_cannot_be_attached(iam: BaseClient) -> None:
    name = new_user(iam)
    with refused("NoSuchEntity", NOT_ATTACHABLE, 404):
        iam.attach_user_policy(UserName=name, PolicyArn=missing_policy(iam))
    with refused("NoSuchEntity", NOT_ATTACHABLE, 404):
        iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicyOfAws")
    with refused("NoSuchEntity", NOT_ATTACHABLE, 404):
        iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::{ACCOUNT_B.id}:policy/x")
    with refused("ValidationError", "Invalid ARN:  Could not be parsed!"):
        iam.attach_user_policy(UserName=name, PolicyArn="this-is-certainly-no-arn")
    service = "arn:aws:iam::aws:policy/aws-service-role/AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"
    with refused("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role."):
        iam.attach_role_policy(RoleName=new_role(iam), PolicyArn=service)


def test_ten_policies_are_attached_at_most(iam: BaseClient) -> None:
    name, arns = new_role(iam), [new_policy(iam) for _ in range(11)]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    with refused("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", 409):
        iam.attach_role_policy(RoleName=name, PolicyArn=arns[10])


def test_racing_attachments_do_not_pass_the_quota(server: Server, iam: BaseClient) -> None:
    name, arns = new_role(iam), [new_policy(iam) for _ in range(14)]

    def attach(arn: str) -> str:
        try:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attach, arns))
    assert sorted(set(outcomes)) == ["LimitExceeded", "done"] and outcomes.count("done") == 10
    assert len(iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]) == 10


def test_policies_are_listed_by_owner_use_and_path(iam: BaseClient) -> None:
    path = f"/{fresh('p')}/"
    used, unused = new_policy(iam, Path=path), new_policy(iam, Path=path)
    iam.attach_user_policy(UserName=new_user(iam), PolicyArn=used)
    listed = iam.list_policies(Scope="Local", PathPrefix=path)["Policies"]
    assert {policy["Arn"] for policy in listed} == {used, unused}
    assert all("Description" not in policy and "Tags" not in policy for policy in listed)
    attached = iam.list_policies(Scope="Local", PathPrefix=path, OnlyAttached=True)["Policies"]
    assert [policy["Arn"] for policy in attached] == [used]
    names = {policy["PolicyName"] for policy in iam.list_policies(Scope="AWS")["Policies"]}
    assert {"AdministratorAccess", "AWSKeyManagementServicePowerUser", "IAMFullAccess", "ReadOnlyAccess"} <= names
    pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 3})
    every = [policy["Arn"] for page in pages for policy in page["Policies"]]
    assert len(every) == len(set(every)) and {used, unused, READ_ONLY} <= set(every)
    with refused("ValidationError", re.compile(r".*'scope' failed to satisfy constraint: Member must satisfy enum.*")):
        iam.list_policies(Scope="Mine")


def test_policies_of_aws_can_be_read_and_not_changed(iam: BaseClient) -> None:
    power = "arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser"
    found = iam.get_policy(PolicyArn=power)["Policy"]
    version = iam.get_policy_version(PolicyArn=power, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    assert "kms:CreateKey" in version["Document"]["Statement"][0]["Action"]
    with refused("NoSuchEntity", NOT_FOUND, 404):
        iam.delete_policy(PolicyArn=power)
    with refused("NoSuchEntity", NOT_FOUND, 404):
        iam.create_policy_version(PolicyArn=power, PolicyDocument=policy(ALLOW_ALL))


def test_policies_have_tags(iam: BaseClient) -> None:
    arn = new_policy(iam)
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["A"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    with refused("NoSuchEntity", NOT_FOUND, 404):
        iam.tag_policy(PolicyArn=missing_policy(iam), Tags=[{"Key": "a", "Value": "1"}])


def test_a_boundary_limits_its_user_and_counts_as_use(server: Server, iam: BaseClient) -> None:
    bound = new_policy(iam, allow("iam:GetUser"))
    name = new_user(iam, allow("iam:*"), PermissionsBoundary=bound)
    own = keys_of(iam, name).client(server.endpoint, "iam")
    assert own.get_user()["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == bound
    with refused("AccessDenied", re.compile(".*because no permissions boundary allows the iam:ListUsers action"), 403):
        own.list_users()
    assert iam.get_policy(PolicyArn=bound)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    usage = iam.list_entities_for_policy(PolicyArn=bound, PolicyUsageFilter="PermissionsBoundary")
    assert [user["UserName"] for user in usage["PolicyUsers"]] == [name]
    assert iam.list_entities_for_policy(PolicyArn=bound, PolicyUsageFilter="PermissionsPolicy")["PolicyUsers"] == []
    with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
        iam.delete_policy(PolicyArn=bound)
    iam.delete_user_permissions_boundary(UserName=name)
    own.list_users()
    with refused("NoSuchEntity", ANY_TEXT, 404):
        iam.delete_user_permissions_boundary(UserName=name)
    iam.delete_policy(PolicyArn=bound)


def test_a_boundary_is_replaced_and_must_exist(iam: BaseClient) -> None:
    one, other, role = new_policy(iam), new_policy(iam), new_role(iam)
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=one)
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=other)
    shown = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": other}
    iam.delete_policy(PolicyArn=one)
    with refused("NoSuchEntity", ANY_TEXT, 404):
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=one)
    iam.delete_role(RoleName=role)
    iam.delete_policy(PolicyArn=other)
