//! The canonical request and the string to sign, to the letter.

use crate::{
    ALGORITHM, Request, Scope, TERMINATOR,
    escape::{self, IllegalEscape},
    from_query::QueryPart,
    hex,
    time::SigningTime,
};

/// Room for the canonical form of a usual request, so that writing it allocates once.
const USUAL_BYTES: usize = 1024;

/// The one service whose requests are signed with their path as it was sent (S3 user guide, canonical URI).
const PATH_AS_SENT: &str = "s3";

/// A request's string to sign. `signed` are the names of the signed headers, sorted, joined by `;`.
pub(crate) fn string_to_sign(
    request: &Request<'_>,
    signed: &str,
    payload: &[u8],
    signed_at: &SigningTime<'_>,
    scope: &Scope<'_>,
) -> Result<Vec<u8>, IllegalEscape> {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    write_request(&mut text, request, signed, payload, PathForm::of(scope.service()))?;
    let hash = hex::sha256(&text);
    text.clear();
    line(&mut text, &[ALGORITHM]);
    line(&mut text, &[&signed_at.text]);
    line(&mut text, &[scope.date(), "/", scope.region(), "/", scope.service(), "/", TERMINATOR]);
    text.extend(hash);
    Ok(text)
}

/// What the path of a request is signed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathForm {
    /// Without empty and dot segments, encoded once more.
    Normalized,
    /// As it came.
    AsSent,
}

impl PathForm {
    fn of(service: &str) -> PathForm {
        if service == PATH_AS_SENT { PathForm::AsSent } else { PathForm::Normalized }
    }
}

/// Appends the canonical request.
pub(crate) fn write_request(
    out: &mut Vec<u8>,
    request: &Request<'_>,
    signed: &str,
    payload: &[u8],
    path: PathForm,
) -> Result<(), IllegalEscape> {
    line(out, &[request.method]);
    match path {
        PathForm::Normalized => write_path(out, request.path),
        PathForm::AsSent => out.extend_from_slice(request.path.as_bytes()),
    }
    out.push(b'\n');
    if let Some(query) = request.query {
        write_query(out, query)?;
    }
    out.push(b'\n');
    for name in escape::split(signed, b';') {
        write_header(out, request, name);
    }
    out.push(b'\n');
    line(out, &[signed]);
    out.extend(payload);
    Ok(())
}

fn line(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'\n');
}

/// The path without empty and dot segments, encoded once more over what the wire carried.
fn write_path(out: &mut Vec<u8>, path: &str) {
    // That of every service but S3.
    if path == "/" {
        return out.push(b'/');
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            other => kept.push(other),
        }
    }
    out.push(b'/');
    escape::encode(kept.join("/").as_bytes(), Some(b'/'), out);
    if path.ends_with('/') && !kept.is_empty() {
        out.push(b'/');
    }
}

/// The parameters, encoded anew, sorted by name and then value; all but the signature itself.
fn write_query(out: &mut Vec<u8>, query: &str) -> Result<(), IllegalEscape> {
    let mut parameters = Vec::new();
    for (name, value) in escape::pairs(query) {
        let name = escape::decode(name)?;
        if *name != *QueryPart::Signature.name().as_bytes() {
            parameters.push((encoded(&name), encoded(&escape::decode(value)?)));
        }
    }
    parameters.sort_unstable();
    for (position, (name, value)) in parameters.iter().enumerate() {
        if position > 0 {
            out.push(b'&');
        }
        out.extend(name);
        out.push(b'=');
        out.extend(value);
    }
    Ok(())
}

fn encoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    escape::encode(bytes, None, &mut out);
    out
}

/// `name:value,value` and a line feed.
fn write_header(out: &mut Vec<u8>, request: &Request<'_>, name: &str) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    for (position, value) in request.values(name).enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_trimmed(out, value);
    }
    out.push(b'\n');
}

/// The words of `value`, one space between them.
fn write_trimmed(out: &mut Vec<u8>, value: &[u8]) {
    // Most values are one word. Without branches, which lets the compiler take many bytes at once.
    if !value.iter().fold(false, |has_space, byte| has_space | is_space(*byte)) {
        return out.extend_from_slice(value);
    }
    let words = value.split(|byte| is_space(*byte)).filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        if position > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::Value;

    use super::*;

    const SUITE: &str = include_str!("../../../corpus/sigv4/suite.json");

    fn text<'a>(case: &'a Value, field: &str) -> &'a str {
        case[field].as_str().unwrap()
    }

    fn header(pair: &Value) -> (&str, &[u8]) {
        (pair[0].as_str().unwrap(), pair[1].as_str().unwrap().as_bytes())
    }

    fn headers(case: &Value) -> Vec<(&str, &[u8])> {
        case["headers"].as_array().unwrap().iter().map(header).collect()
    }

    #[test]
    fn canonical_requests_and_strings_to_sign_are_those_of_the_corpus() {
        let suite: Value = serde_json::from_str(SUITE).unwrap();
        let date = text(&suite, "signed_at");
        let time = SigningTime::from_basic(Cow::Borrowed(date)).unwrap();
        for case in suite["cases"].as_array().unwrap() {
            let headers = headers(case);
            let request = Request {
                method: text(case, "method"),
                path: text(case, "path"),
                query: case["query"].as_str(),
                headers: &headers,
                body: text(case, "body").as_bytes(),
            };
            let canonical = text(case, "canonical_request");
            let signed = canonical.rsplit('\n').nth(1).unwrap();
            let payload = hex::sha256(request.body);
            let mut written = Vec::new();
            write_request(&mut written, &request, signed, &payload, PathForm::Normalized).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), canonical, "{}", text(case, "name"));
            let scope = Scope::new(&date[..8], text(case, "region"), text(case, "service"));
            let string = string_to_sign(&request, signed, &payload, &time, &scope).unwrap();
            assert_eq!(String::from_utf8(string).unwrap(), text(case, "string_to_sign"));
        }
    }
}
