//! Temporary credentials as answers show them and as records do.

use claviger_audit::Shown;
use claviger_clock::Timestamp;
use claviger_wire::Xml;

use crate::NewSession;

/// Room that an answer with credentials takes: its token has at most about so many bytes.
pub(super) const ANSWER_BYTES: usize = 32 * 1024;

/// Fresh credentials and when they end.
pub(super) struct Issued {
    pub session: NewSession,
    pub expires: Timestamp,
}

impl Issued {
    /// The `Credentials` of an answer.
    pub(super) fn write(&self, xml: &mut Xml) {
        let secret = std::str::from_utf8(self.session.secret.expose()).unwrap_or_default();
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &self.session.id)
                .text("SecretAccessKey", secret)
                .text("SessionToken", &self.session.token)
                .time("Expiration", self.expires);
        });
    }

    /// The same in a record: the key's id and when it ends, no more.
    pub(super) fn shown(&self) -> Shown {
        Shown::new().text("accessKeyId", &self.session.id).date("expiration", self.expires)
    }
}
