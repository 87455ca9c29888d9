//! The Big List of Naughty Strings, and what it lacks, through every field of every endpoint. Each of these strings broke
//! somebody's program once; here each is taken exactly as it is, or refused where it was typed.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::Value;

use crate::support::{Answer, Client, PASSWORD, TestApp};

const ID: &str = "0190a5c3-0000-7000-8000-00000000000a";

/// What the list lacks: NUL and other controls, a byte order mark, characters that are none, escapes of a terminal.
const MORE: [&str; 22] = [
    "\0",
    "nul\0inside",
    "\u{feff}after a byte order mark",
    "\u{fffe}\u{ffff}",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{1b}[31mred\u{1b}[0m\u{7}",
    "\u{7f}\u{80}\u{9f}",
    "\r\nSet-Cookie: a=b",
    "\n\n\n",
    "\u{2028}\u{2029}",
    "e\u{301} and é",
    "ſtraße İSTANBUL ıi ΌΣΟΣ ΌΣΟς",
    "ada\u{200b}@example.com",
    "\u{202e}moc.elpmaxe@ada",
    "ada@example.com\u{0}",
    "%00%ff%25%u0041",
    "a=b&c=d;e[]=f#g?h+i j",
    "\\u0000\\ud800",
    "{\"code\":\"ok\"}",
    "</script><!--\"'`",
    "{0} {} %s %n ${jndi:ldap://x} {{7*7}}",
];

fn strings() -> Vec<String> {
    let long = [200, 201, 1024, 1025, 10_000, 10_001].map(|length| "ß".repeat(length));
    naughty_strings::BLNS.iter().chain(&MORE).map(|&text| text.to_owned()).chain(long).collect()
}

/// An answer that can be shown: of the closed set, and at a field that was sent, unless the form could not be read at all.
#[track_caller]
fn shown(answer: Answer, fields: &[(&str, &str)]) -> Answer {
    assert!(answer.status.as_u16() < 500, "{} {fields:?}", answer.body);
    if answer.status.is_success() {
        return answer;
    }
    let answer = answer.refused_somehow();
    let unreadable = answer.json()["detail"] == "The input could not be read. Send it form-encoded.";
    if answer.code() == "validation_failed" && !unreadable {
        let field = answer.json()["field"].as_str().unwrap_or_default().to_owned();
        assert!(fields.iter().any(|(name, _)| *name == field), "{} {fields:?}", answer.body);
    }
    answer
}

/// Of a password nothing comes back, in whatever escape. Shorter ones may be part of a word.
#[track_caller]
fn nothing_of(password: &str, answer: &Answer) {
    if password.chars().count() < 6 {
        return;
    }
    let quoted = Value::from(password).to_string();
    let html = password.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for form in [password, quoted.trim_matches('"'), &html, &html.replace('"', "&quot;")] {
        assert!(!answer.body.contains(form), "{password:?} is in {}", answer.body);
        let mut headers = answer.headers.values().filter_map(|value| value.to_str().ok());
        assert!(!headers.any(|value| value.contains(form)), "{password:?} is in {:?}", answer.headers);
    }
}

/// Each string in each field, the others being good. A new password that is taken is a hash each time, so the long ones are
/// left to [`register_with_each_password`].
async fn every_field_of(app: &TestApp, ada: &Client, path: &str, good: &[(&str, &str)]) {
    for text in strings() {
        for index in 0..good.len() {
            if path == "/api/auth/register" && good[index].0 == "password" && text.chars().count() >= LONG_ENOUGH {
                continue;
            }
            let mut fields = good.to_vec();
            fields[index].1 = &text;
            let answer = shown(ada.clone().post(path, &fields).await, &fields);
            if fields[index].0.contains("password") {
                nothing_of(&text, &answer);
            }
            if answer.status.is_success() && path == "/api/account/change_password" {
                app.reset_password(&mut ada.clone()).await;
            }
        }
    }
}

#[tokio::test]
async fn a_naughty_string_in_any_field_of_a_sign_in_is_answered() {
    let app = TestApp::unthrottled().await;
    let ada = app.registered("ada@example.com").await;
    let credentials = [("email", "ada@example.com"), ("password", PASSWORD)];
    every_field_of(&app, &app.client(), "/api/auth/login", &credentials).await;
    every_field_of(&app, &app.client(), "/api/auth/register", &credentials).await;
    every_field_of(&app, &ada, "/api/auth/reauthenticate", &[("password", PASSWORD)]).await;
}

#[tokio::test]
async fn a_naughty_string_in_any_field_of_the_account_is_answered() {
    let app = TestApp::unthrottled().await;
    let ada = app.registered("ada@example.com").await;
    for (path, good) in [
        ("/api/account/revoke_session", &[("id", ID)][..]),
        ("/api/account/dismiss_notice", &[("id", ID)]),
        ("/api/account/change_email", &[("email", "ada@example.com"), ("password", PASSWORD)]),
        ("/api/account/delete_account", &[("password", "wrong")]),
        (
            "/api/account/change_password",
            &[("current_password", "wrong"), ("new_password", PASSWORD), ("keep_other_sessions", "true")],
        ),
    ] {
        every_field_of(&app, &ada, path, good).await;
    }
}

#[tokio::test]
async fn a_naughty_string_in_any_field_of_a_note_or_as_a_field_is_answered() {
    let app = TestApp::unthrottled().await;
    let ada = app.registered("ada@example.com").await;
    let note = [("id", ID), ("title", "x"), ("body", "y")];
    let change = [("id", ID), ("version", "1"), ("change", ID), ("title", "x"), ("body", "y")];
    ada.clone().post("/api/notes/create", &note).await.expect(StatusCode::OK);
    for (path, good) in [
        ("/api/notes/create", &note[..]),
        ("/api/notes/update", &change),
        ("/api/notes/delete", &[("id", "x"), ("version", "1")]),
    ] {
        every_field_of(&app, &ada, path, good).await;
    }
    for text in strings() {
        for path in ["/api/auth/refresh", "/api/auth/suggest_passphrase", "/api/account/revoke_other_sessions"] {
            shown(ada.clone().post(path, &[(&text, &text)]).await, &[]);
        }
        shown(app.client().post("/api/auth/logout", &[(&text, &text)]).await, &[]);
        let query = crate::support::form(&[(&text, &text)]);
        if query.len() > usize::from(u16::MAX) - 100 {
            // No address is that long.
            continue;
        }
        for path in ["/api/account/me", "/api/account/sessions", "/api/account/notices"] {
            shown(ada.clone().get(&format!("{path}?{query}")).await, &[]);
        }
    }
}

#[tokio::test]
async fn a_naughty_string_in_a_plain_form_leads_nowhere_else_and_runs_nothing() {
    let app = TestApp::unthrottled().await;
    app.registered("ada@example.com").await;
    for text in strings() {
        let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("next", &*text)];
        let answer = app.client().post("/login", &fields).await.expect(StatusCode::SEE_OTHER);
        let to = answer.headers[header::LOCATION].to_str().unwrap();
        assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'), "{to}");
        let answer = app.client().post("/register", &[("email", &*text), ("password", &*text)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{text:?}");
        assert!(text.len() < 4 || !text.contains('<') || !answer.body.contains(&text), "{text:?}");
    }
}

#[tokio::test]
async fn a_note_comes_back_byte_for_byte_or_is_refused_at_its_field() {
    let app = TestApp::unthrottled().await;
    // One person for each field, because all strings in both are more notes than one may have.
    for (field, limit) in [("title", 200), ("body", 10_000)] {
        let mut ada = app.registered(&format!("{field}@example.com")).await;
        let mut kept = Vec::new();
        for text in strings() {
            let (title, body) = if field == "title" { (&*text, "body") } else { ("title", &*text) };
            let fields = [("title", title), ("body", body)];
            let answer = ada.post("/api/notes/create", &fields).await;
            let blank = field == "title" && text.trim().is_empty();
            if blank || text.contains('\0') || text.chars().count() > limit {
                assert_eq!(answer.refused(422, "validation_failed").json()["field"], field, "{text:?}");
                continue;
            }
            let note = answer.expect(StatusCode::OK).json();
            assert_eq!((note["title"].as_str(), note["body"].as_str()), (Some(title), Some(body)));
            let id = note["id"].as_str().unwrap();
            let fields = [("id", id), ("version", "1"), ("title", title), ("body", body)];
            kept.push(ada.post("/api/notes/update", &fields).await.expect(StatusCode::OK).json());
        }
        assert!(kept.len() > 500);
        let mut listed = ada.notes().await;
        for notes in [&mut listed, &mut kept] {
            notes.sort_by_key(|note| note["id"].as_str().unwrap().to_owned());
        }
        assert!(listed == kept, "a note came back otherwise");
    }
}

/// Shortest password that is taken.
const LONG_ENOUGH: usize = 15;

/// Every string that is long enough to be a password, and the others made long enough.
fn passwords() -> impl Iterator<Item = String> {
    let as_it_is = strings().into_iter().filter(|text| text.chars().count() >= LONG_ENOUGH);
    as_it_is.chain(MORE.iter().map(|text| format!("{text} correct horse {text}")))
}

/// What somebody might have tidied up in a password, where there is anything.
fn tidied(password: &str) -> Option<String> {
    let tidied = [password.trim(), &password.replace('\0', ""), &password.replace('\u{200b}', "")].map(str::to_owned);
    tidied.into_iter().find(|tidied| tidied != password)
}

/// Registers with each password. With those that `signs_in` picks it signs in as well, and not with what was tidied up or
/// cut off: each of these costs a hash more.
async fn register_with_each_password(signs_in: impl Fn(usize, &str) -> bool) {
    let app = TestApp::unthrottled().await;
    let mut taken = 0;
    for (index, password) in passwords().enumerate() {
        let email = format!("ada{index}@example.com");
        let fields = [("email", &*email), ("password", &*password)];
        let answer = shown(app.client().register(&email, &password).await, &fields);
        nothing_of(&password, &answer);
        if answer.status != StatusCode::OK {
            assert_eq!(answer.refused(422, "validation_failed").json()["field"], "password");
            continue;
        }
        taken += 1;
        if signs_in(index, &password) {
            app.client().login(&email, &password).await.expect(StatusCode::OK);
            let mut shorter = password.clone();
            shorter.pop();
            let other = tidied(&password).unwrap_or(shorter);
            app.client().login(&email, &other).await.refused(401, "invalid_credentials");
        }
    }
    assert!(taken > 30, "{taken}");
}

#[tokio::test]
async fn a_naughty_password_signs_in_exactly_as_it_was_typed() {
    let plain = |password: &str| password.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    register_with_each_password(|index, text| !plain(text) || tidied(text).is_some() || index % 8 == 0).await;
}

#[tokio::test]
#[ignore = "make soak"]
async fn soak_every_naughty_password_signs_in_exactly_as_it_was_typed() {
    register_with_each_password(|_, _| true).await;
}

#[tokio::test]
async fn a_naughty_address_is_refused_at_its_field_or_kept_in_one_form() {
    let app = TestApp::unthrottled().await;
    let mut ada = app.registered("ada@example.com").await;
    // One browser, whose sign-ins replace each other: an account has a limited number of sessions.
    let mut anywhere = app.client();
    let mut taken = 0;
    for text in strings() {
        for typed in [text.clone(), format!("{text}@example.com"), format!("ada@{text}.com")] {
            let answer = ada.post("/api/account/change_email", &[("email", &typed), ("password", PASSWORD)]).await;
            if answer.status != StatusCode::OK {
                assert_eq!(answer.refused(422, "validation_failed").json()["field"], "email", "{typed:?}");
                continue;
            }
            taken += 1;
            let kept = answer.json()["email"].as_str().unwrap().to_owned();
            for spelling in [&*typed, &kept, &format!(" {kept}\t"), &typed.to_uppercase().to_lowercase()] {
                let known = anywhere.login(spelling, PASSWORD).await;
                // Upper case of one letter may be another letter's: only what was typed and what is kept must be known.
                if spelling.trim() == kept || spelling == typed {
                    assert_eq!(known.expect(StatusCode::OK).json()["user"]["email"], kept, "{typed:?}");
                }
            }
            let invisible = |c: char| c.is_control() || "\u{200b}\u{202e}\u{feff}\u{2066}".contains(c);
            assert!(!kept.contains(invisible), "{kept:?} looks like another address");
        }
    }
    assert!(taken > 100, "{taken}");
}

/// Bytes that are no text would become U+FFFD, and so all of them the same password.
#[tokio::test]
async fn bytes_that_are_no_text_are_refused_and_make_no_password() {
    let app = TestApp::unthrottled().await;
    for bytes in ["%ff", "%c3", "%C3%28", "%ed%a0%80", "%c0%80", "%f4%90%80%80", "caf%E9"] {
        for path in ["/api/auth/register", "/api/auth/login", "/register", "/login"] {
            let body = format!("email=ada@example.com&password=correct+horse+battery+{bytes}");
            let mut anyone = app.client();
            let form = "application/x-www-form-urlencoded";
            let request = anyone.request(Method::POST, path).header(header::CONTENT_TYPE, form);
            let answer = anyone.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {bytes}");
            assert!(answer.body.contains("could not be read") && answer.set_cookies().is_empty(), "{path} {bytes}");
        }
    }
    app.registered("ada@example.com").await;
}
