//! The verdict on an answer: whether this server gave it, or something between it and the browser
//! did (a proxy, a firewall, the sign-in page of a gateway). Decided by status and headers alone,
//! in this one place.

/// The longest wait that is taken from somebody else's `Retry-After`, in seconds.
const RETRY_AFTER_MAX: u32 = 3600;
/// The wait when nobody names one, in seconds.
const RETRY_AFTER: u32 = 1;

/// The source of an answer, and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This server's: a result, or a problem document.
    Ours,
    /// A failure in front of the server that may pass: wait `retry_after` seconds.
    Passing { retry_after: u32 },
    /// A refusal in front of the server that a repetition does not change.
    Refused { status: u16 },
    /// A page instead of a result, a redirect, or the challenge of another authentication: a gate
    /// that the person passes with a page load.
    Gate,
}

/// The parts of an answer that decide.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// 0 for a redirect that was not followed (an opaque redirect).
    pub status: u16,
    pub content_type: Option<&'a str>,
    /// `Retry-After` in seconds (RFC 9110 section 10.2.3).
    pub retry_after: Option<u32>,
}

/// Judges an answer of the API, which is JSON, a problem document, or nothing (204).
pub fn judge(head: Head<'_>) -> Verdict {
    let media_type = head.content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is = |expected: &str| media_type.eq_ignore_ascii_case(expected);
    let retry_after = head.retry_after.unwrap_or(RETRY_AFTER).clamp(RETRY_AFTER, RETRY_AFTER_MAX);
    match head.status {
        204 => Verdict::Ours,
        200..300 if is("application/json") => Verdict::Ours,
        400.. if is("application/problem+json") => Verdict::Ours,
        408 | 425 | 429 | 500.. => Verdict::Passing { retry_after },
        // Basic, Negotiate and the like: a page load shows the browser's own dialog.
        401 | 407 => Verdict::Gate,
        status @ 400.. => Verdict::Refused { status },
        _ => Verdict::Gate,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HTML: &str = "text/html; charset=utf-8";
    const PROBLEM: &str = "application/problem+json";

    fn of(status: u16, content_type: &str, retry_after: Option<u32>) -> Verdict {
        judge(Head { status, content_type: (!content_type.is_empty()).then_some(content_type), retry_after })
    }

    #[test]
    fn an_answer_is_this_servers_or_of_something_in_front_of_it() {
        for (status, content_type, verdict) in [
            (200, "application/json", Verdict::Ours),
            (200, "Application/JSON; charset=utf-8", Verdict::Ours),
            (204, "", Verdict::Ours),
            (401, PROBLEM, Verdict::Ours),
            (422, PROBLEM, Verdict::Ours),
            (429, PROBLEM, Verdict::Ours),
            (503, PROBLEM, Verdict::Ours),
            // The sign-in page of a gateway, a redirect to one, another authentication.
            (200, HTML, Verdict::Gate),
            (200, "", Verdict::Gate),
            (0, "", Verdict::Gate),
            (302, HTML, Verdict::Gate),
            (401, HTML, Verdict::Gate),
            (401, "application/json", Verdict::Gate),
            (407, HTML, Verdict::Gate),
            // A firewall.
            (400, HTML, Verdict::Refused { status: 400 }),
            (403, HTML, Verdict::Refused { status: 403 }),
            (404, "application/json", Verdict::Refused { status: 404 }),
            (405, "", Verdict::Refused { status: 405 }),
            (413, HTML, Verdict::Refused { status: 413 }),
            // A proxy whose server is away, or that has too much to do.
            (408, "", Verdict::Passing { retry_after: 1 }),
            (429, HTML, Verdict::Passing { retry_after: 1 }),
            (502, HTML, Verdict::Passing { retry_after: 1 }),
            (503, "application/json", Verdict::Passing { retry_after: 1 }),
            (599, "", Verdict::Passing { retry_after: 1 }),
        ] {
            assert_eq!(of(status, content_type, None), verdict, "{status} {content_type:?}");
        }
    }

    #[test]
    fn a_wait_that_anybody_names_is_kept_within_an_hour() {
        for (named, kept) in [(0, 1), (1, 1), (120, 120), (3600, 3600), (86_400, 3600)] {
            assert_eq!(of(503, HTML, Some(named)), Verdict::Passing { retry_after: kept });
        }
    }

    proptest! {
        /// No page is ever taken for a result or a problem, whatever its status.
        #[test]
        fn html_is_never_this_servers(status in 0_u16..=999, retry_after in any::<Option<u32>>()) {
            prop_assert!(status == 204 || of(status, HTML, retry_after) != Verdict::Ours);
        }
    }
}
