"""Condition keys and policy variables that speak of the caller and of the way the request took."""

import pytest
from botocore.awsrequest import AWSRequest

from harness.accounts import ACCOUNT_A, ACCOUNT_B
from harness.callers import Caller, Realm, deny, to
from harness.clients import Key, new_key
from harness.conditions import SIDES, is_met
from harness.denials import IDENTITY, RESOURCE, forbidden, lacking
from harness.identities import ALLOW_ALL, allow, policy
from harness.sessions import Keys

TEXT = b"of the caller"
ARN_A = f"arn:aws:iam::{ACCOUNT_A.id}"

# By what they say: conditions that a plain request of a user meets, the user and the key given.
MET = {
    "the user's ARN": lambda user, _: {"ArnEquals": {"aws:PrincipalArn": user.arn}},
    "a pattern of ARNs": lambda user, _: {"ArnLike": {"aws:PrincipalArn": f"arn:*:iam::{ACCOUNT_A.id}:user/user-*"}},
    "the ARN as text": lambda user, _: {"StringLike": {"aws:PrincipalArn": f"*:{ACCOUNT_A.id}:user/{user.name}"}},
    "not a role": lambda *_: {"ArnNotLike": {"aws:PrincipalArn": f"{ARN_A}:role/*"}},
    "the account": lambda *_: {"StringEquals": {"aws:PrincipalAccount": ACCOUNT_A.id}},
    "the kind of principal": lambda *_: {"StringEquals": {"aws:PrincipalType": "User"}},
    "the unique id": lambda user, _: {"StringEquals": {"aws:userid": user.id}},
    "an id of a user": lambda *_: {"StringLike": {"aws:userid": "AIDA*"}},
    "the name": lambda user, _: {"StringEquals": {"aws:username": user.name}},
    "the name, whatever its case": lambda user, _: {"StringEqualsIgnoreCase": {"AWS:UserName": user.name.upper()}},
    "the address": lambda *_: {"IpAddress": {"aws:SourceIp": "127.0.0.1"}},
    "a range of addresses": lambda *_: {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "127.0.0.0/8"]}},
    "no other address": lambda *_: {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
    "the Region": lambda *_: {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    "one of several Regions": lambda *_: {"StringLike": {"aws:RequestedRegion": ["eu-*", "us-*"]}},
    "no second factor said": lambda *_: {"Null": {"aws:MultiFactorAuthPresent": "true"}},
    "a second factor if it is said": lambda *_: {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
    "no token": lambda *_: {"Null": {"aws:TokenIssueTime": True}},
    "an old token if there is one": lambda *_: {"DateLessThanIfExists": {"aws:TokenIssueTime": "2000-01-01T00:00:00Z"}},
    "not through a service": lambda *_: {"Bool": {"aws:ViaAWSService": "false"}},
    "through no chain of services": lambda *_: {"Null": {"aws:CalledVia": "true", "aws:CalledViaFirst": "true"}},
    "not a service": lambda *_: {"Bool": {"aws:PrincipalIsAWSService": False}},
    "for no resource of a service": lambda *_: {"Null": {"aws:SourceArn": "true", "aws:SourceAccount": "true"}},
    "not through a VPC": lambda *_: {"Null": {"aws:SourceVpce": "true", "aws:SourceVpc": "true"}},
    "plain HTTP": lambda *_: {"Bool": {"aws:SecureTransport": "false"}},
    "the SDK": lambda *_: {"StringLike": {"aws:UserAgent": "Boto3/*"}},
    "the key's account": lambda *_: {"StringEquals": {"aws:ResourceAccount": ACCOUNT_A.id}},
    "its own account's key": lambda *_: {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    "after a date": lambda *_: {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    "before a year": lambda *_: {"DateLessThan": {"aws:CurrentTime": "2120"}},
    "after a second": lambda *_: {"NumericGreaterThan": {"aws:EpochTime": 1_577_836_800}},
    "before a second": lambda *_: {"DateLessThan": {"aws:EpochTime": "4733510400"}},
    "a default of a variable": lambda *_: {"StringEquals": {"aws:PrincipalType": "${aws:PrincipalTag/none, 'User'}"}},
    "the ARN by a variable": lambda *_: {"ArnEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}},
    "no tag": lambda *_: {"Null": {"aws:PrincipalTag/Team": "true"}},
    "no source identity": lambda *_: {"Null": {"aws:SourceIdentity": "true"}},
    "two conditions at once": lambda user, _: {
        "StringEquals": {"aws:username": user.name, "aws:PrincipalType": "User"},
        "IpAddress": {"aws:SourceIp": "127.0.0.1/32"},
    },
}

# The same for conditions that it does not meet.
UNMET = {
    "another user's ARN": lambda *_: {"ArnEquals": {"aws:PrincipalArn": f"{ARN_A}:user/other"}},
    "a pattern that a colon ends": lambda *_: {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam:*"}},
    "another account": lambda *_: {"StringEquals": {"aws:PrincipalAccount": ACCOUNT_B.id}},
    "a role": lambda *_: {"StringEquals": {"aws:PrincipalType": "AssumedRole"}},
    "another name": lambda *_: {"StringEquals": {"aws:username": "other"}},
    "another address": lambda *_: {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
    "an address of the other family": lambda *_: {"IpAddress": {"aws:SourceIp": "::/0"}},
    "not this address": lambda *_: {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "192.0.2.0/24"]}},
    "another Region": lambda *_: {"StringEquals": {"aws:RequestedRegion": "us-west-2"}},
    "a second factor": lambda *_: {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    "that there was none": lambda *_: {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
    "a token": lambda *_: {"Null": {"aws:TokenIssueTime": "false"}},
    "a new token": lambda *_: {"DateGreaterThan": {"aws:TokenIssueTime": "2000-01-01T00:00:00Z"}},
    "through a service": lambda *_: {"Bool": {"aws:ViaAWSService": "true"}},
    "a service": lambda *_: {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    "for a resource of a service": lambda *_: {"ArnLike": {"aws:SourceArn": "*"}},
    "TLS": lambda *_: {"Bool": {"aws:SecureTransport": "true"}},
    "another program": lambda *_: {"StringLike": {"aws:UserAgent": "curl/*"}},
    "before a date": lambda *_: {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    "before a second": lambda *_: {"NumericLessThanEquals": {"aws:EpochTime": 1_577_836_800}},
    "a variable that there is not": lambda *_: {"StringNotEquals": {"aws:username": "${aws:PrincipalTag/none}"}},
    "a wildcard within a variable": lambda *_: {"StringLike": {"aws:username": "${*}"}},
    "a tag": lambda *_: {"StringLike": {"aws:PrincipalTag/Team": "*"}},
    "an organization": lambda *_: {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    "one of two conditions": lambda user, _: {
        "StringEquals": {"aws:username": user.name},
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
    },
    "one of two keys": lambda user, _: {"StringEquals": {"aws:username": user.name, "aws:PrincipalType": "Account"}},
    "a key that nobody knows": lambda *_: {"StringEquals": {"aws:NoSuchKey": "x"}},
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", MET)
def test_a_plain_request_of_a_user_meets(realm: Realm, name: str, side: str) -> None:
    assert is_met(realm, side, MET[name])


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", UNMET)
def test_a_plain_request_of_a_user_does_not_meet(realm: Realm, name: str, side: str) -> None:
    assert not is_met(realm, side, UNMET[name])


def encrypt(caller: Caller, key: Key) -> None:
    caller.kms.encrypt(KeyId=key.id, Plaintext=TEXT)


def described(caller: Caller, key: Key, is_allowed: bool) -> None:
    if is_allowed:
        caller.kms.describe_key(KeyId=key.id)
        return
    with lacking(RESOURCE, caller, "DescribeKey", key.arn):
        caller.kms.describe_key(KeyId=key.id)


def test_everybody_is_known_by_type_arn_and_id(realm: Realm) -> None:
    user, role = realm.user(allow("sts:*")), realm.role(Path="/svc/")
    session = realm.session(role, "ci")
    answer = user.client("sts").get_federation_token(Name="visitor")
    visitor = Caller(realm.endpoint, answer["FederatedUser"]["Arn"], Keys.of_answer(answer))
    known = {
        user: ("User", user.arn, user.id),
        realm.root: ("Account", ACCOUNT_A.root_arn, ACCOUNT_A.id),
        session: ("AssumedRole", role.arn, f"{role.id}:ci"),
        visitor: ("FederatedUser", visitor.arn, f"{ACCOUNT_A.id}:visitor"),
    }
    for caller, (kind, arn, unique) in known.items():
        condition = {"aws:PrincipalType": kind, "aws:PrincipalArn": arn, "aws:userid": unique}
        key = realm.key(to("*", "kms:DescribeKey", StringEquals=condition))
        for other in known:
            described(other, key, other is caller)


def test_only_users_have_a_name(realm: Realm) -> None:
    user, session = realm.user(), realm.session(realm.role())
    key = realm.key(to("*", "kms:DescribeKey", Null={"aws:username": "false"}))
    described(user, key, True)
    for caller in (session, realm.root):
        described(caller, key, False)


def test_a_variable_that_is_not_there_makes_no_deny_either(realm: Realm, key: Key) -> None:
    denying = deny("kms:Encrypt", StringNotEquals={"aws:ResourceTag/Owner": "${aws:username}"})
    user, session = realm.user(ALLOW_ALL, denying), realm.session(realm.role(ALLOW_ALL, denying))
    with forbidden(IDENTITY, user, "Encrypt", key.arn):
        encrypt(user, key)
    encrypt(session, key)


def test_a_variable_in_a_resource_is_filled_in(realm: Realm, key: Key, other_key: Key) -> None:
    user = realm.user(
        allow("kms:Encrypt", f"arn:aws:kms:*:{ACCOUNT_A.id}:key/${{aws:PrincipalTag/Key}}"),
        Tags=[{"Key": "Key", "Value": key.id}],
    )
    encrypt(user, key)
    with lacking(IDENTITY, user, "Encrypt", other_key.arn):
        encrypt(user, other_key)


def test_the_tags_of_a_user_decide_and_change_at_once(realm: Realm) -> None:
    user = realm.user(Tags=[{"Key": "Team", "Value": "red"}])
    key = realm.key(to("*", "kms:Encrypt", StringEquals={"aws:PrincipalTag/TEAM": "red"}))
    encrypt(user, key)
    realm.iam.tag_user(UserName=user.name, Tags=[{"Key": "Team", "Value": "blue"}])
    with lacking(RESOURCE, user, "Encrypt", key.arn):
        encrypt(user, key)
    realm.iam.tag_user(UserName=user.name, Tags=[{"Key": "Team", "Value": "red"}])
    encrypt(user, key)
    realm.iam.untag_user(UserName=user.name, TagKeys=["Team"])
    with lacking(RESOURCE, user, "Encrypt", key.arn):
        encrypt(user, key)


def test_a_key_and_its_user_of_one_team_find_each_other(realm: Realm) -> None:
    match = {"aws:ResourceTag/Team": "${aws:PrincipalTag/Team}"}
    red, blue, none = (realm.user(Tags=[{"Key": "Team", "Value": team}]) for team in ("red", "blue", "Red"))
    key = realm.key(to("*", "kms:Encrypt", StringEquals=match), Tags=[{"TagKey": "Team", "TagValue": "red"}])
    encrypt(red, key)
    for other in (blue, none, realm.user()):
        with lacking(RESOURCE, other, "Encrypt", key.arn):
            encrypt(other, key)


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1"])
def test_work_can_be_kept_to_some_regions(realm: Realm, region: str) -> None:
    outside = deny("*", StringNotEquals={"aws:RequestedRegion": "us-west-2"})
    user = realm.user(allow("kms:*"), outside)
    kms = user.client("kms", region)
    if region == "us-west-2":
        kms.create_key()
        return
    with forbidden(IDENTITY, user, "CreateKey", "*"):
        kms.create_key()


def test_temporary_credentials_say_that_there_was_no_second_factor(realm: Realm) -> None:
    user, session = realm.user(), realm.session(realm.role())
    token = Keys.of_answer(user.client("sts").get_session_token())
    temporary = Caller(realm.endpoint, user.arn, token)
    key = realm.key(to("*", "kms:DescribeKey", Bool={"aws:MultiFactorAuthPresent": "true"}))
    for caller in (user, temporary, session):
        described(caller, key, False)
    guarded = realm.key(to("*", "kms:DescribeKey", BoolIfExists={"aws:MultiFactorAuthPresent": "true"}))
    described(user, guarded, True)
    described(temporary, guarded, False)
    said = realm.key(to("*", "kms:DescribeKey", Bool={"aws:MultiFactorAuthPresent": "false"}))
    described(temporary, said, True)


def test_the_identity_that_a_session_names_as_its_source_decides(realm: Realm) -> None:
    role = realm.role()
    alice, unnamed = realm.session(role, "one", SourceIdentity="alice"), realm.session(role, "two")
    key = realm.key(to("*", "kms:DescribeKey", StringEquals={"aws:SourceIdentity": "alice"}))
    described(alice, key, True)
    described(unnamed, key, False)


def test_a_name_in_the_resource_is_the_users_own_alias(realm: Realm) -> None:
    alias = f"arn:aws:kms:*:{ACCOUNT_A.id}:alias/${{aws:username}}/*"
    user, other = (realm.user(allow("kms:CreateAlias", [alias, f"arn:aws:kms:*:{ACCOUNT_A.id}:key/*"])) for _ in "ab")
    key = new_key(realm.kms, Policy=policy(realm.delegation))
    user.kms.create_alias(AliasName=f"alias/{user.name}/key", TargetKeyId=key.id)
    name = f"alias/{user.name}/stolen"
    with lacking(IDENTITY, other, "CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT_A.id}:{name}"):
        other.kms.create_alias(AliasName=name, TargetKeyId=key.id)


CLAIMS = {
    "X-Forwarded-For": ("192.0.2.7", {"IpAddress": {"aws:SourceIp": "192.0.2.7"}}),
    "Forwarded": ("for=192.0.2.7", {"IpAddress": {"aws:SourceIp": "192.0.2.7"}}),
    "X-Real-IP": ("192.0.2.7", {"IpAddress": {"aws:SourceIp": "192.0.2.7"}}),
    "X-Forwarded-Proto": ("https", {"Bool": {"aws:SecureTransport": "true"}}),
    "X-Amz-Source-Arn": ("arn:aws:s3:::b", {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::b"}}),
    "X-Amz-Source-Account": (ACCOUNT_A.id, {"StringEquals": {"aws:SourceAccount": ACCOUNT_A.id}}),
    "X-Amz-Via-Service": (
        "s3.us-east-1.amazonaws.com",
        {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    ),
}


@pytest.mark.parametrize("header", CLAIMS)
def test_what_a_client_says_of_itself_in_a_header_is_not_believed(realm: Realm, header: str) -> None:
    value, condition = CLAIMS[header]
    user, key = realm.user(allow("kms:DescribeKey", **condition)), new_key(realm.kms)
    kms, sent = user.kms, []

    def claim(request: AWSRequest, **_: object) -> None:
        request.headers.add_header(header, value)
        sent.append(header)

    kms.meta.events.register("before-sign.kms.DescribeKey", claim)
    with lacking(IDENTITY, user, "DescribeKey", key.arn):
        kms.describe_key(KeyId=key.id)
    assert sent == [header]
