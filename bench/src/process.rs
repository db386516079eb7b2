//! A server process under measurement: started, asked for its figures, ended.

use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::Failure;
use crate::bare;
use crate::request::{ACCESS_KEY_ID, SECRET};

/// A running server, ended when dropped.
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start until it said that it is ready.
    pub started_in: Duration,
    // Held open: a server whose reader is gone cannot write.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Claviger as it is served for development, with everything on disk.
    pub(crate) fn claviger(data: &Path) -> Result<Server, Failure> {
        let mut command = Command::new(binary()?);
        command.args(["dev", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        Server::start(command)
    }

    /// The same, with records flushed to disk before an answer leaves.
    pub(crate) fn flushing(data: &Path) -> Result<Server, Failure> {
        let mut command = Command::new(binary()?);
        command.args(["dev", "--listen", "127.0.0.1:0", "--durability", "disk", "--data"]).arg(data);
        Server::start(command)
    }

    /// The same without records.
    pub(crate) fn unrecorded(data: &Path) -> Result<Server, Failure> {
        let mut command = Command::new(std::env::current_exe()?.with_file_name("claviger-unrecorded"));
        command.arg(data).args([ACCESS_KEY_ID, SECRET]);
        Server::start(command)
    }

    /// The bare server, whose answers have so many bytes.
    pub(crate) fn bare(answer_bytes: usize) -> Result<Server, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([bare::COMMAND, &answer_bytes.to_string()]);
        Server::start(command)
    }

    fn start(mut command: Command) -> Result<Server, Failure> {
        let begun = Instant::now();
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let mut address = None;
        loop {
            let line = output.next().ok_or("the server ended")??;
            let found = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
            address = address.or_else(|| found.and_then(|text| text.trim_end_matches(';').parse().ok()));
            if line == "Ready." {
                break;
            }
        }
        let address = address.ok_or("the server names no address")?;
        Ok(Server { process, address, started_in: begun.elapsed(), _output: output })
    }

    /// Processor time it has taken, in user and system mode together.
    pub(crate) fn processor_time(&self) -> Result<Duration, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let behind_name = stat.rsplit_once(')').ok_or("no stat")?.1;
        let ticks: u64 =
            behind_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }

    /// Memory that it holds, in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // In good order: a server that counts for a profile writes down at its end what it counted.
        let told = Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(told, Signal::TERM);
        let _ = self.process.wait();
    }
}

/// The release build of the binary, beside this program.
fn binary() -> Result<PathBuf, Failure> {
    let beside = std::env::current_exe()?.with_file_name("claviger");
    match beside.exists() {
        true => Ok(beside),
        false => Err("build it first: scripts/build-release claviger-cli".into()),
    }
}
