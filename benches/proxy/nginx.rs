//! The yardstick: nginx as one sets it up to hand requests on. Connections are kept on both sides, headers about the caller
//! are written, answers go through memory and never through files, and each request is a line in its log, as it is in
//! ours. Without nginx on the machine the yardstick is left out, and says so.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;

/// How long it may take to listen.
const START_LOOKS: usize = 500;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A running nginx: one process, which is the worker.
pub(crate) struct Nginx {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Nginx {
    /// Starts one in this folder that hands everything below `prefix` on to this system.
    pub(crate) async fn start(parent: &Path, system: SocketAddr, prefix: &str) -> Option<Self> {
        let Some(program) = program() else {
            println!("nginx is left out: it is not on this machine.");
            return None;
        };
        let folder = parent.join("nginx");
        std::fs::create_dir(&folder).expect("a folder is made");
        let address = free_address();
        let file = folder.join("nginx.conf");
        std::fs::write(&file, configuration(&folder, address, system, prefix)).expect("its file is written");
        let child = Command::new(program)
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(folder.join("error.log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("nginx starts");
        let mut nginx = Self { child, address };
        for _ in 0..START_LOOKS {
            if TcpStream::connect(address).await.is_ok() {
                return Some(nginx);
            }
            let ended = nginx.child.try_wait().expect("a child can be asked after");
            assert!(ended.is_none(), "nginx ended: see {}", folder.join("error.log").display());
            tokio::time::sleep(LOOK_EVERY).await;
        }
        panic!("nginx does not listen in time");
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &Path, address: SocketAddr, system: SocketAddr, prefix: &str) -> String {
    let folder = folder.display();
    format!(
        r#"
daemon off;
master_process off;
pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log combined buffer=64k flush=1s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    server_tokens off;
    upstream system {{
        server {system};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen {address} backlog=4096;
        location {prefix}/ {{
            proxy_pass http://system/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $proxy_host;
            proxy_set_header Forwarded "for=$remote_addr;host=\"$host\";proto=$scheme";
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Forwarded-Prefix {prefix};
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Request-Id $request_id;
            proxy_set_header Via "1.1 nginx";
            add_header Request-Id $request_id;
            proxy_buffer_size 16k;
            proxy_buffers 16 16k;
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"#
    )
}

/// An address that is free now. Whoever takes it meanwhile makes nginx end, and say so.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound")
}

/// Where packages put it, or where the path leads.
fn program() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&on_path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}
