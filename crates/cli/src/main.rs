//! The binary `claviger`: a server for development or production, and the commands that administer it.

mod admin;
mod aftermath;
mod arguments;
mod command;
mod delivery;
mod harden;
mod issuers;
mod log;
mod moment;
mod node;
mod period;
mod print;
mod user_directory;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// A request allocates some thirty times, from either thread: `make bench` measures what this brings.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let result = match command {
        Command::Dev(options) => command::dev::run(&options),
        Command::Init(options) => command::init::run(&options),
        Command::Serve(options) => command::serve::run(&options),
        Command::Account(options) => command::account::run(&options),
        Command::Service(options) => command::service::run(&options),
        Command::Clock(options) => command::clock::run(&options),
        Command::Policy(options) => command::policy::run(&options),
        Command::Access(options) => command::access::run(&options),
        Command::Explain(options) => command::explain::run(&options),
        Command::Audit(options) => command::audit::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            print::error(&*refusal);
            ExitCode::FAILURE
        }
    }
}
