//! The asking side of the administration socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use zeroize::Zeroizing;

use super::protocol::{Answer, Order};
use crate::print::Refusal;

/// Gives an order to the server at this socket, and waits for its answer. A refusal is an error.
pub(crate) fn ask(socket: &Path, order: &Order) -> Result<Answer, Refusal> {
    let unreachable = |error| format!("no server answers at {}: {error}; is it running?", socket.display());
    let stream = UnixStream::connect(socket).map_err(unreachable)?;
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    let mut answer = Zeroizing::new(String::new());
    BufReader::new(&stream).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(
            "the server closed the administration socket; only its own user and root may use it".into()
        );
    }
    match serde_json::from_str(&answer)? {
        Answer::Refused(why) => Err(why.into()),
        answer => Ok(answer),
    }
}
