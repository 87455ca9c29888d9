//! Server stub: the server never calls itself.

use crate::protocol::problem::Problem;

pub async fn download(_path: &str, _name: &str) -> Result<(), Problem> {
    Err(Problem::unavailable("Only a browser can call this.", 1))
}
