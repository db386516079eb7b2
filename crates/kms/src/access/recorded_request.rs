//! What a recorded request stated: the members of its `requestParameters` that decide.

use std::borrow::Cow;
use std::collections::BTreeMap;

use claviger_clock::Timestamp;
use claviger_wire::Enumerated;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::recorded::OwnedPairs;
use crate::gate::{Particulars, Stated};
use crate::model::{
    Constraints, ContextConstraint, EncryptionAlgorithm, ExpirationModel, GrantAsk, GrantOperation,
    KeyAgreementAlgorithm, KeyPairSpec, KeyTraits, MacAlgorithm, MessageType, MultiRegionKeyType, PartyName,
    SigningAlgorithm, Tags, WrappingAlgorithmName, WrappingKeySpecName,
};
use crate::op::{DEFAULT_PERIOD_DAYS, DEFAULT_WINDOW_DAYS, Facts};

/// The members of a request that decide, owned.
#[derive(Default)]
pub(super) struct RecordedRequest {
    /// The key, however it was named.
    pub key: Option<String>,
    /// The alias that the key was named by.
    pub named_alias: Option<String>,
    /// The alias that the request is about.
    pub alias: Option<String>,
    contexts: [OwnedPairs; 2],
    algorithms: [Option<&'static str>; 2],
    bypasses_lockout_check: Option<bool>,
    pending_window_days: Option<i64>,
    rotation_period_days: Option<i64>,
    policy_name: Option<String>,
    tags: Option<Tags>,
    tag_keys: Vec<Cow<'static, str>>,
    new_key: Option<KeyTraits>,
    grant: Option<RecordedTerms>,
    particulars: Particulars<'static>,
    /// The Region that it is to replicate to, or to make the primary one.
    region: Option<(Move, String)>,
}

/// What a request does with a Region.
#[derive(Clone, Copy)]
enum Move {
    Replica,
    Primary,
}

/// The grant that a request was to make.
struct RecordedTerms {
    operations: Vec<GrantOperation>,
    constraints: Constraints,
    grantee: RecordedParty,
    retiring: Option<RecordedParty>,
}

enum RecordedParty {
    Principal(String),
    Service(String),
}

impl RecordedRequest {
    pub(super) fn read(record: &Value) -> RecordedRequest {
        let sent = &record["requestParameters"];
        let key = text(sent, "/keyId").or(text(sent, "/targetKeyId")).or(text(sent, "/sourceKeyId"));
        let named = text(sent, "/keyId").and_then(|key| key.find("alias/").map(|at| key[at..].to_owned()));
        let is = |name| text(record, "/eventName") == Some(name);
        let window_days = sent.get("pendingWindowInDays").and_then(Value::as_i64);
        RecordedRequest {
            key: key.map(str::to_owned),
            named_alias: named,
            alias: text(sent, "/aliasName").map(str::to_owned),
            contexts: match is("ReEncrypt") {
                true => [pairs(sent, "sourceEncryptionContext"), pairs(sent, "destinationEncryptionContext")],
                false => [pairs(sent, "encryptionContext"), Vec::new()],
            },
            algorithms: match is("ReEncrypt") {
                true => [
                    algorithm(sent, "sourceEncryptionAlgorithm"),
                    algorithm(sent, "destinationEncryptionAlgorithm"),
                ],
                false => [encryption_algorithm(sent, text(record, "/eventName").unwrap_or_default()), None],
            },
            // Of ReplicateKey, only the creation that is part of it has this.
            bypasses_lockout_check: (sent.get("bypassPolicyLockoutSafetyCheck").and_then(Value::as_bool))
                .filter(|_| !is("ReplicateKey")),
            pending_window_days: is("ScheduleKeyDeletion")
                .then(|| window_days.unwrap_or(DEFAULT_WINDOW_DAYS)),
            rotation_period_days: is("EnableKeyRotation").then(|| {
                sent.get("rotationPeriodInDays").and_then(Value::as_i64).unwrap_or(DEFAULT_PERIOD_DAYS)
            }),
            policy_name: text(sent, "/policyName").map(str::to_owned),
            tags: tags(sent),
            tag_keys: texts(sent, "tagKeys").map(|key| Cow::Owned(key.to_owned())).collect(),
            new_key: is("CreateKey").then(|| traits(sent)),
            grant: terms(sent).filter(|_| is("CreateGrant")),
            particulars: particulars(sent, text(record, "/eventName").unwrap_or_default()),
            region: region(sent),
        }
    }

    /// Whether it makes a key that is tagged at once.
    pub(super) fn creates_tags(&self) -> bool {
        self.new_key.is_some() && self.tags.as_ref().is_some_and(|tags| !tags.is_empty())
    }

    /// What it states for one of its permissions; `keys` is how many different keys it is about.
    pub(super) fn stated(&self, facts: &Facts, keys: usize) -> Stated<'_> {
        let second = usize::from(facts.grant == Some(GrantOperation::ReEncryptTo));
        let re_encrypts =
            matches!(facts.grant, Some(GrantOperation::ReEncryptFrom | GrantOperation::ReEncryptTo));
        Stated {
            context: &self.contexts[second],
            grant: self.grant.as_ref().map(RecordedTerms::ask),
            encryption_algorithm: self.algorithms[second],
            bypasses_lockout_check: self.bypasses_lockout_check,
            pending_window_days: self.pending_window_days,
            rotation_period_days: self.rotation_period_days,
            policy_name: self.policy_name.as_deref(),
            tags: self.tags.as_ref(),
            tag_keys: &self.tag_keys,
            new_key: self.new_key,
            re_encrypts_on_same_key: re_encrypts.then_some(keys == 1),
            grant_tokens: &[],
            particulars: match &self.region {
                Some((Move::Replica, region)) => Particulars::ReplicaRegion(region),
                Some((Move::Primary, region)) => Particulars::PrimaryRegion(region),
                None => self.particulars,
            },
        }
    }
}

impl RecordedTerms {
    fn ask(&self) -> GrantAsk<'_> {
        let RecordedTerms { operations, constraints, grantee, retiring } = self;
        GrantAsk {
            operations,
            constraints,
            grantee: grantee.name(),
            retiring: retiring.as_ref().map(RecordedParty::name),
        }
    }
}

impl RecordedParty {
    fn name(&self) -> PartyName<'_> {
        match self {
            RecordedParty::Principal(arn) => PartyName::Principal(arn),
            RecordedParty::Service(name) => PartyName::Service(name),
        }
    }
}

/// The text at a place of a JSON value.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn texts<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v str> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

fn pairs(value: &Value, name: &str) -> OwnedPairs {
    let map = value.get(name).and_then(Value::as_object);
    let pairs = map.into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone().into(), value.as_str()?.to_owned().into()))).collect()
}

/// Data keys are encrypted with one algorithm, which their requests do not name.
fn encryption_algorithm(sent: &Value, operation: &str) -> Option<&'static str> {
    match operation.starts_with("GenerateDataKey") {
        true => Some(EncryptionAlgorithm::SYMMETRIC_DEFAULT.name()),
        false => algorithm(sent, "encryptionAlgorithm"),
    }
}

fn algorithm(sent: &Value, name: &str) -> Option<&'static str> {
    named::<EncryptionAlgorithm>(sent, name).map(EncryptionAlgorithm::name)
}

/// What only requests of this operation state.
fn particulars(sent: &Value, operation: &str) -> Particulars<'static> {
    let stated = match operation {
        "Sign" | "Verify" => {
            let message_type = named::<MessageType>(sent, "messageType").unwrap_or_default().name();
            let algorithm = named::<SigningAlgorithm>(sent, "signingAlgorithm");
            algorithm.map(|algorithm| Particulars::Signing { algorithm: algorithm.name(), message_type })
        }
        "GenerateMac" | "VerifyMac" => named::<MacAlgorithm>(sent, "macAlgorithm")
            .map(|algorithm| Particulars::Mac { algorithm: algorithm.name() }),
        "DeriveSharedSecret" => named::<KeyAgreementAlgorithm>(sent, "keyAgreementAlgorithm")
            .map(|algorithm| Particulars::KeyAgreement { algorithm: algorithm.name() }),
        "GenerateDataKeyPair" | "GenerateDataKeyPairWithoutPlaintext" => {
            named::<KeyPairSpec>(sent, "keyPairSpec")
                .map(|spec| Particulars::DataKeyPair { spec: spec.name() })
        }
        "GetParametersForImport" => wrapping_key(sent),
        "ImportKeyMaterial" => Some(Particulars::Import {
            expiration_model: named::<ExpirationModel>(sent, "expirationModel").map(ExpirationModel::name),
            valid_to: text(sent, "/validTo").and_then(moment),
        }),
        _ => None,
    };
    stated.unwrap_or_default()
}

fn wrapping_key(sent: &Value) -> Option<Particulars<'static>> {
    let algorithm = named::<WrappingAlgorithmName>(sent, "wrappingAlgorithm")?.name();
    let spec = named::<WrappingKeySpecName>(sent, "wrappingKeySpec")?.name();
    Some(Particulars::WrappingKey { algorithm, spec })
}

/// A moment as CloudTrail shows it, `Aug 10, 2022, 10:38:27 PM` in UTC; older records have no comma behind the year.
fn moment(text: &str) -> Option<Timestamp> {
    let plain = text.replace(',', "");
    let civil = DateTime::strptime("%b %d %Y %I:%M:%S %p", plain).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

fn region(sent: &Value) -> Option<(Move, String)> {
    let of = |member: &str, what| text(sent, member).map(|region| (what, region.to_owned()));
    of("/replicaRegion", Move::Replica).or_else(|| of("/primaryRegion", Move::Primary))
}

fn tags(sent: &Value) -> Option<Tags> {
    let list = sent.get("tags")?.as_array()?;
    Tags::of_request(list.iter().filter_map(|tag| Some((text(tag, "/tagKey")?, text(tag, "/tagValue")?))))
        .ok()
}

fn traits(sent: &Value) -> KeyTraits {
    let is_multi_region = sent.get("multiRegion").and_then(Value::as_bool) == Some(true);
    // The record of a replica's creation tells it apart from that of a primary.
    let role = text(sent, "/multiRegionKeyType").and_then(MultiRegionKeyType::of_name);
    KeyTraits {
        spec: named(sent, "keySpec").unwrap_or_default(),
        usage: named(sent, "keyUsage").unwrap_or_default(),
        origin: named(sent, "origin").unwrap_or_default(),
        multi_region: is_multi_region.then_some(role.unwrap_or(MultiRegionKeyType::Primary)),
    }
}

fn terms(sent: &Value) -> Option<RecordedTerms> {
    let party = |which: &str| {
        let principal = text(sent, &format!("/{which}Principal")).map(str::to_owned);
        let service = text(sent, &format!("/{which}ServicePrincipal")).map(str::to_owned);
        principal.map(RecordedParty::Principal).or(service.map(RecordedParty::Service))
    };
    let of_name = |name| {
        GrantOperation::NAMES.iter().find(|(known, _)| *known == name).map(|(_, operation)| *operation)
    };
    let constraints = sent.get("constraints").unwrap_or(&Value::Null);
    let map = |name: &str| -> Option<BTreeMap<Box<str>, Box<str>>> {
        let pairs = pairs(constraints, name).into_iter();
        let map: BTreeMap<_, _> = pairs.map(|(key, value)| (Box::from(&*key), Box::from(&*value))).collect();
        (!map.is_empty()).then_some(map)
    };
    let equals = map("encryptionContextEquals").map(ContextConstraint::Equals);
    let context = equals.or_else(|| map("encryptionContextSubset").map(ContextConstraint::Subset));
    Some(RecordedTerms {
        operations: texts(sent, "operations").filter_map(of_name).collect(),
        constraints: Constraints { context, source_arn: text(constraints, "/sourceArn").map(Box::from) },
        grantee: party("grantee")?,
        retiring: party("retiring"),
    })
}

/// The member of a closed set that a text names.
fn named<E: Enumerated + Copy>(sent: &Value, name: &str) -> Option<E> {
    let text = sent.get(name)?.as_str()?;
    E::NAMES.iter().find(|(known, _)| *known == text).map(|(_, member)| *member)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::op;

    fn facts(name: &str) -> Facts {
        op::find(name).unwrap().facts
    }

    #[test]
    fn an_import_states_what_was_sent_of_its_date_and_model() {
        let read = |parameters: Value| {
            let record = json!({"eventName": "ImportKeyMaterial", "requestParameters": parameters});
            RecordedRequest::read(&record)
        };
        let importing = facts("ImportKeyMaterial");
        let valid_to = Some("2025-05-21T05:47:45Z".parse().unwrap());
        for date in ["May 21, 2025, 5:47:45 AM", "May 21, 2025 5:47:45 AM"] {
            let request = read(json!({"validTo": date, "expirationModel": "KEY_MATERIAL_EXPIRES"}));
            let found = request.stated(&importing, 1).particulars;
            let expiration_model = Some("KEY_MATERIAL_EXPIRES");
            assert_eq!(found, Particulars::Import { expiration_model, valid_to }, "{date}");
        }
        let empty = Particulars::Import { expiration_model: None, valid_to: None };
        assert_eq!(read(json!({})).stated(&importing, 1).particulars, empty);
        let record = json!({"eventName": "GetParametersForImport", "requestParameters": {
            "wrappingAlgorithm": "RSAES_OAEP_SHA_1", "wrappingKeySpec": "RSA_2048"}});
        let request = RecordedRequest::read(&record);
        let found = request.stated(&facts("GetParametersForImport"), 1).particulars;
        assert_eq!(found, Particulars::WrappingKey { algorithm: "RSAES_OAEP_SHA_1", spec: "RSA_2048" });
    }

    #[test]
    fn both_sides_of_a_re_encryption_state_their_own_context() {
        let record = json!({"eventName": "ReEncrypt", "requestParameters": {
            "sourceEncryptionContext": {"a": "1"}, "destinationEncryptionContext": {"b": "2"},
            "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT", "destinationKeyId": "x"}});
        let request = RecordedRequest::read(&record);
        let [from, to]: [Facts; 2] = facts("ReEncrypt").permissions().collect::<Vec<_>>().try_into().unwrap();
        let pairs = |facts: &Facts| request.stated(facts, 2).pairs().collect::<Vec<_>>();
        assert_eq!((pairs(&from), pairs(&to)), (vec![("a", "1")], vec![("b", "2")]));
        assert_eq!(request.stated(&from, 2).encryption_algorithm, Some("SYMMETRIC_DEFAULT"));
        assert_eq!(request.stated(&from, 2).re_encrypts_on_same_key, Some(false));
        assert_eq!(request.stated(&to, 1).re_encrypts_on_same_key, Some(true));
    }

    #[test]
    fn the_terms_of_a_grant_are_stated_as_they_were_sent() {
        let record = json!({"eventName": "CreateGrant", "requestParameters": {
            "keyId": "arn:aws:kms:us-east-1:111122223333:alias/app", "granteeServicePrincipal": "s3.amazonaws.com",
            "operations": ["Decrypt", "Nothing"], "constraints": {"encryptionContextSubset": {"a": "1"},
            "sourceArn": "arn:aws:s3:us-east-1:111122223333:x"}}});
        let request = RecordedRequest::read(&record);
        assert_eq!(request.named_alias.as_deref(), Some("alias/app"));
        let ask = request.stated(&facts("CreateGrant"), 1).grant.unwrap();
        assert_eq!(
            (ask.operations, ask.grantee),
            (&vec![GrantOperation::Decrypt], PartyName::Service("s3.amazonaws.com"))
        );
        assert_eq!(ask.constraints.context.as_ref().unwrap().name(), "EncryptionContextSubset");
        assert!(ask.constraints.source_arn.is_some() && ask.retiring.is_none());
    }

    #[test]
    fn the_creation_of_a_replica_is_told_from_that_of_a_primary() {
        let role = |sent: Value| {
            let record = json!({"eventName": "CreateKey", "requestParameters": sent});
            let request = RecordedRequest::read(&record);
            request.stated(&facts("CreateKey"), 0).new_key.unwrap().multi_region
        };
        assert_eq!(role(json!({})), None);
        assert_eq!(role(json!({"multiRegion": true})), Some(MultiRegionKeyType::Primary));
        let replica = json!({"multiRegion": true, "multiRegionKeyType": "REPLICA"});
        assert_eq!(role(replica), Some(MultiRegionKeyType::Replica));
    }

    #[test]
    fn what_a_request_leaves_out_has_its_default() {
        let deletion = json!({"eventName": "ScheduleKeyDeletion", "requestParameters": {"keyId": "x"}});
        let stated = RecordedRequest::read(&deletion);
        assert_eq!(stated.stated(&facts("ScheduleKeyDeletion"), 1).pending_window_days, Some(30));
        let rotation = json!({"eventName": "EnableKeyRotation", "requestParameters": {"keyId": "x"}});
        let stated = RecordedRequest::read(&rotation);
        assert_eq!(stated.stated(&facts("EnableKeyRotation"), 1).rotation_period_days, Some(365));
        let creation = json!({"eventName": "CreateKey", "requestParameters": {"keySpec": "RSA_2048",
            "keyUsage": "SIGN_VERIFY", "tags": [{"tagKey": "a", "tagValue": "1"}]}});
        let request = RecordedRequest::read(&creation);
        assert!(request.creates_tags());
        assert_eq!(request.stated(&facts("CreateKey"), 0).new_key.unwrap().spec.name(), "RSA_2048");
        assert!(
            !RecordedRequest::read(&json!({"eventName": "ListKeys", "requestParameters": null}))
                .creates_tags()
        );
    }
}
