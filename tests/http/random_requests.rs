//! Fuzzing: random methods, paths, headers and bodies under `/api/`. Each answer is a success or a problem of the closed
//! set (RFC 9457), never a failure of the server.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, header},
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};

use crate::support::{Client, PASSWORD, TestApp};

const PATHS: [&str; 22] = [
    "auth/register",
    "auth/login",
    "auth/refresh",
    "auth/logout",
    "auth/suggest_passphrase",
    "auth/reauthenticate",
    "account/me",
    "account/sessions",
    "account/history",
    "account/notices",
    "account/revoke_session",
    "account/revoke_other_sessions",
    "account/change_password",
    "account/change_email",
    "account/delete_account",
    "account/dismiss_notice",
    "notes/list",
    "notes/create",
    "notes/update",
    "notes/delete",
    "nothing",
    "",
];

/// The parts of forms, and bytes that break parsers of forms.
const PIECES: [&[u8]; 32] = [
    b"email",
    b"password",
    b"current_password",
    b"new_password",
    b"keep_other_sessions",
    b"id",
    b"title",
    b"body",
    b"=",
    b"=",
    b"=",
    b"&",
    b"&",
    b"&",
    b"[",
    b"]",
    b"[]",
    b"[0]",
    b"[18446744073709551616]",
    b"%",
    b"%5B",
    b"%ff",
    b"%00",
    b"+",
    b";",
    b"true",
    b"ada@example.com",
    b"0190a5c3-0000-7000-8000-00000000000a",
    b"{\"email\":\"a\"}",
    b"\xff",
    b"\r\n",
    "😀".as_bytes(),
];

const METHODS: [&str; 12] =
    ["POST", "POST", "POST", "GET", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"];

/// A header that may be missing, right, bent or rubbish.
#[derive(Clone, Debug)]
enum Sent {
    Nothing,
    Right,
    Twice,
    Bent(usize),
    Rubbish(Vec<u8>),
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        1 => Just(Sent::Nothing),
        4 => Just(Sent::Right),
        1 => Just(Sent::Twice),
        1 => any::<usize>().prop_map(Sent::Bent),
        2 => vec(any::<u8>(), 0..60).prop_map(Sent::Rubbish),
    ]
}

impl Sent {
    fn values(&self, right: &str) -> Vec<Vec<u8>> {
        let right = right.as_bytes().to_vec();
        match self {
            Sent::Nothing => vec![],
            Sent::Right => vec![right],
            Sent::Twice => vec![right.clone(), right],
            Sent::Bent(at) => {
                let mut bent = right;
                let at = at % bent.len();
                bent[at] = bent[at].wrapping_add(1);
                vec![bent]
            }
            Sent::Rubbish(bytes) => vec![[&right[..7], bytes].concat(), bytes.clone()],
        }
    }
}

#[derive(Clone, Debug)]
struct Shot {
    method: &'static str,
    path: String,
    authorization: Sent,
    cookie: Sent,
    others: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

fn header_of_any_kind() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let name = select(vec![
        "content-type",
        "content-length",
        "accept",
        "referer",
        "user-agent",
        "origin",
        "sec-fetch-site",
        "cookie",
        "transfer-encoding",
        "x-http-method-override",
        "serverfnerror",
    ]);
    let value = prop_oneof![
        select(vec![
            &b"application/x-www-form-urlencoded"[..],
            b"application/json",
            b"multipart/form-data; boundary=x",
            b"text/html",
            b"text/plain; charset=utf-16",
            b"http://localhost:3000",
            b"same-origin",
            b"chunked",
            b"0",
            b"-1",
            b"99999999999999999999999",
        ])
        .prop_map(<[u8]>::to_vec),
        vec(any::<u8>(), 0..300),
    ];
    (name, value)
}

fn shot() -> impl Strategy<Value = Shot> {
    let piece = prop_oneof![8 => select(&PIECES[..]).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..6)];
    let body = prop_oneof![6 => vec(piece, 0..24).prop_map(|pieces| pieces.concat()), 1 => vec(any::<u8>(), 0..400)];
    let odd = select("/.%;:@!$&'()*+,=~-_2eEfF?[]".chars().collect::<Vec<_>>());
    let tail = prop_oneof![5 => Just(String::new()), 1 => vec(odd, 0..12).prop_map(String::from_iter)];
    let path = (select(&PATHS[..]), tail).prop_map(|(path, tail)| format!("/api/{path}{tail}"));
    let others = vec(header_of_any_kind(), 0..3);
    let method = select(&METHODS[..]);
    (method, path, sent(), sent(), option::weighted(0.6, others), body).prop_map(
        |(method, path, authorization, cookie, others, body)| {
            let form = ("content-type", b"application/x-www-form-urlencoded".to_vec());
            Shot { method, path, authorization, cookie, others: others.unwrap_or(vec![form]), body }
        },
    )
}

/// `None` where the HTTP library itself takes it for no request.
fn request(shot: &Shot, of: &Client) -> Option<Request<Body>> {
    let method = Method::from_bytes(shot.method.as_bytes()).unwrap();
    let mut request = Request::builder().method(method).uri(&shot.path).header(header::HOST, "localhost:3000");
    let bearer = format!("Bearer {}", of.access_token.as_deref().unwrap_or("none"));
    let cookie = format!("__Secure-refresh-3000={}", of.refresh_token());
    let tokens = [("authorization", shot.authorization.values(&bearer)), ("cookie", shot.cookie.values(&cookie))];
    let tokens = tokens.into_iter().flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)));
    for (name, value) in tokens.chain(shot.others.iter().cloned()) {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            request = request.header(name, value);
        }
    }
    request.body(Body::from(shot.body.clone())).ok()
}

fn shoot(cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::unthrottled());
    let ada = std::cell::RefCell::new(runtime.block_on(app.registered("ada@example.com")));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&shot(), |shot| {
        let mut ada = ada.borrow_mut();
        let Some(request) = request(&shot, &ada) else { return Ok(()) };
        let (mut sender, silent) = (ada.clone(), shot.method == "HEAD");
        runtime.block_on(async {
            let answer = sender.send(request).await;
            prop_assert!(answer.status.as_u16() < 500, "{} {}", answer.status, answer.body);
            if !answer.status.is_success() && !silent {
                answer.refused_somehow();
            }
            // A shot may have signed Ada out; the next one needs her again.
            if ada.me().await.status != 200 || shot.path.contains("auth/") {
                let again = ada.login("ada@example.com", PASSWORD).await;
                prop_assert_eq!(again.status, 200);
            }
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn any_request_to_the_api_is_answered_or_refused_in_the_one_form() {
    shoot(1000);
}

#[test]
#[ignore = "make soak"]
fn soak_random_requests() {
    shoot(300_000);
}
