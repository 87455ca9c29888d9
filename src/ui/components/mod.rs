//! Components that several pages share.

pub mod countdown;
pub mod credentials;
pub mod diagram;
pub mod download_data;
pub mod header;
pub mod icons;
pub mod lesson_link;
pub mod notices;
pub mod parts;
pub mod password_field;
#[cfg(feature = "ssr")]
pub mod plain_page;
pub mod step_up;
pub mod suggestion;
