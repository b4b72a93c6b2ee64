//! The yardstick of whatever is served: hyper in a process of its own, so that its time can be told from the crowd's, set
//! up as the gateway sets it up and doing nothing beyond the answer.

use std::error::Error;
use std::future::Future;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Says to this executable that it is to be the server.
const SERVE_FLAG: &str = "--serve-bare-hyper";

/// A running server.
pub(crate) struct BareHyper {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl BareHyper {
    /// Starts this executable once more, to serve this.
    pub(crate) fn start(what: &str) -> Self {
        let program = std::env::current_exe().expect("a process knows its executable");
        let mut child = Command::new(program)
            .args([SERVE_FLAG, what])
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

    /// Its process.
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

/// What this process is to serve, if it was started to be a server.
pub(crate) fn asked_to_serve() -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != SERVE_FLAG);
    arguments.nth(1)
}

/// Serves until the process is killed.
pub(crate) fn serve<Answered, AnswerBody>(
    runtime: &Runtime,
    answer: impl Fn(Request<Incoming>) -> Answered + Clone + Send + 'static,
) where
    Answered: Future<Output = Response<AnswerBody>> + Send,
    AnswerBody: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
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
            let (http, answer) = (http.clone(), answer.clone());
            tokio::spawn(async move {
                let answered = service_fn(move |request| {
                    let answered = answer(request);
                    async move { Ok::<_, std::convert::Infallible>(answered.await) }
                });
                // The crowd hangs up when it is done.
                drop(http.serve_connection(TokioIo::new(stream), answered).await);
            });
        }
    });
}
