//! HTTP/2, frame by frame: what a client is told it may do, and what becomes of one that only resets.

use std::collections::HashMap;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::node::{Node, in_memory, settings, start, start_with};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frames, settings and errors by their numbers in RFC 9113.
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const INITIAL_WINDOW_SIZE: u16 = 4;
const MAX_HEADER_LIST_SIZE: u16 = 6;
const CANCEL: [u8; 4] = [0, 0, 0, 8];
const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 11];
const END_HEADERS: u8 = 4;

/// `POST http://x/`, compressed.
const POST: &[u8] = &[0x83, 0x86, 0x84, 0x01, 1, b'x'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

async fn connect(node: &Node) -> TcpStream {
    let mut stream = TcpStream::connect(node.address).await.unwrap();
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
    stream
}

/// The payload of the next frame of this kind; none when the server has closed.
async fn next(stream: &mut TcpStream, kind: u8) -> Option<Vec<u8>> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        stream.read_exact(&mut payload).await.ok()?;
        if head[3] == kind && !payload.is_empty() {
            return Some(payload);
        }
    }
}

#[tokio::test]
async fn a_client_is_told_its_limits() {
    let mut settings = settings();
    settings.limits.http2_streams = 7.try_into().unwrap();
    settings.limits.header_bytes = 9_000.try_into().unwrap();
    let node = start_with(settings, in_memory()).await;
    let mut stream = connect(&node).await;
    let payload = next(&mut stream, SETTINGS).await.unwrap();
    let told: HashMap<u16, u32> = payload
        .chunks(6)
        .map(|one| {
            (u16::from_be_bytes([one[0], one[1]]), u32::from_be_bytes([one[2], one[3], one[4], one[5]]))
        })
        .collect();
    let wanted =
        [(MAX_CONCURRENT_STREAMS, 7), (INITIAL_WINDOW_SIZE, 64 << 10), (MAX_HEADER_LIST_SIZE, 9_000)];
    for (setting, value) in wanted {
        assert_eq!(told.get(&setting), Some(&value), "setting {setting} of {told:?}");
    }
    let window = next(&mut stream, WINDOW_UPDATE).await.unwrap();
    let before = u32::from(u16::MAX);
    assert_eq!(u32::from_be_bytes(window.try_into().unwrap()) + before, 1 << 20);
}

#[tokio::test]
async fn who_opens_requests_only_to_reset_them_is_cut_off() {
    let node = start().await;
    let mut stream = connect(&node).await;
    let reset =
        |stream| [frame(HEADERS, END_HEADERS, stream, POST), frame(RST_STREAM, 0, stream, &CANCEL)].concat();
    let requests: Vec<u8> = (0..60).flat_map(|number| reset(2 * number + 1)).collect();
    stream.write_all(&requests).await.unwrap();
    stream.shutdown().await.unwrap();
    let farewell = next(&mut stream, GOAWAY).await.expect("a farewell");
    assert_eq!(farewell[4..8], ENHANCE_YOUR_CALM);
}
