//! An answer as a tree of named values, written in whichever protocol its client speaks.

use std::borrow::Cow;
use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use minicbor::Encoder;
use minicbor::data::Tag;
use minicbor::encode::Error as EncodeError;
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

use crate::{EpochSeconds, Xml};

/// CBOR's mark of a number of seconds since 1970.
const EPOCH_TAG: Tag = Tag::new(1);

/// A value of an answer. None of them is secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Members of the model, in its order.
    Structure(Vec<(&'static str, Answer)>),
    /// Names that are no members, such as tags.
    Map(Vec<(String, Answer)>),
    /// Values in their order.
    List(Vec<Answer>),
    /// A text.
    Text(Cow<'static, str>),
    /// A whole number.
    Whole(i64),
    /// Any number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A moment, told in milliseconds.
    Time(Timestamp),
    /// Bytes.
    Blob(Vec<u8>),
}

impl From<&'static str> for Answer {
    fn from(text: &'static str) -> Answer {
        Answer::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Answer {
    fn from(text: String) -> Answer {
        Answer::Text(Cow::Owned(text))
    }
}

impl From<Box<str>> for Answer {
    fn from(text: Box<str>) -> Answer {
        Answer::from(String::from(text))
    }
}

impl From<bool> for Answer {
    fn from(flag: bool) -> Answer {
        Answer::Flag(flag)
    }
}

impl From<i64> for Answer {
    fn from(number: i64) -> Answer {
        Answer::Whole(number)
    }
}

impl From<f64> for Answer {
    fn from(number: f64) -> Answer {
        Answer::Number(number)
    }
}

impl From<Timestamp> for Answer {
    fn from(moment: Timestamp) -> Answer {
        Answer::Time(moment)
    }
}

impl<T: Into<Answer>> FromIterator<T> for Answer {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Answer {
        Answer::List(items.into_iter().map(Into::into).collect())
    }
}

impl Answer {
    /// A structure without members yet.
    pub fn structure() -> Answer {
        Answer::Structure(Vec::new())
    }

    /// The structure with one more member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Answer>) -> Answer {
        if let Answer::Structure(members) = &mut self {
            members.push((name, value.into()));
        }
        self
    }

    /// The structure with one more member, when it has a value.
    #[must_use]
    pub fn maybe(self, name: &'static str, value: Option<impl Into<Answer>>) -> Answer {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Its JSON.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Its CBOR, as Smithy RPC v2 has it.
    pub fn cbor(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing into memory does not fail.
        let _ = self.encode(&mut Encoder::new(&mut bytes));
        bytes
    }

    /// What stands in the Result element of AWS Query.
    pub fn xml(&self) -> Xml {
        let mut xml = Xml::default();
        self.write_members(&mut xml);
        xml
    }

    fn encode(&self, to: &mut Encoder<&mut Vec<u8>>) -> Result<(), EncodeError<Infallible>> {
        match self {
            Answer::Structure(members) => {
                to.map(members.len() as u64)?;
                members.iter().try_for_each(|(name, value)| value.encode(to.str(name)?))
            }
            Answer::Map(pairs) => {
                to.map(pairs.len() as u64)?;
                pairs.iter().try_for_each(|(name, value)| value.encode(to.str(name)?))
            }
            Answer::List(items) => {
                to.array(items.len() as u64)?;
                items.iter().try_for_each(|item| item.encode(to))
            }
            Answer::Text(text) => to.str(text).map(drop),
            Answer::Whole(number) => to.i64(*number).map(drop),
            Answer::Number(number) => to.f64(*number).map(drop),
            Answer::Flag(flag) => to.bool(*flag).map(drop),
            Answer::Time(moment) => to.tag(EPOCH_TAG)?.f64(moment.as_millisecond() as f64 / 1000.0).map(drop),
            Answer::Blob(bytes) => to.bytes(bytes).map(drop),
        }
    }

    fn write_members(&self, xml: &mut Xml) {
        if let Answer::Structure(members) = self {
            members.iter().for_each(|(name, value)| value.write_xml(name, xml));
        }
    }

    fn write_xml(&self, name: &str, xml: &mut Xml) {
        match self {
            Answer::Structure(_) => drop(xml.element(name, |xml| self.write_members(xml))),
            Answer::Map(pairs) => drop(xml.element(name, |xml| {
                for (key, value) in pairs {
                    xml.element("entry", |xml| {
                        xml.text("key", key);
                        value.write_xml("value", xml);
                    });
                }
            })),
            Answer::List(items) => drop(xml.element(name, |xml| {
                items.iter().for_each(|item| item.write_xml("member", xml));
            })),
            Answer::Text(text) => drop(xml.text(name, text)),
            Answer::Whole(number) => drop(xml.number(name, *number)),
            Answer::Number(number) => drop(xml.text(name, &float(*number))),
            Answer::Flag(flag) => drop(xml.flag(name, *flag)),
            Answer::Time(moment) => drop(xml.time(name, *moment)),
            Answer::Blob(bytes) => drop(xml.text(name, &STANDARD.encode(bytes))),
        }
    }
}

/// A number as AWS writes it: with a fraction, be it zero.
fn float(number: f64) -> String {
    format!("{number:?}")
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Answer::Structure(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
            Answer::Map(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                pairs.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
            Answer::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Answer::Text(text) => serializer.serialize_str(text),
            Answer::Whole(number) => serializer.serialize_i64(*number),
            Answer::Number(number) => serializer.serialize_f64(*number),
            Answer::Flag(flag) => serializer.serialize_bool(*flag),
            Answer::Time(moment) => EpochSeconds(*moment).serialize(serializer),
            Answer::Blob(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Members, Value};

    fn answer() -> Answer {
        let moment = Timestamp::from_millisecond(1_568_565_290_120).unwrap();
        Answer::structure()
            .with("Name", "a<b")
            .maybe("Missing", None::<&'static str>)
            .with("Threshold", 1.0)
            .with("Periods", 3)
            .with("Enabled", true)
            .with("At", moment)
            .with("Actions", ["x", "y"].into_iter().collect::<Answer>())
    }

    #[test]
    fn one_answer_is_the_same_in_json_and_cbor() {
        let json = answer().json().unwrap();
        let text = r#"{"Name":"a<b","Threshold":1.0,"Periods":3,"Enabled":true,"At":1568565290.12,"Actions":["x","y"]}"#;
        assert_eq!(String::from_utf8(json.clone()).unwrap(), text);
        assert_eq!(Value::read_cbor(&answer().cbor()).unwrap(), Value::read(&json).unwrap());
    }

    #[test]
    fn in_query_lists_have_members_and_moments_are_written_out() {
        let xml = String::from_utf8(answer().xml().done().to_vec()).unwrap();
        let expected = concat!(
            "<Name>a&lt;b</Name><Threshold>1.0</Threshold><Periods>3</Periods><Enabled>true</Enabled>",
            "<At>2019-09-15T16:34:50Z</At><Actions><member>x</member><member>y</member></Actions>"
        );
        assert_eq!(xml, expected);
    }

    #[test]
    fn numbers_with_a_fraction_are_read_in_every_protocol() {
        let json = br#"{"A":1,"B":-2.5}"#;
        for mut members in [
            Members::read(json).unwrap(),
            Members::read_cbor(&Answer::structure().with("A", 1).with("B", -2.5).cbor()).unwrap(),
        ] {
            assert_eq!((members.number("A"), members.number("B")), (Some(1.0), Some(-2.5)));
        }
    }
}
