//! AWS Query: form pairs read once into the values of JSON; what two readers could understand differently is refused.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::json::{DEPTH_MAX, NODES_MAX};
use crate::{Members, Value, WireFault};

/// The name that stands before the index of a list's item.
const LISTED: &str = "member";

/// Where the pairs of a request stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuerySource {
    /// In a form body, where `+` is a blank.
    Body,
    /// In the query of a URL, where a signature takes `+` for itself, and so do we.
    Url,
}

/// A request in AWS Query: which operation of which API, and its members.
pub struct QueryRequest<'a> {
    /// `Action`, as sent; empty when there is none.
    pub action: Cow<'a, str>,
    /// `Version`, as sent; empty when there is none.
    pub version: Cow<'a, str>,
    /// Everything else.
    pub members: Members<'a>,
}

impl<'a> QueryRequest<'a> {
    /// Reads `name=value&…`.
    pub fn read(text: &'a [u8], source: QuerySource) -> Result<QueryRequest<'a>, WireFault> {
        let mut root = Branch::default();
        let mut nodes_left = NODES_MAX;
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = decoded(&pair[..at], source)?;
            let value = decoded(pair.get(at + 1..).unwrap_or_default(), source)?;
            insert(&mut root, name, value, &mut nodes_left)?;
        }
        let (action, version) = (take_text(&mut root, "Action")?, take_text(&mut root, "Version")?);
        let pairs: Result<_, _> = root.into_iter().map(|(name, node)| Ok((name, node.value()?))).collect();
        Ok(QueryRequest { action, version, members: Members::of_query(pairs?) })
    }
}

type Branch<'a> = BTreeMap<Cow<'a, str>, Node<'a>>;

/// What stands under a name.
enum Node<'a> {
    Text(Cow<'a, str>),
    Branch(Branch<'a>),
}

impl<'a> Node<'a> {
    fn value(self) -> Result<Value<'a>, WireFault> {
        let mut branch = match self {
            Node::Text(text) => return Ok(Value::Text(text)),
            Node::Branch(branch) => branch,
        };
        match branch.remove(LISTED) {
            Some(Node::Branch(items)) if branch.is_empty() => return list(items),
            Some(_) => return Err(malformed()),
            None => {}
        }
        let pairs: Result<_, _> = branch.into_iter().map(|(name, node)| Ok((name, node.value()?))).collect();
        Ok(Value::Object(pairs?))
    }
}

/// The items in the order of their indices, which are 1 to their number.
fn list<'a>(items: Branch<'a>) -> Result<Value<'a>, WireFault> {
    let mut list: Vec<Option<Value<'a>>> = items.iter().map(|_| None).collect();
    for (index, node) in items {
        let slot = place(&index).and_then(|place| list.get_mut(place)).ok_or_else(malformed)?;
        *slot = Some(node.value()?);
    }
    Ok(Value::List(list.into_iter().flatten().collect()))
}

/// From `1` to 0, and so on; none for what is no index, or one in another spelling.
fn place(index: &str) -> Option<usize> {
    let canonical = index.bytes().all(|byte| byte.is_ascii_digit()) && !index.starts_with('0');
    index.parse::<usize>().ok().filter(|_| canonical)?.checked_sub(1)
}

fn insert<'a>(
    root: &mut Branch<'a>,
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    nodes_left: &mut u32,
) -> Result<(), WireFault> {
    let depth = name.bytes().filter(|byte| *byte == b'.').count() + 1;
    if depth > DEPTH_MAX as usize {
        return Err(malformed());
    }
    let mut branch = root;
    for (at, segment) in segments(name).enumerate() {
        let entry = branch.entry(segment);
        if let Entry::Vacant(_) = entry {
            *nodes_left = nodes_left.checked_sub(1).ok_or_else(malformed)?;
        }
        if at + 1 == depth {
            return match entry {
                Entry::Vacant(vacant) => {
                    vacant.insert(Node::Text(value));
                    Ok(())
                }
                Entry::Occupied(_) => Err(malformed()),
            };
        }
        match entry.or_insert_with(|| Node::Branch(Branch::new())) {
            Node::Branch(inner) => branch = inner,
            Node::Text(_) => return Err(malformed()),
        }
    }
    Ok(())
}

fn segments<'a>(name: Cow<'a, str>) -> Box<dyn Iterator<Item = Cow<'a, str>> + 'a> {
    match name {
        Cow::Borrowed(name) => Box::new(name.split('.').map(Cow::Borrowed)),
        Cow::Owned(name) => {
            let owned: Vec<_> = name.split('.').map(|segment| Cow::Owned(segment.to_owned())).collect();
            Box::new(owned.into_iter())
        }
    }
}

fn take_text<'a>(root: &mut Branch<'a>, name: &str) -> Result<Cow<'a, str>, WireFault> {
    match root.remove(name) {
        None => Ok(Cow::Borrowed("")),
        Some(Node::Text(text)) => Ok(text),
        Some(Node::Branch(_)) => Err(malformed()),
    }
}

/// Takes the escapes out; what is no text after that is refused.
fn decoded(text: &[u8], source: QuerySource) -> Result<Cow<'_, str>, WireFault> {
    let has_blanks = source == QuerySource::Body && text.contains(&b'+');
    if !has_blanks && !text.contains(&b'%') {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| malformed());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        let (byte, behind) = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => (16 * hex(*high)? + hex(*low)?, behind),
            (b'%', _) => return Err(malformed()),
            (b'+', _) if has_blanks => (b' ', behind),
            (other, _) => (other, behind),
        };
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| malformed())
}

fn hex(digit: u8) -> Result<u8, WireFault> {
    let value = char::from(digit).to_digit(16).ok_or_else(malformed)?;
    u8::try_from(value).map_err(|_| malformed())
}

fn malformed() -> WireFault {
    WireFault::Serialization(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, TextRule};
    use proptest::prelude::*;

    const ANY: TextRule = TextRule::length(0, 100);

    fn read(text: &str) -> QueryRequest<'_> {
        QueryRequest::read(text.as_bytes(), QuerySource::Body).unwrap()
    }

    fn refused(text: &str) -> bool {
        let result = QueryRequest::read(text.as_bytes(), QuerySource::Body);
        result.is_err_and(|fault| fault == WireFault::Serialization(None))
    }

    #[test]
    fn a_request_as_the_cli_sends_it() {
        let request =
            read("Action=CreateUser&Version=2010-05-08&UserName=Bob+B%C3%B6hm&Tags.member.1.Key=a%3Db");
        assert_eq!((&*request.action, &*request.version), ("CreateUser", "2010-05-08"));
        let mut members = request.members;
        assert_eq!(members.required_text("UserName", &ANY), "Bob Böhm");
        let keys = members.structures("Tags", |tag| tag.required_text("Key", &ANY).into_owned());
        assert_eq!(keys.unwrap(), ["a=b"]);
        assert!(members.finish(()).is_ok());
    }

    #[test]
    fn items_stand_in_the_order_of_their_indices() {
        let pairs: Vec<String> = (1..=12).rev().map(|n| format!("A.member.{n}=v{n}")).collect();
        let texts = pairs.join("&");
        let mut members = read(&texts).members;
        let texts = members.texts("A", Bounds::new(0, 20), &ANY).unwrap();
        assert_eq!((&*texts[0], &*texts[1], &*texts[11]), ("v1", "v2", "v12"));
    }

    #[test]
    fn lists_nest_and_an_empty_one_is_an_empty_value() {
        let mut members = read("C.member.1.V.member.1=x&C.member.1.V.member.2=y&Tags=&S.T.U=1").members;
        let nested = members.structures("C", |inner| inner.texts("V", Bounds::new(0, 9), &ANY).unwrap());
        assert_eq!(nested.unwrap(), [["x", "y"]]);
        assert_eq!(members.structures("Tags", |_| ()), Some(Vec::new()));
        let deep = members.structure("S", |s| s.structure("T", |t| t.whole("U", Bounds::new(0, 9))));
        assert_eq!(deep, Some(Some(Some(1))));
    }

    #[test]
    fn numbers_and_flags_are_read_from_their_text_alone() {
        let mut members = read("N=-12&Y=true&F=false").members;
        assert_eq!(members.whole("N", Bounds::new(-20, 0)), Some(-12));
        assert_eq!((members.flag("Y"), members.flag("F")), (Some(true), Some(false)));
        for wrong in ["N=1.5", "N=", "N=+1", "N=99999999999999999999", "N=0x1", "N.member.1=1"] {
            let mut members = read(wrong).members;
            assert_eq!(members.whole("N", Bounds::new(0, 9)), None, "{wrong}");
            assert!(matches!(members.finish(()), Err(WireFault::Serialization(Some(_)))), "{wrong}");
        }
        for wrong in ["F=True", "F=1", "F="] {
            let mut members = read(wrong).members;
            assert_eq!(members.flag("F"), None, "{wrong}");
            assert!(members.finish(()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_has_two_readings_is_refused() {
        for wrong in [
            "A=1&A=1",
            "A=1&%41=2",
            "A=1&A.B=2",
            "A.B=2&A=1",
            "A.member.0=x",
            "A.member.01=x",
            "A.member.1=x&A.member.3=y",
            "A.member.%2B1=x",
            "A.member.-1=x",
            "A.member.18446744073709551617=x",
            "A.member.1=x&A.member.1.B=y",
            "A.member=x",
            "A.member.1=x&A.B=y",
            "Action.x=1",
            "A=%",
            "A=%4",
            "A=%zz",
            "A=%FF",
            "A=%C3",
        ] {
            assert!(refused(wrong), "{wrong}");
        }
        assert!(QueryRequest::read(b"A=\xff", QuerySource::Body).is_err());
    }

    #[test]
    fn a_plus_in_a_url_is_a_plus_since_its_signature_says_so() {
        let mut members = QueryRequest::read(b"A=a+b%20c", QuerySource::Url).unwrap().members;
        assert_eq!(members.required_text("A", &ANY), "a+b c");
    }

    #[test]
    fn depth_and_number_have_their_limits() {
        let deep = |depth: usize| format!("{}=1", vec!["a"; depth].join("."));
        assert!(!refused(&deep(DEPTH_MAX as usize)));
        assert!(refused(&deep(DEPTH_MAX as usize + 1)));
        assert!(refused(&deep(1_000_000)));
        let wide = |count: u32| (0..count).map(|n| format!("n{n}=")).collect::<Vec<_>>().join("&");
        assert!(!refused(&wide(NODES_MAX)));
        assert!(refused(&wide(NODES_MAX + 1)));
        let items = |count: u32| (1..=count).map(|n| format!("A.member.{n}=")).collect::<Vec<_>>().join("&");
        assert!(!refused(&items(NODES_MAX - 2)));
        assert!(refused(&items(NODES_MAX - 1)));
    }

    #[test]
    fn a_member_in_the_wrong_shape_is_told() {
        for wrong in ["A.B=1", "A.member.1=1"] {
            let mut members = read(wrong).members;
            members.text("A", &ANY);
            assert!(matches!(members.finish(()), Err(WireFault::Serialization(Some(_)))), "{wrong}");
        }
        let mut members = read("A=x").members;
        assert_eq!(members.texts("A", Bounds::new(0, 9), &ANY), None);
        assert!(members.finish(()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fail_otherwise(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            for source in [QuerySource::Body, QuerySource::Url] {
                if let Err(fault) = QueryRequest::read(&body, source) {
                    prop_assert_eq!(fault, WireFault::Serialization(None));
                }
            }
        }

        #[test]
        fn what_is_escaped_comes_back(name in "[a-z]{1,5}", value in "\\PC{0,40}") {
            let escaped: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let text = format!("{name}={escaped}");
            let mut members = read(&text).members;
            prop_assert_eq!(members.required_text(&name, &ANY), value);
        }
    }
}
