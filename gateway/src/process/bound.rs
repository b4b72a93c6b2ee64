//! Sockets that are bound before anything answers, and the names that they are reached under.

use std::sync::Arc;

use hyper::Uri;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::app::{App, SharedApp};
use crate::clock::Clock;
use crate::config::sections::ListenerConfig;
use crate::config::{Config, Mode};
use crate::http::pipeline::{Pipeline, PipelineRules};
use crate::http::router::Routes;
use crate::server::handed::HandedSockets;
use crate::server::own_thread::OwnThread;
use crate::server::tls::TlsTerms;
use crate::server::{Listener, serve};

/// A bound socket that does not answer yet.
pub(super) struct Bound {
    pub(super) listener: Listener,
    pub(super) tls: Option<TlsTerms>,
    pub(super) url: String,
}

impl Bound {
    /// Takes the socket that was handed over for this listener, or binds one.
    pub(super) fn bind(
        config: &ListenerConfig,
        handed: &mut HandedSockets,
        clock: &Clock,
    ) -> Result<Self, StartError> {
        let tls = match &config.certificate {
            Some(files) => Some(TlsTerms::from_files(config.name, files.clone(), clock)?),
            None => None,
        };
        let listening = match handed.take(config.name, config.address) {
            Ok(Some(socket)) => Listener::adopt(config.name, socket, tls.clone()),
            Ok(None) => Listener::bind(config.name, config.address, tls.clone()),
            Err(error) => Err(error),
        };
        let listener = listening.map_err(|source| StartError::Listen {
            listener: config.name,
            address: config.address,
            source,
        })?;
        let scheme = if listener.over_tls() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.address());
        Ok(Self { listener, tls, url })
    }

    pub(super) fn serve_on_this_runtime(
        self,
        config: &ListenerConfig,
        rules: PipelineRules,
        app: &SharedApp,
        routes: Routes<App>,
        stop: &CancellationToken,
        tasks: &mut tokio::task::JoinSet<()>,
    ) {
        let service = Arc::new(Pipeline::new(Arc::clone(app), Arc::new(routes), rules));
        let (limits, stop, name) = (config.limits.clone(), stop.clone(), config.name);
        tasks.spawn(async move {
            match serve(self.listener, service, limits, stop).await {
                Ok(drained) if !drained.is_clean() => {
                    tracing::warn!(listener = name, ?drained, "Requests were cut while draining.");
                }
                Ok(_) => {}
                Err(error) => tracing::error!(listener = name, %error, "A listener failed."),
            }
        });
    }

    pub(super) fn serve_on_own_thread(
        self,
        config: &ListenerConfig,
        app: &SharedApp,
        routes: Routes<App>,
        stop: &CancellationToken,
    ) -> Result<OwnThread, StartError> {
        let service = Arc::new(Pipeline::new(Arc::clone(app), Arc::new(routes), config.pipeline_rules(None)));
        Ok(OwnThread::start(self.listener, service, config.limits.clone(), stop.clone())?)
    }
}

/// How systems of agencies are reached through the public listener: as configured; in a demonstration, by the other name of
/// this machine than the one that everything else is reached by.
pub(super) fn agencies_url(config: &Config, public: &Bound, public_url: &str) -> Option<Arc<str>> {
    if let Some(configured) = &config.routing.base_url {
        return Some(configured.as_str().into());
    }
    let uri: Option<Uri> = public_url.parse().ok();
    let is_localhost = uri.as_ref().and_then(Uri::host) == Some("localhost");
    match config.mode {
        Mode::Serve => None,
        Mode::Demo if is_localhost => Some(public.url.as_str().into()),
        Mode::Demo => {
            let scheme = if public.tls.is_some() { "https" } else { "http" };
            Some(format!("{scheme}://localhost:{}", public.listener.address().port()).into())
        }
    }
}
