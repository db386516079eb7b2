//! Messages by POST, signed as Standard Webhooks says: its receivers' libraries check them as they are.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use claviger_clock::Timestamp;
use claviger_web::{Trust, WebClient, WebUrl};

use crate::carrier::Undelivered;
use crate::destination::{Webhook, WebhookSecret};
use crate::letter::Letter;
use crate::secret::{self, DEV_WEBHOOK_SECRET};

/// The status of a receiver that wants nothing more.
const GONE: u16 = 410;

pub(crate) struct WebhookCarrier {
    url: WebUrl,
    key: hmac::Key,
    web: WebClient,
}

impl WebhookCarrier {
    pub(crate) fn new(webhook: &Webhook) -> Result<WebhookCarrier, String> {
        let key = match &webhook.secret {
            WebhookSecret::File(path) => secret::read(path).and_then(|text| secret::webhook_key(&text)),
            WebhookSecret::OfDevelopment => secret::webhook_key(DEV_WEBHOOK_SECRET),
        };
        let key = key.map_err(|error| error.to_string())?;
        let trust = Trust::load(webhook.ca_file.as_deref()).map_err(|error| error.to_string())?;
        Ok(WebhookCarrier { url: webhook.url.clone(), key, web: WebClient::new(Arc::new(trust)) })
    }

    pub(crate) async fn carry(&self, letter: &Letter, now: Timestamp) -> Result<(), Undelivered> {
        let timestamp = now.as_second().to_string();
        let signature = sign(&self.key, &letter.id, &timestamp, &letter.body);
        let headers = [
            ("webhook-id", &*letter.id),
            ("webhook-timestamp", &*timestamp),
            ("webhook-signature", &*signature),
        ];
        let body = Bytes::copy_from_slice(letter.body.as_bytes());
        let status = self.web.post(&self.url, &headers, body).await.map_err(Undelivered::for_now)?;
        match status.as_u16() {
            200..=299 => Ok(()),
            GONE => Err(Undelivered::ForGood(format!("it answers {status}"))),
            _ => Err(Undelivered::ForNow(format!("it answers {status}"))),
        }
    }
}

fn sign(key: &hmac::Key, id: &str, timestamp: &str, body: &str) -> String {
    let mut context = hmac::Context::with_key(key);
    for part in [id, ".", timestamp, ".", body] {
        context.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's libraries.
    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        let key = secret::webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
