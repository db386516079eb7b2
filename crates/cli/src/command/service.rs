//! `claviger service`: services that call KMS for themselves and for their users.

use claviger_iam::{IntegratedService, NewService, ServicePrincipal};
use claviger_names::AliasName;

use super::account::show;
use super::target::socket_of;
use crate::admin::{Order, ask};
use crate::arguments::{Service, ServiceCommand};
use crate::print::{self, Refusal};

pub(crate) fn run(options: &Service) -> Result<(), Refusal> {
    let (order, target) = match &options.command {
        ServiceCommand::Create { service, signing_names, managed_key, no_managed_key, target } => {
            let managed_key = match no_managed_key {
                true => None,
                false => Some(alias(managed_key.as_deref().unwrap_or(first_part(service)))?),
            };
            let mut signing_names = match signing_names.is_empty() {
                true => vec![first_part(service).parse()?],
                false => signing_names.clone(),
            };
            signing_names.sort();
            signing_names.dedup();
            let new = NewService { principal: service.clone(), signing_names, managed_key };
            (Order::CreateService(new), target)
        }
        ServiceCommand::List { target } => (Order::ListServices, target),
        ServiceCommand::Delete { service, target } => {
            (Order::DeleteService { principal: service.clone() }, target)
        }
        ServiceCommand::CreateAccessKey { service, target } => {
            (Order::CreateServiceKey { principal: service.clone() }, target)
        }
        ServiceCommand::DeleteAccessKey { service, access_key_id, target } => {
            let access_key_id = access_key_id.clone();
            (Order::DeleteServiceKey { principal: service.clone(), access_key_id }, target)
        }
    };
    show(ask(&socket_of(target)?, &order)?);
    Ok(())
}

/// What a list shows of a service.
pub(super) fn show_service(service: &IntegratedService) {
    let IntegratedService { principal, created, access_keys, signing_names, managed_key } = service;
    let alias = managed_key.as_ref().map_or("no managed key", AliasName::as_str);
    print::line(&format!(
        "{principal}  created {created}  signed for {}  {alias}  access keys: {}",
        listed(signing_names),
        listed(access_keys)
    ));
}

fn listed(names: &[impl ToString]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn first_part(service: &ServicePrincipal) -> &str {
    service.label().split('.').next().unwrap_or_default()
}

fn alias(name: &str) -> Result<AliasName, Refusal> {
    let name = name.strip_prefix("alias/aws/").unwrap_or(name);
    if name.is_empty() || name.contains('/') {
        return Err(format!("alias/aws/{name}: the name of a managed key has one part, such as ebs").into());
    }
    format!("alias/aws/{name}").parse().map_err(|error| format!("{name}: {error}").into())
}
