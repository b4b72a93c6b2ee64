//! A gateway of a few routes on a free port, and a client that writes bytes of its own choosing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gateway::http::admission::Lane;
use gateway::http::application::Application;
use gateway::http::body::BodyRule;
use gateway::http::client_address::TrustedProxies;
use gateway::http::event_stream::{EventStreams, Feed, Look, Message, StreamTerms};
use gateway::http::hosts::Site;
use gateway::http::pipeline::{ChunkedBodies, Pipeline, PipelineRules};
use gateway::http::problem::Problem;
use gateway::http::problem_codes::Code;
use gateway::http::request::{Request, RequestHead};
use gateway::http::request_id::RequestId;
use gateway::http::response::{self, Response, ResponseBody, StreamError};
use gateway::http::router::{Route, Routes};
use gateway::server::drain::Drained;
use gateway::server::tls::TlsTerms;
use gateway::server::{Limits, Listener, serve};
use hyper::body::{Body, Frame};
use hyper::{StatusCode, Uri};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Every wait of a test ends; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for something that must happen.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it did not happen")
}

/// What the handlers of the test application share with the test.
pub(super) struct TestApp {
    /// One permit per handler that has begun and waits.
    pub(super) entered: Semaphore,
    /// Permits the test hands out; each lets one waiting handler go on.
    pub(super) may_go_on: Semaphore,
    /// Handlers that waited and were allowed to finish.
    pub(super) finished: AtomicUsize,
    /// Handlers that waited and were dropped half way.
    pub(super) dropped: Semaphore,
    /// Streams of [`counting`](Self::counting).
    pub(super) streams: EventStreams,
    /// What they tell of. It is done at [`COUNTED`].
    pub(super) counting: AtomicUsize,
}

/// Where the counting of a test ends.
pub(super) const COUNTED: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Access {
    Anyone,
    KeyHolder,
}

impl Application for TestApp {
    type Access = Access;
    type Principal = Option<String>;

    fn authorize(&self, rule: Access, head: &RequestHead) -> Result<Option<String>, Problem> {
        match (rule, head.header("authorization")) {
            (Access::Anyone, _) => Ok(None),
            (Access::KeyHolder, Some("Bearer test_key")) => Ok(Some("kws".to_owned())),
            (Access::KeyHolder, _) => Err(Problem::new(Code::Unauthenticated, "Send a key.")),
        }
    }

    fn problem_page(&self, problem: &Problem, uri: &Uri, _site: Site, _id: &RequestId) -> Option<Response> {
        let page = format!("<p>{} at {}", problem.message_for_citizens().sw, uri.path());
        Some(response::html(StatusCode::OK, page))
    }
}

impl TestApp {
    /// Waits like a handler that is busy with a payment.
    async fn busy(&self) {
        struct Noticed<'a>(Option<&'a TestApp>);
        impl Drop for Noticed<'_> {
            fn drop(&mut self) {
                if let Some(app) = self.0 {
                    app.dropped.add_permits(1);
                }
            }
        }
        let mut noticed = Noticed(Some(self));
        self.entered.add_permits(1);
        self.may_go_on.acquire().await.unwrap().forget();
        self.finished.fetch_add(1, Ordering::SeqCst);
        noticed.0 = None;
    }

    /// Waits until another handler has begun.
    pub(super) async fn one_more_entered(&self) {
        soon(self.entered.acquire()).await.unwrap().forget();
    }

    pub(super) fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }
}

type Handled = Result<Response, Problem>;

fn table() -> Routes<TestApp> {
    use Access::{Anyone, KeyHolder};
    Routes::new(vec![
        Route::get("/hello", "hello", Anyone, hello),
        Route::post("/echo", "echo", Anyone, echo).body(BodyRule::Whole { bytes_max: 1_000 }).quiet(),
        Route::get("/client", "client", Anyone, client),
        Route::get("/panic", "panic", Anyone, panics),
        Route::get("/busy", "busy", Anyone, busy),
        Route::post("/pay", "pay", Anyone, busy).about_money().runs_to_end(),
        Route::post("/pay/panic", "pay_panic", Anyone, panics).about_money().runs_to_end(),
        Route::post("/pay/late", "pay_late", Anyone, busy)
            .about_money()
            .runs_to_end()
            .deadline(Duration::from_millis(50)),
        Route::post("/confirm", "confirm", Anyone, echo)
            .about_money()
            .lane(Lane::MoneyIn { wait_max: PATIENCE })
            .quiet(),
        Route::post("/confirm/impatient", "confirm_impatient", Anyone, echo)
            .lane(Lane::MoneyIn { wait_max: Duration::from_millis(20) }),
        Route::post("/keyed", "keyed", KeyHolder, keyed),
        Route::get("/flood", "flood", Anyone, flood),
        Route::get("/count", "count", Anyone, count),
    ])
    .unwrap()
}

async fn hello(_app: Arc<TestApp>, _request: Request<TestApp>) -> Handled {
    Ok(response::text(StatusCode::OK, "habari"))
}

async fn echo(_app: Arc<TestApp>, request: Request<TestApp>) -> Handled {
    Ok(response::bytes(StatusCode::OK, "application/octet-stream", request.bytes().clone()))
}

async fn client(_app: Arc<TestApp>, request: Request<TestApp>) -> Handled {
    Ok(response::text(StatusCode::OK, request.head.client().to_string()))
}

async fn panics(_app: Arc<TestApp>, _request: Request<TestApp>) -> Handled {
    panic!("a handler made a mistake")
}

async fn busy(app: Arc<TestApp>, _request: Request<TestApp>) -> Handled {
    app.busy().await;
    Ok(response::text(StatusCode::OK, "done"))
}

async fn keyed(_app: Arc<TestApp>, request: Request<TestApp>) -> Handled {
    Ok(response::text(StatusCode::OK, request.principal.unwrap_or_default()))
}

/// A body without end; the test notices when it is dropped.
async fn flood(app: Arc<TestApp>, _request: Request<TestApp>) -> Handled {
    struct Flood(Arc<TestApp>);
    impl Body for Flood {
        type Data = Bytes;
        type Error = StreamError;
        fn poll_frame(
            self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 65_536])))))
        }
    }
    impl Drop for Flood {
        fn drop(&mut self) {
            self.0.dropped.add_permits(1);
        }
    }
    Ok(Response::new(ResponseBody::streamed(Flood(app))))
}

/// Tells of the counting.
async fn count(app: Arc<TestApp>, request: Request<TestApp>) -> Handled {
    struct Count {
        app: Arc<TestApp>,
        told: Option<usize>,
    }
    impl Feed for Count {
        fn look(&mut self) -> Look {
            let now = self.app.counting.load(Ordering::SeqCst);
            if self.told.replace(now) == Some(now) {
                return Look::Unchanged;
            }
            let message = Message { event: "count", id: now.to_string(), data: format!("so far\n{now}") };
            if now == COUNTED { Look::Last(message) } else { Look::Message(message) }
        }
    }
    app.streams.open(&request.head, Count { app: Arc::clone(&app), told: None })
}

/// How a test's gateway differs from the usual.
pub(super) struct Setup {
    pub(super) limits: Limits,
    pub(super) rules: PipelineRules,
    pub(super) tls: Option<TlsTerms>,
    pub(super) streams: StreamTerms,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            rules: PipelineRules {
                listener: "test",
                requests_max: 100,
                body_deadline: PATIENCE,
                trusted_proxies: TrustedProxies::default(),
                chunked: ChunkedBodies::Refused,
                hosts: None,
            },
            tls: None,
            streams: StreamTerms::default(),
        }
    }
}

impl Setup {
    /// The parts of a gateway, for tests that start it in their own way.
    pub(super) fn build(
        self,
        stop: &CancellationToken,
    ) -> (Listener, Arc<Pipeline<TestApp>>, Limits, Arc<TestApp>) {
        let app = Arc::new(TestApp {
            entered: Semaphore::new(0),
            may_go_on: Semaphore::new(0),
            finished: AtomicUsize::new(0),
            dropped: Semaphore::new(0),
            streams: EventStreams::new("test", self.streams, stop.clone()),
            counting: AtomicUsize::new(0),
        });
        let pipeline = Pipeline::new(Arc::clone(&app), Arc::new(table()), self.rules);
        let listener = Listener::bind("test", "127.0.0.1:0".parse().unwrap(), self.tls).unwrap();
        (listener, Arc::new(pipeline), self.limits, app)
    }

    pub(super) async fn start(self) -> TestGateway {
        let stop = CancellationToken::new();
        let (listener, pipeline, limits, app) = self.build(&stop);
        let address = listener.address();
        let serving = tokio::spawn(serve(listener, pipeline, limits, stop.clone()));
        TestGateway { address, stop, serving, app }
    }
}

/// A gateway that runs.
pub(super) struct TestGateway {
    pub(super) address: std::net::SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) serving: JoinHandle<std::io::Result<Drained>>,
    pub(super) app: Arc<TestApp>,
}

impl TestGateway {
    pub(super) async fn usual() -> Self {
        Setup::default().start().await
    }

    pub(super) async fn connect(&self) -> Wire<TcpStream> {
        Wire::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// One request on a connection of its own.
    pub(super) async fn ask(&self, request: &str) -> Answer {
        let mut wire = self.connect().await;
        wire.send(request).await;
        wire.answer().await
    }

    /// The status of the answer to one request on a connection of its own. Its body is not waited for.
    pub(super) async fn ask_for_head(&self, request: &str) -> u16 {
        let mut wire = self.connect().await;
        wire.send(request).await;
        wire.answer_without_body().await.status
    }

    /// Waits for the drain to end, after `stop`.
    pub(super) async fn drained(self) -> Drained {
        soon(self.serving).await.unwrap().unwrap()
    }
}

/// A connection on which a test writes what it likes.
pub(super) struct Wire<S> {
    stream: S,
    received: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Answer {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The problem's JSON.
    pub(super) fn problem(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"].as_str(), self.header("request-id"));
        problem
    }

    /// The problem's code.
    pub(super) fn code(&self) -> String {
        self.problem()["code"].as_str().unwrap().to_owned()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, received: Vec::new() }
    }

    pub(super) async fn send(&mut self, text: &str) {
        soon(self.stream.write_all(text.as_bytes())).await.unwrap();
        soon(self.stream.flush()).await.unwrap();
    }

    /// Like [`send`](Self::send), for a peer that may have closed already.
    pub(super) async fn try_send(&mut self, text: &str) {
        let _ = soon(self.stream.write_all(text.as_bytes())).await;
    }

    /// The next answer, with the body its Content-Length announces.
    pub(super) async fn answer(&mut self) -> Answer {
        let mut answer = self.answer_without_body().await;
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            assert!(self.receive().await > 0, "closed within an answer: {}", self.so_far());
        }
        answer.body = String::from_utf8(self.received.drain(..length).collect()).unwrap();
        answer
    }

    /// The next answer's head, for a HEAD request.
    pub(super) async fn answer_without_body(&mut self) -> Answer {
        let head_end = loop {
            if let Some(end) = find(&self.received, b"\r\n\r\n") {
                break end;
            }
            assert!(self.receive().await > 0, "closed before an answer: {}", self.so_far());
        };
        let head = String::from_utf8(self.received.drain(..head_end + 4).collect()).unwrap();
        Answer { status: head[9..12].parse().unwrap(), head, body: String::new() }
    }

    /// Waits until this text has come, and takes everything up to its end.
    pub(super) async fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = find(&self.received, text.as_bytes()) {
                let taken = self.received.drain(..at + text.len()).collect();
                return String::from_utf8(taken).unwrap();
            }
            assert!(self.receive().await > 0, "closed before {text:?}: {}", self.so_far());
        }
    }

    /// Waits for the gateway to close the connection, and returns what else it said before.
    pub(super) async fn closed(&mut self) -> String {
        while self.receive().await > 0 {}
        self.so_far()
    }

    /// The stream itself, for tests that go on in their own way.
    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    async fn receive(&mut self) -> usize {
        // A reset is a way of closing, too.
        soon(self.stream.read_buf(&mut self.received)).await.unwrap_or(0)
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// A `GET` as browsers and programs send it.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// A `POST` with a body.
pub(super) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}")
}
