//! The lab on a real port, and a visitor: a browser with one jar and two tabs that do what they are asked as the app's
//! client does it, and the lab's page, which reads the stream. Built from the parts of the test client (`crate::support`).

mod browser;
mod story;
mod visitor;

use std::sync::Arc;

use tempfile::TempDir;
use tokio::net::TcpListener;
use two_tokens::api::edge::{app_state::AppState, client_address::PlainListener};
use two_tokens::clock::ShiftedClock;
use two_tokens::lab::model::event::{Action, Lifeline, OpenedSandbox};
use two_tokens::lab::server::learn;
use two_tokens::lab::server::options::with_link;
use two_tokens::lab::server::{Audience, routes, sandboxes::Sandboxes, start};
use two_tokens::server::assemble::{Assembled, assemble};
use two_tokens::server::config::Config;
use two_tokens::server::pages;
use two_tokens::server::serve::{self, Starting};
use two_tokens::server::tls::Listener;

use crate::support::config;

pub use browser::{Browser, Tab};
pub use story::{rulings, story};
pub use visitor::{Stream, Visitor};

/// An app whose settings name its own address, before it serves.
pub struct Bound {
    pub listener: Listener,
    pub base: String,
    pub config: Config,
    pub state: AppState,
    pub folder: TempDir,
}

impl Bound {
    pub async fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if arguments.contains(&"--tls") { "https" } else { "http" };
        let base = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let database = format!("sqlite://{}/app.db", folder.path().display());
        let config = config(&[&["--public-url", &base, "--database-url", &database], arguments].concat());
        let Assembled { state, database, clock, .. } = assemble(&config).await.unwrap();
        let state = state
            .with_resource(two_tokens::notes::open(&database, clock))
            .with_export(two_tokens::notes::EXPORT)
            .with_operations(two_tokens::notes::operations);
        let listener = Listener::new(PlainListener(listener), &config).unwrap();
        Self { listener, base, config, state, folder }
    }
}

pub struct Lab {
    pub base: String,
    pub sandboxes: Arc<Sandboxes>,
    /// Sandboxes grow idle by this clock.
    pub clock: Arc<ShiftedClock>,
    _folder: TempDir,
}

impl Lab {
    pub async fn start() -> Self {
        Self::with(Audience::Local).await
    }

    pub async fn with(audience: Audience) -> Self {
        Self::of(audience, &[]).await
    }

    /// On a server with these settings.
    pub async fn of(audience: Audience, arguments: &[&str]) -> Self {
        let Bound { listener, base, config, state, folder } = Bound::with(arguments).await;
        let tls = listener.tls();
        let (tell, told) = tokio::sync::oneshot::channel();
        let clock = Arc::<ShiftedClock>::default();
        let idle_clock = clock.clone();
        tokio::spawn(async move {
            let extra_routes = async |starting: Starting| {
                let sandboxes = start::sandboxes(&config, audience, tls, &starting, idle_clock).await?;
                let _ = tell.send(sandboxes.clone());
                Ok(routes::router(sandboxes, starting.state)?)
            };
            let state = with_link(state, Some(audience));
            let pages = learn::beside(pages::pages());
            serve::serve(listener, state, pages, std::future::pending(), extra_routes).await.unwrap();
        });
        Self { base, sandboxes: told.await.unwrap(), clock, _folder: folder }
    }

    /// The real app, as a browser without any sandbox.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// A visitor with the lab's page and its first tab.
    pub async fn visitor(&self) -> Visitor {
        let browser = Browser::new(&self.base);
        let opened: OpenedSandbox = browser.post("/lab/open", "null", &[]).await.parsed();
        let visitor = Visitor {
            tab: Tab::new(Lifeline::Tab, &browser, &opened.mount),
            tab2: Tab::new(Lifeline::Tab2, &browser, &opened.mount),
            stream: Stream::default(),
            sandboxes: self.sandboxes.clone(),
            browser,
            opened,
        };
        visitor.follow(0).await;
        visitor
    }

    /// The same, signed in.
    pub async fn signed_in(&self) -> Visitor {
        let visitor = self.visitor().await;
        visitor.act(Action::SignIn { tab2: false }).await;
        visitor
    }

    /// The same in both tabs.
    pub async fn in_two_tabs(&self) -> Visitor {
        let visitor = self.signed_in().await;
        visitor.tab2.refresh().await;
        visitor
    }
}
