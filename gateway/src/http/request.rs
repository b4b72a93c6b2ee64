//! A request as a handler sees it: matched, bounded, and from a caller who passed the route's rule.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{AsHeaderName, HeaderMap};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Uri};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::application::Application;
use super::body::{self, Fields};
use super::problem::Problem;
use super::problem_codes::Code;
use super::request_id::RequestId;
use super::strict_json::StrictJson;

/// Everything about a request but its body.
#[derive(Debug)]
pub struct RequestHead {
    pub(super) parts: hyper::http::request::Parts,
    pub(super) parameters: PathParameters,
    pub(super) client: IpAddr,
    pub(super) id: RequestId,
    pub(super) over_tls: bool,
}

impl RequestHead {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The address as sent. Its query may hold what must not be logged.
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// Every header.
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The header's text, when it is there, once, and readable ASCII. A header that appears twice is treated as
    /// absent: which copy a proxy before us looked at is unknown.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        let mut values = self.parts.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        value.to_str().ok()
    }

    /// The named part of the path, percent signs resolved. Panics when the route's pattern has no such part: that is
    /// a mistake in the route table, which its first test finds.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).expect("handlers ask for parameters their pattern names")
    }

    /// The fields after the question mark.
    pub fn query(&self) -> Result<Fields, Problem> {
        Fields::parse(self.parts.uri.query().unwrap_or_default())
    }

    /// The other end of the connection's life after this request, when the caller asks for another protocol. Can be
    /// taken once.
    pub fn take_upgrade(&mut self) -> Option<OnUpgrade> {
        self.parts.extensions.remove()
    }

    /// The client's own address, as far as we can know it.
    pub fn client(&self) -> IpAddr {
        self.client
    }

    /// The name of this request.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Whether the connection to us was encrypted by us.
    pub fn over_tls(&self) -> bool {
        self.over_tls
    }
}

/// A request for a handler of `App`.
pub struct Request<App: Application> {
    /// Everything but the body.
    pub head: RequestHead,
    /// Who passed the route's access rule.
    pub principal: App::Principal,
    pub(super) body: RequestBody,
}

/// The body, as the route's rule asked for it.
pub(super) enum RequestBody {
    Whole(Bytes),
    Streamed(Incoming),
}

impl<App: Application> Request<App> {
    /// The bytes of the body. Empty for routes that take none or stream it.
    pub fn bytes(&self) -> &Bytes {
        static NONE: Bytes = Bytes::new();
        match &self.body {
            RequestBody::Whole(bytes) => bytes,
            RequestBody::Streamed(_) => &NONE,
        }
    }

    /// Reads the body as JSON of a wire type. Refuses another content type, repeated names at any level, and values
    /// that do not fit.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        body::json(self.head.headers(), self.bytes())
    }

    /// Reads the body as JSON that keeps numbers as written, whatever content type it claims. For callbacks.
    pub fn strict_json(&self) -> Result<StrictJson<'_>, Problem> {
        body::strict_json(self.bytes())
    }

    /// Reads the body as a form.
    pub fn form(&self) -> Result<Fields, Problem> {
        body::form(self.head.headers(), self.bytes())
    }

    /// Takes the request apart: head, principal, and the body as it comes. For routes that stream; other routes
    /// receive `None`.
    pub fn into_stream(self) -> (RequestHead, App::Principal, Option<Incoming>) {
        let body = match self.body {
            RequestBody::Streamed(body) => Some(body),
            RequestBody::Whole(_) => None,
        };
        (self.head, self.principal, body)
    }
}

/// The named parts of a path, resolved. Few, so looking one up is a short walk.
#[derive(Debug, Default)]
pub(super) struct PathParameters {
    names: Arc<[Box<str>]>,
    values: Vec<String>,
}

impl PathParameters {
    /// Resolves percent signs, but not those of the rest of a path, which is for somebody else to read. A part that is not
    /// UTF-8 names nothing of ours.
    pub(super) fn resolve<'v>(
        names: &Arc<[Box<str>]>,
        raw: impl Iterator<Item = &'v str>,
    ) -> Result<Self, Problem> {
        let mut values = Vec::with_capacity(names.len());
        for (name, value) in names.iter().zip(raw) {
            if name.starts_with('*') {
                values.push(value.to_owned());
                continue;
            }
            let resolved = percent_decode_str(value)
                .decode_utf8()
                .map_err(|_| Problem::new(Code::NotFound, "A part of the path is not text in UTF-8."))?;
            values.push(resolved.into_owned());
        }
        Ok(Self { names: Arc::clone(names), values })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let index = self.names.iter().position(|known| **known == *name)?;
        self.values.get(index).map(String::as_str)
    }
}
