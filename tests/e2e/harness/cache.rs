//! A cache between citizens and a gateway: nginx as a proxy that keeps answers for as long as they allow.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::gateway::Gateway;
use super::http::{Call, get};
use super::patience::eventually;
use super::process::asks_to_stop;

/// One that runs until it is dropped.
pub(crate) struct Cache {
    url: String,
    process: Child,
    folder: TempDir,
}

impl Cache {
    /// One in front of a gateway's public listener. It goes by what answers say of themselves and by nothing else: no
    /// `proxy_cache_valid`, and no `proxy_cache_use_stale`, which would hand out what is older than an answer allows.
    pub(crate) fn in_front_of(gateway: &Gateway) -> Self {
        Self::start(gateway, "on")
    }

    /// One that lets citizens wait while it asks again, so that what it gives them during an outage rests on
    /// `stale-if-error` alone.
    pub(crate) fn that_asks_first(gateway: &Gateway) -> Self {
        Self::start(gateway, "off")
    }

    fn start(gateway: &Gateway, background: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("cache-e2e-").tempdir().expect("a folder can be made");
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = listener.local_addr().expect("it has an address");
        let path = folder.path().join("nginx.conf");
        let text = configuration(folder.path(), &address.to_string(), &gateway.public(), background);
        std::fs::write(&path, text).expect("it can be written");
        let mut command = Command::new("nginx");
        command
            .arg("-p")
            .arg(folder.path())
            .arg("-e")
            .arg(folder.path().join("errors.log"))
            .arg("-c")
            .arg(&path);
        // The socket that the system chose, handed over as nginx hands it to its own successor.
        command.env("NGINX", "0;").stdin(Stdio::from(OwnedFd::from(listener)));
        let process = command.spawn().expect("nginx is installed: tests/prerequisites");
        let cache = Self { url: format!("http://{address}"), process, folder };
        eventually("the cache answers", || get(format!("{}/alive", cache.url)).try_send().ok());
        cache
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// `GET` through it.
    pub(crate) fn get(&self, path: &str) -> Call {
        get(format!("{}{path}", self.url))
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = std::fs::read_to_string(self.folder.path().join("errors.log")).unwrap_or_default();
            eprintln!("--- the cache said\n{said}");
        }
        // Not killed: its worker, a process of its own, would stay.
        asks_to_stop(&self.process);
        let _ = self.process.wait();
    }
}

fn configuration(folder: &Path, address: &str, origin: &str, background: &str) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let folder_is_of_root = folder.metadata().expect("it was made").uid() == 0;
    let folder = folder.display();
    // Whoever starts it runs it: the folder is theirs alone.
    let user = if folder_is_of_root { "user root;" } else { "" };
    format!(
        "daemon off; worker_processes 1; {user} pid {folder}/pid; error_log {folder}/errors.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/kept keys_zone=catalogue:1m;
    server {{
        listen {address};
        location = /alive {{ return 204; }}
        location / {{
            proxy_pass {origin};
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_connect_timeout 2s;
            proxy_cache catalogue;
            proxy_cache_lock on;
            proxy_cache_revalidate on;
            proxy_cache_background_update {background};
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"
    )
}
