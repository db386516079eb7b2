//! Principals as a document names them.

use claviger_names::AccountId;

use crate::document::Kind;
use crate::fault::PolicyFault;

/// Longest principal that is taken, as the model has it for grantees.
const PRINCIPAL_BYTES_MAX: usize = 256;

/// Characters of a user's or role's unique id, with its prefix.
const UNIQUE_ID_BYTES: usize = 21;

/// A principal, as far as its text tells; whether it exists is for others to say.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalText {
    /// `*`
    Anyone,
    /// An account, by number or by its root ARN.
    Account(AccountId),
    /// A user's ARN.
    User(Box<str>),
    /// A role's ARN.
    Role(Box<str>),
    /// A role session's ARN.
    AssumedRole(Box<str>),
    /// A federated user session's ARN.
    FederatedUser(Box<str>),
    /// The unique id of a user (`AIDA…`) or role (`AROA…`).
    UniqueId(Box<str>),
    /// An AWS service, such as `logs.amazonaws.com`.
    Service(Box<str>),
    /// An identity provider: its ARN, or the name of a well-known one.
    Federated(Box<str>),
}

impl PrincipalText {
    /// Reads one principal of a family, `AWS`, `Service` or `Federated`, as documents of this kind take it.
    pub fn parse(kind: Kind, family: &str, text: &str) -> Result<PrincipalText, PolicyFault> {
        let principal = match (family, kind) {
            ("AWS", _) => aws_principal(text),
            ("Service", Kind::Key | Kind::Trust) => service_principal(text),
            ("Federated", Kind::Trust) => federated_principal(text),
            _ => None,
        };
        principal.ok_or_else(|| invalid(kind, family, text))
    }

    /// What it is called: an ARN, a number, an id or a name.
    pub fn text(&self) -> &str {
        match self {
            PrincipalText::Anyone => "*",
            PrincipalText::Account(account) => account.as_str(),
            PrincipalText::User(text)
            | PrincipalText::Role(text)
            | PrincipalText::AssumedRole(text)
            | PrincipalText::FederatedUser(text)
            | PrincipalText::UniqueId(text)
            | PrincipalText::Service(text)
            | PrincipalText::Federated(text) => text,
        }
    }

    /// What is said of this principal when it does not exist.
    pub(crate) fn invalid(&self, kind: Kind) -> PolicyFault {
        match self {
            PrincipalText::Anyone => invalid(kind, "AWS", "*"),
            PrincipalText::Account(account) => invalid(kind, "AWS", account.as_str()),
            PrincipalText::User(text)
            | PrincipalText::Role(text)
            | PrincipalText::AssumedRole(text)
            | PrincipalText::FederatedUser(text)
            | PrincipalText::UniqueId(text) => invalid(kind, "AWS", text),
            PrincipalText::Service(text) => invalid(kind, "SERVICE", text),
            PrincipalText::Federated(text) => invalid(kind, "FEDERATED", text),
        }
    }
}

/// The kind's fault for a principal that is none.
pub(crate) fn invalid(kind: Kind, family: &str, text: &str) -> PolicyFault {
    match kind {
        Kind::Trust => PolicyFault::InvalidTrustPrincipal { family: family.into(), text: text.into() },
        _ => PolicyFault::InvalidPrincipal,
    }
}

fn aws_principal(text: &str) -> Option<PrincipalText> {
    if text == "*" {
        return Some(PrincipalText::Anyone);
    }
    if let Ok(account) = text.parse() {
        return Some(PrincipalText::Account(account));
    }
    if is_unique_id(text) {
        return Some(PrincipalText::UniqueId(text.into()));
    }
    let (service, account, resource) = arn(text)?;
    let account: AccountId = account.parse().ok()?;
    let named = |kind: &str| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty());
    match service {
        "iam" if resource == "root" => Some(PrincipalText::Account(account)),
        "iam" if named("user/") => Some(PrincipalText::User(text.into())),
        "iam" if named("role/") => Some(PrincipalText::Role(text.into())),
        "sts" if named("assumed-role/") => Some(PrincipalText::AssumedRole(text.into())),
        "sts" if named("federated-user/") => Some(PrincipalText::FederatedUser(text.into())),
        _ => None,
    }
}

/// Service, account and resource of a global ARN without wildcards.
fn arn(text: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts[..] else { return None };
    let is_principal = partition.starts_with("aws") && text.len() <= PRINCIPAL_BYTES_MAX;
    (is_principal && !resource.contains(['*', '?'])).then_some((service, account, resource))
}

fn is_unique_id(text: &str) -> bool {
    let prefixed = text.starts_with("AIDA") || text.starts_with("AROA");
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    prefixed && text.len() == UNIQUE_ID_BYTES && text.bytes().all(plain)
}

fn service_principal(text: &str) -> Option<PrincipalText> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let label = |label: &str| !label.is_empty() && label.bytes().all(plain);
    let known_suffix = text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn");
    (known_suffix && text.split('.').all(label)).then(|| PrincipalText::Service(text.into()))
}

fn federated_principal(text: &str) -> Option<PrincipalText> {
    let is_provider = arn(text).is_some_and(|(service, account, resource)| {
        let known = resource.starts_with("oidc-provider/") || resource.starts_with("saml-provider/");
        service == "iam" && known && account.parse::<AccountId>().is_ok()
    });
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    let is_host = text.contains('.') && text.len() <= PRINCIPAL_BYTES_MAX && text.bytes().all(plain);
    (is_provider || is_host).then(|| PrincipalText::Federated(text.into()))
}
