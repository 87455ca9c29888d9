//! A store whose every operation is a span of a trace (the decorator pattern): a client span of the semantic conventions for
//! databases, named by the port and the operation. It has no parameter and no text of a statement.

use std::sync::Arc;

use futures::stream::BoxStream;
use tracing::{Instrument as _, Span, field, trace_span};

use crate::auth::store::Store;
use crate::auth::traces;
use crate::store::sql::prelude::*;

/// The store behind, and the name of its database.
pub(super) struct Traced {
    store: Arc<dyn Store>,
    system: &'static str,
}

impl Traced {
    pub(super) fn over(store: Arc<dyn Store>, system: &'static str) -> Arc<dyn Store> {
        Arc::new(Self { store, system })
    }
}

/// Waits for an operation inside its span.
async fn within<T>(span: Span, operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let outcome = operation.instrument(span.clone()).await;
    if let Err(error) = &outcome {
        let kind = match error {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Corrupt(_) => "corrupt",
        };
        span.record("error.type", kind).record("otel.status_code", "ERROR");
    }
    outcome
}

/// Passes the operations of a port on.
macro_rules! traced {
    ($port:ident: $($operation:ident($($name:ident: $type:ty),*) -> $answer:ty;)+) => {
        #[async_trait::async_trait]
        impl $port for Traced {
            $(async fn $operation(&self, $($name: $type),*) -> Result<$answer, StoreError> {
                let span = trace_span!(
                    target: traces::TARGET,
                    concat!(stringify!($port), ".", stringify!($operation)),
                    otel.kind = "client",
                    db.system.name = self.system,
                    db.operation.name = stringify!($operation),
                    error.type = field::Empty,
                    otel.status_code = field::Empty,
                );
                within(span, self.store.$operation($($name),*)).await
            })+
        }
    };
}

traced! { Users:
    create_user(user: &UserRecord) -> CreateUser;
    register(user: &UserRecord, event: &SecurityEvent, open: &OpenSession) -> Register;
    user_by_email(key: &str) -> Option<UserRecord>;
    user(id: UserId) -> Option<UserRecord>;
    users_after(last: UserId, limit: u32) -> Vec<UserRecord>;
    change_password(change: &ChangePassword) -> Result<Option<EndedAll>, Stale>;
    password_was_set_by(id: UserId, submission: &Submission) -> bool;
    change_email(guard: &Guard, email: &Email, event: &SecurityEvent) -> Result<bool, Stale>;
    replace_hash(id: UserId, verified: &str, hash: &str) -> bool;
    settle_emails(key_of: EmailKeyOf) -> Vec<EmailClash>;
    disable_user(id: UserId, end: &EndAll) -> Option<EndedAll>;
    enable_user(id: UserId) -> ();
    delete_user(guard: &Guard, end: &EndAll) -> Result<UserRevocation, Stale>;
}

traced! { Sessions:
    open_session(open: &OpenSession) -> Result<Opened, Stale>;
    was_opened_by(id: UserId, submission: &Submission) -> bool;
    session(id: SessionId) -> Option<Session>;
    sessions_of_user(id: UserId) -> Vec<Session>;
    living_sessions_of_user(id: UserId, first: SessionId, now: Timestamp, limit: u32) -> Vec<Session>;
    rotate(id: SessionId, judge: Box<dyn Judge>) -> Option<Judged>;
    bind(id: SessionId, judge: BindingJudge) -> Option<Binding>;
    rotate_guarded(
        guard: &Guard, id: SessionId, judge: Box<dyn Judge>, event: &SecurityEvent
    ) -> Result<Option<Judged>, Stale>;
    end_session(end: &EndSession) -> bool;
    end_all_sessions(guard: &Guard, end: &EndAll) -> Result<EndedAll, Stale>;
    revoked_since(since: Timestamp) -> Vec<Revocation>;
    users_revoked_since(since: Timestamp) -> Vec<UserRevocation>;
    purge_ended(before: Timestamp) -> u64;
    purge_sessions(before: Timestamp, limit: u32) -> u64;
}

traced! { SigningKeys:
    signing_keys() -> Vec<StoredKey>;
    create_first_signing_keys(active: &StoredKey, next: &StoredKey) -> ();
    rotate_signing_keys(expected_active: &str, new_next: &StoredKey, at: Timestamp) -> bool;
    replace_signing_keys(active: &StoredKey, next: &StoredKey) -> ();
    forget_retired_keys(before: Timestamp) -> u64;
}

traced! { Attempts:
    attempts(key: AttemptKey) -> Option<Count>;
    count_attempts(counts: &[CountAttempt]) -> Swap;
    take_back_attempt(key: AttemptKey, by: Duration) -> ();
    forget_attempts(key: AttemptKey) -> ();
    purge_attempts(now: Timestamp, limit: u32) -> u64;
}

traced! { Events:
    append_event(event: &SecurityEvent) -> ();
    events_of_user(id: UserId, limit: u32) -> Vec<SecurityEvent>;
    purge_events(before: Timestamp, limit: u32) -> u64;
}

traced! { Notices:
    notices_of_user(id: UserId, limit: u32) -> Vec<ReuseNotice>;
    add_notice(notice: &ReuseNotice, event: &SecurityEvent) -> bool;
    dismiss_notice(owner: UserId, session_id: SessionId) -> bool;
}

#[async_trait::async_trait]
impl Cluster for Traced {
    fn changes(&self) -> BoxStream<'static, Change> {
        self.store.changes()
    }

    /// Has no span: probes ask every second or two, and what they time is not a use case.
    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }
}
