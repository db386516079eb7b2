//! One audit record, in CloudTrail's fields and order, written as a single line of JSON.

use std::io::Write as _;
use std::net::IpAddr;

use claviger_names::AccountId;
use jiff::Timestamp;

use crate::json::{Object, string};
use crate::json_text::{Form, Span};
use crate::outline::{Outline, ResourceOutline, ResourceOutlines};
use crate::redact::without_credentials;
use crate::time::event_time;
use crate::{EventId, Identity, Json, RequestId};

/// CloudTrail's version of the record format.
pub(crate) const EVENT_VERSION: &str = "1.11";

/// Longest record, in bytes of JSON.
pub const RECORD_BYTES_MAX: usize = 256 * 1024;

/// Longest `requestParameters`, `responseElements` or `serviceEventDetails`; a longer one is shown as omitted.
pub const RECORDED_MEMBER_BYTES_MAX: usize = 100 * 1024;

/// Longest `additionalEventData`; a longer one is shown as omitted.
pub const ADDITIONAL_EVENT_DATA_BYTES_MAX: usize = 28 * 1024;

/// Longest single text (user agent, error message, names), before escaping; what is beyond it is cut off.
pub const TEXT_BYTES_MAX: usize = 1024;

/// Most resources that one record lists; what is beyond it is left out.
pub const RESOURCES_MAX: usize = 10;

/// What one request, or one act of the service itself, leaves in the trail.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// When the request was completed.
    pub event_time: Timestamp,
    /// Names this record.
    pub event_id: EventId,
    /// Names the request, as in `x-amzn-RequestId`; none for service events.
    pub request_id: Option<RequestId>,
    /// Such as `kms.amazonaws.com`.
    pub event_source: &'a str,
    /// The operation.
    pub event_name: &'a str,
    /// The Region that served it.
    pub region: &'a str,
    /// Where it came from.
    pub source_ip: SourceIp<'a>,
    /// The client's own description of itself.
    pub user_agent: Option<&'a str>,
    /// Who called.
    pub identity: Identity<'a>,
    /// Why it failed; none when it succeeded.
    pub error: Option<RecordedError<'a>>,
    /// What was asked, without secrets; none is written as `null`.
    pub request_parameters: Option<&'a Json>,
    /// What was answered, for operations that change something; none is written as `null`.
    pub response_elements: Option<&'a Json>,
    /// What fits nowhere else, such as `keyMaterialId`.
    pub additional_event_data: Option<&'a Json>,
    /// The keys and aliases that were touched.
    pub resources: &'a [Resource],
    /// Whether the operation only reads.
    pub read_only: bool,
    /// A call, or an act of the service.
    pub event_type: EventType,
    /// The account that receives this copy; none when the caller is unknown.
    pub recipient_account: Option<AccountId>,
    /// The same in both copies of a call across accounts.
    pub shared_event_id: Option<EventId>,
    /// What a service event did.
    pub service_event_details: Option<&'a Json>,
    /// The VPC endpoint that the request came through.
    pub vpc_endpoint_id: Option<&'a str>,
    /// How the connection was secured.
    pub tls: Option<Tls<'a>>,
    /// Whether the credentials came from a console session.
    pub session_from_console: bool,
}

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub enum SourceIp<'a> {
    /// A peer's address.
    Address(IpAddr),
    /// A service that passed the request on, such as `secretsmanager.amazonaws.com`.
    Service(&'a str),
    /// The service itself.
    Internal,
}

impl From<IpAddr> for SourceIp<'_> {
    fn from(address: IpAddr) -> Self {
        SourceIp::Address(address)
    }
}

/// The error that the caller was told.
#[derive(Clone, Copy, Debug)]
pub struct RecordedError<'a> {
    /// The exception's name.
    pub code: &'a str,
    /// Its message.
    pub message: Option<&'a str>,
}

/// A key or alias that a request touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The owner.
    pub account: AccountId,
    /// Its ARN.
    pub arn: Box<str>,
    /// What CloudTrail calls it.
    pub kind: ResourceKind,
}

/// The resource types of KMS records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// `AWS::KMS::Key`, which aliases are shown as too.
    Key,
}

/// What kind of event a record tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// Somebody called the API.
    ApiCall,
    /// The service acted on its own.
    ServiceEvent,
}

/// The connection's TLS, as negotiated.
#[derive(Clone, Copy, Debug)]
pub struct Tls<'a> {
    /// Such as `TLSv1.3`.
    pub version: &'a str,
    /// Such as `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: &'a str,
    /// The host that the client named.
    pub client_provided_host_header: &'a str,
    /// Such as `X25519MLKEM768`.
    pub key_exchange: Option<&'a str>,
}

/// Whether the variable parts of a record are shown or only told to be omitted.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    Full,
    Omitted,
}

impl Record<'_> {
    /// Writes the record into `out`, replacing what was there, as one JSON object of at most [`RECORD_BYTES_MAX`] bytes,
    /// without a line end.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.write_noting(out);
    }

    /// The same, noting where its members stand.
    pub(crate) fn write_noting(&self, out: &mut Vec<u8>) -> Outline {
        let mut outline = self.write_as(out, Detail::Full);
        if out.len() > RECORD_BYTES_MAX {
            outline = self.write_as(out, Detail::Omitted);
        }
        debug_assert_eq!(std::str::from_utf8(out).ok().and_then(Outline::of).as_ref(), Some(&outline));
        outline
    }

    fn write_as(&self, out: &mut Vec<u8>, detail: Detail) -> Outline {
        out.clear();
        let (mut outline, mut object) = (Outline::default(), Object::open(out));
        object.ascii("eventVersion", EVENT_VERSION.as_bytes());
        outline.caller = self.identity.write(object.name("userIdentity"), self.region);
        self.write_call(&mut object, &mut outline);
        self.write_parameters(&mut object, detail, &mut outline);
        self.write_ids(&mut object, &mut outline);
        self.write_service_event(&mut object, detail, &mut outline);
        self.write_connection(&mut object);
        object.close();
        outline
    }

    fn write_call(&self, object: &mut Object<'_>, outline: &mut Outline) {
        object.ascii("eventTime", &event_time(self.event_time));
        outline.time = Timestamp::from_second(self.event_time.as_second()).ok();
        outline.source = Some(object.text("eventSource", within(self.event_source)));
        outline.name = Some(object.text("eventName", within(self.event_name)));
        outline.region = Some(object.text("awsRegion", within(self.region)));
        self.source_ip.write(object.name("sourceIPAddress"));
        if let Some(agent) = self.user_agent {
            object.text("userAgent", within(agent));
        }
        if let Some(error) = self.error {
            outline.error_code = Some(object.text("errorCode", within(error.code)));
            if let Some(message) = error.message {
                object.text("errorMessage", within(&without_credentials(message)));
            }
        }
    }

    fn write_parameters(&self, object: &mut Object<'_>, detail: Detail, outline: &mut Outline) {
        let request = Part { name: "requestParameters", bytes_max: RECORDED_MEMBER_BYTES_MAX };
        outline.request_parameters = request.write_or_null(object, self.request_parameters, detail);
        let response = Part { name: "responseElements", bytes_max: RECORDED_MEMBER_BYTES_MAX };
        response.write_or_null(object, self.response_elements, detail);
        if let Some(json) = self.additional_event_data {
            let data = Part { name: "additionalEventData", bytes_max: ADDITIONAL_EVENT_DATA_BYTES_MAX };
            data.write(object, json, detail);
        }
    }

    fn write_ids(&self, object: &mut Object<'_>, outline: &mut Outline) {
        if let Some(request_id) = self.request_id {
            object.ascii("requestID", &request_id.text());
        }
        outline.event_id = Some(object.ascii("eventID", &self.event_id.text()));
        object.flag("readOnly", self.read_only);
        outline.is_read_only = Some(self.read_only);
        if !self.resources.is_empty() {
            outline.resources = write_resources(object.name("resources"), self.resources);
        }
        outline.kind = Some(object.ascii("eventType", self.event_type.name()));
        object.flag("managementEvent", true);
        if let Some(account) = self.recipient_account {
            object.ascii("recipientAccountId", account.as_bytes());
        }
        outline.recipient = self.recipient_account;
        if let Some(shared) = self.shared_event_id {
            object.ascii("sharedEventID", &shared.text());
        }
    }

    fn write_service_event(&self, object: &mut Object<'_>, detail: Detail, outline: &mut Outline) {
        if let Some(json) = self.service_event_details {
            let details = Part { name: "serviceEventDetails", bytes_max: RECORDED_MEMBER_BYTES_MAX };
            outline.service_event_details = Some(details.write(object, json, detail));
        }
    }

    fn write_connection(&self, object: &mut Object<'_>) {
        if let Some(endpoint) = self.vpc_endpoint_id {
            object.text("vpcEndpointId", within(endpoint));
        }
        object.ascii("eventCategory", b"Management");
        if let Some(tls) = self.tls {
            let mut details = object.object("tlsDetails");
            details.text("tlsVersion", within(tls.version));
            details.text("cipherSuite", within(tls.cipher_suite));
            details.text("clientProvidedHostHeader", within(tls.client_provided_host_header));
            if let Some(exchange) = tls.key_exchange {
                details.text("keyExchange", within(exchange));
            }
            details.close();
        }
        if self.session_from_console {
            object.ascii("sessionCredentialFromConsole", b"true");
        }
    }
}

/// A member of variable shape, and how long it may be.
struct Part {
    name: &'static str,
    bytes_max: usize,
}

impl Part {
    fn write_or_null(&self, object: &mut Object<'_>, json: Option<&Json>, detail: Detail) -> Option<Span> {
        if json.is_none() {
            object.null(self.name);
        }
        json.map(|json| self.write(object, json, detail))
    }

    fn write(&self, object: &mut Object<'_>, json: &Json, detail: Detail) -> Span {
        let bytes = json.as_bytes();
        let out = object.name(self.name);
        let start = out.len();
        match detail == Detail::Full && bytes.len() <= self.bytes_max {
            true => out.extend_from_slice(bytes),
            false => self.write_omitted(out, bytes.len()),
        }
        Span::new(start, out.len(), Form::Other)
    }

    fn write_omitted(&self, out: &mut Vec<u8>, bytes: usize) {
        let mut omitted = Object::open(out);
        omitted.flag("omitted", true);
        omitted.number("originalSize", bytes as u64);
        let reason = omitted.name("reason");
        for part in ["\"", self.name, " too large\""] {
            reason.extend_from_slice(part.as_bytes());
        }
        omitted.close();
    }
}

impl SourceIp<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            SourceIp::Address(address) => {
                out.push(b'"');
                write_address(out, address.to_canonical());
                out.push(b'"');
            }
            SourceIp::Service(domain) => {
                string(out, within(domain));
            }
            SourceIp::Internal => {
                string(out, "AWS Internal");
            }
        }
    }
}

/// IPv4 by hand: it stands in almost every record.
fn write_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => {
            for (index, octet) in address.octets().into_iter().enumerate() {
                let digits = [octet / 100, octet / 10 % 10, octet % 10].map(|digit| b'0' + digit);
                let leading_zeros = usize::from(octet < 100) + usize::from(octet < 10);
                if index > 0 {
                    out.push(b'.');
                }
                out.extend_from_slice(&digits[leading_zeros..]);
            }
        }
        IpAddr::V6(address) => {
            // Writing into memory cannot fail.
            let _ = write!(out, "{address}");
        }
    }
}

impl EventType {
    fn name(self) -> &'static [u8] {
        match self {
            EventType::ApiCall => b"AwsApiCall",
            EventType::ServiceEvent => b"AwsServiceEvent",
        }
    }
}

impl ResourceKind {
    fn name(self) -> &'static [u8] {
        match self {
            ResourceKind::Key => b"AWS::KMS::Key",
        }
    }
}

fn write_resources(out: &mut Vec<u8>, resources: &[Resource]) -> ResourceOutlines {
    let mut outlines = ResourceOutlines::default();
    out.push(b'[');
    for (index, resource) in resources.iter().take(RESOURCES_MAX).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut object = Object::open(out);
        object.ascii("accountId", resource.account.as_bytes());
        let kind = Some(object.ascii("type", resource.kind.name()));
        let arn = Some(object.text("ARN", within(&resource.arn)));
        object.close();
        outlines.push(ResourceOutline { account: Some(resource.account), kind, arn });
    }
    out.push(b']');
    outlines
}

/// The text, cut at the last whole character within [`TEXT_BYTES_MAX`].
pub(crate) fn within(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_everywhere_else() {
        let v4 = (0..=255).map(|octet| IpAddr::from([octet, 0, 255 - octet, 7]));
        for address in v4.chain(["::1".parse().unwrap(), "2001:db8::17".parse().unwrap()]) {
            let mut out = Vec::new();
            SourceIp::Address(address).write(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("\"{address}\""));
        }
    }
}
