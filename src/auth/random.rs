//! The only place that asks for randomness: the operating system's, through aws-lc.

/// A number below `bound`, each as likely as the others: what would favour some is drawn again.
///
/// # Panics
/// As [`bytes`], and for a bound of zero.
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

/// `N` bytes nobody can guess.
///
/// # Panics
/// When the operating system has no randomness to give: no token may be made then.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        panic!("the operating system gives no random bytes");
    }
    bytes
}
