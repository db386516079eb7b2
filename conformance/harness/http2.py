"""One request over HTTP/2, in the clear or over TLS."""

import h2.config
import h2.connection
import h2.events

from harness.wire import Call, Connection, Reply


def exchange_over_http2(connection: Connection, call: Call, scheme: str = "http") -> Reply:
    """Sends a signed request on a fresh connection and reads its answer."""
    state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    state.initiate_connection()
    stream = state.get_next_available_stream_id()
    plain = [(name.lower(), value) for name, value in call.signed() if name != "Host"]
    pseudo = [(":method", "POST"), (":scheme", scheme), (":authority", call.host), (":path", "/")]
    state.send_headers(stream, [*pseudo, *plain])
    state.send_data(stream, call.body, end_stream=True)
    headers: dict[str, str] = {}
    body, ended = b"", False
    while not ended:
        connection.send(state.data_to_send())
        data = connection.socket.recv(65_536)
        assert data, "the server closed the connection"
        for event in state.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                headers = dict(event.headers)
            if isinstance(event, h2.events.DataReceived):
                body += event.data
            ended = ended or isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset))
    return Reply(int(headers[":status"]), headers, body)
