//! The only place that asks for randomness: the operating system's, through aws-lc.

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
