//! Enums on the wire as objects with a tag (`{"kind":"lost","to":"tab"}`), without what serde derives for `#[serde(tag)]`: it buffers
//! an object until the tag has come, and compiles all that stands in the enum a second time for its buffer. That was a fifth of
//! the lab's download. Here a `serde_json::Value` is the buffer, which everything else shares.

use serde::{Deserialize as _, Deserializer, de};
use serde_json::{Map, Value};

pub type Object = Map<String, Value>;

/// The object of an enum's value: the form that serde derives (`"restarted"`, `{"lost":{"to":"tab"}}`) with its name under `tag`.
pub fn object(tag: &str, value: Value) -> Option<Object> {
    let (name, fields) = match value {
        Value::String(name) => (name, Object::new()),
        Value::Object(one) => match one.into_iter().next()? {
            (name, Value::Object(fields)) => (name, fields),
            _ => return None,
        },
        _ => return None,
    };
    let tag = (tag.to_owned(), Value::String(name));
    Some([tag].into_iter().chain(fields).collect())
}

/// The opposite of [`object`]; `None` without a tag.
pub fn value(tag: &str, mut object: Object) -> Option<Value> {
    let Some(Value::String(name)) = object.remove(tag) else { return None };
    Some(match object.is_empty() {
        true => Value::String(name),
        false => Value::Object([(name, Value::Object(object))].into_iter().collect()),
    })
}

/// # Errors
/// What came is no object with that tag.
pub fn read<'de, D: Deserializer<'de>>(tag: &'static str, from: D) -> Result<Value, D::Error> {
    value(tag, Object::deserialize(from)?).ok_or_else(|| de::Error::missing_field(tag))
}

/// `Serialize` and `Deserialize` with that tag, for an enum that derives both with `#[serde(remote = "Self")]`.
macro_rules! tagged {
    ($name:ident, $tag:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let value = $name::serialize(self, serde_json::value::Serializer).map_err(serde::ser::Error::custom)?;
                let object = $crate::lab::model::event::tagged::object($tag, value);
                object.ok_or_else(|| serde::ser::Error::custom("an enum without a name"))?.serialize(to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let value = $crate::lab::model::event::tagged::read($tag, from)?;
                $name::deserialize(value).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use tagged;
