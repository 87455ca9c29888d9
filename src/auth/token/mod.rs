//! Tokens: the access token (JWT, RFC 9068), the refresh token and its rotation, the signing keys (JWKS), and the revocation
//! list.

pub mod access;
pub mod issuer;
pub mod key_ring;
pub mod keys;
pub mod refresh;
pub mod revoked;
pub mod rotation;

/// The rotation rule in force. Only a build with the lab can replace it.
#[cfg(feature = "lab")]
pub mod policy;
#[cfg(not(feature = "lab"))]
pub mod policy {
    use super::rotation;

    /// The rotation rule, [`rotation::decide`].
    #[derive(Clone, Copy, Debug, Default)]
    pub struct RotationPolicy;

    impl RotationPolicy {
        pub fn rule(self) -> rotation::RotationRule {
            rotation::decide
        }
    }
}
