//! `claviger account`: accounts and the access keys of their root users.

use std::path::PathBuf;

use claviger_iam::{ControlPolicy, Controls};

use super::service::show_service;
use super::target::socket_of;
use crate::admin::{AccountShown, Answer, Order, ask};
use crate::arguments::{Account, AccountCommand};
use crate::print::{self, Refusal};

/// What AWS Organizations attaches everywhere, unless somebody detaches it.
const FULL_ACCESS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// The same among resource control policies, where nobody can detach it.
const RESOURCE_FULL_ACCESS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

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
        AccountCommand::Limits { id, target } => (Order::Limits { id: *id }, target),
        AccountCommand::Limit { id, service_control, resource_control, allow_list, target } => {
            let full_access = if *allow_list { FullAccess::LeftOut } else { FullAccess::Kept };
            let controls = controls(service_control, resource_control, full_access)?;
            (Order::Limit { id: *id, controls }, target)
        }
    };
    show(ask(&socket_of(target)?, &order)?);
    Ok(())
}

/// Whether the policy that allows everything stands beside the others, as AWS Organizations attaches it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FullAccess {
    Kept,
    LeftOut,
}

/// The control policies in these files; those of a kind stand on one level.
fn controls(service: &[PathBuf], resource: &[PathBuf], full_access: FullAccess) -> Result<Controls, Refusal> {
    let mut service_control = policies(service)?;
    if full_access == FullAccess::Kept && !service_control.is_empty() {
        service_control.push(ControlPolicy { name: "FullAWSAccess".into(), text: FULL_ACCESS.into() });
    }
    let mut resource_control = policies(resource)?;
    if !resource_control.is_empty() {
        resource_control
            .push(ControlPolicy { name: "RCPFullAWSAccess".into(), text: RESOURCE_FULL_ACCESS.into() });
    }
    let levels = |level: Vec<ControlPolicy>| if level.is_empty() { Vec::new() } else { vec![level] };
    Ok(Controls { service_control: levels(service_control), resource_control: levels(resource_control) })
}

fn policies(files: &[PathBuf]) -> Result<Vec<ControlPolicy>, Refusal> {
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        Ok(ControlPolicy { name: name.into(), text: text.into() })
    };
    files.iter().map(read).collect()
}

pub(super) fn show(answer: Answer) {
    match answer {
        Answer::AccessKey { account, access_key_id, secret_access_key } => {
            show_access_key(&format!("root user of account {account}"), &access_key_id, &secret_access_key);
        }
        Answer::ServiceKey { principal, access_key_id, secret_access_key } => {
            show_access_key(&format!("service {principal}"), &access_key_id, &secret_access_key);
        }
        Answer::Services(services) => services.iter().for_each(show_service),
        Answer::Accounts(accounts) => accounts.iter().for_each(show_account),
        Answer::Limits(controls) => show_limits(&controls),
        Answer::Done => print::line("done"),
        Answer::Time(now) => print::line(&now),
        Answer::Refused(why) => print::line(&why),
        // What no order of these is answered with.
        Answer::Access(_) | Answer::Explained(_) | Answer::RecordExplained(_) | Answer::Findings(_) => {}
    }
}

fn show_access_key(owner: &str, id: &str, secret: &str) {
    print::line(&format!("# {owner}; the secret is not shown again"));
    print::line(&format!("export AWS_ACCESS_KEY_ID={id}"));
    print::line(&format!("export AWS_SECRET_ACCESS_KEY={secret}"));
}

fn show_limits(controls: &Controls) {
    let Controls { service_control, resource_control } = controls;
    for (kind, levels) in [("service control", service_control), ("resource control", resource_control)] {
        for ControlPolicy { name, text } in levels.iter().flatten() {
            print::line(&format!("# {kind} policy {name}"));
            print::line(text.trim_end());
        }
    }
    if service_control.is_empty() && resource_control.is_empty() {
        print::line("# no limits");
    }
}

fn show_account(account: &AccountShown) {
    let AccountShown { id, name, created, root_access_keys } = account;
    print::line(&format!(
        "{id}  {name}  created {created}  root access keys: {}",
        root_access_keys.join(" ")
    ));
}
