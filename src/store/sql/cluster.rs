//! The cluster port. The query that pings is the same in both dialects; the notifications differ.

/// Implements [`Cluster`](crate::auth::store::Cluster) for a database: the shared operations, and `$own`, those of one
/// database.
macro_rules! cluster_sql {
    ($store:ty { $($own:item)* }) => {
        #[async_trait::async_trait]
        impl Cluster for $store {
            $($own)*

            async fn ping(&self) -> Result<(), StoreError> {
                sqlx::query("SELECT 1").execute(&mut *self.read().await?).await.map_err(unavailable)?;
                Ok(())
            }
        }
    };
}
pub(in crate::store) use cluster_sql;
