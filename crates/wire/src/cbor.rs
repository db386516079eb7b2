//! CBOR, as Smithy RPC v2 sends it, read once into the values of JSON; what two readers could understand differently is
//! refused.

use std::borrow::Cow;
use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minicbor::Decoder;
use minicbor::data::{Tag, Type};
use minicbor::decode::Error;

use crate::json::{DEPTH_MAX, NODES_MAX};
use crate::{Value, WireFault};

/// The mark of a number of seconds since 1970.
const EPOCH_TAG: Tag = Tag::new(1);

impl<'a> Value<'a> {
    /// Reads a whole body. An empty one is an object without members; bytes become Base64, as JSON has them.
    pub fn read_cbor(body: &'a [u8]) -> Result<Value<'a>, WireFault> {
        if body.is_empty() {
            return Ok(Value::Object(Vec::new()));
        }
        let mut reader = Reader { decoder: Decoder::new(body), nodes_left: NODES_MAX };
        let value = reader.value(DEPTH_MAX).map_err(|_| WireFault::Serialization(None))?;
        match reader.decoder.position() == body.len() {
            true => Ok(value),
            false => Err(WireFault::Serialization(None)),
        }
    }
}

struct Reader<'a> {
    decoder: Decoder<'a>,
    nodes_left: u32,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: u32) -> Result<Value<'a>, Error> {
        self.nodes_left = self.nodes_left.checked_sub(1).ok_or_else(|| Error::message("too many values"))?;
        Ok(match self.decoder.datatype()? {
            Type::Null => self.decoder.null().map(|()| Value::Null)?,
            Type::Undefined => self.decoder.undefined().map(|()| Value::Null)?,
            Type::Bool => Value::Bool(self.decoder.bool()?),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                Value::Whole(self.decoder.i64()?)
            }
            Type::F16 | Type::F32 | Type::F64 => number(self.decoder.f64()?)?,
            Type::String => Value::Text(Cow::Borrowed(self.decoder.str()?)),
            Type::Bytes => Value::Text(Cow::Owned(STANDARD.encode(self.decoder.bytes()?))),
            Type::Array | Type::ArrayIndef => self.list(below(depth)?)?,
            Type::Map | Type::MapIndef => self.object(below(depth)?)?,
            Type::Tag if self.decoder.tag()? == EPOCH_TAG => self.value(below(depth)?)?,
            other => return Err(Error::type_mismatch(other)),
        })
    }

    fn list(&mut self, depth: u32) -> Result<Value<'a>, Error> {
        let (mut count, mut items) = (self.decoder.array()?, Vec::new());
        while self.has_next(&mut count)? {
            items.push(self.value(depth)?);
        }
        Ok(Value::List(items))
    }

    fn object(&mut self, depth: u32) -> Result<Value<'a>, Error> {
        let (mut count, mut members, mut names) = (self.decoder.map()?, Vec::new(), HashSet::new());
        while self.has_next(&mut count)? {
            let name = self.decoder.str()?;
            if !names.insert(name) {
                return Err(Error::message("a name stands twice"));
            }
            members.push((Cow::Borrowed(name), self.value(depth)?));
        }
        Ok(Value::Object(members))
    }

    /// Whether another item follows: of a counted collection by its count, of an open one by its end.
    fn has_next(&mut self, count: &mut Option<u64>) -> Result<bool, Error> {
        match count {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None if self.decoder.datatype()? == Type::Break => {
                self.decoder.set_position(self.decoder.position() + 1);
                Ok(false)
            }
            None => Ok(true),
        }
    }
}

fn below(depth: u32) -> Result<u32, Error> {
    depth.checked_sub(1).ok_or_else(|| Error::message("nested too deeply"))
}

/// JSON has no infinity, so nothing here has to.
fn number<'a>(number: f64) -> Result<Value<'a>, Error> {
    match number.is_finite() {
        true => Ok(Value::Fraction(number)),
        false => Err(Error::message("not a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_collections_and_moments_are_read() {
        // {_ "a": [_ 1, -2], "t": 1(1.5), "n": null, "b": h'fffe'}
        let body = b"\xbf\x61a\x9f\x01\x21\xff\x61t\xc1\xf9\x3e\x00\x61n\xf6\x61b\x42\xff\xfe\xff";
        let expected = Value::Object(vec![
            ("a".into(), Value::List(vec![Value::Whole(1), Value::Whole(-2)])),
            ("t".into(), Value::Fraction(1.5)),
            ("n".into(), Value::Null),
            ("b".into(), Value::Text("//4=".into())),
        ]);
        assert_eq!(Value::read_cbor(body), Ok(expected));
        assert_eq!(Value::read_cbor(b""), Ok(Value::Object(Vec::new())));
    }

    #[test]
    fn what_is_ambiguous_deep_or_cut_is_refused() {
        let deep = vec![0x81; 100_000];
        let refused: [&[u8]; 7] = [
            b"\xa2\x61a\x01\x61a\x02",
            b"\xa0\x00",
            b"\xa1\x61a",
            b"\xa1\x01\x01",
            b"\x9f\x01",
            b"\xfb\x7f\xf0\0\0\0\0\0\0",
            &deep,
        ];
        for body in refused {
            assert_eq!(
                Value::read_cbor(body),
                Err(WireFault::Serialization(None)),
                "{:?}",
                &body[..4.min(body.len())]
            );
        }
    }
}
