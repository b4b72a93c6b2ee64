//! How staff sign in: the keys of the sections `staff` and `oidc`, and their values.

use super::keys::{Form, Key};
use super::secret::Secret;
use super::value::{Url, Values};

/// The rows of both sections.
pub(super) const KEYS: [Key; 11] = [
    Key {
        name: "staff.password_sign_in",
        form: Form::Switch,
        default: Some("true"),
        about: "Whether staff may sign in with a password and an app. Without it they come through the identity provider \
                alone; when that is down, set it to true and start again.",
    },
    Key {
        name: "oidc.issuer",
        form: Form::Url,
        default: None,
        about: "The identity provider that staff may sign in through, as its discovery document names it. Without it \
                there is none. Its hosts have to be public, or within routing.private_networks.",
    },
    Key {
        name: "oidc.name",
        form: Form::Text,
        default: None,
        about: "What people call the identity provider: it stands on the button.",
    },
    Key {
        name: "oidc.client_id",
        form: Form::Text,
        default: None,
        about: "Our name at the identity provider, which is to lead people back to /staff/provider below public.base_url.",
    },
    Key {
        name: "oidc.client_secret",
        form: Form::Secret { length_min: 8 },
        default: None,
        about: "Our secret at the identity provider. Without it we are a public client there, proven by PKCE alone.",
    },
    Key {
        name: "oidc.scopes",
        form: Form::Text,
        default: Some("openid email"),
        about: "What the identity provider is asked to tell of somebody, with spaces between; openid among them.",
    },
    Key {
        name: "oidc.claim",
        form: Form::Word(&["email", "sub", "preferred_username"]),
        default: Some("email"),
        about: "The claim that names somebody: an account has the same name by `malipo staff provider-name`. An email \
                counts only where the provider says that it has verified it. preferred_username is safe only where the \
                provider does not let people choose it (OpenID Connect Core, 5.7).",
    },
    Key {
        name: "oidc.agency_claim",
        form: Form::Text,
        default: None,
        about: "A claim with the code of the agency that somebody works for, which has to be that of their account. \
                Accounts without an agency are opened only where the claim is missing.",
    },
    Key {
        name: "oidc.second_factor",
        form: Form::Word(&["asserted", "unasserted"]),
        default: Some("asserted"),
        about: "asserted: the identity provider has to say that there was a second factor, by oidc.acr_values or \
                oidc.amr_values. unasserted: it is believed to let nobody in without one.",
    },
    Key {
        name: "oidc.acr_values",
        form: Form::Text,
        default: None,
        about: "Values of the claim acr that stand for a second factor, with spaces between. They are asked for, and one \
                of them has to come back.",
    },
    Key {
        name: "oidc.amr_values",
        form: Form::Text,
        default: None,
        about: "Values of the claim amr that stand for a second factor, with spaces between, such as mfa or hwk. One of \
                them has to come back.",
    },
];

/// How staff sign in.
#[derive(Clone, Debug)]
pub struct SignInConfig {
    /// Whether a password and an app open the door.
    pub takes_passwords: bool,
    /// The identity provider, if there is one.
    pub provider: Option<OidcConfig>,
}

/// The identity provider, as OpenID Connect speaks of it.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// Its name in tokens and the beginning of its addresses, without a slash at the end.
    pub issuer: Url,
    /// What people call it.
    pub name: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<Secret>,
    /// What it is asked to tell.
    pub scopes: String,
    /// The claim that names somebody.
    pub claim: NamingClaim,
    /// The claim with somebody's agency.
    pub agency_claim: Option<String>,
    /// Values of `acr` of which one has to come back; any, if there are none.
    pub acr_values: Vec<String>,
    /// Values of `amr` of which one has to come back; any, if there are none.
    pub amr_values: Vec<String>,
}

/// A claim that names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamingClaim {
    /// An address that the provider has verified.
    Email,
    /// What the provider calls somebody for ever.
    Subject,
    /// What somebody calls themselves there.
    PreferredUsername,
}

impl NamingClaim {
    /// As it stands in a token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Subject => "sub",
            Self::PreferredUsername => "preferred_username",
        }
    }
}

impl SignInConfig {
    pub(super) fn read(values: &Values) -> Self {
        Self {
            takes_passwords: values.get("staff.password_sign_in"),
            provider: values.optional("oidc.issuer").map(|issuer| OidcConfig::read(issuer, values)),
        }
    }
}

impl OidcConfig {
    /// Reads the section of a configuration that the rules accepted.
    fn read(issuer: Url, values: &Values) -> Self {
        let words = |key: &str| {
            let text: Option<String> = values.optional(key);
            text.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
        };
        let is_asserted = values.get::<&'static str>("oidc.second_factor") == "asserted";
        let asserted = |key: &str| if is_asserted { words(key) } else { Vec::new() };
        Self {
            issuer,
            name: values.get("oidc.name"),
            client_id: values.get("oidc.client_id"),
            client_secret: values.optional("oidc.client_secret"),
            scopes: values.get("oidc.scopes"),
            claim: match values.get::<&'static str>("oidc.claim") {
                "sub" => NamingClaim::Subject,
                "preferred_username" => NamingClaim::PreferredUsername,
                _ => NamingClaim::Email,
            },
            agency_claim: values.optional("oidc.agency_claim"),
            acr_values: asserted("oidc.acr_values"),
            amr_values: asserted("oidc.amr_values"),
        }
    }
}
