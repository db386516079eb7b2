//! The bare server: hyper alone, on as many threads as Claviger, answering every request with the same bytes.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Failure;
use crate::report::say;

/// The argument that makes this program the bare server.
pub(crate) const COMMAND: &str = "bare-server";

/// Serves for ever. The second argument is the number of bytes that an answer has.
pub(crate) fn serve() -> Result<(), Failure> {
    let bytes: usize = std::env::args().nth(2).ok_or("how many bytes?")?.parse()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        say(&format!("http://{}", listener.local_addr()?));
        say("Ready.");
        let answer = Bytes::from(vec![b'x'; bytes]);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answer = answer.clone();
            let service = service_fn(move |request: Request<Incoming>| respond(request, answer.clone()));
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    })
}

async fn respond(request: Request<Incoming>, answer: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // The request is read as a server must, and its content ignored.
    let _ = request.into_body().collect().await;
    Ok(Response::new(Full::new(answer)))
}
