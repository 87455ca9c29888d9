//! The OpenAPI 3.1 document of a list of operations.

use std::collections::BTreeMap;

use http::Method;
use utoipa::openapi::{
    Components, HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, RefOr, Required,
    ServerBuilder,
    content::{Content, ContentBuilder},
    header::{Header, HeaderBuilder},
    path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    response::{Response, ResponseBuilder},
    schema::{AllOfBuilder, ObjectBuilder, Ref, Schema, Type},
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

use super::schema::{Component as _, one};
use super::{Operation, Security, Success};
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";
const FORM: &str = "application/x-www-form-urlencoded";
const PROBLEM: &str = "application/problem+json";

const ABOUT: &str = "Sign-in with a short-lived access token and a rotating refresh token. Requests are forms \
    (`application/x-www-form-urlencoded`, UTF-8, at most 128 kB), answers are JSON, errors are problem documents (RFC 9457) \
    with a `code` of a closed set. Every request that changes state must come from this site, or from no browser. \
    `docs/flow.md` is the whole contract.";

/// Where the API of a document is.
pub struct Place {
    /// The public URL with the base path.
    pub url: String,
    /// The name of the refresh cookie there.
    pub cookie: String,
}

/// The document.
pub fn document(operations: &[Operation], place: &Place) -> OpenApi {
    let mut schemas = one::<Problem>("").any.parts;
    for operation in operations {
        let answer = match &operation.success {
            Success::Json(schema) | Success::Download(schema) => Some(schema),
            Success::Text | Success::NoContent | Success::Redirect => None,
        };
        schemas.extend(answer.into_iter().flat_map(|schema| schema.parts.clone()));
    }
    let mut components = Components::new();
    components.schemas = schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    components.add_security_scheme(BEARER, bearer());
    components.add_security_scheme(COOKIE, cookie(place));
    let mut paths = Paths::new();
    for operation in operations {
        let item = PathItem::new(http_method(&operation.method), described(operation));
        match paths.paths.get_mut(operation.path) {
            Some(path) => path.merge_operations(item),
            None => drop(paths.paths.insert(operation.path.to_owned(), item)),
        }
    }
    let tags: Vec<_> = operations.iter().fold(Vec::new(), |mut tags, operation| {
        if !tags.contains(&operation.tag()) {
            tags.push(operation.tag());
        }
        tags
    });
    let licence = LicenseBuilder::new().name(env!("CARGO_PKG_LICENSE")).identifier(Some(env!("CARGO_PKG_LICENSE")));
    let info = InfoBuilder::new()
        .title("Two Tokens")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(licence.build()));
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url(&place.url).build()]))
        .paths(paths)
        .components(Some(components))
        .tags(Some(tags.into_iter().map(|tag| TagBuilder::new().name(tag).build())))
        .build()
}

fn bearer() -> SecurityScheme {
    let words = "The access token of the token response (RFC 6750).";
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(words));
    SecurityScheme::Http(scheme.build())
}

fn cookie(place: &Place) -> SecurityScheme {
    let words = "The refresh token. HttpOnly: the browser sends it, no script reads it.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(&*place.cookie, words)))
}

fn http_method(method: &Method) -> HttpMethod {
    if method == Method::POST { HttpMethod::Post } else { HttpMethod::Get }
}

fn described(operation: &Operation) -> utoipa::openapi::path::Operation {
    let mut built = OperationBuilder::new()
        .operation_id(Some(operation.id()))
        .tag(operation.tag())
        .summary(Some(operation.summary))
        .description((!operation.description.is_empty()).then_some(operation.description));
    let none = || SecurityRequirement::default();
    let scheme = |name: &str| SecurityRequirement::new::<_, [&str; 0], &str>(name, []);
    built = match operation.security {
        Security::None => built.securities(Some([])),
        Security::Bearer => built.security(scheme(BEARER)),
        Security::Cookie => built.security(scheme(COOKIE)),
        Security::CookieIfAny => built.security(scheme(COOKIE)).security(none()),
    };
    if operation.method == Method::GET {
        built = operation.fields.iter().fold(built, |built, field| built.parameter(parameter(field)));
    } else if !operation.fields.is_empty() {
        built = built.request_body(Some(form(operation)));
    }
    built = built.response(operation.success.status().to_string(), success(operation));
    if operation.has_entity_tag {
        built =
            built.response("304", ResponseBuilder::new().description("The document is as it was: `If-None-Match`."));
    }
    if let Some((status, when)) = operation.text_refusal {
        let response = ResponseBuilder::new().description(when).content("text/plain; charset=utf-8", text());
        built = built.response(status.to_string(), response);
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in operation.codes() {
        by_status.entry(code.status()).or_default().push(code);
    }
    by_status
        .into_iter()
        .fold(built, |built, (status, codes)| built.response(status.to_string(), refusal(&codes)))
        .build()
}

fn parameter(field: &super::Field) -> Parameter {
    let required = if field.schema.required { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(field.name)
        .parameter_in(ParameterIn::Query)
        .required(required)
        .schema(Some(field.schema.schema.clone()))
        .build()
}

fn form(operation: &Operation) -> utoipa::openapi::request_body::RequestBody {
    let content = ContentBuilder::new().schema(Some(super::schema::form(&operation.fields))).build();
    RequestBodyBuilder::new().content(FORM, content).required(Some(Required::True)).build()
}

fn text() -> Content {
    Content::new(Some(ObjectBuilder::new().schema_type(Type::String)))
}

fn header(words: &str, schema_type: Type) -> Header {
    let schema = ObjectBuilder::new().schema_type(schema_type);
    HeaderBuilder::new().schema(Some(schema)).description(Some(words)).build()
}

fn success(operation: &Operation) -> RefOr<Response> {
    let response = ResponseBuilder::new();
    let response = match &operation.success {
        Success::Json(schema) => json(response, schema.schema.clone()),
        Success::Download(schema) => json(response, schema.schema.clone())
            .header("Content-Disposition", header("`attachment`, with the name of the file.", Type::String)),
        Success::Text => response.description("Done").content("text/plain; charset=utf-8", text()),
        Success::NoContent => response.description("Done"),
        Success::Redirect => response.description("Elsewhere").header("Location", header("The page.", Type::String)),
    };
    let response = if operation.sets_cookies {
        response.header("Set-Cookie", header("Cookies of the session or of the device.", Type::String))
    } else {
        response
    };
    let response = if operation.has_entity_tag {
        response.header("ETag", header("For `If-None-Match`.", Type::String))
    } else {
        response
    };
    response.into()
}

fn json(response: ResponseBuilder, schema: RefOr<Schema>) -> ResponseBuilder {
    response.description("Done").content("application/json", Content::new(Some(schema)))
}

/// A problem with one of these codes, which have one status.
fn refusal(codes: &[Code]) -> RefOr<Response> {
    let names = codes.iter().map(|code| code.as_str());
    let statuses = codes.iter().take(1).map(|code| code.status());
    let narrowed = ObjectBuilder::new()
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some(statuses)));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(Problem::NAME)).item(narrowed);
    let titles = codes.iter().map(|code| format!("- `{code}`: {}", code.title()));
    let mut response = ResponseBuilder::new()
        .description(titles.collect::<Vec<_>>().join("\n"))
        .content(PROBLEM, ContentBuilder::new().schema(Some(schema)).build());
    if codes.iter().any(|code| code.challenge().is_some()) {
        response = response.header("WWW-Authenticate", header("The challenge (RFC 6750).", Type::String));
    }
    if codes.iter().any(|code| code.waits()) {
        response = response.header("Retry-After", header("Seconds to wait.", Type::Integer));
    }
    response.into()
}
