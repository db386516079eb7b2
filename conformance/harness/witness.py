"""Clients that remember all that they were told: what must still be so after the server's death."""

import base64
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.accounts import Account
from harness.wire import Call, Connection, Reply, frame

TAG_NAMES = ("owner", "stage", "cost")
ALIASES_PER_CLIENT = 4
KEYS_OF_LATE = 12
Value = str | None


@dataclass(frozen=True)
class Fact:
    """Something that can be asked for: a member of a key's metadata, a tag of it, or where an alias leads."""

    of: str
    what: str


@dataclass(frozen=True)
class Sealed:
    """A ciphertext that was handed out, and what it must open to."""

    key_id: str
    context: dict[str, str]
    plaintext: str
    blob: str


@dataclass
class Memory:
    """What one client knows, and what it asked for without learning how that ended."""

    known: dict[Fact, Value] = field(default_factory=dict)
    attempted: dict[Fact, Value] = field(default_factory=dict)
    touched: set[Fact] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    sealed: list[Sealed] = field(default_factory=list)
    writes: int = 0


class Gone(Exception):
    """The server closed the connection before it answered."""


class Asker:
    """One kept connection, and the id of each request that was answered on it."""

    def __init__(self, port: int, account: Account, answered: dict[str, str]) -> None:
        self.connection, self.account, self.answered = Connection(port), account, answered
        self.host = f"127.0.0.1:{port}"

    def reply(self, operation: str, body: bytes) -> Reply:
        """The answer to one request, whatever it says."""
        call = Call(self.host, operation, body, self.account)
        try:
            reply = self.connection.send(frame(call.signed(), body)).reply()
        except OSError as error:
            raise Gone from error
        if reply is None:
            raise Gone
        self.answered[reply.headers["x-amzn-requestid"]] = operation
        return reply

    def ask(self, operation: str, **members: Any) -> dict[str, Any]:
        """The answer to a request that must succeed."""
        reply = self.reply(operation, Call.json_body(members))
        assert reply.status == 200, (operation, members, reply.body)
        return reply.json if reply.body else {}


class Witness(threading.Thread):
    """A client that changes keys, aliases and tags of its own and has data sealed, until the server is gone."""

    def __init__(self, name: str, asker: Asker, memory: Memory, chance: random.Random) -> None:
        super().__init__(name=name)
        self.asker, self.memory, self.chance = asker, memory, chance
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while True:
                self._step()()
        except Gone:
            return
        except BaseException as error:  # noqa: BLE001 - told by whoever joins this thread
            self.failure = error
        finally:
            self.asker.connection.__exit__()

    def _step(self) -> Callable[[], None]:
        if not self.memory.keys:
            return self._create
        steps = {self._create: 1, self._describe: 2, self._tag: 2, self._alias: 2, self._switch: 2, self._seal: 4}
        return self.chance.choices([*steps], [*steps.values()])[0]

    def _key(self) -> str:
        return self.chance.choice(self.memory.keys[-KEYS_OF_LATE:])

    def _create(self) -> None:
        text = f"made {self.chance.random()}"
        made = self.asker.ask("CreateKey", Description=text)["KeyMetadata"]["KeyId"]
        self.memory.keys.append(made)
        self._learn(Fact(made, "Description"), text)
        self._learn(Fact(made, "KeyState"), "Enabled")

    def _describe(self) -> None:
        key, text = self._key(), f"changed {self.chance.random()}"
        self._write(Fact(key, "Description"), text, "UpdateKeyDescription", KeyId=key, Description=text)

    def _tag(self) -> None:
        key, name = self._key(), self.chance.choice(TAG_NAMES)
        fact, value = Fact(key, f"tag {name}"), str(self.chance.random())
        if self.memory.known.get(fact) and self.chance.random() < 0.3:
            self._write(fact, None, "UntagResource", KeyId=key, TagKeys=[name])
        else:
            self._write(fact, value, "TagResource", KeyId=key, Tags=[{"TagKey": name, "TagValue": value}])

    def _alias(self) -> None:
        name, key = f"alias/{self.name}-{self.chance.randrange(ALIASES_PER_CLIENT)}", self._key()
        fact = Fact(name, "KeyId")
        if not self.memory.known.get(fact):
            self._write(fact, key, "CreateAlias", AliasName=name, TargetKeyId=key)
        elif self.chance.random() < 0.3:
            self._write(fact, None, "DeleteAlias", AliasName=name)
        else:
            self._write(fact, key, "UpdateAlias", AliasName=name, TargetKeyId=key)

    def _switch(self) -> None:
        fact = Fact(self._key(), "KeyState")
        if self.memory.known[fact] == "Enabled":
            self._write(fact, "Disabled", "DisableKey", KeyId=fact.of)
        else:
            self._write(fact, "Enabled", "EnableKey", KeyId=fact.of)

    def _seal(self) -> None:
        key, context = self._key(), {"turn": str(self.chance.random())}
        if self.memory.known[Fact(key, "KeyState")] != "Enabled":
            return self._switch()
        plaintext = base64.b64encode(self.chance.randbytes(24)).decode()
        if self.chance.random() < 0.3:
            made = self.asker.ask("GenerateDataKey", KeyId=key, KeySpec="AES_256", EncryptionContext=context)
        else:
            made = self.asker.ask("Encrypt", KeyId=key, Plaintext=plaintext, EncryptionContext=context)
        self.memory.sealed.append(Sealed(key, context, made.get("Plaintext", plaintext), made["CiphertextBlob"]))

    def _write(self, fact: Fact, value: Value, operation: str, **members: Any) -> None:
        self.memory.attempted[fact] = value
        self.memory.touched.add(fact)
        self.asker.ask(operation, **members)
        self._learn(fact, self.memory.attempted.pop(fact))

    def _learn(self, fact: Fact, value: Value) -> None:
        self.memory.known[fact] = value
        self.memory.touched.add(fact)
        self.memory.writes += 1


def observed(asker: Asker, of: str) -> dict[str, Value]:
    """What the service says of a key or an alias now."""
    reply = asker.reply("DescribeKey", Call.json_body({"KeyId": of}))
    if of.startswith("alias/"):
        assert reply.status == 200 or reply.type == "NotFoundException", reply.body
        return {"KeyId": reply.json["KeyMetadata"]["KeyId"] if reply.status == 200 else None}
    assert reply.status == 200, f"an acknowledged key is lost: {reply.body!r}"
    tags = asker.ask("ListResourceTags", KeyId=of)["Tags"]
    return reply.json["KeyMetadata"] | {f"tag {tag['TagKey']}": tag["TagValue"] for tag in tags}


def reconcile(memory: Memory, asker: Asker, facts: set[Fact]) -> int:
    """Holds what the service says against what was acknowledged; what nobody knew the end of may be or not be.
    Gives how many unacknowledged writes were done."""
    done, seen = 0, {of: observed(asker, of) for of in {fact.of for fact in facts}}
    for fact in facts:
        value, known = seen[fact.of].get(fact.what), memory.known.get(fact)
        if fact in memory.attempted and value == memory.attempted.pop(fact):
            memory.known[fact] = value
            done += 1
        else:
            assert value == known, f"{fact} was acknowledged as {known!r} and is {value!r}"
    memory.touched -= facts
    return done


def assert_opens(asker: Asker, sealed: Sealed) -> None:
    """Holds a ciphertext against the plaintext that it was made of."""
    opened = asker.ask("Decrypt", CiphertextBlob=sealed.blob, EncryptionContext=sealed.context)
    assert opened["Plaintext"] == sealed.plaintext, f"a ciphertext of {sealed.key_id} opens to something else"
