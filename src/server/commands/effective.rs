//! `config`: the settings that count, in the form of `.env`, and where each comes from.

use clap::{ArgMatches, CommandFactory as _, parser::ValueSource};

use crate::server::config::{Config, environment::Environment};
use crate::store::DatabaseUrl;

/// Prints each setting. URLs of the database are printed without their passwords.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) fn print(config: &Config, matches: &ArgMatches, environment: &Environment) {
    for argument in Config::command().get_arguments() {
        let id = argument.get_id().as_str();
        let (Some(name), true) =
            (argument.get_env().and_then(|name| name.to_str()), matches.ids().any(|given| given == id))
        else {
            continue;
        };
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => format!("--{}", argument.get_long().unwrap_or(id)),
            Some(ValueSource::EnvVariable) => "environment".to_owned(),
            _ => environment.line_of(name).map_or_else(|| "default".to_owned(), |line| format!(".env line {line}")),
        };
        let raw = matches.get_raw(id).into_iter().flatten().next();
        let value = match id {
            "database_url" => config.database_url.without_password(),
            "listen_url" => config.listen_url.as_ref().map(DatabaseUrl::without_password).unwrap_or_default(),
            _ => raw.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default(),
        };
        println!("{name}='{value}' # {source}");
    }
}
