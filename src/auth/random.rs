//! The only source of randomness: the CSPRNG of aws-lc, seeded by the operating system.

/// A uniformly distributed number below `bound`. Rejection sampling avoids modulo bias.
///
/// # Panics
///
/// As [`bytes`], and when `bound` is zero.
pub fn below(bound: usize) -> usize {
    let bound = bound as u64;
    let fair = u64::MAX - u64::MAX % bound;
    loop {
        let drawn = u64::from_be_bytes(bytes());
        if drawn < fair {
            return (drawn % bound) as usize;
        }
    }
}

/// `N` cryptographically secure random bytes.
///
/// # Panics
///
/// When the operating system provides no randomness: no token may be issued then.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        panic!("the operating system provides no random bytes");
    }
    bytes
}
