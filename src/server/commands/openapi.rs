//! `openapi`: prints the API's document. It needs neither a database nor a secret.

use crate::protocol::openapi::Operations;
use crate::server::config::Config;
use crate::server::openapi;
use crate::server::serve::Error;

/// Prints the document of a server with these settings.
///
/// # Errors
///
/// The document cannot be written, which is a mistake of the program.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) fn print(config: &Config, resources: &[Operations]) -> Result<(), Error> {
    println!("{}", openapi::of_config(config, resources)?);
    Ok(())
}
