//! Enums on the wire as objects with a tag (`{"kind":"lost","to":"tab"}`), without what serde derives for `#[serde(tag)]`: it buffers
//! an object until the tag has come, and compiles all that stands in the enum a second time for its buffer (decision 0011). Here a
//! `serde_json::Map` is the buffer, which everything else shares.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, VariantAccess, Visitor, value::StrDeserializer,
};
use serde_json::{Error, Map, Value};

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

/// The opposite of [`object`], for the enum to be deserialized from.
pub struct Variant {
    name: String,
    fields: Object,
}

impl Variant {
    /// # Errors
    /// The object has no such tag.
    pub fn of(tag: &'static str, mut fields: Object) -> Result<Self, Error> {
        match fields.remove(tag) {
            Some(Value::String(name)) => Ok(Self { name, fields }),
            _ => Err(Error::missing_field(tag)),
        }
    }
}

impl<'de> Deserializer<'de> for Variant {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Fields;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Fields), Error> {
        let name = seed.deserialize(StrDeserializer::<Error>::new(&self.name))?;
        Ok((name, Fields(self.fields)))
    }
}

/// The members beside the tag. A variant takes those that it knows.
pub struct Fields(Object);

impl<'de> VariantAccess<'de> for Fields {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(Value::Object(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.struct_variant(&[], visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        Value::Object(self.0).deserialize_map(visitor)
    }
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
                let object = $crate::lab::model::event::tagged::Object::deserialize(from)?;
                let variant = $crate::lab::model::event::tagged::Variant::of($tag, object);
                variant.and_then($name::deserialize).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use tagged;
