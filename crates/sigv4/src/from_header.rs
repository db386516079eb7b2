//! A signature in the `Authorization` header.

use std::borrow::Cow;

use crate::{
    ALGORITHM, Request, Scope, SignedHeaders,
    claim::Claim,
    fault::{Echo, HeaderPart, SigV4Fault, Window},
    hex,
    signed_headers::Dated,
    time::SigningTime,
};

const FAMILY: &str = "AWS4-";

/// The parameters of an `Authorization` header.
struct Parts<'a> {
    algorithm: &'a str,
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
    date: (&'a str, Dated),
}

/// Those of them that have a name, as far as they are there.
#[derive(Default)]
struct Given<'a> {
    credential: Option<&'a str>,
    signature: Option<&'a str>,
    signed_headers: Option<&'a str>,
}

/// Reads the claim that the header makes; faults come in AWS's order.
pub(crate) fn parse<'a>(request: &Request<'a>, header: &'a str) -> Result<Claim<'a>, SigV4Fault> {
    let parts = Parts::read(request, header)?;
    let signed_at = parts.signing_time()?;
    let signed_headers = SignedHeaders::parse(Cow::Borrowed(parts.signed_headers), request, parts.date.1)?;
    if parts.algorithm != ALGORITHM {
        return Err(SigV4Fault::UnsupportedAlgorithm { got: Echo::of(parts.algorithm) });
    }
    let (access_key_id, scope) = Scope::split(Cow::Borrowed(parts.credential))?;
    Ok(Claim {
        request: *request,
        access_key_id,
        scope,
        signed_at,
        window: Window::Clock,
        security_token: request.sole_text("x-amz-security-token")?.map(Cow::Borrowed),
        signed_headers,
        signature: hex::decode(parts.signature),
    })
}

impl<'a> Parts<'a> {
    fn read(request: &Request<'a>, header: &'a str) -> Result<Parts<'a>, SigV4Fault> {
        if !header.starts_with(FAMILY) {
            return Err(SigV4Fault::MissingAuthenticationToken);
        }
        let mut pieces = pieces(header);
        let algorithm = pieces.next().unwrap_or_default();
        let given = Given::read(pieces, header)?;
        let date = date(request)?;
        match (given.credential, given.signature, given.signed_headers, date) {
            (Some(credential), Some(signature), Some(signed_headers), Some(date)) => {
                Ok(Parts { algorithm, credential, signed_headers, signature, date })
            }
            (credential, signature, signed_headers, date) => {
                let missing = [
                    credential.is_none().then_some(HeaderPart::Credential),
                    signature.is_none().then_some(HeaderPart::Signature),
                    signed_headers.is_none().then_some(HeaderPart::SignedHeaders),
                    date.is_none().then_some(HeaderPart::Date),
                ];
                let missing = missing.into_iter().flatten().collect();
                Err(SigV4Fault::MissingHeaderParts { missing, header: Echo::of(header) })
            }
        }
    }

    fn signing_time(&self) -> Result<SigningTime<'a>, SigV4Fault> {
        let (text, dated) = self.date;
        let time = match dated {
            Dated::Amz => SigningTime::from_basic(Cow::Borrowed(text)),
            Dated::DateHeader => SigningTime::from_date_header(text),
        };
        time.ok_or_else(|| SigV4Fault::MalformedDate { got: Echo::of(text) })
    }
}

impl<'a> Given<'a> {
    fn read(pieces: impl Iterator<Item = &'a str>, header: &str) -> Result<Given<'a>, SigV4Fault> {
        let mut given = Given::default();
        for piece in pieces {
            let (name, value) = piece.split_once('=').ok_or_else(|| SigV4Fault::NotKeyValue {
                piece: Echo::of(piece),
                header: Echo::of(header),
            })?;
            match name {
                "Credential" => set(&mut given.credential, value, "Credential")?,
                "Signature" => set(&mut given.signature, value, "Signature")?,
                "SignedHeaders" => set(&mut given.signed_headers, value, "SignedHeaders")?,
                _ => {}
            }
        }
        // To AWS an empty list of signed headers is there, only without the host.
        given.credential = given.credential.filter(|value| !value.is_empty());
        given.signature = given.signature.filter(|value| !value.is_empty());
        Ok(given)
    }
}

/// What stands between commas and blanks.
fn pieces(header: &str) -> impl Iterator<Item = &str> {
    let is_separator = |byte: &u8| matches!(byte, b',' | b' ' | b'\t');
    let mut rest = header;
    std::iter::from_fn(move || {
        let from = &rest[rest.as_bytes().iter().position(|byte| !is_separator(byte))?..];
        let (piece, after) = from.split_at(end_of_piece(from.as_bytes()));
        rest = after;
        Some(piece)
    })
}

/// Where the first comma or blank is, or the end. Words without any are passed over at once.
fn end_of_piece(bytes: &[u8]) -> usize {
    const WORD_BYTES: usize = size_of::<u64>();
    const LOWS: u64 = u64::from_ne_bytes([0x01; WORD_BYTES]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; WORD_BYTES]);
    let has_none = |word: &&[u8; WORD_BYTES]| {
        let word = u64::from_ne_bytes(**word);
        // Only in a byte of zero does the subtraction set the highest bit that was not set.
        let zeros = |word: u64| word.wrapping_sub(LOWS) & !word;
        let found = [b',', b' ', b'\t'].map(|separator| zeros(word ^ (LOWS * u64::from(separator))));
        (found[0] | found[1] | found[2]) & HIGHS == 0
    };
    let (words, _) = bytes.as_chunks::<WORD_BYTES>();
    let passed = WORD_BYTES * words.iter().take_while(has_none).count();
    let is_separator = |byte: &u8| matches!(byte, b',' | b' ' | b'\t');
    bytes[passed..].iter().position(is_separator).map_or(bytes.len(), |at| passed + at)
}

fn set<'a>(slot: &mut Option<&'a str>, value: &'a str, name: &'static str) -> Result<(), SigV4Fault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(SigV4Fault::RepeatedPart { name }),
    }
}

/// The stated time: `x-amz-date`, and only without it `date`.
fn date<'a>(request: &Request<'a>) -> Result<Option<(&'a str, Dated)>, SigV4Fault> {
    if let Some(text) = request.sole_text("x-amz-date")? {
        return Ok(Some((text, Dated::Amz)));
    }
    Ok(request.sole_text("date")?.map(|text| (text, Dated::DateHeader)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_what_stands_between_commas_and_blanks() {
        for separator in [",", " ", "\t", ", ", " ,\t"] {
            for length in 1..40 {
                let piece = "é=+-./A".repeat(length);
                let header = [separator, &piece, separator, "b", separator, &piece].concat();
                assert_eq!(pieces(&header).collect::<Vec<_>>(), [&*piece, "b", &*piece]);
            }
        }
        assert_eq!(pieces("").chain(pieces(" ,\t")).count(), 0);
    }
}
