//! What records cost: the same requests to a server with its trail, to one that flushes it to disk before every answer, and to
//! one without, which take turns.

use std::time::Duration;

use crate::Failure;
use crate::load;
use crate::process::Server;
use crate::report::Report;
use crate::request::signed;
use crate::scenario::{key_of, median};

/// Connections of the load: so many that flushes are shared, as they are where flushing is worth its price.
const CONNECTIONS: usize = 128;

/// Rounds in which the servers take turns: many, because machines are not as steady as the difference is small.
const ROUNDS: usize = 11;

/// How long a server is under load in a round.
const ROUND: Duration = Duration::from_secs(2);

/// Time between two loads, in which a server sees the last of its trail: at most a fifth of a second's records.
const REST: Duration = Duration::from_millis(500);

/// A server and the key that it is asked for.
struct Asked {
    server: Server,
    body: String,
}

pub(crate) fn measure(report: &mut Report) -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    let at = |name: &str| directory.path().join(name);
    let without = Asked::of(Server::unrecorded(&at("without"))?)?;
    let recorded = Asked::of(Server::claviger(&at("recorded"))?)?;
    let flushed = Asked::of(Server::flushing(&at("flushed"))?)?;
    let mut rates: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (rates, asked) in rates.iter_mut().zip([&without, &recorded, &flushed]) {
            rates.push(asked.rate()?);
            std::thread::sleep(REST);
        }
    }
    report.line(&format!("## Audit, GenerateDataKey, {CONNECTIONS} connections\n"));
    report.line("| records | requests/s | cost | at most |\n|---|---|---|---|");
    let [none, with, on_disk] = &rates;
    report.line(&format!("| none | {:.0} | | |", median(none.clone())));
    for (name, rates, at_most) in
        [("with the operating system", with, "15%"), ("flushed to disk", on_disk, "40%")]
    {
        let shares = rates.iter().zip(none).map(|(rate, none)| 1.0 - rate / none);
        let cost = 100.0 * median(shares.collect());
        report.line(&format!("| {name} | {:.0} | {cost:.1}% | {at_most} |", median(rates.clone())));
    }
    report.line("\nThe cost is the median of the rounds'.\n");
    Ok(())
}

impl Asked {
    fn of(server: Server) -> Result<Asked, Failure> {
        let created = load::once(server.address, &signed(server.address, "CreateKey", "{}")?)?;
        let body = format!(r#"{{"KeyId":"{}","KeySpec":"AES_256"}}"#, key_of(&created)?);
        Ok(Asked { server, body })
    }

    fn rate(&self) -> Result<f64, Failure> {
        let request = signed(self.server.address, "GenerateDataKey", &self.body)?;
        Ok(load::run(self.server.address, vec![request; CONNECTIONS], ROUND)?.rate())
    }
}
