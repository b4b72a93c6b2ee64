//! Handing on with nothing in between: hyper's server, and the pooled client of hyper-util, which the gateway uses too. How
//! far down the gateway could come without another client.

use std::net::SocketAddr;

use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::bare_hyper;

/// Hands everything below `prefix` on to this system, until the process is killed.
pub(crate) fn serve(system: SocketAddr, prefix: &'static str) {
    let client: Client<_, Incoming> =
        Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build_http();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    bare_hyper::serve(&runtime, move |mut request: Request<Incoming>| {
        let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
        let target = format!("http://{system}{}", asked.strip_prefix(prefix).unwrap_or(asked));
        *request.uri_mut() = target.parse().expect("it was an address before");
        let answer = client.request(request);
        async move { answer.await.unwrap_or_else(|error| panic!("no answer: {error}")) as Response<Incoming> }
    });
}
