"""The largest sets: a key in every Region that the server has, and what is changed in all of them at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import boto3
from botocore.client import BaseClient

from harness.imports import bring, external_key, materials, new_material, parameters
from harness.regions import HERE, THERE, Spread, regions_of, spread
from harness.server import Server

KmsIn = Callable[[str], BaseClient]
# Those of AWS's commercial partition beside HERE.
OTHERS = sorted(set(boto3.session.Session().get_available_regions("kms")) - {HERE})


def everywhere_waiting(kms_in: KmsIn, end: datetime, end_elsewhere: datetime) -> tuple[Spread, bytes]:
    """A key in every Region, with a material that waits for the rotation to it in all of them."""
    key = external_key(kms_in(HERE), MultiRegion=True)
    made = Spread(kms_in, key)
    first, waiting = new_material(), new_material()
    bring(kms_in(HERE), key, first)
    for region in OTHERS:
        kms_in(HERE).replicate_key(KeyId=key.id, ReplicaRegion=region)
    bring(kms_in(HERE), key, waiting, ImportType="NEW_KEY_MATERIAL", ValidTo=end)
    for region in OTHERS:
        given = parameters(kms_in(region), made.at(region))
        bring(kms_in(region), made.at(region), first, given)
        bring(kms_in(region), made.at(region), waiting, given, ValidTo=end_elsewhere)
    return made, waiting


def test_what_waits_everywhere_is_given_up_everywhere_at_once(kms_in: KmsIn) -> None:
    now = datetime.now(UTC)
    made, _ = everywhere_waiting(kms_in, now + timedelta(days=2), now + timedelta(days=20))
    waiting = materials(kms_in(HERE), made.at(HERE))[-1]
    assert waiting["KeyMaterialState"] == "PENDING_ROTATION"
    kms_in(HERE).delete_imported_key_material(KeyId=made.id, KeyMaterialId=waiting["KeyMaterialId"])
    for region in (HERE, THERE, OTHERS[0], OTHERS[-1]):
        assert [entry["KeyMaterialState"] for entry in materials(kms_in(region), made.at(region))] == ["CURRENT"]


def test_what_waits_everywhere_expires_and_the_key_stays_of_use(own_server: Server) -> None:
    kms_in, now = regions_of(own_server.endpoint), datetime.now(UTC)
    made, _ = everywhere_waiting(kms_in, now + timedelta(days=2), now + timedelta(days=20))
    own_server.advance("3d")
    assert kms_in(HERE).encrypt(KeyId=made.id, Plaintext=b"x")["KeyId"] == made.at(HERE).arn
    assert [entry["KeyMaterialState"] for entry in materials(kms_in(THERE), made.at(THERE))] == ["CURRENT"]
    # Nothing is left over that would be looked after in vain.
    own_server.advance("30d")


def test_a_new_primary_gives_up_what_waits_also_where_it_never_had_it(kms_in: KmsIn) -> None:
    made = spread(kms_in, Origin="EXTERNAL")
    first = new_material()
    bring(kms_in(HERE), made.at(HERE), first)
    made.replicate()
    bring(kms_in(THERE), made.at(THERE), first)
    bring(kms_in(HERE), made.at(HERE), new_material(), ImportType="NEW_KEY_MATERIAL")
    made.promote(THERE)
    waiting = materials(kms_in(THERE), made.at(THERE))[-1]
    assert waiting["KeyMaterialState"] == "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    kms_in(THERE).delete_imported_key_material(KeyId=made.id, KeyMaterialId=waiting["KeyMaterialId"])
    bring(kms_in(THERE), made.at(THERE), new_material(), ImportType="NEW_KEY_MATERIAL")
