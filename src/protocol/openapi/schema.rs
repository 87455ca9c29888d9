//! Schemas with the Rust type that they describe. [`described`] and [`call`] name every field of a type in a
//! pattern, so a field that is missing, superfluous or described as another type is a compile error.

use std::{collections::BTreeMap, marker::PhantomData};

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{
    RefOr,
    schema::{
        AnyOfBuilder, ArrayBuilder, KnownFormat, ObjectBuilder, RefBuilder, Schema, SchemaFormat, SchemaType, Type,
    },
};

use crate::clock::Timestamp;

/// A schema, and the components that it refers to.
#[derive(Clone)]
pub struct AnySchema {
    pub schema: RefOr<Schema>,
    pub required: bool,
    pub parts: BTreeMap<&'static str, RefOr<Schema>>,
}

impl AnySchema {
    /// A schema that refers to nothing, or to what is known otherwise.
    pub fn of(schema: RefOr<Schema>) -> Self {
        Self { schema, required: true, parts: BTreeMap::new() }
    }
}

/// The schema of a `T`.
pub struct Described<T> {
    pub any: AnySchema,
    of: PhantomData<fn() -> T>,
}

/// A field of a form, or a parameter of a query.
#[derive(Clone)]
pub struct Field {
    pub name: &'static str,
    pub schema: AnySchema,
}

/// A wire type with a name in the document.
pub trait Component: Sized {
    const NAME: &'static str;

    /// The whole schema.
    fn describe() -> Described<Self>;
}

fn of<T>(object: ObjectBuilder) -> Described<T> {
    Described { any: AnySchema::of(object.into()), of: PhantomData }
}

fn plain(schema_type: Type, words: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(schema_type).description((!words.is_empty()).then_some(words))
}

/// Any text.
pub fn text(words: &str) -> Described<String> {
    of(plain(Type::String, words))
}

/// An id that the server or the caller chose.
pub fn uuid(words: &str) -> Described<String> {
    text(words).format("uuid")
}

/// The id of a session: 16 bytes in base64url.
pub fn session_id(words: &str) -> Described<String> {
    text(words).pattern("^[A-Za-z0-9_-]{22}$")
}

/// Milliseconds since the Unix epoch.
pub fn timestamp(words: &str) -> Described<Timestamp> {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    of(plain(Type::Integer, &format!("{words} In milliseconds since the Unix epoch.")).format(Some(format)))
}

/// A whole number that is not negative.
pub fn count<T: TryInto<usize>>(words: &str, max: T) -> Described<T> {
    of(plain(Type::Integer, words).minimum(Some(0_usize)).maximum(max.try_into().ok()))
}

pub fn flag(words: &str) -> Described<bool> {
    of(plain(Type::Boolean, words))
}

/// A text that stands for a type of its own.
pub fn opaque<T>(words: &str) -> Described<T> {
    of(plain(Type::String, words))
}

/// A reference to a component.
pub fn one<T: Component>(words: &str) -> Described<T> {
    let whole = T::describe().any;
    let mut parts = whole.parts;
    parts.insert(T::NAME, whole.schema);
    let reference = RefBuilder::new().ref_location_from_schema_name(T::NAME);
    let reference = reference.description((!words.is_empty()).then_some(words));
    Described { any: AnySchema { schema: reference.into(), required: true, parts }, of: PhantomData }
}

pub fn list<T: Component>(words: &str) -> Described<Vec<T>> {
    let item = one::<T>("").any;
    let schema = ArrayBuilder::new().items(item.schema).description((!words.is_empty()).then_some(words)).into();
    Described { any: AnySchema { schema, required: true, parts: item.parts }, of: PhantomData }
}

/// An object of components, where no Rust type has its fields.
pub fn object(fields: impl IntoIterator<Item = (&'static str, AnySchema)>) -> AnySchema {
    let mut parts = BTreeMap::new();
    let object = fields.into_iter().fold(ObjectBuilder::new(), |object, (name, field)| {
        parts.extend(field.parts);
        let object = object.property(name, field.schema);
        if field.required { object.required(name) } else { object }
    });
    AnySchema { schema: object.into(), required: true, parts }
}

/// The schema of a form. Fields that the function does not know are ignored; none may come twice. No name is empty, has an equals
/// sign, or has brackets, which would be a list or an object: no form has one.
pub fn form(fields: &[Field]) -> RefOr<Schema> {
    match object(fields.iter().map(|field| (field.name, field.schema.clone()))).schema {
        RefOr::T(Schema::Object(object)) => ObjectBuilder::from(object)
            .additional_properties(Some(ObjectBuilder::new().schema_type(Type::String)))
            .property_names(Some(ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[^\[\]=]+$"))))
            .into(),
        other => other,
    }
}

impl<T> Described<T> {
    fn adjust(mut self, change: impl FnOnce(ObjectBuilder) -> ObjectBuilder) -> Self {
        self.any.schema = match self.any.schema {
            RefOr::T(Schema::Object(object)) => change(object.into()).into(),
            other => other,
        };
        self
    }

    /// In characters.
    #[must_use]
    pub fn longest(self, characters: usize) -> Self {
        self.adjust(|object| object.max_length(Some(characters)))
    }

    /// In characters.
    #[must_use]
    pub fn shortest(self, characters: usize) -> Self {
        self.adjust(|object| object.min_length(Some(characters)))
    }

    #[must_use]
    pub fn format(self, format: &str) -> Self {
        self.adjust(|object| object.format(Some(SchemaFormat::Custom(format.to_owned()))))
    }

    #[must_use]
    pub fn pattern(self, pattern: &str) -> Self {
        self.adjust(|object| object.pattern(Some(pattern)))
    }

    #[must_use]
    pub fn example(self, example: &str) -> Self {
        self.adjust(|object| object.examples([example]))
    }

    /// May be left out: the function has a default (`#[server(default)]`).
    #[must_use]
    pub fn with_default(mut self) -> Self {
        self.any.required = false;
        self
    }

    /// Is left out where there is none.
    #[must_use]
    pub fn or_absent(self) -> Described<Option<T>> {
        Described { any: AnySchema { required: false, ..self.any }, of: PhantomData }
    }

    /// May be left out of a form, or be empty there, which is the same.
    #[must_use]
    pub fn or_empty(mut self) -> Described<Option<T>> {
        let empty = ObjectBuilder::new().schema_type(Type::String).max_length(Some(0));
        self.any.schema = Schema::AnyOf(AnyOfBuilder::new().item(self.any.schema).item(empty).build()).into();
        self.or_absent()
    }

    /// Is `null` where there is none.
    #[must_use]
    pub fn or_null(self) -> Described<Option<T>> {
        let any = self
            .adjust(|object| {
                let types = |of: SchemaType| match of {
                    SchemaType::Type(only) => SchemaType::from_iter([only, Type::Null]),
                    other => other,
                };
                let built = object.build();
                let schema_type = types(built.schema_type.clone());
                ObjectBuilder::from(built).schema_type(schema_type)
            })
            .any;
        Described { any, of: PhantomData }
    }
}

/// The schema of a field, which has the type that its description is of. Use [`described`] and [`call`].
pub fn field<S, T>(_: fn(&S) -> &T, described: Described<T>) -> AnySchema {
    described.any
}

/// The schema of a type from those of its fields. Use [`described`].
pub fn whole<T>(words: &str, fields: impl IntoIterator<Item = (&'static str, AnySchema)>) -> Described<T> {
    Described { any: object(fields), of: PhantomData }.adjust(|object| object.description(Some(words)))
}

/// The schema of an enum from the values it may have. Use [`one_of`].
pub fn values<T: Serialize>(words: &str, values: impl IntoIterator<Item = T>) -> Described<T> {
    let names = values.into_iter().filter_map(|value| serde_json::to_value(value).ok());
    of(plain(Type::String, words).enum_values(Some(names.collect::<Vec<Value>>())))
}

#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($type:ident, $words:literal, { $($field:ident $(as $name:literal)?: $schema:expr),+ $(,)? }) => {
        impl $crate::protocol::openapi::schema::Component for $type {
            const NAME: &'static str = stringify!($type);

            fn describe() -> $crate::protocol::openapi::schema::Described<Self> {
                use $crate::protocol::openapi::schema::{described, field, whole};
                // Compiled and never called: no field is missing.
                let _ = |$type { $($field: _),+ }: &$type| ();
                whole($words, [$((described!(@name $field $($name)?), field(|value: &$type| &value.$field, $schema))),+])
            }
        }

        impl $crate::protocol::openapi::Answer for $type {
            fn answer() -> $crate::protocol::openapi::Success {
                $crate::protocol::openapi::Success::Json($crate::protocol::openapi::schema::one::<$type>("").any)
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __one_of {
    ($type:ident, $words:literal, $($variant:ident),+ $(,)? $(; never_sent: $unsent:ident)?) => {
        impl $crate::protocol::openapi::schema::Component for $type {
            const NAME: &'static str = stringify!($type);

            fn describe() -> $crate::protocol::openapi::schema::Described<Self> {
                // Compiled and never called: no variant is missing.
                let _ = |value: $type| match value { $($type::$variant)|+ $(| $type::$unsent)? => () };
                $crate::protocol::openapi::schema::values($words, [$($type::$variant),+])
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __call {
    ($function:ident { $($field:ident: $schema:expr),* $(,)? }, $summary:literal) => {{
        // Compiled and never called: no argument is missing.
        let _ = |$function { $($field: _),* }: &$function| ();
        let fields = vec![$($crate::protocol::openapi::Field {
            name: stringify!($field),
            schema: $crate::protocol::openapi::schema::field(|value: &$function| &value.$field, $schema),
        }),*];
        let arguments = $crate::protocol::openapi::Arguments::<$function> { fields, of: std::marker::PhantomData };
        $crate::protocol::openapi::Operation::call(arguments, $summary)
    }};
}

/// An operation that is a server function, with the fields of its form: `call!(Login { email: …, password: … }, "Signs in.")`.
pub use __call as call;
/// Describes a wire type, field by field: a component of the document.
pub use __described as described;
/// Describes an enum of the wire by its variants; one that no server sends comes last, after `; never_sent:`.
pub use __one_of as one_of;
