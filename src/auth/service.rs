//! The authentication service (facade): every use case is a method of [`AuthService`]. This file has the struct, its
//! construction, token issuance and access token verification; each use case is in a file of its own beside it.

use std::{sync::Arc, time::Duration};

use super::audit::Audit;
use super::binding::tags::BindingKey;
use super::error::AuthError;
use super::model::secret::ServerSecret;
use super::model::session::{Session, SessionId};
use super::model::user::UserId;
use super::observer::{FlowEvent, Observers};
use super::password::{
    hasher::PasswordHasher,
    passphrase::{self, WordList},
    pool::Load,
    rules::PasswordRules,
};
use super::refresh::RotationRules;
use super::store::Store;
use super::throttle::{attempts::AttemptCounter, device_cookie::DeviceCookie};
use super::token::{
    access::{AccessTokens, Refused, Verified},
    issuer::{TokenIssuer, TokenPair},
    key_ring::KeyRing,
    keys::PublicJwk,
    policy::RotationPolicy,
    refresh::{Presented, RefreshToken, RefreshTokenKey},
    revoked::RevokedSessions,
};
use crate::clock::{Clock, Timestamp};
use crate::protocol::session::RevokeReason;
use crate::protocol::tokens::AccessToken;

/// Capacity of the cache of verified access tokens, about 1 kB each.
pub const VERIFIED_TOKENS: usize = 8192;

/// The lifetimes of tokens and sessions.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// Of an access token.
    pub access: Duration,
    /// Of a session that is not refreshed.
    pub refresh_idle: Duration,
    /// Of a session, however often it is refreshed.
    pub refresh_absolute: Duration,
    /// How long a superseded refresh token still gets its successor; zero is strict RFC 9700.
    pub refresh_grace: Duration,
}

/// The settings of a service.
pub struct AuthOptions {
    /// The `iss` of access tokens; `aud` is derived from it (RFC 9068 section 2.2).
    pub issuer: String,
    pub lifetimes: Lifetimes,
    /// The minimum length of a new password, in characters.
    pub password_min: usize,
    /// Whether attempts are throttled. Off for tests and benchmarks only.
    pub throttle: bool,
    pub passwords: PasswordHasher,
    pub observers: Observers,
    /// The rotation rule; replaceable with the cargo feature `lab` only.
    pub policy: RotationPolicy,
    /// Whether browsers may bind sessions to their device, and bound sessions refresh from there alone.
    pub device_binding: bool,
}

/// Both tokens of a session, ready to be sent.
#[derive(Debug)]
pub struct Grant {
    pub access_token: AccessToken,
    /// Lifetime of the access token, in seconds (RFC 6749 section 5.1).
    pub expires_in: u64,
    pub refresh_token: RefreshToken,
    /// Time until the idle or the absolute limit of the session, whichever comes first: the cookie's `Max-Age`.
    pub refresh_expires_in: Duration,
    pub user_id: UserId,
    pub user_email: String,
    pub session_id: SessionId,
    /// The device cookie for the next sign-in; only after a sign-in.
    pub device_cookie: Option<DeviceCookie>,
    /// The challenge for a browser that binds the session to its device; only after a sign-in, and where binding is on.
    pub binding_challenge: Option<String>,
}

/// Why a bearer token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAuthenticated {
    /// The token itself is expired or invalid.
    Refused(Refused),
    /// The token is valid, but its session has ended.
    Revoked(RevokeReason),
}

/// The authentication service. One instance serves all requests.
pub struct AuthService {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lifetimes: Lifetimes,
    pub(super) password_rules: PasswordRules,
    pub(super) passwords: PasswordHasher,
    pub(super) tokens: Arc<TokenIssuer>,
    pub(super) revoked: Arc<RevokedSessions>,
    pub(super) attempts: AttemptCounter,
    pub(super) audit: Audit,
    pub(super) rotation: Arc<RotationRules>,
    pub(super) observers: Observers,
    pub(super) cluster: super::maintenance::ClusterLink,
    pub(super) tasks: super::detached::DetachedTasks,
}

impl AuthService {
    /// Opens the service on a store. Loads the signing keys (the very first start creates two) and the revocations of the last
    /// access-token lifetime.
    ///
    /// # Errors
    ///
    /// [`AuthError::Store`] when the store cannot be read, or its keys were sealed with another server secret.
    pub async fn open(
        secret: &ServerSecret,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        options: AuthOptions,
    ) -> Result<Self, AuthError> {
        let AuthOptions { issuer, lifetimes, password_min, throttle, passwords, observers, policy, device_binding } =
            options;
        let tokens = Arc::new(TokenIssuer {
            access: AccessTokens::new(&issuer, lifetimes.access, VERIFIED_TOKENS),
            keys: KeyRing::open(&*store, secret.sealing_key(), clock.now()).await?,
            refresh: RefreshTokenKey::new(secret),
        });
        let service = Self {
            attempts: AttemptCounter::new(secret, store.clone(), clock.clone(), observers.clone(), throttle),
            audit: Audit::new(secret.fingerprint_key(), store.clone(), clock.clone()),
            password_rules: PasswordRules { min: password_min },
            revoked: Arc::default(),
            cluster: Default::default(),
            tasks: Default::default(),
            rotation: Arc::new(RotationRules {
                tokens: tokens.clone(),
                clock: clock.clone(),
                lifetimes,
                policy,
                binding_key: Arc::new(BindingKey::new(secret)),
                device_binding,
            }),
            tokens,
            store,
            clock,
            lifetimes,
            passwords,
            observers,
        };
        service.report_email_clashes().await?;
        service.reload_revoked().await?;
        Ok(service)
    }

    /// Verifies an access token: signature, claims and the revocation list. All of it is in memory, so no query is made.
    ///
    /// # Errors
    ///
    /// [`NotAuthenticated::Refused`] for an expired or invalid token (RFC 6750 section 3.1), [`NotAuthenticated::Revoked`] for
    /// a valid token of an ended session.
    pub fn authenticate(&self, compact: impl AsRef<[u8]>) -> Result<Arc<Verified>, NotAuthenticated> {
        let verified = self.tokens.access.verify(&self.tokens.keys, compact, self.clock.now());
        let outcome = match verified {
            Err(refused) => Err(NotAuthenticated::Refused(refused)),
            Ok(verified) => match self.revoked.reason(&verified) {
                Some(reason) => Err(NotAuthenticated::Revoked(reason)),
                None => Ok(verified),
            },
        };
        self.observers.emit(|| FlowEvent::AccessChecked { outcome: outcome.as_deref().map_err(|refusal| *refusal) });
        outcome
    }

    /// Parses a refresh token and verifies its outer tag, without a query. A forged token costs no more than this.
    ///
    /// # Errors
    ///
    /// [`AuthError::RefreshTokenInvalid`] when the token is malformed or the tag does not match.
    pub fn open_refresh_token(&self, text: &str) -> Result<Presented, AuthError> {
        self.tokens.refresh.open(text).map_err(|_| AuthError::RefreshTokenInvalid)
    }

    /// A random passphrase of words of a list, or more of them when the minimum password length requires it.
    pub fn suggest_passphrase(&self, words: WordList) -> String {
        passphrase::suggest(words, self.password_rules.min)
    }

    /// The minimum length of a new password, in characters.
    pub fn password_min(&self) -> usize {
        self.password_rules.min
    }

    /// The work of the password hasher, for an operator.
    pub fn hasher_load(&self) -> Load {
        self.passwords.load()
    }

    pub fn lifetimes(&self) -> Lifetimes {
        self.lifetimes
    }

    /// The public keys for the JWKS endpoint (RFC 7517).
    pub fn jwks(&self) -> Vec<PublicJwk> {
        self.tokens.keys.current().jwks().to_vec()
    }

    /// The session of a refresh token; `None` when there is no such session or the inner tag does not match its salt.
    pub(super) async fn genuine(&self, presented: &Presented) -> Result<Option<Session>, AuthError> {
        let session = self.store.session(presented.session_id).await?;
        Ok(session.filter(|session| self.tokens.refresh.is_bound(presented, &session.salt)))
    }

    /// Issues both tokens for a session as it now is, or those that were prepared for it.
    pub(super) fn grant(
        &self,
        session: &Session,
        prepared: Option<TokenPair>,
        now: Timestamp,
    ) -> Result<Grant, AuthError> {
        let generation = session.rotation.generation;
        let tokens = match prepared {
            Some(tokens) => tokens,
            None => self.tokens.issue(session, generation, now)?,
        };
        self.observers.emit(|| FlowEvent::Issued { session_id: session.id, generation });
        let ends = session.idle_expires_at.min(session.absolute_expires_at);
        Ok(Grant {
            access_token: tokens.access,
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh,
            refresh_expires_in: Duration::from_millis(u64::try_from(ends.since(now)).unwrap_or(0)),
            user_id: session.user_id,
            user_email: session.user_email.clone(),
            session_id: session.id,
            device_cookie: None,
            binding_challenge: None,
        })
    }
}
