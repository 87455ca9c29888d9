//! An attacker's site (CSRF): a second port of this machine with one constant page that attacks a sandbox. Under the machine's other
//! name (`localhost` or `127.0.0.1`) it is cross-site. Under the same name it is same-site but cross-origin, which is where
//! `SameSite` stops helping.

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::watch};

use super::sandboxes::ForeignOrigins;
use super::scenes::text::{Text, t};
use crate::api::edge::client_address::{PlainListener, TrustedProxies};
use crate::lang::Lang;
use crate::server::connections::{self, Limits};
use crate::server::tls::{Listener, TlsContext};

/// The length of a sandbox's id in characters.
const ID_LENGTH: usize = 22;
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// Serves the page until the server stops. `None` if the public URL does not use one of this machine's own names.
///
/// Where the server speaks TLS (`tls`), the page of the same name does too: with another scheme it would be cross-site (schemeful
/// same-site). The page of the other name is cross-site in any case, and stays without: the certificate is for one name. Browsers let
/// a page over TLS frame it, because the address is a loopback one.
///
/// # Errors
/// If no port can be bound.
pub async fn serve(
    public_url: &str,
    tls: Option<TlsContext>,
    stopping: watch::Receiver<bool>,
) -> std::io::Result<Option<ForeignOrigins>> {
    let (Some(origins), Some([same, other])) = (origins(public_url), names(public_url)) else { return Ok(None) };
    let router = Router::new().route("/attack", get(attack)).with_state(origins);
    let serve_at = async |tls: Option<TlsContext>| {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let listener = Listener::with(PlainListener(listener), tls);
        let (router, proxies) = (router.clone(), TrustedProxies::default());
        tokio::spawn(connections::serve(listener, router, proxies, Limits::default(), stopping.clone()));
        std::io::Result::Ok(port)
    };
    let plain = serve_at(None).await?;
    let port = match tls {
        None => format!("http://{same}:{plain}"),
        Some(tls) => format!("https://{same}:{}", serve_at(Some(tls)).await?),
    };
    Ok(Some(ForeignOrigins { site: Some(format!("http://{other}:{plain}")), port: Some(port) }))
}

/// The name under which the app is reached, and the other one.
fn names(public_url: &str) -> Option<[&'static str; 2]> {
    let url: Uri = public_url.parse().ok()?;
    match url.host()? {
        "localhost" => Some(NAMES),
        "127.0.0.1" => Some([NAMES[1], NAMES[0]]),
        _ => None,
    }
}

/// The app's origin under either name: a page may be opened under both.
fn origins(public_url: &str) -> Option<[String; 2]> {
    let url: Uri = public_url.parse().ok()?;
    let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = url.scheme_str()?;
    Some(names(public_url)?.map(|name| format!("{scheme}://{name}{port}")))
}

#[derive(Deserialize)]
struct AttackQuery {
    mount: String,
    origin: String,
    /// The tag of the page's language.
    #[serde(default)]
    lang: String,
}

/// Mount and origin are inserted into the page, so both are validated strictly.
async fn attack(
    State(origins): State<[String; 2]>,
    Query(AttackQuery { mount, origin, lang }): Query<AttackQuery>,
) -> Response {
    if !is_mount(&mount) || !origins.contains(&origin) {
        return (StatusCode::NOT_FOUND, "There is no such sandbox to attack.").into_response();
    }
    let lang = Lang::parse(&lang).unwrap_or_default();
    let page = WORDS
        .iter()
        .fold(PAGE.replace("{lang}", lang.tag()), |page, (name, words)| page.replace(name, words.raw(lang)));
    let page = page.replace("{victim}", &[&*origin, &mount].concat());
    let mut response = Html(page).into_response();
    let policy = format!("frame-ancestors {}", origins.join(" "));
    let policy = HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("frame-ancestors 'none'"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn is_mount(mount: &str) -> bool {
    let id = mount.strip_prefix("/lab/").unwrap_or_default();
    id.len() == ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The texts of the page. They are HTML, and stand in no script.
const WORDS: [(&str, Text); 7] = [
    ("{title}", t("Somebody else's page", "Eine fremde Seite")),
    (
        "{lead}",
        t(
            "You only look at this page, and it has already tried three things with your sign-in:",
            "Du siehst dir diese Seite nur an, und schon hat sie dreierlei mit deiner Anmeldung versucht:",
        ),
    ),
    ("{call}", t("A call that would sign you out.", "Einen Aufruf, der dich abmelden würde.")),
    ("{image}", t("An image whose address is your account.", "Ein Bild, dessen Adresse dein Konto ist.")),
    (
        "{form}",
        t("A form that would turn your refresh token.", "Ein Formular, das dein Refresh-Token verbrauchen würde."),
    ),
    ("{link}", t("Arrive by a link", "Über einen Link kommen")),
    ("{go}", t("go from here to your notes.", "Geh von hier zu deinen Notizen.")),
];

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="{lang}">
<meta charset="utf-8">
<title>{title}</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem; } :root { color-scheme: light dark; }</style>
<h1>{title}</h1>
<p>{lead}</p>
<ol id="tries" aria-live="polite"><li hidden>{call}<li hidden>{image}<li hidden>{form}</ol>
<p><a href="{victim}/notes">{link}</a>: {go}</p>
<form id="form" method="post" target="hidden" action="{victim}/api/auth/refresh"></form>
<iframe name="hidden" title="Where the form's answer goes" hidden></iframe>
<script>
  const tries = document.getElementsByTagName("li");
  const say = (index) => tries[index].removeAttribute("hidden");
  const call = async () => {
    say(0);
    await fetch("{victim}/api/auth/logout", { method: "POST", mode: "no-cors", credentials: "include" }).catch(() => {});
  };
  const image = () => new Promise((done) => {
    say(1);
    const image = new Image();
    image.onload = image.onerror = done;
    image.src = "{victim}/api/account/me";
  });
  const form = () => new Promise((done) => {
    say(2);
    document.querySelector("iframe").onload = done;
    document.getElementById("form").submit();
  });
  call().then(image).then(form);
</script>
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_site_uses_the_other_name() {
        assert_eq!(origins("http://localhost:3000").unwrap()[1], "http://127.0.0.1:3000");
        assert_eq!(origins("http://127.0.0.1:3000").unwrap()[1], "http://localhost:3000");
        assert_eq!(origins("https://localhost:3000").unwrap()[1], "https://127.0.0.1:3000");
        assert!(origins("https://example.com").is_none());
    }

    #[test]
    fn only_a_mount_is_inserted_into_the_page() {
        assert!(is_mount("/lab/AAAAAAAAAAAAAAAAAAAA-_"));
        for bad in
            ["", "/lab/", "/lab/AAAAAAAAAAAAAAAAAAAA\"<", "/lab/AAAAAAAAAAAAAAAAAAAAAAA", "//evil.example/AAAAAAA"]
        {
            assert!(!is_mount(bad), "{bad}");
        }
    }
}
