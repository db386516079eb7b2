//! An error's message as a record shows it: without what its sender may have put in of its credentials.

use std::borrow::Cow;

/// Where a message begins to quote a member, and where it says that these were grant tokens.
const VALUE: &str = "Value '";
const GRANT_TOKENS: &str = "' at 'grantToken";

/// What stands before the header that a message quotes to its end.
const HEADER: &str = "Authorization=";

/// What a message says of a part of that header, which it quotes before and behind it.
const PART: &str = " not a valid key=value pair (missing equal-sign) in Authorization header: ";

/// What stands for what was left out.
const LEFT_OUT: &str = "'...'";

/// Bytes of the longest access key id that the API model knows; those that exist have twenty.
const KEY_ID_BYTES_MAX: usize = 32;

/// The message without grant tokens and Authorization headers.
pub(crate) fn without_credentials(message: &str) -> Cow<'_, str> {
    if message.contains(PART) {
        return Cow::Owned([LEFT_OUT, PART, LEFT_OUT, "."].concat());
    }
    if let Some(at) = message.find(HEADER) {
        return Cow::Borrowed(&message[..at + HEADER.len()]);
    }
    match (message.find(VALUE), message.rfind(GRANT_TOKENS)) {
        (Some(start), Some(end)) if start < end => {
            // Everything that is quoted up to the last of the tokens: they may themselves look like the end of a quote.
            Cow::Owned([&message[..start], "Value ", &message[end + 2..]].concat())
        }
        _ => Cow::Borrowed(message),
    }
}

/// The access key id that somebody unknown claimed, if it looks like one: it may as well be a secret in its place.
pub(crate) fn claimed_key_id(claimed: &str) -> Option<&str> {
    let is_known = claimed.starts_with("AKIA") || claimed.starts_with("ASIA");
    let is_short = claimed.len() <= KEY_ID_BYTES_MAX;
    let is_plain = claimed.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (is_known && is_short && is_plain).then_some(claimed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grant_tokens_are_left_out_whatever_they_look_like() {
        let told = "1 validation error detected: Value '[T1, ' at 'grantTokens', T2]' at 'grantTokens' failed to satisfy \
                    constraint: Member must have length less than or equal to 10";
        let recorded = without_credentials(told);
        assert!(!recorded.contains("T1") && !recorded.contains("T2"), "{recorded}");
        assert!(
            recorded.starts_with("1 validation error detected: Value at 'grantTokens' failed"),
            "{recorded}"
        );
    }

    #[test]
    fn a_quoted_header_is_left_out() {
        let told = "Authorization header requires 'Credential' parameter. Authorization=AWS4-HMAC-SHA256 Signature=ab";
        assert_eq!(
            without_credentials(told),
            "Authorization header requires 'Credential' parameter. Authorization="
        );
        let told =
            "'se=cret' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4 x'.";
        let recorded =
            "'...' not a valid key=value pair (missing equal-sign) in Authorization header: '...'.";
        assert_eq!(without_credentials(told), recorded);
        assert_eq!(without_credentials("Value 'x' at 'keyId' failed"), "Value 'x' at 'keyId' failed");
    }

    #[test]
    fn only_what_looks_like_a_key_id_is_shown_of_somebody_unknown() {
        assert_eq!(claimed_key_id("AKIACLAVIGERDEV11112"), Some("AKIACLAVIGERDEV11112"));
        for secret in [
            "claviger-dev-secret-key-for-111122223333",
            "AKIAwithlowercase",
            "0123456789ABCDEF0123456789ABCDEF",
        ] {
            assert_eq!(claimed_key_id(secret), None, "{secret}");
        }
    }
}
