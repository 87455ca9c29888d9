//! The HTTP contract, on the real router with a clock that the test moves. Each file is one behaviour.

mod accepted;
mod access_tokens;
mod bad_input;
mod base_path;
mod changing_the_email;
mod clock_jumps;
mod connections;
mod cross_site;
mod export;
mod history;
mod languages;
mod logging_out;
mod naughty_strings;
mod notes;
mod one_address;
mod pages;
mod passwords;
mod random_requests;
mod refreshing;
mod registering_and_logging_in;
mod sessions;
mod status;
mod step_up;
mod submitted_twice;
mod test_clock;
mod throttling;
