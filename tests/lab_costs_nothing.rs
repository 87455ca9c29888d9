//! Where the lab is off, the rules tell what they do to nobody, and that costs nothing: counted by an allocator of this test's
//! own, on this thread alone.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::Arc,
};

use two_tokens::{
    auth::{
        flow::{Flow, FlowEvent, FlowListener},
        secret::ServerSecret,
        service::AuthService,
    },
    clock::SystemClock,
    server::{
        app_state::{AppState, Surroundings},
        config::{Cli, Config},
        serve::leptos_options,
    },
    store::{Store, sqlite::SqliteStore},
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// Allocates for each step, as a recorder does.
struct Recorder;

impl FlowListener for Recorder {
    fn hear(&self, event: &FlowEvent<'_>) {
        drop(format!("{event:?}"));
    }
}

async fn service(config: &Config, store: &Arc<dyn Store>, flow: Flow) -> Arc<AuthService> {
    let passwords = two_tokens::auth::password::PasswordHasher::start(1, 1).unwrap();
    let (secret, options) = (ServerSecret::new([7; 32]), leptos_options(config).unwrap());
    let (surroundings, clock) = (Surroundings { flow, ..Surroundings::default() }, Arc::new(SystemClock));
    let state = AppState::assemble_in(surroundings, config, &secret, store.clone(), clock, options, passwords).await;
    state.unwrap().auth
}

#[test]
fn nobody_listens_and_nothing_is_made() {
    let silent = allocations(|| Flow::default().tell(|| unreachable!("an event was made for nobody")));
    assert_eq!(silent, 0);
    let heard = Flow::heard_by(Arc::new(Recorder));
    assert!(allocations(|| heard.tell(|| FlowEvent::KeysChanged)) > 0, "nothing is counted: this test proves nothing");
}

#[tokio::test]
async fn a_protected_request_allocates_nothing_where_the_lab_is_off() {
    use clap::Parser as _;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/test.db", folder.path().display());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url).await.unwrap());
    let config = Cli::parse_from(["two-tokens"]).config.check().unwrap();
    let counted = async |flow| {
        let auth = service(&config, &store, flow).await;
        let (device, caller) = Default::default();
        let email = format!("{}@example.com", auth.suggest_passphrase().replace(' ', "."));
        let password = "correct horse battery staple".to_owned();
        let grant = auth.register(&email, password.into(), device, &caller, None).await.unwrap();
        let token = grant.access_token.reveal().to_owned();
        auth.authenticate(&token).unwrap();
        allocations(|| drop(auth.authenticate(&token).unwrap()))
    };
    assert_eq!(counted(Flow::default()).await, 0);
    assert!(counted(Flow::heard_by(Arc::new(Recorder))).await > 0);
}
