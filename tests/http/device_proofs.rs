//! Proofs of a device's key that are forged, malformed or of another kind; the shapes of signatures are those of Wycheproof's
//! vectors for ES256. And the cases of web-platform-tests that concern a server.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use two_tokens::auth::binding::proof::{DeviceKey, NotProved, PROOF_MAX, self_signed};

use crate::support::Authenticator;

/// The order of P-256's group (SEC 2 version 2 section 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// `a - b` of numbers of 32 bytes, where `a` is the greater.
fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut digits: Vec<u8> = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b).rev() {
        let digit = i16::from(*a) - i16::from(*b) - borrow;
        borrow = i16::from(digit < 0);
        digits.push((digit + 256 * borrow) as u8);
    }
    digits.reverse();
    digits
}

/// A DER signature of two numbers (RFC 3279 section 2.2.3).
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let mut digits: Vec<u8> = number.iter().copied().skip_while(|digit| *digit == 0).collect();
        if digits.first().is_none_or(|first| *first >= 0x80) {
            digits.insert(0, 0);
        }
        [&[2, digits.len() as u8][..], &digits].concat()
    };
    let body = [integer(r), integer(s)].concat();
    [&[0x30, body.len() as u8][..], &body].concat()
}

/// The proof with another signature.
fn with_signature(proof: &str, signature: &[u8]) -> String {
    let (message, _) = proof.rsplit_once('.').unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signature_of(proof: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(proof.rsplit('.').next().unwrap()).unwrap()
}

#[test]
fn no_shape_of_an_es256_signature_passes_but_the_two_numbers_that_verify() {
    let device = Authenticator::new();
    let proof = device.registration("c");
    let (key, challenge) = self_signed(&proof).unwrap();
    assert_eq!(challenge, "c");
    assert_eq!(DeviceKey::from_text(key.as_str()).as_ref(), Some(&key));
    let signature = signature_of(&proof);
    let (r, s) = signature.split_at(32);
    // JWS asks for no low S (RFC 7518 section 3.4), and some hardware signs either. That a stranger can make the other one of a
    // proof gains nothing: a challenge is answered once.
    let other_s = minus(&ORDER, s);
    assert_eq!(self_signed(&with_signature(&proof, &[r, &other_s].concat())), Ok((key.clone(), "c".to_owned())));
    let (zero, mut one) = ([0; 32], [0; 32]);
    one[31] = 1;
    let swapped = [s, r].concat();
    let pairs: [(&str, &[u8], &[u8]); 9] = [
        ("zero r", &zero, s),
        ("zero s", r, &zero),
        ("both zero", &zero, &zero),
        ("r is the order", &ORDER, s),
        ("s is the order", r, &ORDER),
        ("both one", &one, &one),
        ("r one", &one, s),
        ("s all ones", r, &[0xff; 32]),
        ("r all ones", &[0xff; 32], s),
    ];
    for (name, r, s) in pairs {
        assert_eq!(self_signed(&with_signature(&proof, &[r, s].concat())), Err(NotProved::WrongKey), "{name}");
    }
    assert_eq!(self_signed(&with_signature(&proof, &swapped)), Err(NotProved::WrongKey), "swapped");
    for (name, bytes) in [
        ("DER instead of raw", der(r, s)),
        ("nothing", vec![]),
        ("r alone", r.to_vec()),
        ("a byte less", signature[..63].to_vec()),
        ("a byte more", [&signature[..], &[0]].concat()),
        ("leading zeros", [&[0][..], r, &[0], s].concat()),
        ("of P-384's length", vec![1; 96]),
    ] {
        assert_eq!(self_signed(&with_signature(&proof, &bytes)), Err(NotProved::Malformed), "{name}");
        assert_eq!(key.verify(&with_signature(&device.proof("c"), &bytes)), Err(NotProved::Malformed), "{name}");
    }
    for bit in 0..512 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(self_signed(&with_signature(&proof, &flipped)), Err(NotProved::WrongKey), "bit {bit}");
    }
}

#[test]
fn every_altered_letter_of_a_proof_is_noticed() {
    let device = Authenticator::new();
    let (key, _) = self_signed(&device.registration("challenge")).unwrap();
    let proof = device.proof("challenge");
    for at in 0..proof.len() {
        let mut altered = proof.clone();
        altered.replace_range(at..=at, if &proof[at..=at] == "A" { "B" } else { "A" });
        assert!(key.verify(&altered).is_err(), "{at}");
    }
}

#[test]
fn keys_of_other_kinds_and_other_curves_bind_nothing() {
    let device = Authenticator::new();
    let header = |jwk: &Value| json!({ "alg": "ES256", "typ": "dbsc+jwt", "jwk": jwk });
    let claims = json!({ "jti": "c" });
    let jwk = device.jwk();
    let changed = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    let zeros = json!(URL_SAFE_NO_PAD.encode([0; 32]));
    let short = json!(URL_SAFE_NO_PAD.encode([1; 31]));
    let long = json!(URL_SAFE_NO_PAD.encode([1; 33]));
    let x = jwk["x"].as_str().unwrap();
    for (name, jwk) in [
        ("another curve's name", changed("crv", json!("P-384"))),
        ("secp256k1", changed("crv", json!("secp256k1"))),
        ("a point off the curve", changed("x", zeros.clone())),
        ("a short coordinate", changed("x", short)),
        ("a long coordinate", changed("y", long)),
        ("padding", changed("x", json!(format!("{x}=")))),
        ("plain base64", changed("x", json!(format!("{}+", &x[..42])))),
        ("no coordinate", changed("y", Value::Null)),
        ("a key of another", Authenticator::new().jwk()),
        ("a symmetric key", json!({ "kty": "oct", "k": "AAAA" })),
        ("an Ed25519 key", json!({ "kty": "OKP", "crv": "Ed25519", "x": zeros })),
        ("an RSA key", Authenticator::rsa(aws_lc_rs::rsa::KeySize::Rsa2048).jwk()),
        ("an empty key", json!({})),
        ("no key", Value::Null),
    ] {
        assert!(self_signed(&device.signed(&header(&jwk), &claims)).is_err(), "{name}");
    }
    // What a JWK says beside its required members is not kept.
    let more = changed("kid", json!("mine"));
    let (plain, _) = self_signed(&device.signed(&header(&jwk), &claims)).unwrap();
    let (key, _) = self_signed(&device.signed(&header(&more), &claims)).unwrap();
    assert_eq!(key, plain);

    let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let (x, y) = p384.public_key().as_ref()[1..].split_at(48);
    let jwk = json!({ "kty": "EC", "crv": "P-384", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let header = encoded(&json!({ "alg": "ES384", "typ": "dbsc+jwt", "jwk": jwk }));
    let message = format!("{header}.{}", encoded(&claims));
    let signature = p384.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    let proof = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
    assert_eq!(self_signed(&proof), Err(NotProved::Malformed), "P-384");
}

#[test]
fn rsa_keys_have_a_size_that_is_neither_weak_nor_a_burden() {
    use aws_lc_rs::rsa::KeySize;
    for (size, accepted) in [(KeySize::Rsa2048, true), (KeySize::Rsa4096, true), (KeySize::Rsa8192, false)] {
        // A key of 8192 bits takes minutes to make; its number does.
        let proof = match size {
            KeySize::Rsa8192 => {
                let jwk = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xff; 1024]), "e": "AQAB" });
                let device = Authenticator::rsa(KeySize::Rsa2048);
                device.signed(&json!({ "alg": "RS256", "typ": "dbsc+jwt", "jwk": jwk }), &json!({ "jti": "c" }))
            }
            size => Authenticator::rsa(size).registration("c"),
        };
        assert_eq!(self_signed(&proof).is_ok(), accepted, "{size:?}");
        assert!(!accepted || proof.len() <= PROOF_MAX);
    }
    let device = Authenticator::rsa(KeySize::Rsa2048);
    let n = URL_SAFE_NO_PAD.decode(device.jwk()["n"].as_str().unwrap()).unwrap();
    for (name, n, e) in [
        ("a leading zero", [&[0][..], &n].concat(), vec![1, 0, 1]),
        ("1024 bits", n[..128].to_vec(), vec![1, 0, 1]),
        ("no exponent", n.clone(), vec![]),
        ("a long exponent", n.clone(), vec![1; 5]),
        ("an exponent with a leading zero", n.clone(), vec![0, 1, 0, 1]),
    ] {
        let jwk = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) });
        let header = json!({ "alg": "RS256", "typ": "dbsc+jwt", "jwk": jwk });
        assert_eq!(self_signed(&device.signed(&header, &json!({ "jti": "c" }))), Err(NotProved::Malformed), "{name}");
    }
}

#[test]
fn a_header_says_one_type_and_one_of_two_algorithms_and_nothing_that_must_be_understood() {
    let device = Authenticator::new();
    let fine = json!({ "alg": "ES256", "typ": "dbsc+jwt", "jwk": device.jwk() });
    let signed = |name: &str, value: Value| {
        let mut header = fine.clone();
        header[name] = value;
        device.signed(&header, &json!({ "jti": "c" }))
    };
    assert!(self_signed(&signed("typ", json!("DBSC+JWT"))).is_ok(), "a media type has no case");
    assert!(self_signed(&signed("kid", json!("x"))).is_ok());
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("ES384")),
        ("alg", json!("HS256")),
        ("alg", json!("EdDSA")),
        ("alg", Value::Null),
        ("typ", json!("JWT")),
        ("typ", json!("at+jwt")),
        ("typ", Value::Null),
        ("crit", json!(["exp"])),
        ("jwk", json!("x")),
    ] {
        assert_eq!(self_signed(&signed(name, value.clone())), Err(NotProved::Malformed), "{name} {value}");
    }
    assert_eq!(self_signed(&signed("alg", json!("RS256"))), Err(NotProved::WrongKey));
    // HS256, keyed with the public key.
    let (key, _) = self_signed(&device.registration("c")).unwrap();
    let secrets = [device.public_der(), key.as_str().as_bytes().to_vec()];
    for secret in secrets {
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let header = json!({ "alg": "HS256", "typ": "dbsc+jwt", "jwk": device.jwk() });
        let message = format!("{}.{}", encoded(&header), encoded(&json!({ "jti": "c" })));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        let forged = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()));
        assert_eq!(self_signed(&forged), Err(NotProved::Malformed));
        assert_eq!(key.verify(&forged), Err(NotProved::Malformed));
    }
    // A proof by another key that brings it along does not speak for this one.
    assert_eq!(key.verify(&Authenticator::new().registration("c")), Err(NotProved::WrongKey));
}

#[test]
fn claims_are_a_challenge_and_a_proof_has_three_parts_of_sane_size() {
    let device = Authenticator::new();
    let header = json!({ "alg": "ES256", "typ": "dbsc+jwt", "jwk": device.jwk() });
    let more = json!({ "jti": "c", "aud": "https://other.example", "exp": 1, "iat": 1, "authorization": "x" });
    assert_eq!(self_signed(&device.signed(&header, &more)).unwrap().1, "c", "what else it claims means nothing");
    for claims in
        [json!({}), json!({ "jti": 7 }), json!({ "jti": null }), json!({ "challenge": "c" }), json!("c"), json!([])]
    {
        assert!(self_signed(&device.signed(&header, &claims)).is_err(), "{claims}");
    }
    let proof = device.registration("c");
    for (name, text) in [
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("two parts", proof.rsplit_once('.').unwrap().0.to_owned()),
        ("four parts", format!("{proof}.x")),
        ("twice", format!("{proof},{proof}")),
        ("a space", format!("{proof} ")),
        ("too long", device.registration(&"x".repeat(PROOF_MAX))),
    ] {
        assert!(self_signed(&text).is_err(), "{name}");
    }
}

mod of_web_platform_tests {
    //! `device-bound-session-credentials/` of web-platform-tests, those cases in which the server has a part.

    use axum::http::StatusCode;
    use serde_json::json;

    use crate::support::{Authenticator, BOUND_COOKIE, Client, ORIGIN, TestApp};

    struct Case {
        app: TestApp,
        browser: Client,
        device: Authenticator,
        session_id: String,
    }

    type Check = fn(&mut Case) -> futures::future::BoxFuture<'_, ()>;

    const CASES: [(&str, Check); 9] = [
        ("create-session: a session is made, and its cookie set, by a registration", |case| {
            Box::pin(async {
                assert!(case.browser.cookies.value(BOUND_COOKIE).is_some());
            })
        }),
        ("registration-sends-challenge: the answer to a registration may challenge the next proof at once", |case| {
            Box::pin(async {
                // This server sends none: it would have run out by then. The proof over none is asked for again.
                let answer = case.browser.renew(&case.session_id, None).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN);
                assert_eq!(answer.challenged().as_deref(), Some(&*case.session_id));
            })
        }),
        ("set-early-challenge: a proof may come with the first request, over a challenge of before", |case| {
            Box::pin(async {
                let challenge = case.browser.renew(&case.session_id, None).await.challenge();
                let proof = case.device.proof(&challenge);
                case.browser.renew(&case.session_id, Some(&proof)).await.expect(StatusCode::OK);
            })
        }),
        ("refresh-does-not-send-challenge: without a challenge no session is refreshed", |case| {
            Box::pin(async {
                let proof = case.device.proof("");
                let answer = case.browser.renew(&case.session_id, Some(&proof)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN);
                assert!(answer.set_cookies().is_empty());
            })
        }),
        ("refresh-replaces-config: each answer has the whole instructions", |case| {
            Box::pin(async {
                let challenge = case.browser.renew(&case.session_id, None).await.challenge();
                let proof = case.device.proof(&challenge);
                let answer = case.browser.renew(&case.session_id, Some(&proof)).await.expect(StatusCode::OK).json();
                assert_eq!(answer["session_identifier"], *case.session_id);
                assert!(answer["scope"]["scope_specification"].is_array() && answer["credentials"].is_array());
            })
        }),
        ("refresh-with-continue-false: the end of a session ends the binding", |case| {
            Box::pin(async {
                case.browser.logout().await.expect(StatusCode::NO_CONTENT);
                let answer = case.browser.renew(&case.session_id, None).await.expect(StatusCode::OK);
                assert_eq!(answer.json()["continue"], false);
            })
        }),
        ("session-cookie-has-no-attributes, credentials-matching: the cookie is set as the instructions say", |case| {
            Box::pin(async {
                let challenge = case.browser.renew(&case.session_id, None).await.challenge();
                let proof = case.device.proof(&challenge);
                let answer = case.browser.renew(&case.session_id, Some(&proof)).await.expect(StatusCode::OK);
                let credential = &answer.json()["credentials"][0];
                let line = &answer.set_cookies()[0];
                assert!(line.starts_with(&format!("{}=", credential["name"].as_str().unwrap())));
                let attributes = credential["attributes"].as_str().unwrap();
                assert!(
                    !attributes.contains("Max-Age") && line.contains(&format!("; {attributes}; Max-Age=")),
                    "{line}"
                );
            })
        }),
        ("set-scope-origin, include-site, set-scope-specification: one origin, and two paths of it", |case| {
            Box::pin(async {
                let challenge = case.browser.renew(&case.session_id, None).await.challenge();
                let proof = case.device.proof(&challenge);
                let scope = case.browser.renew(&case.session_id, Some(&proof)).await.json()["scope"].clone();
                assert_eq!((&scope["origin"], &scope["include_site"]), (&json!(ORIGIN), &json!(false)));
                assert_eq!(scope["scope_specification"][0]["type"], "exclude");
            })
        }),
        ("clear-site-data: a browser without its cookies has no session, and needs no binding", |case| {
            Box::pin(async {
                case.browser.cookies.clear();
                let answer = case.browser.renew(&case.session_id, None).await.expect(StatusCode::OK);
                assert_eq!(answer.json()["continue"], false);
                case.app.pass(crate::support::seconds(60));
            })
        }),
    ];

    #[tokio::test]
    async fn the_cases_that_concern_a_server_hold() {
        for (name, check) in CASES {
            println!("{name}");
            let app = TestApp::start().await;
            let (mut browser, device) = (app.client(), Authenticator::new());
            let challenge = browser.signed_up_with_offer("ada@example.com").await;
            let answer = browser.bind(&device.registration(&challenge)).await.expect(StatusCode::OK);
            let session_id = answer.json()["session_identifier"].as_str().unwrap().to_owned();
            check(&mut Case { app, browser, device, session_id }).await;
        }
    }
}
