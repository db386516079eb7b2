//! What paths and queries mean, computed the slow way: two texts of one meaning have one signature.

/// The segments that a path stands for, and whether it ends in a slash.
pub(crate) fn path_meaning(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
        if segment == ".." {
            segments.pop();
        } else {
            segments.push(segment.to_owned());
        }
    }
    segments.push(if path.ends_with('/') && !segments.is_empty() { "/".into() } else { String::new() });
    segments
}

/// The parameters that a query stands for, in an order of no meaning.
pub(crate) fn query_meaning(query: &str) -> Vec<String> {
    let mut parameters: Vec<String> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            format!("{:?}={:?}", bytes_meant(name), bytes_meant(value))
        })
        .collect();
    parameters.sort();
    parameters
}

/// The bytes that an encoded text stands for; a broken escape stands for itself.
fn bytes_meant(text: &str) -> Vec<u8> {
    let mut meant = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = escaped.filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (first, byte.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                meant.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                meant.push(b' ');
                rest = tail;
            }
            (other, _) => {
                meant.push(*other);
                rest = tail;
            }
        }
    }
    meant
}
