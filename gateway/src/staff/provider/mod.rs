//! Signing in through an identity provider: OpenID Connect, the authorization code flow with PKCE (S256), state and nonce.
//!
//! [`IdentityProvider::begin`] says where a browser is sent and what it keeps meanwhile; [`IdentityProvider::finish`] takes
//! what it brings back and says what the provider calls whoever has signed in there. Who that is here, and whether they
//! get in, is not decided in this folder: see `pages::staff::provider`.
//!
//! * `pending`: the sign-in that was begun, in a cookie of the browser;
//! * `metadata`, `kept`: the provider's discovery document and keys, fetched when they are needed;
//! * `id_token`: the token that says who somebody is.

mod id_token;
mod kept;
mod metadata;
mod pending;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use catalog::Language;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Method, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

pub use self::pending::PENDING_SECONDS;

use self::id_token::{Claims, Expected, KeySet, NotBelieved};
use self::kept::Kept;
use self::metadata::{Metadata, MetadataBody};
use self::pending::{NotPending, Pending, PendingSignIns};
use crate::config::sign_in::{NamingClaim, OidcConfig};
use crate::http::body::{form_of, in_a_form};
use crate::outbound::Outbound;
use crate::outbound::destination::Destination;

/// Where the provider sends people back to, below our address.
pub const RETURN_PATH: &str = "/staff/provider";
/// The longest that one call to the provider may take.
const CALL_WITHIN: Duration = Duration::from_secs(4);
/// People whose sign-in is being asked about at one time. Further ones are told to come back.
const PLACES: usize = 32;
/// The longest code that is handed back to the provider, in bytes.
const CODE_BYTES_MAX: usize = 4096;

/// An identity provider at which staff may sign in.
pub struct IdentityProvider {
    terms: OidcConfig,
    return_to: String,
    outbound: Outbound,
    /// Where the discovery document is.
    issuer: Destination,
    is_simulated: bool,
    metadata: Kept<Metadata>,
    keys: Kept<KeySet>,
    signing_in: PendingSignIns,
    places: Semaphore,
}

/// A sign-in begins.
pub struct Begun {
    /// Where the browser is sent.
    pub address: String,
    /// What it keeps, for [`PENDING_SECONDS`].
    pub kept: String,
}

/// What a browser brings back.
#[derive(Default)]
pub struct Returned {
    /// What it kept; nothing if it has no such cookie.
    pub kept: String,
    /// As the provider was given it.
    pub state: String,
    /// What a token is fetched with.
    pub code: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Whose answer it is, by RFC 9207.
    pub issuer: Option<String>,
}

/// Who has signed in at the provider.
pub struct Known {
    /// What the provider calls them.
    pub name: String,
    /// The agency that they work for, if the provider is asked that and says one.
    pub agency: Option<String>,
}

/// What came of a sign-in.
pub struct Finished {
    /// The language that it was begun in, as far as that is known.
    pub language: Language,
    /// Where it is to lead; empty for the first room.
    pub there: String,
    /// Who it is.
    pub outcome: Result<Known, ProviderError>,
}

/// Nobody was signed in. What is in here is for the log, and nothing of it names anybody.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It has to be begun again: in another browser, too long ago, a second time.
    #[error("to be begun again: {0}")]
    Again(String),
    /// The provider did not let them in.
    #[error("the provider said {0}")]
    Denied(String),
    /// The provider cannot be reached, or does not work as it should.
    #[error("the provider does not work: {0}")]
    Trouble(String),
    /// Its answer is not to be believed.
    #[error("not believed: {0}")]
    NotBelieved(String),
    /// It did not say that there was a second factor.
    #[error("no second factor was asserted")]
    NoSecondFactor,
    /// It did not say who it is, or has not verified it.
    #[error("the claim that names somebody is missing or not verified")]
    Nameless,
    /// Too many at a time.
    #[error("too many sign in through the provider")]
    Crowded,
}

impl IdentityProvider {
    /// The provider of this configuration. `public_url` is how we are reached; `is_simulated` is said in a demonstration,
    /// whose provider is on this machine. `None` if the issuer is no address.
    pub fn new(terms: OidcConfig, outbound: Outbound, public_url: &str, is_simulated: bool) -> Option<Self> {
        let issuer = outbound.destination(terms.issuer.as_str(), metadata::CONNECT_WITHIN, is_simulated)?;
        Some(Self {
            return_to: format!("{public_url}{RETURN_PATH}"),
            terms,
            outbound,
            issuer,
            is_simulated,
            metadata: Kept::default(),
            keys: Kept::default(),
            signing_in: PendingSignIns::new(),
            places: Semaphore::new(PLACES),
        })
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.terms.name
    }

    /// The claim by which it names people.
    pub fn claim(&self) -> NamingClaim {
        self.terms.claim
    }

    /// Whether it is asked which agency somebody works for.
    pub fn asks_agency(&self) -> bool {
        self.terms.agency_claim.is_some()
    }

    /// Begins a sign-in on a page in this language, which is to lead there.
    pub async fn begin(&self, language: Language, there: &str) -> Result<Begun, ProviderError> {
        let _place = self.place()?;
        let metadata = self.metadata().await?;
        let (pending, kept) = self.signing_in.begin(language, there, Instant::now());
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, pending.verifier.as_bytes()));
        let acr_values = self.terms.acr_values.join(" ");
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &*self.terms.client_id),
            ("redirect_uri", &*self.return_to),
            ("scope", &*self.terms.scopes),
            ("state", &*pending.state),
            ("nonce", &*pending.nonce),
            ("code_challenge", &*challenge),
            ("code_challenge_method", "S256"),
        ];
        if !acr_values.is_empty() {
            fields.push(("acr_values", &*acr_values));
        }
        let endpoint = &metadata.authorization_endpoint;
        let mark = if endpoint.contains('?') { '&' } else { '?' };
        Ok(Begun { address: format!("{endpoint}{mark}{}", form_of(&fields)), kept })
    }

    /// Takes what a browser brings back.
    pub async fn finish(&self, returned: &Returned) -> Finished {
        match self.signing_in.open(&returned.kept, Instant::now()) {
            Ok(pending) => {
                let outcome = self.ask_who(&pending, returned).await;
                Finished { language: pending.language, there: pending.there, outcome }
            }
            Err(error) => {
                Finished { language: Language::En, there: String::new(), outcome: Err(error.into()) }
            }
        }
    }

    async fn ask_who(&self, pending: &Pending, returned: &Returned) -> Result<Known, ProviderError> {
        let code = returned.code.as_deref().filter(|code| (1..=CODE_BYTES_MAX).contains(&code.len()));
        // What is no answer at all is not remembered as one.
        if code.is_none() && returned.error.is_none() {
            return Err(ProviderError::Again("there is no code".to_owned()));
        }
        self.signing_in.take(pending, &returned.state)?;
        let _place = self.place()?;
        let metadata = self.metadata().await?;
        // Before anything else is believed of the answer: an error of somebody else's is none of ours.
        match &returned.issuer {
            Some(issuer) if *issuer != metadata.issuer => {
                return Err(ProviderError::NotBelieved("the answer is another issuer's".to_owned()));
            }
            None if metadata.names_itself => {
                return Err(ProviderError::NotBelieved("the answer does not say whose it is".to_owned()));
            }
            _ => {}
        }
        if let Some(error) = &returned.error {
            return Err(match error.as_str() {
                "server_error" | "temporarily_unavailable" => ProviderError::Trouble(word(error)),
                _ => ProviderError::Denied(word(error)),
            });
        }
        let code = code.ok_or_else(|| ProviderError::Again("there is no code".to_owned()))?;
        let token = self.fetch_token(&metadata, pending, code).await?;
        let expected =
            Expected { issuer: &metadata.issuer, client_id: &self.terms.client_id, nonce: &pending.nonce };
        let claims = self.believe(&metadata, &token, &expected).await?;
        self.check_second_factor(&claims)?;
        self.known(&claims)
    }

    /// Gives the code back for the token.
    async fn fetch_token(
        &self,
        metadata: &Metadata,
        pending: &Pending,
        code: &str,
    ) -> Result<Zeroizing<String>, ProviderError> {
        let mut headers = headers();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &*self.return_to),
            ("code_verifier", &*pending.verifier),
        ];
        match &self.terms.client_secret {
            Some(secret) if !metadata.secret_in_body => {
                headers.insert(AUTHORIZATION, self.basic(secret.expose()));
            }
            secret => {
                fields.push(("client_id", &*self.terms.client_id));
                fields.extend(secret.as_ref().map(|secret| ("client_secret", secret.expose())));
            }
        }
        let body = Bytes::from(form_of(&fields));
        let answer = call(&metadata.token_endpoint, Method::POST, "", headers, body).await?;
        if answer.status().is_client_error() {
            let error = json::<TokenError>(&answer, "what it says about a code")?.error;
            return Err(match error.as_str() {
                // Used before, too old, or given to somebody else.
                "invalid_grant" => ProviderError::Again("the code is not taken".to_owned()),
                _ => ProviderError::Trouble(format!("it says {} to us", word(&error))),
            });
        }
        let tokens: Tokens = succeeded(&answer, "its token")?;
        Ok(Zeroizing::new(tokens.id_token))
    }

    /// Our name and secret, as RFC 6749, 2.3.1 writes them.
    fn basic(&self, secret: &str) -> HeaderValue {
        let pair = Zeroizing::new(format!("{}:{}", in_a_form(&self.terms.client_id), in_a_form(secret)));
        let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut value = HeaderValue::from_str(&value).expect("base64 is visible ASCII");
        value.set_sensitive(true);
        value
    }

    /// Reads the token, with keys that are fetched again if none fits: the provider may have changed them.
    async fn believe(
        &self,
        metadata: &Metadata,
        token: &str,
        expected: &Expected<'_>,
    ) -> Result<Claims, ProviderError> {
        let fetch = || async {
            let answer = call(&metadata.keys, Method::GET, "", headers(), Bytes::new()).await?;
            succeeded::<KeySet>(&answer, "its key set")
        };
        let keys = self.keys.get(Instant::now(), fetch).await?;
        let read = match id_token::read(token, &keys, expected) {
            Err(NotBelieved::NoSuchKey) => {
                let newer = self.keys.renewed(&keys, Instant::now(), fetch).await?;
                id_token::read(token, &newer, expected)
            }
            read => read,
        };
        read.map_err(|error| ProviderError::NotBelieved(error.to_string()))
    }

    fn check_second_factor(&self, claims: &Claims) -> Result<(), ProviderError> {
        let asserts = |claim: &str, accepted: &[String]| {
            accepted.is_empty()
                || claims.texts(claim).iter().any(|said| accepted.iter().any(|one| one == said))
        };
        if asserts("acr", &self.terms.acr_values) && asserts("amr", &self.terms.amr_values) {
            Ok(())
        } else {
            Err(ProviderError::NoSecondFactor)
        }
    }

    fn known(&self, claims: &Claims) -> Result<Known, ProviderError> {
        let claim = self.terms.claim;
        let is_verified = claim != NamingClaim::Email || claims.is_true("email_verified");
        let name = claims.text(claim.name()).filter(|name| is_verified && !name.is_empty());
        let agency = match &self.terms.agency_claim {
            // One that is there and cannot be read is not one that is missing.
            Some(name) if claims.says(name) => {
                Some(claims.text(name).ok_or(ProviderError::Nameless)?.to_owned())
            }
            _ => None,
        };
        Ok(Known { name: name.ok_or(ProviderError::Nameless)?.to_owned(), agency })
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        let fetch = || async {
            let answer = call(&self.issuer, Method::GET, metadata::PATH, headers(), Bytes::new()).await?;
            let body: MetadataBody = succeeded(&answer, "its discovery document")?;
            body.judged(&self.terms, &self.outbound, self.is_simulated)
        };
        self.metadata.get(Instant::now(), fetch).await
    }

    fn place(&self) -> Result<SemaphorePermit<'_>, ProviderError> {
        self.places.try_acquire().map_err(|_| ProviderError::Crowded)
    }
}

impl From<NotPending> for ProviderError {
    fn from(error: NotPending) -> Self {
        Self::Again(error.to_string())
    }
}

/// What comes back for a code. Other tokens are not looked at and not kept.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// Why nothing comes back, by RFC 6749, 5.2.
#[derive(Deserialize)]
struct TokenError {
    error: String,
}

fn headers() -> HeaderMap {
    HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("application/json")),
        (USER_AGENT, HeaderValue::from_static("malipo")),
    ])
}

async fn call(
    destination: &Destination,
    method: Method,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Bytes>, ProviderError> {
    let answer = destination.send(method, path, headers, body, CALL_WITHIN).await;
    answer.map_err(|error| ProviderError::Trouble(error.to_string()))
}

/// The body of an answer that is one.
fn succeeded<T: DeserializeOwned>(answer: &Response<Bytes>, what: &str) -> Result<T, ProviderError> {
    if answer.status() != StatusCode::OK {
        return Err(ProviderError::Trouble(format!("{what} was answered {}", answer.status())));
    }
    json(answer, what)
}

fn json<T: DeserializeOwned>(answer: &Response<Bytes>, what: &str) -> Result<T, ProviderError> {
    let claimed = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = claimed.split(';').next().unwrap_or_default().trim();
    if !["application/json", "application/jwk-set+json"].contains(&essence) {
        return Err(ProviderError::Trouble(format!("{what} is no JSON")));
    }
    // Where it does not fit may be a value of somebody's.
    serde_json::from_slice(answer.body()).map_err(|_| ProviderError::Trouble(format!("{what} does not fit")))
}

/// A word of the provider's, or of whoever made an address up, as far as it may stand in a log.
fn word(text: &str) -> String {
    text.chars().filter(|mark| mark.is_ascii_lowercase() || *mark == '_').take(40).collect()
}
