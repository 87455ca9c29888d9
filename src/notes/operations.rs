//! The operations of the sample for the API's document.

use super::api::{Create, Delete, Get, List, Update};
use super::protocol::{BODY_MAX, Note, NotePage, TITLE_MAX};
use crate::protocol::code::Code;
use crate::protocol::openapi::Operation;
use crate::protocol::openapi::schema::{Described, call, count, described, list, text, timestamp, uuid};

described!(Note, "A note.", {
    id: uuid(""),
    title: title(),
    body: body(),
    version: count("Grows with each change. A write names the version that its caller has seen.", u32::MAX),
    updated_at: timestamp("When it was last changed."),
});

described!(NotePage, "A part of the list of notes.", {
    notes: list::<Note>("At most 50, and 256 kB."),
    next: text("The cursor of the next page, for `after`; `null` on the last one.").or_null(),
});

fn title() -> Described<String> {
    text("No NUL character, and not white space alone.").shortest(1).longest(TITLE_MAX)
}

fn body() -> Described<String> {
    text("No NUL character.").longest(BODY_MAX)
}

fn seen() -> Described<u32> {
    count("The version that the caller has seen.", u32::MAX)
}

/// The operations of notes, for `AppState::with_operations`.
pub fn operations() -> Vec<Operation> {
    vec![
        call!(List { after: text("The cursor `next` of a page.").or_empty() }, "A page of the user's notes.")
            .describe("The last changed first: the first page, or the one after a cursor.")
            .bearer(),
        call!(Get { id: uuid("") }, "A note.").bearer().refuses(&[Code::NotFound]),
        call!(
            Create {
                title: title(),
                body: body(),
                id: uuid("Of the caller's choice: with the same one the call may be repeated.").or_empty(),
            },
            "Creates a note."
        )
        .bearer()
        .refuses(&[Code::NotFound, Code::PreconditionFailed, Code::QuotaReached]),
        call!(
            Update {
                id: uuid(""),
                version: seen(),
                title: title(),
                body: body(),
                change: uuid("Of the caller's choice: with the same one the call may be repeated.").or_empty(),
            },
            "Replaces title and body of a note."
        )
        .bearer()
        .refuses(&[Code::NotFound, Code::PreconditionFailed, Code::QuotaReached]),
        call!(Delete { id: uuid(""), version: seen() }, "Deletes a note.")
            .bearer()
            .refuses(&[Code::NotFound, Code::PreconditionFailed]),
    ]
}
