//! The yardstick of the callback path: hyper on one thread, which reads the same body and gives the same answer, and
//! does nothing in between. It runs in a process of its own, so that its time can be told from the crowd's.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

/// Says to this executable that it is to be the server.
pub(crate) const SERVE_FLAG: &str = "--serve-bare-hyper";
/// What the gateway answers to a confirmation, byte for byte.
const ANSWER: &[u8] = br#"{"ResultCode":0,"ResultDesc":"Success"}"#;

/// A running server.
pub(crate) struct BareHyper {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl BareHyper {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("a process knows its executable");
        let mut child = Command::new(program)
            .arg(SERVE_FLAG)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the executable starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("it says its address");
        let address = line.trim().parse().expect("it says its address");
        Self { child, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for BareHyper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until the process is killed.
pub(crate) fn serve() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        println!("{address}");
        std::io::stdout().flush().expect("whoever started it listens");
        // As the gateway sets hyper up.
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(10))
            .max_buf_size(32 * 1024)
            .max_headers(64)
            .half_close(false)
            .keep_alive(true);
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let connection = http.serve_connection(TokioIo::new(stream), service_fn(answer));
            // The crowd hangs up when it is done.
            tokio::spawn(async move { drop(connection.await) });
        }
    });
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body that breaks off ends its connection; nobody reads the answer.
    let _body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    let mut response = Response::new(Full::new(Bytes::from_static(ANSWER)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let id = HeaderValue::from_static("req_00000000000000000000");
    response.headers_mut().insert(HeaderName::from_static("request-id"), id);
    Ok(response)
}
