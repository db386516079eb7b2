//! Grant tokens: they say which grant, and prove nothing. Whoever holds one may do what the grant lets it do anyway; with
//! the token at once, before other nodes have heard of the grant.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger_names::KeyId;

use crate::model::{GrantId, Place};

const FORMAT: &str = "1";

/// Which grant a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GrantToken {
    pub place: Place,
    pub key: KeyId,
    pub id: GrantId,
}

/// The text is no grant token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a grant token")]
pub(crate) struct MalformedGrantToken;

impl GrantToken {
    /// A fresh text for it: no two are alike.
    pub(crate) fn text(&self, random: [u8; 16]) -> String {
        let GrantToken { place, key, id } = self;
        let salt = u128::from_be_bytes(random);
        STANDARD.encode(format!("{FORMAT}\n{salt:032x}\n{}\n{}\n{key}\n{id}", place.account, place.region))
    }
}

impl FromStr for GrantToken {
    type Err = MalformedGrantToken;

    fn from_str(text: &str) -> Result<GrantToken, MalformedGrantToken> {
        fn read<T: FromStr>(part: &str) -> Result<T, MalformedGrantToken> {
            part.parse().map_err(|_| MalformedGrantToken)
        }
        let bytes = STANDARD.decode(text).map_err(|_| MalformedGrantToken)?;
        let text = String::from_utf8(bytes).map_err(|_| MalformedGrantToken)?;
        let parts: Vec<&str> = text.split('\n').collect();
        let [FORMAT, _, account, region, key, id] = parts[..] else { return Err(MalformedGrantToken) };
        let place = Place { account: read(account)?, region: read(region)? };
        Ok(GrantToken { place, key: read(key)?, id: read(id)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_which_grant_and_is_never_the_same() {
        let token = GrantToken {
            place: Place { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() },
            key: "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
            id: GrantId::from_random([3; 32]),
        };
        let (one, other) = (token.text([1; 16]), token.text([2; 16]));
        assert_ne!(one, other);
        assert_eq!((one.parse(), other.parse()), (Ok(token), Ok(token)));
        for wrong in ["", "abc", "MQ==", &one[4..]] {
            assert_eq!(wrong.parse::<GrantToken>(), Err(MalformedGrantToken), "{wrong}");
        }
    }
}
