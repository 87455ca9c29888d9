//! Behind the pages: hydration, lazy loading, route guards, page settings, the return path after
//! sign-in.

pub mod browser;
pub mod form_result;
pub mod lazy_page;
pub mod live;
pub mod page_settings;
pub mod plain_forms;
pub mod return_to;
pub mod signed_in_only;
pub mod signed_out_only;
pub mod sync_hydrated;
pub mod viewer;
