//! An identity provider of an agency, with keys of its own and a person at its counter; and the browser that goes there and
//! back. It checks what a real one checks, and lies where the story wants it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::agency_system::{AgencySystem, Conversation};
use super::wire::Message;

pub(crate) const CLIENT_ID: &str = "malipo";
pub(crate) const CLIENT_SECRET: &str = "a secret: with/marks & all";
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A provider that runs until it is dropped.
pub(crate) struct IdentityProvider {
    system: AgencySystem,
    desk: Arc<Mutex<Desk>>,
}

/// What a token is signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signs {
    /// RSA, as most do.
    Rs256,
    /// An elliptic curve.
    Es256,
    /// Nothing.
    None,
    /// The public key, as if it were a secret.
    Hs256WithThePublicKey,
    /// A key that nobody knows, under the name of one that everybody knows.
    Rs256WithAnotherKey,
}

/// Changes the head and the claims of a token.
type Twist = Box<dyn Fn(&mut Value, &mut Value) + Send>;

struct Desk {
    issuer: String,
    rsa: RsaKeyPair,
    ecdsa: EcdsaKeyPair,
    /// The name of both keys.
    key_id: String,
    /// Whether the key is in the set.
    is_published: bool,
    signs: Signs,
    person: Value,
    twist: Twist,
    codes: BTreeMap<String, BTreeMap<String, String>>,
    metadata: Value,
    /// What is said at a path instead of what is right; an empty text is silence.
    says: BTreeMap<&'static str, String>,
    asked: Vec<String>,
}

impl IdentityProvider {
    /// One at whose counter stands whoever has these claims.
    pub(crate) fn start(person: Value) -> Self {
        let desk = Arc::new(Mutex::new(Desk {
            issuer: String::new(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made"),
            ecdsa: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key can be made"),
            key_id: "first".to_owned(),
            is_published: true,
            signs: Signs::Rs256,
            person,
            twist: Box::new(|_, _| {}),
            codes: BTreeMap::new(),
            metadata: json!({}),
            says: BTreeMap::new(),
            asked: Vec::new(),
        }));
        let of_conversation = Arc::clone(&desk);
        let system = AgencySystem::start(move |mut conversation: Conversation| {
            while let Some(message) = conversation.hears() {
                let answer = of_conversation.lock().unwrap().answers(&message);
                let Some(answer) = answer else { continue };
                if !conversation.wire.try_says(&answer) {
                    return;
                }
            }
        });
        let url = system.url();
        desk.lock().unwrap().issuer.clone_from(&url);
        desk.lock().unwrap().metadata = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize?tenant=kws"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"),
            "authorization_response_iss_parameter_supported": true,
            "code_challenge_methods_supported": ["plain", "S256"],
        });
        Self { system, desk }
    }

    pub(crate) fn url(&self) -> String {
        self.system.url()
    }

    /// Somebody else comes to the counter.
    pub(crate) fn person(&self, claims: Value) {
        self.desk.lock().unwrap().person = claims;
    }

    /// From now on tokens are signed like this.
    pub(crate) fn signs(&self, signs: Signs) {
        self.desk.lock().unwrap().signs = signs;
    }

    /// From now on head and claims are changed like this before they are signed.
    pub(crate) fn twists(&self, twist: impl Fn(&mut Value, &mut Value) + Send + 'static) {
        self.desk.lock().unwrap().twist = Box::new(twist);
    }

    /// It is honest again.
    pub(crate) fn is_honest(&self) {
        self.signs(Signs::Rs256);
        self.twists(|_, _| {});
    }

    /// It has a new key, which is in the set or not.
    pub(crate) fn changes_keys(&self, key_id: &str, is_published: bool) {
        let mut desk = self.desk.lock().unwrap();
        desk.rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        (desk.key_id, desk.is_published) = (key_id.to_owned(), is_published);
    }

    /// At this path it says exactly this, whatever is asked; nothing at all, if that is empty.
    pub(crate) fn says(&self, path: &'static str, answer: &str) {
        self.desk.lock().unwrap().says.insert(path, answer.to_owned());
    }

    /// It works again.
    pub(crate) fn works(&self) {
        self.desk.lock().unwrap().says.clear();
    }

    /// How often it was asked at this path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.desk.lock().unwrap().asked.iter().filter(|asked| *asked == path).count()
    }
}

impl Desk {
    fn answers(&mut self, message: &Message) -> Option<String> {
        let target = message.first_line.split(' ').nth(1).unwrap().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        self.asked.push(path.to_owned());
        if let Some(said) = self.says.iter().find_map(|(known, said)| (*known == path).then_some(said)) {
            return Some(said.clone()).filter(|said| !said.is_empty());
        }
        Some(match path {
            DISCOVERY => with_json(200, &self.metadata),
            "/keys" => with_json(200, &self.key_set()),
            "/authorize" => self.authorizes(&fields(query)),
            "/token" => self.gives_token(message),
            _ => with_json(404, &json!({})),
        })
    }

    fn key_set(&self) -> Value {
        let components = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        let point = self.ecdsa.public_key().as_ref();
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let kid = if self.is_published { &self.key_id } else { "some other" };
        json!({"keys": [
            {"kty": "oct", "kid": kid, "k": encoded(&components.n), "use": "sig"},
            {"kty": "RSA", "kid": kid, "use": "enc", "n": encoded(b"not for signatures"), "e": "AQAB"},
            {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": encoded(&components.n), "e": encoded(&components.e)},
            {"kty": "EC", "kid": kid, "use": "sig", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..])},
            {"kty": "of another time", "kid": kid},
        ]})
    }

    /// The person shows who they are and is sent back.
    fn authorizes(&mut self, asked: &BTreeMap<String, String>) -> String {
        for (name, value) in [
            ("tenant", "kws"),
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked[name], value, "{asked:?}");
        }
        for name in ["state", "nonce", "code_challenge"] {
            assert!(asked[name].len() >= 43, "{name} can be guessed: {asked:?}");
        }
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"), "{asked:?}");
        let code = URL_SAFE_NO_PAD.encode(digest(&SHA256, asked["state"].as_bytes()));
        self.codes.insert(code.clone(), asked.clone());
        let issuer = in_a_query(&self.issuer);
        let back = format!(
            "{}?code={code}&state={}&iss={issuer}&session_state=7",
            asked["redirect_uri"], asked["state"]
        );
        format!("HTTP/1.1 303 See Other\r\nLocation: {back}\r\nContent-Length: 0\r\n\r\n")
    }

    /// Gives a token for a code, once, to who asked for the code and can prove it.
    fn gives_token(&mut self, message: &Message) -> String {
        let shown = message.header("authorization").unwrap_or_default().trim_start_matches("Basic ");
        let shown = String::from_utf8(STANDARD.decode(shown).unwrap()).unwrap();
        let (client, secret) = shown.split_once(':').unwrap();
        if (client, resolved(secret).as_str()) != (CLIENT_ID, CLIENT_SECRET) {
            return with_json(401, &json!({"error": "invalid_client"}));
        }
        let given = fields(&message.text());
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, given["code_verifier"].as_bytes()));
        let Some(asked) = self.codes.remove(&given["code"]).filter(|asked| {
            given["grant_type"] == "authorization_code"
                && asked["redirect_uri"] == given["redirect_uri"]
                && asked["code_challenge"] == challenge
        }) else {
            return with_json(400, &json!({"error": "invalid_grant"}));
        };
        let token = self.token(&asked["nonce"]);
        with_json(200, &json!({"access_token": "not looked at", "token_type": "Bearer", "id_token": token}))
    }

    fn token(&self, nonce: &str) -> String {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let name = match self.signs {
            Signs::Rs256 | Signs::Rs256WithAnotherKey => "RS256",
            Signs::Es256 => "ES256",
            Signs::None => "none",
            Signs::Hs256WithThePublicKey => "HS256",
        };
        let mut head = json!({"typ": "JWT", "alg": name, "kid": self.key_id});
        let mut claims =
            json!({"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce});
        claims.as_object_mut().unwrap().extend(self.person.as_object().unwrap().clone());
        (self.twist)(&mut head, &mut claims);
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&head), encoded(&claims));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let by_rsa = |key: &RsaKeyPair| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(&RSA_PKCS1_SHA256, &random, signed, &mut signature).unwrap();
            signature
        };
        match self.signs {
            Signs::Rs256 => by_rsa(&self.rsa),
            Signs::Rs256WithAnotherKey => by_rsa(&RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            Signs::Es256 => self.ecdsa.sign(&random, signed).unwrap().as_ref().to_vec(),
            Signs::None => Vec::new(),
            Signs::Hs256WithThePublicKey => {
                let public: &rsa::PublicKey = self.rsa.public_key();
                let key = RsaPublicKeyComponents::<Vec<u8>>::from(public).n;
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed).as_ref().to_vec()
            }
        }
    }
}

/// An answer with a JSON body.
pub(crate) fn with_json(status: u16, body: &Value) -> String {
    with_body(status, "application/json", &body.to_string())
}

/// An answer with any body.
pub(crate) fn with_body(status: u16, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn fields(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), resolved(value))).collect()
}

fn resolved(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            plain.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(plain).unwrap()
}

fn in_a_query(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}
