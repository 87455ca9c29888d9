//! The `traceparent` of a request (W3C Trace Context): the span of a proxy in front that a request belongs to.
//!
//! Anybody can send one. A stranger could put requests into traces of others, or have each of them sampled and so exported and
//! paid for. So only that of a trusted proxy counts, which overwrites the stranger's; other requests begin a trace of their own.
//! `tracestate` is not read: this server passes none on.

use axum::http::HeaderMap;

const NAME: &str = "traceparent";
/// The bytes of a header of version 00.
const LENGTH: usize = 55;
/// The longest header of a later version that is read, in bytes.
const LENGTH_MAX: usize = 256;

/// The parent of a span, in another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    /// Whether the caller exports its part of the trace.
    pub sampled: bool,
}

impl TraceParent {
    /// The one parent that these headers name; `None` when they name none, several, or an invalid one.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(NAME).iter();
        let (first, second) = (given.next()?, given.next());
        if second.is_some() { None } else { Self::parse(first.as_bytes()) }
    }

    /// Parses `version-trace-span-flags`, in hexadecimal of lower case. A later version may have more behind it (section 3.2).
    pub fn parse(header: &[u8]) -> Option<Self> {
        let (known, rest) = header.split_at_checked(LENGTH)?;
        let [version] = hex(&known[..2])?;
        let complete = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => header.len() <= LENGTH_MAX && rest.first().is_none_or(|next| *next == b'-'),
        };
        let dashes = [2, 35, 52].iter().all(|at| known[*at] == b'-');
        if !complete || !dashes {
            return None;
        }
        let (trace_id, span_id, [flags]) = (hex(&known[3..35])?, hex(&known[36..52])?, hex(&known[53..])?);
        let valid = trace_id != [0; 16] && span_id != [0; 8];
        valid.then_some(Self { trace_id, span_id, sampled: flags & 1 == 1 })
    }
}

fn hex<const BYTES: usize>(digits: &[u8]) -> Option<[u8; BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// The example of the standard.
    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_parent_is_read_as_the_standard_says() {
        let parent = TraceParent::parse(EXAMPLE.as_bytes()).unwrap();
        assert_eq!(u128::from_be_bytes(parent.trace_id), 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
        assert_eq!(u64::from_be_bytes(parent.span_id), 0xb7ad_6b71_6920_3331);
        assert!(parent.sampled);
        for (flags, sampled) in [("00", false), ("02", false), ("03", true), ("ff", true)] {
            let header = format!("{}{flags}", &EXAMPLE[..53]);
            assert_eq!(TraceParent::parse(header.as_bytes()).map(|parent| parent.sampled), Some(sampled), "{flags}");
        }
        let later = format!("cc{}-what-comes-later", &EXAMPLE[2..]);
        assert_eq!(TraceParent::parse(later.as_bytes()), Some(parent));
    }

    #[test]
    fn what_is_no_parent_is_none() {
        let with = |from: &str, to: &str| EXAMPLE.replace(from, to);
        for header in [
            String::new(),
            EXAMPLE[..54].to_owned(),
            format!("{EXAMPLE}-00"),
            format!("cc{}00", &EXAMPLE[2..]),
            format!("cc{}-{}", &EXAMPLE[2..], "x".repeat(LENGTH_MAX)),
            format!("ff{}", &EXAMPLE[2..]),
            with("0af7", "0AF7"),
            with("0af7", "0g!7"),
            with("-b7", "_b7"),
            with("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            with("b7ad6b7169203331", &"0".repeat(16)),
            "\u{e9}".repeat(28),
        ] {
            assert_eq!(TraceParent::parse(header.as_bytes()), None, "{header}");
        }
    }

    #[test]
    fn of_two_parents_neither_counts() {
        let header = || (NAME.parse().unwrap(), HeaderValue::from_static(EXAMPLE));
        assert!(TraceParent::of(&[header()].into_iter().collect()).is_some());
        assert_eq!(TraceParent::of(&[header(), header()].into_iter().collect()), None);
        assert_eq!(TraceParent::of(&HeaderMap::new()), None);
    }
}
