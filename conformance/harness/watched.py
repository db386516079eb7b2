"""A session of botocore for libraries that make their own clients: they reach the server, and what they ask is noted."""

from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.client import BaseClient

from harness.accounts import HOME_REGION
from harness.sessions import Keys, config

MODELS = botocore.session.Session().get_component("data_loader")


@dataclass
class Call:
    """One request that was sent to KMS, and the code of the error that it ended in, if it did."""

    region: str
    operation: str
    request: dict[str, Any]
    error: str | None = None


class WatchedSession(botocore.session.Session):
    """A session whose clients know one server only, never retry, and note what they are asked for."""

    def __init__(self, endpoint: str, keys: Keys) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.calls: list[Call] = []
        self.register_component("data_loader", MODELS)
        self.set_config_variable("region", HOME_REGION)
        self.set_credentials(keys.access_key_id, keys.secret, keys.session_token)
        self.set_default_client_config(config())

    def create_client(self, service_name: str, *args: object, **request: object) -> BaseClient:
        made = super().create_client(service_name, *args, **(request | {"endpoint_url": self.endpoint}))
        region = made.meta.region_name

        def sent(params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
            context["call"] = Call(region, model.name, dict(params))
            self.calls.append(context["call"])

        def answered(parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
            context["call"].error = parsed.get("Error", {}).get("Code")

        made.meta.events.register("before-parameter-build.kms", sent)
        made.meta.events.register("after-call.kms", answered)
        return made
