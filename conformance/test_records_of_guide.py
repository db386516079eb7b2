"""The log entries of the developer guide, in today's fields: each call is made by a real client, and its record held
member by member against `corpus/trail/guide`."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from harness.accounts import ACCOUNT_A
from harness.callers import Realm
from harness.certificates import issue
from harness.clients import client
from harness.deployment import Deployment, prepare
from harness.golden_records import PLACEHOLDER, assert_like, every_golden, golden
from harness.guide import CALLS, Answer, Scene, alices
from harness.identities import allow
from harness.imports import bring, external_key, new_material
from harness.server import Server, start
from harness.services import IntegratedService
from harness.trail import Record, record_of, records, records_of
from harness.waiting import await_condition

VOLUME = {"aws:ebs:id": "vol-0f1e2d3c4b5a69788"}
OBJECT = {"aws:s3:arn": "arn:aws:s3:::ledgers/2026/north"}
INSTANCE = "i-0badcafe12345678"
# What the guide shows otherwise or not, and nobody has recorded from AWS.
UNVERIFIED = {
    "RetireGrant": "that responseElements has the key: the guide's example is from before December 2022",
    "DeleteKey": "serviceEventDetails: the guide has it in one edition only",
}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A server with TLS, whose certificate every client of this module trusts."""
    directory = tmp_path_factory.mktemp("guide") / "d"
    deployment = prepare(directory)
    for line in ("[tls]", 'certificate = "tls.crt"', 'private_key = "tls.key"'):
        deployment.edit(f"# {line}", line)
    issue(directory / "tls.crt", directory / "tls.key")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CA_BUNDLE", str(directory / "tls.crt"))
        yield deployment.start()
    deployment.end()


@pytest.fixture(scope="module")
def ledgers(secured: Deployment) -> Realm:
    """The account of the guide."""
    return Realm(f"https://localhost:{secured.port}", secured.new_account(ACCOUNT_A.id))


@pytest.fixture
def scene(secured: Deployment, ledgers: Realm) -> Scene:
    return Scene.of(ledgers, alices(ledgers), host=f"localhost:{secured.port}")


def held(found: Record, name: str, scene: Scene, answer: Answer | None = None) -> None:
    """Holds a record against the golden one of this name."""
    if answer:
        scene.name(requestId=answer["ResponseMetadata"]["RequestId"])
    assert_like(golden(name), found, scene.values)


def marked(names: Iterable[str]) -> list[object]:
    """Every case, those that nobody has recorded as what they are."""
    marks = {name: pytest.mark.unverified(why) for name, why in UNVERIFIED.items()}
    return [pytest.param(name, marks=marks[name]) if name in marks else name for name in names]


@pytest.mark.parametrize("name", marked(CALLS))
def test_a_call_of_the_guide_is_told_as_the_guide_tells_it(secured: Deployment, scene: Scene, name: str) -> None:
    answer = CALLS[name](scene)
    found = records_of(secured.trail_dir, answer["ResponseMetadata"]["RequestId"])
    (here,) = [record for record in found if record["awsRegion"] == "us-east-1"]
    held(here, name, scene, answer)


def through_ec2(scene: Scene, service: IntegratedService) -> Answer:
    scene.name(aliasName=service.alias)
    acting = service.acting_for(scene.alice)
    scene.name(accessKeyId=acting.keys.access_key_id)
    answer = acting.kms.generate_data_key_without_plaintext(
        KeyId=service.alias, NumberOfBytes=64, EncryptionContext=VOLUME
    )
    scene.name(keyArn=answer["KeyId"], keyMaterialId=answer["KeyMaterialId"])
    return answer


def grant_for_an_instance(scene: Scene, service: IntegratedService) -> Answer:
    key, role = scene.key(), scene.realm.role()
    acting = service.acting_for(scene.alice)
    terms = {"Operations": ["Decrypt"], "Constraints": {"EncryptionContextSubset": VOLUME}}
    made = acting.kms.create_grant(KeyId=key.arn, GranteePrincipal=role.arn, **terms)
    scene.name(roleArn=role.arn, grantId=made["GrantId"], accessKeyId=acting.keys.access_key_id)
    return made


def session_through(scene: Scene, service: IntegratedService, use: Callable[..., Answer]) -> Answer:
    role = scene.realm.role(allow("kms:*"))
    acting = service.acting_for(scene.realm.session(role, INSTANCE))
    scene.name(roleId=role.id, roleArn=role.arn, roleName=role.name, accessKeyId=acting.keys.access_key_id)
    return use(acting.kms, scene.key())


def upload(kms: object, key: object) -> Answer:
    return kms.generate_data_key(KeyId=key.arn, KeySpec="AES_256", EncryptionContext=OBJECT)


def download(kms: object, key: object) -> Answer:
    return kms.decrypt(CiphertextBlob=upload(kms, key)["CiphertextBlob"], EncryptionContext=OBJECT)


SERVICES: dict[str, Callable[[Scene, IntegratedService], Answer]] = {
    "service-GenerateDataKeyWithoutPlaintext": through_ec2,
    "service-CreateGrant": grant_for_an_instance,
    "service-GenerateDataKey": lambda scene, service: session_through(scene, service, upload),
    "service-Decrypt": lambda scene, service: session_through(scene, service, download),
}


@pytest.mark.parametrize("name", marked(SERVICES))
def test_what_services_do_for_their_users_is_told_as_the_guide_tells_it(
    server: Server, realm: Realm, name: str
) -> None:
    service = IntegratedService.with_managed_key(server)
    scene = Scene.of(realm, alices(realm), service=service.principal)
    answer = SERVICES[name](scene, service)
    held(record_of(server.trail_dir, answer["ResponseMetadata"]["RequestId"]), name, scene, answer)


@pytest.fixture(scope="module")
def travelling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose clock these tests move."""
    running = start(tmp_path_factory.mktemp("travelling"))
    yield running
    running.kill()


def rotated(server: Server, scene: Scene) -> None:
    client(server.endpoint).enable_key_rotation(KeyId=scene.key().id, RotationPeriodInDays=90)
    server.advance("91d")


def rotated_on_demand(server: Server, scene: Scene) -> None:
    client(server.endpoint).rotate_key_on_demand(KeyId=scene.key().id)


def deleted(server: Server, scene: Scene) -> None:
    client(server.endpoint).schedule_key_deletion(KeyId=scene.key().id, PendingWindowInDays=7)
    server.advance("8d")


def expired(server: Server, scene: Scene) -> None:
    kms, ends = client(server.endpoint), datetime.now(UTC) + timedelta(days=300)
    key = external_key(kms)
    bring(kms, key, new_material(), ValidTo=ends.replace(microsecond=0))
    scene.named(key)
    server.advance("301d")


EVENTS: dict[str, Callable[[Server, Scene], None]] = {
    "RotateKey": rotated,
    "RotateKey-on-demand": rotated_on_demand,
    "DeleteKey": deleted,
    "DeleteExpiredKeyMaterial": expired,
}


@pytest.mark.parametrize("name", marked(EVENTS))
def test_what_the_service_does_itself_is_told_as_the_guide_tells_it(travelling: Server, name: str) -> None:
    realm = Realm(travelling.endpoint, ACCOUNT_A)
    scene = Scene.of(realm, realm.root)
    EVENTS[name](travelling, scene)
    arn, event_name = scene.values["keyArn"], str(golden(name)["eventName"])

    def found() -> list[Record]:
        told = (record for record in records(travelling.trail_dir) if record["eventName"] == event_name)
        return [record for record in told if record["resources"][0]["ARN"] == arn]

    await_condition(lambda: bool(found()), f"the record of {event_name}")
    held(found()[0], name, scene)


def test_every_golden_record_has_its_call() -> None:
    assert every_golden() == {*CALLS, *SERVICES, *EVENTS}


def test_the_comparison_sees_every_difference() -> None:
    right = golden("Encrypt")
    spoilt = [
        right | {"readOnly": 1},
        dict(reversed(right.items())),
        {name: value for name, value in right.items() if name != "eventCategory"},
        right | {"sharedEventID": "0"},
        right | {"resources": right["resources"] * 2},
        right | {"requestParameters": right["requestParameters"] | {"keyId": "another"}},
        right | {"eventTime": "yesterday"},
    ]
    values = {name: f"${{{name}}}" for name in PLACEHOLDER.findall(json.dumps(right))}
    assert_like(right, right, values)
    for wrong in spoilt:
        with pytest.raises(AssertionError):
            assert_like(right, wrong, values)
