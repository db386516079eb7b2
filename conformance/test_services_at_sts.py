"""Services at STS and IAM: they assume the roles that trust them, and do nothing else there."""

import pytest
from botocore import xform_name

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, Role, deny, to
from harness.clients import Key
from harness.denials import IDENTITY, RESOURCE, lacking
from harness.identities import allow, fresh, policy
from harness.refusal import refused
from harness.server import Server
from harness.services import IntegratedService, order
from harness.sessions import Keys

CHAINED_TOO_LONG = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
SOURCE = f"arn:aws:backup:us-east-1:{ACCOUNT_A.id}:backup-plan:daily"


@pytest.fixture(scope="module")
def service(server: Server) -> IntegratedService:
    return IntegratedService.registered(server)


def trusting(service: IntegratedService, **conditions: object) -> str:
    statement = allow(["sts:AssumeRole", "sts:SetSourceIdentity"], **conditions)
    del statement["Resource"]
    return policy(statement | {"Principal": {"Service": service.principal}})


def assumed(service: IntegratedService, role: Role, *source: str, **request: object) -> Caller:
    sts = service.as_itself(*source, service="sts")
    answer = sts.assume_role(RoleArn=role.arn, RoleSessionName="night", **request)
    return Caller(service.server.endpoint, answer["AssumedRoleUser"]["Arn"], Keys.of_answer(answer), role.name, role.id)


def not_trusted(service: IntegratedService, role: Role) -> object:
    text = f"User: {service.principal} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
    return refused("AccessDenied", text, 403)


def test_a_service_assumes_a_role_that_trusts_it(realm: Realm, service: IntegratedService, key: Key) -> None:
    role = realm.role(allow("kms:Encrypt"), AssumeRolePolicyDocument=trusting(service))
    session = assumed(service, role, SourceIdentity="scheduler")
    assert session.arn == realm.session_arn(role, "night")
    session.kms.encrypt(KeyId=key.id, Plaintext=b"x")
    with lacking(IDENTITY, session, "DescribeKey", key.arn):
        session.kms.describe_key(KeyId=key.id)


def test_such_a_session_is_of_the_role_and_of_no_service(realm: Realm, service: IntegratedService) -> None:
    role = realm.role(AssumeRolePolicyDocument=trusting(service))
    session = assumed(service, role, SOURCE, ACCOUNT_A.id)
    for conditions in (
        {"Bool": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}},
        {"Null": {"kms:ViaService": "true", "aws:SourceArn": "true", "aws:PrincipalServiceName": "true"}},
        {"StringEquals": {"kms:CallerAccount": ACCOUNT_A.id, "aws:PrincipalType": "AssumedRole"}},
    ):
        key = realm.key(to(role.arn, "kms:Encrypt", **conditions))
        session.kms.encrypt(KeyId=key.id, Plaintext=b"x")


def test_no_other_role_is_assumed(server: Server, realm: Realm, realm_b: Realm, service: IntegratedService) -> None:
    other = IntegratedService.registered(server)
    for role in (realm.role(), realm.role(AssumeRolePolicyDocument=trusting(other))):
        with not_trusted(service, role):
            assumed(service, role)
    missing = Role("", f"arn:aws:iam::{ACCOUNT_A.id}:role/{fresh('missing')}", "")
    with not_trusted(service, missing):
        assumed(service, missing)
    foreign = realm_b.role(AssumeRolePolicyDocument=trusting(service))
    assert assumed(service, foreign).arn == f"arn:aws:sts::{ACCOUNT_B.id}:assumed-role/{foreign.name}/night"


def test_a_role_can_be_for_one_resource_of_a_service(realm: Realm, service: IntegratedService) -> None:
    of_plan = {"ArnLike": {"aws:SourceArn": SOURCE}, "StringEquals": {"aws:SourceAccount": ACCOUNT_A.id}}
    role = realm.role(AssumeRolePolicyDocument=trusting(service, **of_plan))
    for source in ((), (SOURCE,), (SOURCE, ACCOUNT_B.id), (SOURCE + "2", ACCOUNT_A.id)):
        with not_trusted(service, role):
            assumed(service, role, *source)
    assumed(service, role, SOURCE, ACCOUNT_A.id)


def test_a_role_for_services_is_for_no_user(realm: Realm, service: IntegratedService) -> None:
    role = realm.role(AssumeRolePolicyDocument=trusting(service))
    text = f"User: {realm.porter.arn} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
    with refused("AccessDenied", text, 403):
        realm.session(role)
    acting = service.acting_for(realm.porter)
    with refused("AccessDenied", text, 403):
        acting.client("sts").assume_role(RoleArn=role.arn, RoleSessionName="night")


def test_a_service_linked_role_is_its_services_alone(server: Server, realm: Realm) -> None:
    # One of the few names that have such a role.
    service, other = IntegratedService.registered(server, "autoscaling"), IntegratedService.registered(server)
    made = realm.iam.create_service_linked_role(AWSServiceName=service.principal)["Role"]
    assert made["Path"] == f"/aws-service-role/{service.principal}/"
    role = Role(made["RoleName"], made["Arn"], made["RoleId"])
    key = realm.key(to(role.arn, "kms:Encrypt"))
    assumed(service, role).kms.encrypt(KeyId=key.id, Plaintext=b"x")
    with not_trusted(other, role):
        assumed(other, role)
    order(server, "delete", service.label)


@pytest.mark.unverified("AWS has no answer for services on record")
def test_a_service_is_told_its_name(service: IntegratedService) -> None:
    found = service.as_itself(service="sts").get_caller_identity()
    assert (found["Arn"], found["UserId"]) == (service.principal, service.principal)
    assert found["Account"] == "000000000000"


def test_a_service_opens_no_sessions_of_users(service: IntegratedService) -> None:
    sts = service.as_itself(service="sts")
    with refused("AccessDenied", "Cannot call GetSessionToken with session credentials", 403):
        sts.get_session_token()
    name = fresh("fed")
    arn = f"arn:aws:sts::000000000000:federated-user/{name}"
    text = (
        f"User: {service.principal} is not authorized to perform: sts:GetFederationToken on resource: {arn} because no "
        "identity-based policy allows the sts:GetFederationToken action"
    )
    with refused("AccessDenied", text, 403):
        sts.get_federation_token(Name=name)


@pytest.mark.parametrize("action", ["ListUsers", "ListRoles", "CreateUser", "GetUser", "DeleteUser"])
def test_a_service_does_nothing_at_iam(service: IntegratedService, action: str) -> None:
    iam, name = service.as_itself(SOURCE, ACCOUNT_A.id, service="iam"), fresh("user")
    request = {} if action.startswith("List") else {"UserName": name}
    lists = {"ListUsers": "arn:aws:iam::000000000000:user/", "ListRoles": "arn:aws:iam::000000000000:role/"}
    text = (
        f"User: {service.principal} is not authorized to perform: iam:{action} on resource: "
        f"{lists.get(action, f'user {name}')} because no identity-based policy allows the iam:{action} action"
    )
    with refused("AccessDenied", text, 403):
        getattr(iam, xform_name(action))(**request)


def test_nothing_of_a_services_access_key_is_an_accounts(realm: Realm, service: IntegratedService) -> None:
    id = service.keys.access_key_id
    user = realm.user(allow("iam:*"))
    for caller in (user, realm.root):
        iam = caller.client("iam")
        unknown = f"The Access Key with id {id} cannot be found."
        with refused("NoSuchEntity", unknown, 404):
            iam.update_access_key(UserName=user.name, AccessKeyId=id, Status="Inactive")
        with refused("NoSuchEntity", unknown, 404):
            iam.delete_access_key(UserName=user.name, AccessKeyId=id)
        with refused("NoSuchEntity", unknown, 404):
            iam.get_access_key_last_used(AccessKeyId=id)
    service.as_itself(service="sts").get_caller_identity()


def test_a_role_that_is_assumed_through_a_service_is_called_itself(
    realm: Realm, service: IntegratedService, key: Key
) -> None:
    role, acting = realm.role(allow("kms:*"), MaxSessionDuration=7200), service.acting_for(realm.user(allow("sts:*")))
    sts = acting.client("sts")
    with refused("ValidationError", CHAINED_TOO_LONG, 400):
        sts.assume_role(RoleArn=role.arn, RoleSessionName="night", DurationSeconds=3601)
    answer = sts.assume_role(RoleArn=role.arn, RoleSessionName="night", DurationSeconds=3600)
    session = Caller(realm.endpoint, answer["AssumedRoleUser"]["Arn"], Keys.of_answer(answer))
    direct = realm.key(to(role.arn, "kms:Encrypt", Bool={"aws:ViaAWSService": "false"}))
    session.kms.encrypt(KeyId=direct.id, Plaintext=b"x")
    through = realm.key(to(role.arn, "kms:Encrypt", Bool={"aws:ViaAWSService": "true"}))
    with lacking(RESOURCE, session, "Encrypt", through.arn):
        session.kms.encrypt(KeyId=through.id, Plaintext=b"x")


def test_roles_can_be_kept_from_being_assumed_through_services(realm: Realm, service: IntegratedService) -> None:
    role = realm.role()
    user = realm.user(allow("sts:*"), deny("sts:AssumeRole", Bool={"aws:ViaAWSService": "true"}))
    text = f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
    with refused("AccessDenied", text, 403):
        service.acting_for(user).client("sts").assume_role(RoleArn=role.arn, RoleSessionName="night")
    user.client("sts").assume_role(RoleArn=role.arn, RoleSessionName="night")
