"""The guide's services, end to end: Auto Scaling, CloudTrail, SES, Amazon Location, EBS and S3, each as it uses a key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from harness.accounts import ACCOUNT_A, ACCOUNT_B, Account
from harness.callers import Caller, Realm, Role, Statement, to
from harness.clients import AwsCommand, Key, new_key
from harness.denials import ACCESS_DENIED, IDENTITY, RESOURCE, lacking, lacking_text
from harness.identities import allow, policy
from harness.refusal import UNKNOWN_IN_CIPHERTEXT_TEXT, opaque_text, refused
from harness.server import Server, start
from harness.services import IntegratedService
from harness.sessions import Keys

HOME = "us-east-1"
USING = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
SERVICES = {
    "autoscaling": ("--no-managed-key",),
    "cloudtrail": ("--no-managed-key",),
    "ec2": ("--managed-key", "ebs"),
    "geo": ("--no-managed-key",),
    "s3": ("--managed-key", "s3"),
    "ses": ("--managed-key", "ses"),
}


@dataclass(frozen=True)
class World:
    """A server with the services of the guide, and both accounts."""

    server: Server
    a: Realm
    b: Realm
    services: dict[str, IntegratedService]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = start(tmp_path_factory.mktemp("guide"))
    services = {name: IntegratedService.registered(server, name, *options) for name, options in SERVICES.items()}
    yield World(server, Realm(server.endpoint, ACCOUNT_A), Realm(server.endpoint, ACCOUNT_B), services)
    server.kill()


@pytest.fixture
def shell(world: World, tmp_path: object) -> AwsCommand:
    return AwsCommand(world.server.endpoint, tmp_path)


def of(aws: AwsCommand, caller: Caller) -> AwsCommand:
    """The AWS CLI of a user."""
    return replace(aws, account=Account("", caller.keys.access_key_id, caller.keys.secret))


def refusal(aws: AwsCommand, script: str) -> str:
    """What the AWS CLI says when it is refused."""
    done = aws.shell(script)
    assert done.returncode != 0, done.stdout
    return done.stderr.decode().strip()


def linked_role(realm: Realm) -> Role:
    """Auto Scaling's service-linked role in an account."""
    name = "AWSServiceRoleForAutoScaling"
    try:
        made = realm.iam.get_role(RoleName=name)["Role"]
    except realm.iam.exceptions.NoSuchEntityException:
        made = realm.iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    path = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    assert made["Arn"] == f"arn:aws:iam::{realm.account.id}:{path}"
    return Role(made["RoleName"], made["Arn"], made["RoleId"])


def scaling(world: World, role: Role) -> Caller:
    """Auto Scaling at work in that role."""
    sts = world.services["autoscaling"].as_itself(service="sts")
    answer = sts.assume_role(RoleArn=role.arn, RoleSessionName="AutoScaling")
    return Caller(world.server.endpoint, answer["AssumedRoleUser"]["Arn"], Keys.of_answer(answer))


def attaches(world: World, worker: Caller, key: Key, volume: str) -> None:
    """Makes an encrypted volume through EC2, leaves EC2's host a grant on it, and opens the volume by that."""
    context, ec2 = {"aws:ebs:id": volume}, world.services["ec2"].acting_for(worker)
    sealed = ec2.kms.generate_data_key_without_plaintext(KeyId=key.arn, NumberOfBytes=64, EncryptionContext=context)
    host = world.a.session(world.a.role(), volume)
    terms = {"Operations": ["Decrypt"], "Constraints": {"EncryptionContextSubset": context}}
    made = ec2.kms.create_grant(KeyId=key.arn, GranteePrincipal=host.arn, **terms)
    request = {"CiphertextBlob": sealed["CiphertextBlob"], "GrantTokens": [made["GrantToken"]]}
    opened = host.kms.decrypt(EncryptionContext=context, **request)
    assert len(opened["Plaintext"]) == 64
    of_own_account = lacking_text(IDENTITY, host.arn, "Decrypt", key.arn)
    with refused(ACCESS_DENIED, of_own_account if ACCOUNT_A.id in key.arn else UNKNOWN_IN_CIPHERTEXT_TEXT):
        host.kms.decrypt(EncryptionContext={"aws:ebs:id": "vol-other"}, **request)


def scaling_policy(role: Role) -> list[Statement]:
    """The two statements of "Key policy sections that allow access"."""
    resources = {"Bool": {"kms:GrantIsForAWSResource": True}}
    return [to([role.arn], USING), to([role.arn], ["kms:CreateGrant"], **resources)]


def test_auto_scaling_launches_instances_with_the_policy_of_the_guide(world: World, shell: AwsCommand) -> None:
    role, key = linked_role(world.a), new_key(world.a.kms)
    worker = scaling(world, role)
    for one in (worker, world.services["ec2"].acting_for(worker)):
        with lacking(IDENTITY, worker, "GenerateDataKeyWithoutPlaintext", key.arn):
            one.kms.generate_data_key_without_plaintext(KeyId=key.arn, KeySpec="AES_256")
    (shell.home / "policy.json").write_text(policy(world.a.delegation, *scaling_policy(role)))
    shell.run(f"aws kms put-key-policy --key-id {key.id} --policy-name default --policy file://policy.json")
    attaches(world, worker, key, "vol-0cfb133e847d28be9")
    with lacking(IDENTITY, worker, "CreateGrant", key.arn):
        worker.kms.create_grant(KeyId=key.arn, GranteePrincipal=role.arn, Operations=["Decrypt"])


def test_auto_scaling_uses_a_foreign_key_by_grant(world: World, shell: AwsCommand) -> None:
    role, external = linked_role(world.a), world.a.account.root_arn
    key = world.b.key(world.b.delegation, to([external], USING), to([external], ["kms:CreateGrant"]))
    worker = scaling(world, role)
    with refused(ACCESS_DENIED, opaque_text(worker.arn, "GenerateDataKeyWithoutPlaintext")):
        worker.kms.generate_data_key_without_plaintext(KeyId=key.arn, KeySpec="AES_256")
    administrator = world.a.user(allow("kms:CreateGrant", key.arn))
    command = (
        f"aws kms create-grant --region {HOME} --key-id {key.arn} --grantee-principal {role.arn} --operations "
        "Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant"
    )
    nobody = world.a.user()
    assert opaque_text(nobody.arn, "CreateGrant") in refusal(of(shell, nobody), command)
    assert json.loads(of(shell, administrator).run(command))["GrantId"]
    attaches(world, worker, key, "vol-0cfb133e847d28be8")
    with refused(ACCESS_DENIED, opaque_text(worker.arn, "ListGrants")):
        worker.kms.list_grants(KeyId=key.arn)


def test_a_linked_role_is_assumed_by_its_service_alone(world: World) -> None:
    role, wanted = linked_role(world.a), {"RoleSessionName": "AutoScaling"}
    for name in ("ec2", "s3"):
        principal = world.services[name].principal
        text = f"User: {principal} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
        with refused("AccessDenied", text, 403):
            world.services[name].as_itself(service="sts").assume_role(RoleArn=role.arn, **wanted)


TRAIL = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT_A.id}:trail/finance"


def cloudtrail_policy() -> Statement:
    """The statement of "Using aws:SourceArn or aws:SourceAccount"."""
    condition = {
        "ArnEquals": {"aws:SourceArn": [TRAIL]},
        "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": [f"arn:aws:cloudtrail:*:{ACCOUNT_A.id}:trail/*"]},
    }
    principal = {"Service": "cloudtrail.amazonaws.com"}
    return allow("kms:GenerateDataKey", **condition) | {
        "Sid": "Allow CloudTrail to encrypt logs",
        "Principal": principal,
    }


def test_cloudtrail_encrypts_the_logs_of_one_trail(world: World, shell: AwsCommand) -> None:
    (shell.home / "policy.json").write_text(policy(world.a.delegation, cloudtrail_policy()))
    key = shell.run("aws kms create-key --policy file://policy.json --query KeyMetadata.Arn --output text").strip()
    context = {"aws:cloudtrail:arn": TRAIL, "aws:s3:arn": "arn:aws:s3:::logs/AWSLogs/file.json.gz"}
    trail = world.services["cloudtrail"]
    request = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
    made = trail.as_itself(TRAIL, ACCOUNT_A.id).generate_data_key(**request)
    other = TRAIL.replace("finance", "marketing")
    wrong = [(None, context), (other, context), (TRAIL, {}), (TRAIL, {"aws:cloudtrail:arn": "arn:aws:cloudtrail:x"})]
    for source, pairs in wrong:
        with refused(ACCESS_DENIED, opaque_text(trail.principal, "GenerateDataKey")):
            trail.as_itself(source, ACCOUNT_A.id).generate_data_key(**request | {"EncryptionContext": pairs})
    with refused(ACCESS_DENIED, opaque_text("s3.amazonaws.com", "GenerateDataKey")):
        world.services["s3"].as_itself(TRAIL).generate_data_key(**request)
    reader = world.a.user(allow("kms:Decrypt", key, Null={"kms:EncryptionContext:aws:cloudtrail:arn": "false"}))
    (shell.home / "sealed").write_bytes(made["CiphertextBlob"])
    pairs = ",".join(f"{name}={value}" for name, value in context.items())
    command = "aws kms decrypt --ciphertext-blob fileb://sealed --query KeyId --output text --encryption-context"
    assert of(shell, reader).run(f"{command} {pairs}").strip() == key
    assert lacking_text(IDENTITY, reader.arn, "Decrypt", key) in refusal(of(shell, reader), f"{command} a=b")


def ses_policy() -> Statement:
    """The statement of "Giving Amazon SES Permission"."""
    condition = {
        "Null": {
            "kms:EncryptionContext:aws:ses:rule-name": False,
            "kms:EncryptionContext:aws:ses:message-id": False,
        },
        "StringEquals": {"kms:EncryptionContext:aws:ses:source-account": ACCOUNT_A.id},
    }
    return allow(["kms:Encrypt", "kms:GenerateDataKey*"], **condition) | {"Principal": {"Service": "ses.amazonaws.com"}}


def test_ses_encrypts_messages_whose_rule_and_account_it_names(world: World) -> None:
    key, ses = world.a.key(world.a.delegation, ses_policy()), world.services["ses"]
    context = {
        "aws:ses:source-account": ACCOUNT_A.id,
        "aws:ses:rule-name": "example-receipt-rule-name",
        "aws:ses:message-id": "d6iitobk75ur44p8kdnnp7g2n800",
    }
    kms = ses.as_itself()
    made = kms.generate_data_key(KeyId=key.arn, KeySpec="AES_256", EncryptionContext=context)
    lacking_one = [{name: value for name, value in context.items() if name != left} for left in context]
    for pairs in [{}, *lacking_one, context | {"aws:ses:source-account": ACCOUNT_B.id}]:
        with refused(ACCESS_DENIED, opaque_text(ses.principal, "GenerateDataKey")):
            kms.generate_data_key(KeyId=key.arn, KeySpec="AES_256", EncryptionContext=pairs)
    with refused(ACCESS_DENIED, UNKNOWN_IN_CIPHERTEXT_TEXT):
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=context)
    opened = world.a.kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=context)
    assert opened["Plaintext"] == made["Plaintext"]


def test_amazon_location_makes_grants_for_authorized_users(world: World) -> None:
    team, tracker = world.a.role(), f"arn:aws:geo:{HOME}:{ACCOUNT_A.id}:tracker/SAMPLE-Tracker"
    condition = {
        "kms:ViaService": f"geo.{HOME}.amazonaws.com",
        "kms:CallerAccount": ACCOUNT_A.id,
        "kms:EncryptionContext:aws:geo:arn": tracker,
    }
    key = world.a.key(
        to(world.a.account.root_arn, "kms:ListGrants"), to(team.arn, "kms:CreateGrant", StringEquals=condition)
    )
    geo, member = world.services["geo"], world.a.session(team)
    terms = {"KeyId": key.arn, "GranteeServicePrincipal": geo.principal, "RetiringServicePrincipal": geo.principal}
    terms |= {"Operations": ["GenerateDataKey", "Decrypt", "DescribeKey"]}

    def bound(arn: str) -> dict[str, object]:
        context = {"EncryptionContextEquals": {"aws:geo:arn": arn}}
        return terms | {"Constraints": context | {"SourceArn": tracker}}

    for kms, request in (
        (member.kms, bound(tracker)),
        (world.services["s3"].acting_for(member).kms, bound(tracker)),
        (geo.acting_for(member).kms, bound(tracker + "2")),
    ):
        with lacking(RESOURCE, member, "CreateGrant", key.arn):
            kms.create_grant(**request)
    made = geo.acting_for(member).kms.create_grant(**bound(tracker))
    use = {"KeyId": key.arn, "KeySpec": "AES_256", "EncryptionContext": {"aws:geo:arn": tracker}}
    geo.as_itself(tracker).generate_data_key(**use)
    with refused(ACCESS_DENIED, opaque_text(geo.principal, "GenerateDataKey")):
        geo.as_itself(tracker + "2").generate_data_key(**use)
    geo.as_itself().retire_grant(KeyId=key.arn, GrantId=made["GrantId"])
    assert world.a.kms.list_grants(KeyId=key.arn)["Grants"] == []


def test_ebs_makes_a_volume_for_a_user_under_the_managed_key(world: World, shell: AwsCommand) -> None:
    alice, ec2 = world.a.user(), world.services["ec2"]
    context, volume = {"aws:ebs:id": "vol-f67bafb2"}, f"arn:aws:ec2:{HOME}:{ACCOUNT_A.id}:volume/vol-f67bafb2"
    acting = ec2.acting_for(alice).kms
    sealed = acting.generate_data_key_without_plaintext(
        KeyId="alias/aws/ebs", NumberOfBytes=64, EncryptionContext=context
    )
    terms = {"GranteeServicePrincipal": ec2.principal, "RetiringServicePrincipal": ec2.principal}
    constraints = {"EncryptionContextSubset": context, "SourceArn": volume}
    acting.create_grant(KeyId=sealed["KeyId"], Operations=["Decrypt"], Constraints=constraints, **terms)
    request = {"CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": context}
    assert len(ec2.as_itself(volume).decrypt(**request)["Plaintext"]) == 64
    with refused(ACCESS_DENIED, UNKNOWN_IN_CIPHERTEXT_TEXT):
        ec2.as_itself(volume + "2").decrypt(**request)
    with lacking(RESOURCE, alice, "Decrypt", sealed["KeyId"]):
        alice.kms.decrypt(KeyId=sealed["KeyId"], **request)
    described = json.loads(shell.run("aws kms describe-key --key-id alias/aws/ebs"))["KeyMetadata"]
    assert (described["Arn"], described["KeyManager"]) == (sealed["KeyId"], "AWS")
    listed = json.loads(shell.run("aws kms list-aliases --query \"Aliases[?starts_with(AliasName, 'alias/aws/')]\""))
    assert [entry["AliasName"] for entry in listed] == ["alias/aws/ebs", "alias/aws/s3", "alias/aws/ses"]
    assert listed[0]["TargetKeyId"] == described["KeyId"]


def test_s3_encrypts_a_bucket_by_default(world: World) -> None:
    bucket = {"aws:s3:arn": "arn:aws:s3:::ledger"}
    s3, via = world.services["s3"], f"s3.{HOME}.amazonaws.com"
    writer, reader = world.a.user(), world.a.user()
    through = {"kms:ViaService": via, "kms:EncryptionContext:aws:s3:arn": bucket["aws:s3:arn"]}
    key = world.a.key(
        to(writer.arn, "kms:GenerateDataKey", StringEquals=through), to(reader.arn, "kms:Decrypt", StringEquals=through)
    )
    put = {"KeyId": key.arn, "KeySpec": "AES_256", "EncryptionContext": bucket}
    made = s3.acting_for(writer).kms.generate_data_key(**put)
    get = {"KeyId": key.arn, "CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": bucket}
    assert s3.acting_for(reader).kms.decrypt(**get)["Plaintext"] == made["Plaintext"]
    for caller, kms in ((reader, reader.kms), (writer, s3.acting_for(writer).kms)):
        with lacking(RESOURCE, caller, "Decrypt", key.arn):
            kms.decrypt(**get)
    other = put | {"EncryptionContext": {"aws:s3:arn": "arn:aws:s3:::other"}}
    for kms, request in ((writer.kms, put), (s3.acting_for(writer).kms, other)):
        with lacking(RESOURCE, writer, "GenerateDataKey", key.arn):
            kms.generate_data_key(**request)
    with refused(ACCESS_DENIED, opaque_text(s3.principal, "GenerateDataKey")):
        s3.as_itself(bucket["aws:s3:arn"], ACCOUNT_A.id).generate_data_key(**put)


def test_only_s3_and_ebs_may_use_a_key_that_says_so(world: World) -> None:
    user = world.a.user()
    via = {"kms:ViaService": [f"ec2.{HOME}.amazonaws.com", f"s3.{HOME}.amazonaws.com"]}
    key = world.a.key(to(user.arn, ["kms:Encrypt", "kms:CreateGrant"], StringEquals=via))
    for name, service in world.services.items():
        kms = service.acting_for(user).kms
        if name in ("ec2", "s3"):
            kms.encrypt(KeyId=key.arn, Plaintext=b"x")
            continue
        with lacking(RESOURCE, user, "Encrypt", key.arn):
            kms.encrypt(KeyId=key.arn, Plaintext=b"x")
