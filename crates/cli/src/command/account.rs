//! `claviger account`: accounts and the access keys of their root users.

use std::path::{Path, PathBuf};

use super::clock::port_of;
use super::serve::configuration;
use crate::admin::{AccountShown, Answer, Order, ask, dev_socket};
use crate::arguments::{Account, AccountCommand, Target};
use crate::print::{self, Refusal};

/// The configuration that is looked for when no server is named.
const DEFAULT_CONFIG: &str = "claviger.toml";

pub(crate) fn run(options: &Account) -> Result<(), Refusal> {
    let (order, target) = match &options.command {
        AccountCommand::Create { id, name, target } => {
            (Order::CreateAccount { id: *id, name: name.clone() }, target)
        }
        AccountCommand::List { target } => (Order::ListAccounts, target),
        AccountCommand::CreateAccessKey { id, target } => (Order::CreateAccessKey { id: *id }, target),
        AccountCommand::DeleteAccessKey { id, access_key_id, target } => {
            (Order::DeleteAccessKey { id: *id, access_key_id: access_key_id.to_string() }, target)
        }
    };
    show(ask(&socket_of(target)?, &order)?);
    Ok(())
}

fn socket_of(target: &Target) -> Result<PathBuf, Refusal> {
    match target {
        Target { socket: Some(socket), .. } => Ok(socket.clone()),
        Target { endpoint: Some(endpoint), .. } => Ok(dev_socket(port_of(endpoint)?)?),
        Target { config, .. } => {
            let config = config.as_deref().unwrap_or(Path::new(DEFAULT_CONFIG));
            Ok(configuration(config)?.admin.socket)
        }
    }
}

fn show(answer: Answer) {
    match answer {
        Answer::AccessKey { account, access_key_id, secret_access_key } => {
            print::line(&format!("# root user of account {account}; the secret is not shown again"));
            print::line(&format!("export AWS_ACCESS_KEY_ID={access_key_id}"));
            print::line(&format!("export AWS_SECRET_ACCESS_KEY={}", *secret_access_key));
        }
        Answer::Accounts(accounts) => accounts.iter().for_each(show_account),
        Answer::Done => print::line("done"),
        Answer::Time(now) => print::line(&now),
        Answer::Refused(why) => print::line(&why),
    }
}

fn show_account(account: &AccountShown) {
    let AccountShown { id, name, created, root_access_keys } = account;
    print::line(&format!(
        "{id}  {name}  created {created}  root access keys: {}",
        root_access_keys.join(" ")
    ));
}
