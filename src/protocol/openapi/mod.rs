//! The API as data: one [`Operation`] for each endpoint, and the OpenAPI 3.1 document that is made of them. The tables of
//! operations stand beside what they describe: `src/api/operations.rs`, `src/server/openapi.rs`, and one in the folder of
//! each resource.
//!
//! Method, path and answer of a server function come from its type, and [`call`](schema::call) names its arguments in a
//! pattern: a description that is not that of the function does not compile. On the server alone.

mod document;
pub mod schema;
mod types;

use http::Method;
use leptos::server_fn::{Protocol, ServerFn};
use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, Ref};

pub use document::{Place, document};
pub use schema::{AnySchema, Field};

use super::code::Code;
use super::empty::Done;
use super::problem::Problem;
use schema::Component;

/// The credential of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    None,
    /// The refresh cookie.
    Cookie,
    /// The refresh cookie, where there is one.
    CookieIfAny,
    /// The access token (RFC 6750).
    Bearer,
}

/// The answer to a request that succeeds.
#[derive(Clone)]
pub enum Success {
    Json(AnySchema),
    /// JSON that browsers save as a file.
    Download(AnySchema),
    Text,
    NoContent,
    /// 303.
    Redirect,
}

impl Success {
    pub fn status(&self) -> u16 {
        match self {
            Success::Json(_) | Success::Download(_) | Success::Text => 200,
            Success::NoContent => 204,
            Success::Redirect => 303,
        }
    }
}

/// A list of operations, as a resource adds it to the application.
pub type Operations = fn() -> Vec<Operation>;

/// One method of one path.
#[derive(Clone)]
pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// More to know; may be empty.
    pub description: &'static str,
    pub security: Security,
    /// The fields of the form; the parameters of the query for a `GET`.
    pub fields: Vec<Field>,
    pub success: Success,
    /// Whether a success sets the cookies of a session.
    pub sets_cookies: bool,
    /// Whether it answers 304 to a known entity tag.
    pub has_entity_tag: bool,
    /// A refusal that is plain text and no problem: its status, and when.
    pub text_refusal: Option<(u16, &'static str)>,
    codes: Vec<Code>,
}

/// The arguments of a server function. Use [`call`](schema::call).
pub struct Arguments<F> {
    pub fields: Vec<Field>,
    pub of: std::marker::PhantomData<fn() -> F>,
}

impl Operation {
    /// A server function. Use [`call`](schema::call).
    pub fn call<F>(arguments: Arguments<F>, summary: &'static str) -> Self
    where
        F: ServerFn<Error = Problem>,
        F::Output: Answer,
    {
        let method = <F::Protocol as Protocol<
            F,
            F::Output,
            F::Client,
            F::Server,
            F::Error,
            F::InputStreamError,
            F::OutputStreamError,
        >>::METHOD;
        let codes = [Code::ValidationFailed, Code::RequestTimeout, Code::TemporarilyUnavailable];
        let same_origin = (method == Method::POST).then_some(Code::CrossSiteRequest);
        Self { fields: arguments.fields, ..Self::route(method, F::PATH, summary, F::Output::answer()) }
            .refuses(&codes)
            .refuses(same_origin.as_slice())
    }

    /// A `GET` that is no server function.
    pub fn get(path: &'static str, summary: &'static str, success: Success) -> Self {
        Self::route(Method::GET, path, summary, success)
    }

    fn route(method: Method, path: &'static str, summary: &'static str, success: Success) -> Self {
        Self {
            method,
            path,
            summary,
            description: "",
            security: Security::None,
            fields: Vec::new(),
            success,
            sets_cookies: false,
            has_entity_tag: false,
            text_refusal: None,
            codes: vec![Code::HeadersTooLarge],
        }
    }

    #[must_use]
    pub fn describe(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Needs the access token.
    #[must_use]
    pub fn bearer(self) -> Self {
        let codes =
            [Code::AccessTokenMissing, Code::AccessTokenExpired, Code::AccessTokenInvalid, Code::SessionRevoked];
        Self { security: Security::Bearer, ..self }.refuses(&codes)
    }

    /// Needs a password that was entered recently (RFC 9470).
    #[must_use]
    pub fn step_up(self) -> Self {
        self.refuses(&[Code::InsufficientUserAuthentication])
    }

    /// Needs the refresh cookie.
    #[must_use]
    pub fn cookie(self) -> Self {
        let codes = [
            Code::SessionRevoked,
            Code::RefreshTokenMissing,
            Code::RefreshTokenInvalid,
            Code::RefreshTokenExpired,
            Code::RefreshTokenReused,
        ];
        Self { security: Security::Cookie, ..self }.refuses(&codes)
    }

    /// Reads the refresh cookie where there is one.
    #[must_use]
    pub fn cookie_if_any(self) -> Self {
        Self { security: Security::CookieIfAny, ..self }
    }

    /// A success sets the cookies of a session, or deletes them.
    #[must_use]
    pub fn sets_cookies(self) -> Self {
        Self { sets_cookies: true, ..self }
    }

    #[must_use]
    pub fn has_entity_tag(self) -> Self {
        Self { has_entity_tag: true, ..self }
    }

    /// May refuse with plain text, for machines that read the status alone.
    #[must_use]
    pub fn refuses_in_text(self, status: u16, when: &'static str) -> Self {
        Self { text_refusal: Some((status, when)), ..self }
    }

    /// May refuse with these codes as well.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// The codes that it may refuse with, in the order of the table of codes.
    pub fn codes(&self) -> impl Iterator<Item = Code> {
        Code::ALL.iter().copied().filter(|code| self.codes.contains(code))
    }

    /// A name that is unique in the document: the path without `/api/`, as `notes_create`.
    pub fn id(&self) -> String {
        let path = self.path.strip_prefix("/api/").unwrap_or(self.path);
        let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("_")
    }

    /// The group: the first part of the path below `/api/`.
    pub fn tag(&self) -> &'static str {
        let below_api = self.path.strip_prefix("/api/").and_then(|path| path.split('/').next());
        below_api.unwrap_or("server")
    }
}

/// What a server function returns.
pub trait Answer {
    fn answer() -> Success;
}

impl Answer for Done {
    fn answer() -> Success {
        Success::NoContent
    }
}

impl<T: Component> Answer for Vec<T> {
    fn answer() -> Success {
        let item = schema::one::<T>("").any;
        let schema = ArrayBuilder::new().items(Ref::from_schema_name(T::NAME)).into();
        Success::Json(AnySchema { schema, ..item })
    }
}

/// A schema as JSON, which the page and the tests read.
pub fn to_json(schema: &AnySchema) -> Value {
    serde_json::to_value(&schema.schema).unwrap_or_default()
}
