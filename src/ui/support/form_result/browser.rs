//! The refused form, from attributes of `html`.

use super::FormResult;
use crate::dom::root_attribute;
use crate::protocol::code::Code;
use crate::protocol::problem::Problem;

/// The refused form of this page load, if any: a page that is shown after hydration has none.
pub fn form_result() -> Option<FormResult> {
    if root_attribute("data-hydrated").is_some() {
        return None;
    }
    let code = Code::parse(&root_attribute("data-refused-code")?)?;
    let problem = Problem {
        field: root_attribute("data-refused-field"),
        retry_after: root_attribute("data-retry-after").and_then(|seconds| seconds.parse().ok()),
        ..Problem::new(code, root_attribute("data-refused")?)
    };
    Some(FormResult { email: root_attribute("data-refused-email")?, problem })
}
