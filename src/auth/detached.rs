//! Cancellation safety: the writing half of a use case runs in a task of its own. When the client disconnects, the server drops
//! the request's future at whatever it waits for; the task still carries out what was accepted: the transaction, this
//! instance's revocation list, the log. The tasks are tracked, so that a shutdown waits for them (graceful shutdown).

use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::error::AuthError;
use super::service::AuthService;
use super::store::StoreError;
use crate::request_id::carried_over;

/// The tasks that have not ended.
#[derive(Default)]
pub(super) struct DetachedTasks(TaskTracker);

impl AuthService {
    /// Runs `work` to completion even when the caller's future is dropped.
    pub(super) async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, AuthError> {
        let task = self.tasks.0.spawn(carried_over(work.in_current_span()));
        Ok(task.await.map_err(|_| AuthError::Internal("a detached task panicked"))??)
    }

    /// Resolves when every accepted use case is carried out, those of callers that went away included. Call it at shutdown,
    /// after the last request.
    pub async fn settled(&self) {
        self.tasks.0.close();
        self.tasks.0.wait().await;
    }
}
