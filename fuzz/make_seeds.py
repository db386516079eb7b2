"""Writes the seeds of the fuzz targets from the data of corpus/; run it when that data changes, and commit what it writes."""

import base64
import json
from pathlib import Path

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "fuzz" / "seeds"
HOME = "arn:aws:kms:*:111122223333:key/${aws:username}"


def write(target: str, seeds: dict[str, bytes]) -> None:
    """Replaces the seeds of a target."""
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in seeds.items():
        (folder / name).write_bytes(content)


def as_request(case: dict) -> bytes:
    """A case of the signature suite in the shape that the target reads."""
    query = "" if case["query"] is None else f"?{case['query']}"
    headers = "".join(f"{name}:{value}\n" for name, value in case["headers"])
    return f"{case['method']} {case['path']}{query}\n{headers}\n{case['body']}".encode()


def signatures() -> dict[str, bytes]:
    """Every case of the suite."""
    suite = json.loads((ROOT / "corpus/sigv4/suite.json").read_text())
    return {case["name"]: as_request(case) for case in suite["cases"]}


def ciphertexts() -> dict[str, bytes]:
    """Every message of the vectors, and a few edits of the target's own."""
    vectors = json.loads((ROOT / "corpus/ciphertext/v1.json").read_text())
    messages = {
        f"message-{at}": b"M" + base64.b64decode(entry["message"]) for at, entry in enumerate(vectors["messages"])
    }
    small = {name: content for name, content in messages.items() if len(content) < 1024}
    edits = {"original": b"E", "version": b"E\0\0\1\2", "tag": b"E\0\x60\0\1", "cut": b"E\0\x20\4\0"}
    return small | edits


def bodies() -> dict[str, bytes]:
    """Request parameters as the records show them, and one body with every kind of member."""
    seeds = {}
    for path in sorted((ROOT / "corpus/trail").glob("*.json")):
        parameters = find_parameters(json.loads(path.read_text()))
        if parameters:
            seeds[path.stem] = json.dumps(parameters, separators=(",", ":")).encode()
    everything = {
        "KeyId": "alias/a", "Description": "abc", "Policy": "{}", "KeySpec": "AES_256", "Specs": ["AES_256", "x"],
        "NumberOfBytes": 32, "DryRun": True, "Plaintext": "aGVsbG8=", "CiphertextBlob": "AQ==",
        "EncryptionContext": {"a": "b"}, "GrantTokens": ["abc"], "Tags": [{"TagKey": "a", "TagValue": None}],
        "Recipient": {"KeyEncryptionAlgorithm": "AES_256"}, "Fraction": 1.5e3,
    }
    return seeds | {"everything": json.dumps(everything).encode()}


def find_parameters(record: object) -> dict | None:
    """The request parameters, wherever in a record file they stand, spelled as a request spells them."""
    if not isinstance(record, dict):
        return None
    if isinstance(record.get("requestParameters"), dict):
        return {name[0].upper() + name[1:]: value for name, value in record["requestParameters"].items()}
    return next(filter(None, map(find_parameters, record.values())), None)


def policies() -> dict[str, bytes]:
    """Statements of every form."""
    account = {"AWS": "arn:aws:iam::111122223333:root"}
    allow = {"Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*"}
    service = {"Service": ["logs.amazonaws.com"], "AWS": ["444455556666", "arn:aws:iam::444455556666:role/a"]}
    condition = {"StringEquals": {"kms:ViaService": ["s3.eu-central-1.amazonaws.com"]}, "Bool": {"aws:x": "true"}}
    every = {"ForAllValues:StringLike": {"kms:EncryptionContext:a": "*"}}
    timed = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    tags = {"ForAnyValue:StringNotLikeIfExists": {"aws:TagKeys": ["${aws:PrincipalTag/a, 'b'}", "${*}"]}}
    provider = {"Federated": "arn:aws:iam::111122223333:oidc-provider/idp.example.com"}
    documents = {
        "default": {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [allow]},
        "single": {"Statement": allow | {"Sid": "one"}},
        "negated": {"Statement": {"Effect": "Deny", "NotPrincipal": "*", "NotAction": "kms:Get*", "NotResource": "a"}},
        "conditional": {"Statement": [allow | {"Principal": service, "Condition": condition}]},
        "permissive": {"Statement": [allow | {"Condition": every}]},
        "identity": of({"Effect": "Allow", "Action": ["kms:*", "sts:AssumeRole"], "Resource": HOME, "Condition": timed}),
        "trust": of({"Effect": "Allow", "Principal": provider, "Action": "sts:AssumeRoleWithWebIdentity"}),
        "control": of({"Effect": "Deny", "Principal": "*", "NotAction": "kms:*", "Resource": "*", "Condition": tags}),
    }
    return {name: json.dumps(document).encode() for name, document in documents.items()}


def of(statement: dict) -> dict:
    """A document of one statement in the current version."""
    return {"Version": "2012-10-17", "Statement": [statement]}


def queries() -> dict[str, bytes]:
    """Bodies as the AWS CLI sends them, one with every kind of member, and what is to be refused."""
    action = b"Action=CreateUser&Version=2010-05-08"
    members = (
        b"&UserName=Bob+B%C3%B6hm&Path=%2Fa%2F&PolicyDocument=%7B%7D&Scope=AWS&MaxItems=20&OnlyAttached=true"
        b"&TagKeys.member.1=a&TagKeys.member.2=b&Tags.member.1.Key=a%3Db&Tags.member.1.Value="
        b"&ContextEntries.member.1.ContextKeyValues.member.1=x&Outer.Inner.Flag=false"
    )
    return {
        "bare": action,
        "everything": action + members,
        "empty-list": action + b"&Tags=",
        "two-names": action + b"&A=1&%41=2",
        "gap": action + b"&TagKeys.member.1=a&TagKeys.member.3=b",
        "leaf-and-branch": b"A=1&A.B=2",
        "cut-escape": b"A=%4",
    }


def frames() -> dict[str, bytes]:
    """Requests as they come over a connection."""
    host = b"Host: localhost\r\n"
    encrypt = b"X-Amz-Target: TrentService.Encrypt\r\nContent-Type: application/x-amz-json-1.1\r\n"
    body = b'{"KeyId":"alias/a","Plaintext":"aGVsbG8="}'
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    head, _, rest = signatures()["client-botocore-encrypt"].partition(b"\n\n")
    first, _, headers = head.partition(b"\n")
    wire = first + b" HTTP/1.1\r\n" + headers.replace(b"\n", b"\r\n") + b"\r\nContent-Length: %d\r\n\r\n" % len(rest)
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    return {
        "unsigned": b"POST / HTTP/1.1\r\n" + host + encrypt + length + body,
        "signed": wire + rest,
        "two-requests": (b"POST / HTTP/1.1\r\n" + host + encrypt + length + body) * 2,
        "two-lengths": b"POST / HTTP/1.1\r\n" + host + encrypt + b"Content-Length: 2\r\n" + length + body,
        "chunked": b"POST / HTTP/1.1\r\n" + host + encrypt + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "get": b"GET /x?y=z HTTP/1.0\r\n\r\n",
        "absolute": b"POST http://localhost/ HTTP/1.1\r\n" + host + b"\r\n",
        "http2": preface + b"\0\0\0\4\0\0\0\0\0",
        "http2-headers": preface + b"\0\0\0\4\0\0\0\0\0" + b"\0\0\4\1\5\0\0\0\1\x83\x84\x86\x41",
    }


if __name__ == "__main__":
    write("signature", signatures())
    write("ciphertext", ciphertexts())
    write("json", bodies())
    write("query", queries())
    write("policy", policies())
    write("frame", frames())
