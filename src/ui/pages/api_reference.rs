//! The API as a page, from the same operations as the document for programs. Plain HTML without the browser's program. What it
//! says of the operations is in English, as the documents are.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;

use crate::base_path::at;
use crate::lang::lang;
use crate::protocol::code::Code;
use crate::protocol::openapi::{AnySchema, Operation, Security, Success, to_json};
use crate::ui::components::plain_page::PlainPage;
use crate::ui::pages::documents::DOCUMENTS;

/// The path of the page.
pub const API_REFERENCE: &str = "/docs/api";
/// The path of the document; `src/server/openapi.rs` serves it.
const DOCUMENT: &str = "/openapi.json";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

#[component]
pub fn ApiReference(operations: Vec<Operation>) -> impl IntoView {
    let links = view! { <a href=at(DOCUMENTS)>{lang().foot_docs()}</a> };
    let types = types(&operations);
    let rows = operations.iter().map(row).collect_view();
    let sections = operations.iter().map(section).collect_view();
    view! {
        <PlainPage title=lang().api_title().to_owned() links=links.into_any()>
            <article class="document prose api">
                <h1>{lang().api_title()}</h1>
                <p>
                    {lang().api_about()} " "
                    <a href=at(DOCUMENT)>
                        <code>{DOCUMENT}</code>
                    </a>
                </p>
                <p>{lang().api_form()}</p>
                <ul lang="en">{rows}</ul>
                <h2 id="endpoints">{lang().api_endpoints()}</h2>
                {sections}
                <h2 id="types">{lang().api_types()}</h2>
                {types.iter().map(|(name, schema)| of_type(name, schema)).collect_view()}
                <h2 id="codes">{lang().api_codes()}</h2>
                <Codes />
            </article>
        </PlainPage>
    }
}

fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

fn row(operation: &Operation) -> AnyView {
    let href = format!("#{}", operation.id());
    view! {
        <li>
            <a href=href>
                <code>{name(operation)}</code>
            </a>
            " "
            {operation.summary}
        </li>
    }
    .into_any()
}

fn section(operation: &Operation) -> AnyView {
    let needs = match operation.security {
        Security::None => lang().api_nothing(),
        Security::Cookie => lang().api_cookie(),
        Security::CookieIfAny => lang().api_cookie_if_any(),
        Security::Bearer => lang().api_bearer(),
    };
    let cookies = operation.sets_cookies.then(|| format!(" {}", lang().api_and_cookies()));
    let fields =
        operation.fields.iter().map(|field| field_row(field.name, field.schema.required, &to_json(&field.schema)));
    let fields = (!operation.fields.is_empty()).then(|| field_table(lang().api_fields(), fields.collect()));
    let codes = operation.codes().map(|code| {
        let href = format!("#code-{code}");
        view! {
            <li>
                <a href=href>
                    <code>{code.as_str()}</code>
                </a>
            </li>
        }
    });
    view! {
        <section aria-labelledby=operation.id()>
            <h3 id=operation.id()>
                <code>{name(operation)}</code>
            </h3>
            <p lang="en">{operation.summary} " " {marked(operation.description)}</p>
            <dl>
                <dt>{lang().api_needs()}</dt>
                <dd>{needs}</dd>
                <dt>{lang().api_gives()}</dt>
                <dd>{gives(operation)} {cookies}</dd>
            </dl>
            {fields}
            <details>
                <summary>{lang().api_refuses()}</summary>
                <ul>{codes.collect_view()}</ul>
            </details>
        </section>
    }
    .into_any()
}

/// A sentence, with what stands between backticks as code.
fn marked(words: &str) -> AnyView {
    let parts = words.split('`').enumerate().map(|(at, part)| {
        let part = part.to_owned();
        if at % 2 == 0 { part.into_any() } else { view! { <code>{part}</code> }.into_any() }
    });
    parts.collect_view().into_any()
}

fn gives(operation: &Operation) -> AnyView {
    let status = operation.success.status().to_string();
    match &operation.success {
        Success::Json(schema) | Success::Download(schema) => {
            view! { {status} " " <code>{JSON}</code> " " {value(&to_json(schema))} }.into_any()
        }
        Success::Text => view! { {status} " " <code>{TEXT}</code> }.into_any(),
        Success::NoContent | Success::Redirect => status.into_any(),
    }
}

fn field_table(caption: &'static str, rows: Vec<AnyView>) -> AnyView {
    view! {
        <table>
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{lang().api_field()}</th>
                    <th scope="col">{lang().api_value()}</th>
                    <th scope="col">{lang().api_meaning()}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn field_row(name: &str, required: bool, schema: &Value) -> AnyView {
    let optional = (!required).then(|| format!(" ({})", lang().api_optional()));
    let words = schema["description"].as_str().or_else(|| schema["anyOf"][0]["description"].as_str());
    view! {
        <tr>
            <th scope="row">
                <code>{name.to_owned()}</code>
                {optional}
            </th>
            <td lang="en">{value(schema)}</td>
            <td lang="en">{marked(words.unwrap_or_default())}</td>
        </tr>
    }
    .into_any()
}

/// What a schema takes or gives, with links to the types.
fn value(schema: &Value) -> AnyView {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()).map(str::to_owned) {
        let href = format!("#type-{name}");
        return view! { <a href=href>{name}</a> }.into_any();
    }
    if schema["type"] == "array" {
        return view! { "[" {value(&schema["items"])} "]" }.into_any();
    }
    if let Some(members) = schema["properties"].as_object() {
        let names = members.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return view! { <code>{format!("{{{names}}}")}</code> }.into_any();
    }
    scalar(schema).into_any()
}

fn scalar(schema: &Value) -> String {
    // An optional field of a form, or the empty text in its place.
    let schema = schema["anyOf"].get(0).unwrap_or(schema);
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        one => one.as_str().unwrap_or("object").to_owned(),
    };
    let format = schema["format"].as_str().map(|format| format!(", {format}")).unwrap_or_default();
    let length = match (schema["minLength"].as_u64(), schema["maxLength"].as_u64()) {
        (Some(min), Some(max)) => format!(", {min}–{max}"),
        (None, Some(max)) => format!(", ≤ {max}"),
        _ => String::new(),
    };
    [types, format, length].concat()
}

/// The named types that the operations give.
fn types(operations: &[Operation]) -> BTreeMap<&'static str, Value> {
    let answers = operations.iter().filter_map(|operation| match &operation.success {
        Success::Json(schema) | Success::Download(schema) => Some(schema),
        Success::Text | Success::NoContent | Success::Redirect => None,
    });
    let parts = answers.flat_map(|schema| schema.parts.clone());
    parts.map(|(name, schema)| (name, to_json(&AnySchema::of(schema)))).collect()
}

fn of_type(name: &str, schema: &Value) -> AnyView {
    let words = schema["description"].as_str().unwrap_or_default();
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let table = schema["properties"].as_object().map(|members| {
        let rows = members.iter().map(|(name, schema)| field_row(name, required(name), schema));
        field_table(lang().api_fields(), rows.collect())
    });
    let values = table.is_none().then(|| view! { <p lang="en">{scalar(schema)}</p> });
    let id = format!("type-{name}");
    view! {
        <section aria-labelledby=id.clone()>
            <h3 id=id.clone()>
                <code>{name.to_owned()}</code>
            </h3>
            <p lang="en">{marked(words)}</p>
            {table}
            {values}
        </section>
    }
    .into_any()
}

#[component]
fn Codes() -> impl IntoView {
    let rows = Code::ALL.iter().filter(|code| code.is_sent()).map(|code| {
        let id = format!("code-{code}");
        view! {
            <tr id=id>
                <th scope="row">
                    <code>{code.as_str()}</code>
                </th>
                <td>{code.status()}</td>
                <td lang="en">{code.title()}</td>
            </tr>
        }
    });
    view! {
        <table>
            <thead>
                <tr>
                    <th scope="col">{lang().api_code()}</th>
                    <th scope="col">{lang().api_status()}</th>
                    <th scope="col">{lang().api_meaning()}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}
