//! Tokens of an issuer, and what they are exchanged for.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_clock::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::world::{Told, World};
use crate::{IssuerFault, Issuers, KeySource};

const ISSUER: &str = "https://issuer.example/ci";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/issuer.example/ci";
const AUDIENCE: &str = "sts.amazonaws.com";

struct Issuer {
    key: EncodingKey,
    keys: Value,
}

impl Issuer {
    fn new() -> Issuer {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
        let point = pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let [x, y] = [x, y].map(|half| URL_SAFE_NO_PAD.encode(half));
        let jwk = json!({"kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "x": x, "y": y});
        Issuer { key, keys: json!({"keys": [jwk]}) }
    }

    fn token(&self, claims: &Value) -> String {
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &self.key).unwrap()
    }
}

fn claims(world: &World, more: Value) -> Value {
    let now = world.clock.now().as_second();
    let mut claims = json!({"iss": ISSUER, "sub": "repo-7", "aud": AUDIENCE, "iat": now, "exp": now + 600});
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn knowing(keys: &str) -> Result<Issuers, IssuerFault> {
    Issuers::new([(ISSUER.parse().unwrap(), KeySource::Given(keys.to_owned()))])
}

async fn world(issuer: &Issuer, condition: &str) -> World {
    let world = World::knowing(knowing(&issuer.keys.to_string()).unwrap()).await;
    world.provider("issuer.example/ci", &[AUDIENCE]).await;
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{condition}}}}}"#
    );
    world.role("reader", &trust, None, &[]).await;
    world
}

async fn exchange(world: &World, token: &str) -> Told {
    let members =
        format!("RoleArn=arn:aws:iam::111122223333:role/reader&RoleSessionName=ci&WebIdentityToken={token}");
    world.ask(None, "AssumeRoleWithWebIdentity", &members).await
}

fn refused(told: &Told) -> (String, String) {
    let (_, code, message) = told.error();
    (code, message)
}

#[tokio::test]
async fn a_trusted_subject_becomes_a_session_of_the_role() {
    let issuer = Issuer::new();
    let world = world(
        &issuer,
        r#"{"StringEquals":{"issuer.example/ci:sub":"repo-7","issuer.example/ci:aud":"sts.amazonaws.com"}}"#,
    )
    .await;
    let token = issuer.token(&claims(&world, json!({})));
    let told = exchange(&world, &token).await;
    assert_eq!(told.text("SubjectFromWebIdentityToken"), "repo-7", "{}", told.xml);
    assert_eq!((told.text("Provider"), told.text("Audience")), (PROVIDER.to_owned(), AUDIENCE.to_owned()));
    let record = world.record();
    assert_eq!(record["userIdentity"]["type"], "WebIdentityUser");
    assert_eq!(record["userIdentity"]["principalId"], "issuer.example/ci:sts.amazonaws.com:repo-7");
    assert_eq!(record["recipientAccountId"], "111122223333");
    assert!(!record.to_string().contains(&token));
    let session = world.session(&told).await;
    let who = world.ask(Some(&session), "GetCallerIdentity", "").await;
    assert_eq!(who.text("Arn"), "arn:aws:sts::111122223333:assumed-role/reader/ci");
    let context = world.record()["userIdentity"]["sessionContext"].clone();
    assert_eq!(context["webIdFederationData"]["federatedProvider"], PROVIDER);
}

#[tokio::test]
async fn a_subject_that_the_role_does_not_trust_is_refused() {
    let issuer = Issuer::new();
    let world = world(&issuer, r#"{"StringEquals":{"issuer.example/ci:sub":"repo-7"}}"#).await;
    let token = issuer.token(&claims(&world, json!({"sub": "repo-8"})));
    let text = "Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned();
    assert_eq!(refused(&exchange(&world, &token).await), ("AccessDenied".to_owned(), text));
}

#[tokio::test]
async fn a_token_by_another_key_or_changed_or_without_signature_is_refused() {
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let world = world(&issuer, "{}").await;
    let claims = claims(&world, json!({}));
    let token = issuer.token(&claims);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let other = part(&json!({"iss": ISSUER, "sub": "root", "aud": AUDIENCE, "exp": 9_999_999_999_u64}));
    let none = part(&json!({"alg": "none"}));
    for wrong in [
        stranger.token(&claims),
        format!("{header}.{other}.{signature}"),
        format!("{head}."),
        format!("{none}.{}.", part(&claims)),
        "a.b.c".to_owned(),
        "not a token".to_owned(),
    ] {
        let (code, _) = refused(&exchange(&world, &wrong).await);
        assert_eq!(code, "InvalidIdentityToken", "{wrong}");
    }
    assert_eq!(exchange(&world, &token).await.status, 200);
}

#[tokio::test]
async fn a_shared_secret_made_of_the_public_key_signs_nothing() {
    let issuer = Issuer::new();
    let world = world(&issuer, "{}").await;
    let x = issuer.keys["keys"][0]["x"].as_str().unwrap();
    let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
    let token = encode(&header, &claims(&world, json!({})), &EncodingKey::from_secret(x.as_bytes())).unwrap();
    assert_eq!(refused(&exchange(&world, &token).await).0, "InvalidIdentityToken");
}

#[tokio::test]
async fn a_token_has_its_time_and_its_audience() {
    let issuer = Issuer::new();
    let world = world(&issuer, "{}").await;
    let now = world.clock.now().as_second();
    let expired = issuer.token(&claims(&world, json!({"exp": now - 1})));
    let (code, message) = refused(&exchange(&world, &expired).await);
    assert_eq!(code, "ExpiredTokenException");
    assert!(message.starts_with("Token expired: current date/time "), "{message}");
    let early = issuer.token(&claims(&world, json!({"nbf": now + 3_600})));
    assert_eq!(refused(&exchange(&world, &early).await).0, "InvalidIdentityToken");
    let foreign = issuer.token(&claims(&world, json!({"aud": ["a", "b"]})));
    let text = "Incorrect token audience".to_owned();
    assert_eq!(refused(&exchange(&world, &foreign).await), ("InvalidIdentityToken".to_owned(), text));
    let listed = issuer.token(&claims(&world, json!({"aud": ["a", AUDIENCE]})));
    assert_eq!(exchange(&world, &listed).await.text("Audience"), AUDIENCE);
}

#[tokio::test]
async fn the_account_must_have_the_provider_and_the_operator_its_keys() {
    let issuer = Issuer::new();
    let world = world(&issuer, "{}").await;
    let other = issuer.token(&claims(&world, json!({"iss": "https://other.example"})));
    let text = "No OpenIDConnect provider found in your account for https://other.example".to_owned();
    assert_eq!(refused(&exchange(&world, &other).await), ("InvalidIdentityToken".to_owned(), text));
    world.provider("other.example", &[AUDIENCE]).await;
    let (code, message) = refused(&exchange(&world, &other).await);
    assert_eq!(code, "InvalidIdentityToken");
    assert!(message.starts_with("Couldn't retrieve verification key"), "{message}");
}

#[tokio::test]
async fn tags_and_source_identity_come_from_the_token() {
    let issuer = Issuer::new();
    let world = world(&issuer, "{}").await;
    let tags = json!({"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["a"]}, "transitive_tag_keys": ["Team"]}});
    let session = world.session(&exchange(&world, &issuer.token(&claims(&world, tags))).await).await;
    assert_eq!(session.caller.tag("team"), Some("a"));
    let source = json!({"https://aws.amazon.com/source_identity": "alice"});
    let told = exchange(&world, &issuer.token(&claims(&world, source))).await;
    assert_eq!(refused(&told).0, "AccessDenied", "the role does not allow sts:SetSourceIdentity");
}

#[test]
fn an_issuer_needs_a_url_and_a_key_that_is_taken_here() {
    for url in
        ["http://issuer.example", "issuer.example", "https://", "https://a/?b", "https://u@a", "https://a b"]
    {
        assert!(url.parse::<crate::IssuerUrl>().is_err(), "{url}");
    }
    assert!(matches!(knowing("{}"), Err(IssuerFault::Keys(..))));
    let secret = r#"{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"new"}]}"#;
    assert_eq!(knowing(secret).err(), Some(IssuerFault::NoKey(ISSUER.parse().unwrap())));
}
