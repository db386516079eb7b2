"""HTTP as hostile, broken or merely unusual clients speak it; nothing of it may end or hang the server."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import h2.config
import h2.connection
import h2.events
import pytest
from botocore.client import BaseClient

from harness.accounts import ACCOUNT_A, Account
from harness.clients import Key
from harness.server import Server
from harness.wire import Call, Connection, Headers, Reply, exchange, frame, perform, without_header

SLOW_CLIENTS = 60


@pytest.fixture
def call(server: Server) -> Call:
    return Call(server.host)


def refusal(server: Server, data: bytes) -> Reply | None:
    """What the server says to these bytes: an error of the 4xx class, or it closes."""
    with Connection(server.port) as connection:
        reply = connection.send(data).reply()
        assert reply is None or 400 <= reply.status < 500, reply
        return reply


def doubled(headers: Headers, name: str, value: str | None = None) -> Headers:
    """The headers with one of them twice, the second time perhaps saying something else."""
    (old,) = [text for key, text in headers if key.lower() == name.lower()]
    return [*headers, (name, old if value is None else value)]


def test_one_connection_serves_many_requests(server: Server, call: Call) -> None:
    data = frame(call.signed(), call.body)
    with Connection(server.port) as connection:
        for _ in range(20):
            reply = connection.send(data).reply()
            assert reply is not None and reply.status == 200


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    calls = [Call(server.host, body=json.dumps({"NumberOfBytes": size}).encode()) for size in range(1, 9)]
    with Connection(server.port) as connection:
        connection.send(b"".join(frame(call.signed(), call.body) for call in calls))
        lengths = [len(reply.json["Plaintext"]) for _ in calls if (reply := connection.reply())]
    assert lengths == [4 * ((size + 2) // 3) for size in range(1, 9)]


def test_a_refused_request_leaves_the_connection_usable(server: Server, call: Call) -> None:
    with Connection(server.port) as connection:
        refused = connection.send(frame(call.unsigned(), call.body)).reply()
        assert refused is not None and refused.status == 400
        served = connection.send(frame(call.signed(), call.body)).reply()
        assert served is not None and served.status == 200


def test_close_is_honoured(server: Server, call: Call) -> None:
    with Connection(server.port) as connection:
        reply = connection.send(frame([*call.signed(), ("Connection", "close")], call.body)).reply()
        assert reply is not None and reply.status == 200
        assert connection.is_closed_by_peer()


def chunked(call: Call, size: int, *more: tuple[str, str]) -> bytes:
    """The call with its body in chunks of this size, and more headers."""
    head = frame([*call.signed(), ("Transfer-Encoding", "chunked"), *more], b"", length=False)
    pieces = [call.body[start : start + size] for start in range(0, len(call.body), size)]
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "identity", "gzip, chunked", "xchunked"])
def test_a_transfer_coding_is_refused_and_nothing_is_done(
    server: Server, kms: BaseClient, key: Key, coding: str
) -> None:
    """No client of the service sends one, and what has two lengths can be read in two ways."""
    body = json.dumps({"KeyId": key.id, "Description": "smuggled"}).encode()
    call = Call(server.host, "UpdateKeyDescription", body)
    data = chunked(call, 7).replace(b"Transfer-Encoding: chunked", f"Transfer-Encoding: {coding}".encode())
    refusal(server, data)
    refusal(server, chunked(call, 1000, ("Content-Length", str(len(body)))))
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["Description"] == ""


def test_a_request_may_arrive_byte_by_byte(server: Server, call: Call) -> None:
    with Connection(server.port) as connection:
        for byte in frame(call.signed(), call.body):
            connection.send(bytes([byte]))
        reply = connection.reply()
    assert reply is not None and reply.status == 200


def test_two_lengths_are_refused(server: Server, call: Call) -> None:
    for length in (len(call.body), len(chunked(call, 1000)), 0):
        refusal(server, chunked(call, 1000, ("Content-Length", str(length))))
    refusal(server, frame([*call.signed(), ("Content-Length", "3")], call.body))
    refusal(server, frame([*call.signed(), ("Content-Length", f"{len(call.body)}, 3")], call.body, length=False))
    for wrong in ("-1", "+19", "0x13", "nineteen", "1" * 30):
        refusal(server, frame([*call.signed(), ("Content-Length", wrong)], call.body, length=False))


@pytest.mark.parametrize("name", ["Authorization", "X-Amz-Date", "X-Amz-Target", "Host", "Content-Type"])
def test_a_deciding_header_that_comes_twice_is_refused(server: Server, call: Call, name: str) -> None:
    headers = call.signed()
    reply = refusal(server, frame(doubled(headers, name), call.body))
    assert reply is not None and reply.status == 400
    refusal(server, frame(doubled(headers, name, "TrentService.ListKeys"), call.body))
    refusal(server, frame(list(reversed(doubled(headers, name, "TrentService.ListKeys"))), call.body))


def test_two_targets_are_refused_even_when_both_are_signed(server: Server) -> None:
    names = ("TrentService.GenerateRandom", "TrentService.ListKeys")
    headers = Call(server.host, operation=",".join(names), prefix="").signed()
    for first, second in (names, reversed(names)):
        targets = [("X-Amz-Target", first), ("X-Amz-Target", second)]
        reply = refusal(server, frame([*without_header(headers, "X-Amz-Target"), *targets], b'{"NumberOfBytes":8}'))
        assert reply is not None and reply.status in (400, 404)


def test_a_folded_header_is_refused(server: Server, call: Call) -> None:
    data = frame(call.signed(), call.body).replace(b"X-Amz-Target: ", b"X-Amz-Target:\r\n ")
    refusal(server, data)
    refusal(server, frame([*call.signed(), ("X-More", "a\r\n b")], call.body))


@pytest.mark.parametrize(
    "line",
    [b"X Y: 1", b": 1", b"X-Bad\x00: 1", b"X-Bad: \x00", b"NoColon", b"X-Bad : 1", b"X-Bad: a\rb"],
    ids=["blank in name", "no name", "zero in name", "zero in value", "no colon", "blank before colon", "bare return"],
)
def test_a_broken_header_line_is_refused(server: Server, call: Call, line: bytes) -> None:
    data = frame(call.signed(), call.body)
    refusal(server, data.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n", 1))


@pytest.mark.unverified("status 404 by documentation, 400 in practice")
@pytest.mark.parametrize(
    "prefix", ["TrentService.Nope", "TrentService.", "Nope.ListKeys", "TrentService.listKeys", "ListKeys"]
)
def test_a_target_that_nobody_knows_is_an_unknown_operation(server: Server, prefix: str) -> None:
    call = Call(server.host, operation="", prefix=prefix)
    for headers in (call.signed(), call.unsigned()):
        reply = exchange(server.port, frame(headers, call.body))
        assert reply.status in (400, 404) and reply.type == "UnknownOperationException", reply.body


@pytest.mark.unverified("the status of another path or method")
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("PUT", "/"), ("DELETE", "/"), ("POST", "/keys"), ("OPTIONS", "*")]
)
def test_only_post_to_the_root_is_served(server: Server, call: Call, method: str, path: str) -> None:
    assert exchange(server.port, frame(call.signed(), call.body, method, path)).status in (400, 403, 404, 405)


def test_no_host_is_no_request(server: Server, call: Call) -> None:
    refusal(server, frame([header for header in call.signed() if header[0] != "Host"], call.body))


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 64,
        b"\r\n" * 64,
        b"GET",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500,
        b"{}\r\n\r\n",
    ],
    ids=["zeros", "blank lines", "half a word", "future version", "TLS hello", "JSON"],
)
def test_what_is_no_http_ends_the_connection_alone(server: Server, call: Call, data: bytes) -> None:
    with Connection(server.port) as connection:
        connection.send(data).finish()
        reply = connection.reply()
        assert reply is None or 400 <= reply.status < 600
    assert exchange(server.port, frame(call.signed(), call.body)).status == 200


def test_members_that_come_twice_are_refused(server: Server, kms: BaseClient, key: Key, other_key: Key) -> None:
    bodies = {
        "DisableKey": f'{{"KeyId":"{key.id}","KeyId":"{other_key.id}"}}',
        "UpdateKeyDescription": f'{{"KeyId":"{key.id}","Description":"a","\\u0044escription":"b"}}',
        "Encrypt": f'{{"KeyId":"{key.id}","Plaintext":"eA==","EncryptionContext":{{"a":"1","a":"2"}}}}',
        "TagResource": f'{{"KeyId":"{key.id}","Tags":[{{"TagKey":"a","TagKey":"b","TagValue":"c"}}]}}',
    }
    for operation, body in bodies.items():
        reply = perform(server.host, operation, body.encode())
        assert (reply.status, reply.type) == (400, "SerializationException"), (operation, reply.body)
    for target in (key, other_key):
        described = kms.describe_key(KeyId=target.id)["KeyMetadata"]
        assert (described["KeyState"], described["Description"]) == ("Enabled", "")


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("member", ["KeyId", "Unknown"])
def test_deep_nesting_is_refused_and_harmless(server: Server, member: str, opening: str) -> None:
    body = f'{{"{member}":{opening * 10_000}'
    reply = perform(server.host, "DescribeKey", body.encode())
    assert (reply.status, reply.type) == (400, "SerializationException"), reply.body[:200]
    closing = {"[": "]", '{"a":': "}"}[opening]
    whole = f'{{"{member}":{opening * 10_000}1{closing * 10_000}}}'
    assert perform(server.host, "DescribeKey", whole.encode()).status == 400


@pytest.mark.unverified("the exact size at which a body is too large")
def test_a_body_without_measure_is_refused_before_it_is_read(server: Server, call: Call) -> None:
    head = frame([*call.signed(), ("Content-Length", str(2**30))], b"", length=False)
    reply = exchange(server.port, head)
    assert (reply.status, reply.type) == (413, "RequestEntityTooLargeException")


def test_an_endless_chunked_body_is_cut(server: Server, call: Call) -> None:
    head = frame([*call.signed(), ("Transfer-Encoding", "chunked")], b"", length=False)
    with Connection(server.port) as connection:
        connection.send(head)
        for _ in range(64):
            connection.send(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
        reply = connection.reply()
        assert reply is None or 400 <= reply.status < 500


@pytest.mark.parametrize(
    "headers", [[("X-Long", "x" * 10_000_000)], [(f"X-{n}", "x") for n in range(100_000)]], ids=["long", "many"]
)
def test_headers_without_measure_are_refused(server: Server, call: Call, headers: Headers) -> None:
    refusal(server, frame([*call.signed(), *headers], call.body))


def test_every_modelled_size_fits(server: Server, key: Key) -> None:
    context = {f"name-{number}": "v" * 60 for number in range(100)}
    members = {"KeyId": key.id, "Plaintext": "eHh4" * 1365, "EncryptionContext": context}
    assert perform(server.host, "Encrypt", members).status == 200
    assert perform(server.host, "UpdateKeyDescription", {"KeyId": key.id, "Description": "\u9375" * 8192}).status == 200


def test_slow_clients_disturb_nobody_and_are_cut_off(server: Server, kms: BaseClient) -> None:
    data = frame(Call(server.host).signed(), b'{"NumberOfBytes":8}')
    parts = [data[: len(data) * (number + 1) // (SLOW_CLIENTS + 1)] for number in range(SLOW_CLIENTS)]
    slow = [Connection(server.port).send(part) for part in parts]
    try:
        for _ in range(20):
            assert len(kms.generate_random(NumberOfBytes=8)["Plaintext"]) == 8
        with ThreadPoolExecutor(SLOW_CLIENTS) as pool:
            ends = list(pool.map(cut_off, slow))
        assert ends == [True] * SLOW_CLIENTS
    finally:
        for connection in slow:
            connection.__exit__()


def cut_off(connection: Connection) -> bool:
    """Waits until the server ends the connection, with 408 or without a word."""
    reply = connection.reply()
    return reply is None or (reply.status == 408 and connection.is_closed_by_peer())


def test_clients_that_vanish_leave_no_trace(server: Server, call: Call) -> None:
    data = frame(call.signed(), call.body)
    for length in range(1, len(data), 11):
        with Connection(server.port) as connection:
            connection.send(data[:length])
    threads = [threading.Thread(target=exchange, args=(server.port, data)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert exchange(server.port, data).status == 200


class Http2:
    """A client of HTTP/2 that knows beforehand that the server speaks it."""

    def __init__(self, port: int) -> None:
        self.tcp = Connection(port)
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.state.initiate_connection()
        self.bodies: dict[int, bytes] = {}
        self.statuses: dict[int, str] = {}
        self.ended: set[int] = set()

    def request(self, call: Call) -> int:
        """Sends one signed request; gives its stream."""
        stream = self.state.get_next_available_stream_id()
        plain = [(name.lower(), value) for name, value in call.signed() if name != "Host"]
        pseudo = [(":method", "POST"), (":scheme", "http"), (":authority", call.host), (":path", "/")]
        self.state.send_headers(stream, [*pseudo, *plain])
        self.state.send_data(stream, call.body, end_stream=True)
        self.tcp.send(self.state.data_to_send())
        return stream

    def finish(self, streams: set[int]) -> None:
        """Reads until all these streams have ended."""
        while not streams <= self.ended:
            data = self.tcp.socket.recv(65_536)
            assert data, "the server closed the connection"
            for event in self.state.receive_data(data):
                self._note(event)
            self.tcp.send(self.state.data_to_send())

    def _note(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ResponseReceived):
            self.statuses[event.stream_id] = dict(event.headers)[":status"]
        if isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
            self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
            self.ended.add(event.stream_id)


def test_http2_serves_many_streams_of_one_connection(server: Server) -> None:
    client = Http2(server.port)
    with client.tcp:
        sizes = {client.request(Call(server.host, body=b'{"NumberOfBytes":%d}' % (3 * n))): n for n in range(1, 20)}
        client.finish(set(sizes))
        assert set(client.statuses.values()) == {"200"}
        lengths = {stream: len(json.loads(client.bodies[stream])["Plaintext"]) for stream in sizes}
        assert lengths == {stream: 4 * n for stream, n in sizes.items()}


def test_http2_is_authenticated_like_http1(server: Server, call: Call) -> None:
    client = Http2(server.port)
    with client.tcp:
        spoilt = client.request(Call(server.host, account=Account(ACCOUNT_A.id, ACCOUNT_A.access_key_id, "wrong")))
        served = client.request(call)
        client.finish({spoilt, served})
        assert (client.statuses[served], client.statuses[spoilt]) == ("200", "400")
        assert json.loads(client.bodies[spoilt])["__type"] == "InvalidSignatureException"
