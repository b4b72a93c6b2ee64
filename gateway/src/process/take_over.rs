//! One gateway takes over from another on the same data directory, as at an upgrade: first its sockets, so that from then on
//! nobody who connects is turned away, then the directory, when the other has answered what it had begun and closed its books.
//!
//! They speak through a socket in the data directory, which its owner alone can open: the sockets go one way, and a word the
//! other, that they are taken. Without it the other goes on serving.

use std::fs::{self, File};
use std::io::{self, IoSlice, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

use super::bound::Bound;
use super::{Folder, FolderError};
use crate::config::Config;
use crate::server::handed::HandedSockets;

/// The socket, in the data directory.
const SOCKET_FILE: &str = "take-over";
/// Listeners that are handed over in one message.
const SOCKETS_MAX: usize = 8;
/// The longest list of their names, in bytes.
const NAMES_LEN_MAX: usize = 256;
/// What is said when the sockets are those that are configured.
const TAKEN: u8 = b'T';
/// How long the other one may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long the other one may take to finish: longer than it drains.
const FINISHED_WITHIN: Duration = Duration::from_secs(60);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Nothing was taken over.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// The data directory.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The other gateway does not hand over.
    #[error("{} is held by a gateway that does not hand over: {source}", folder.display())]
    NotHanded {
        /// The data directory.
        folder: PathBuf,
        /// What became of asking.
        source: io::Error,
    },
    /// Its sockets are others than those of the configuration. It goes on serving.
    #[error("the gateway that serves goes on: its {listener} listener is not the configured one: {source}")]
    OtherSockets {
        /// Which listener.
        listener: &'static str,
        /// What is other.
        source: io::Error,
    },
    /// It handed its sockets over, and did not end.
    #[error("{} is still held by the gateway that was to hand over; end it", .0.display())]
    NotFinished(PathBuf),
}

/// Takes the sockets of the gateway that holds this data directory, and then the directory. Where none holds it there is
/// nothing to take over.
pub fn take_over(config: &Config) -> Result<(Folder, HandedSockets), TakeOverError> {
    let root = match Folder::take(&config.data) {
        Ok(folder) => return Ok((folder, HandedSockets::default())),
        Err(FolderError::Held(root)) => root,
        Err(error) => return Err(error.into()),
    };
    let (sockets, mut other) =
        ask_for_sockets(&root).map_err(|source| TakeOverError::NotHanded { folder: root.clone(), source })?;
    for listener in [&config.public, &config.callback, &config.admin] {
        sockets
            .fit(listener.name, listener.address)
            .map_err(|source| TakeOverError::OtherSockets { listener: listener.name, source })?;
    }
    // Whoever does not hear it goes on, and then does not end; a gateway of before this word was said ends without it.
    let _ = other.write_all(&[TAKEN]);
    let asked = Instant::now();
    loop {
        match Folder::take(&config.data) {
            Ok(folder) => return Ok((folder, sockets)),
            Err(FolderError::Held(_)) if asked.elapsed() < FINISHED_WITHIN => std::thread::sleep(LOOK_EVERY),
            Err(FolderError::Held(root)) => return Err(TakeOverError::NotFinished(root)),
            Err(error) => return Err(error.into()),
        }
    }
}

fn ask_for_sockets(root: &Path) -> io::Result<(HandedSockets, UnixStream)> {
    let folder = File::open(root)?;
    let stream = UnixStream::connect(socket_path(&folder))?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut names = [0; NAMES_LEN_MAX];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(&stream, &mut [IoSliceMut::new(&mut names)], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let handed = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
        _ => None,
    });
    let handed: Vec<TcpListener> = handed.flatten().map(TcpListener::from).collect();
    let text = std::str::from_utf8(&names[..got.bytes]).unwrap_or_default();
    let names: Vec<_> = text.split_terminator(':').collect();
    if handed.is_empty() || names.len() != handed.len() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it answered something else"));
    }
    let mut sockets = HandedSockets::default();
    for (name, socket) in names.into_iter().zip(handed) {
        sockets.add(name, socket)?;
    }
    Ok((sockets, stream))
}

/// Where one gateway waits for the next. The path goes through the open folder, because one of a socket has a hundred
/// characters at most.
fn socket_path(folder: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{SOCKET_FILE}", folder.as_raw_fd()))
}

/// Waits for a gateway that takes over.
#[derive(Debug)]
pub(super) struct Successor {
    listener: tokio::net::UnixListener,
    sockets: Vec<(&'static str, TcpListener)>,
    /// Who owns the data directory, and so may take it over.
    owner: u32,
}

impl Successor {
    /// Begins to wait, with further handles of these sockets. The directory is held, so what is left of a gateway before is
    /// nobody's.
    pub(super) fn expect(root: &Path, bound: &[&Bound]) -> io::Result<Self> {
        let folder = File::open(root)?;
        let path = socket_path(&folder);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        listener.set_nonblocking(true)?;
        let sockets = bound.iter().map(|bound| Ok((bound.listener.name(), bound.listener.share()?)));
        Ok(Self {
            listener: tokio::net::UnixListener::from_std(listener)?,
            sockets: sockets.collect::<io::Result<_>>()?,
            owner: folder.metadata()?.uid(),
        })
    }

    /// Returns when a gateway has taken the sockets over. Of one that could not the log tells, and the next is waited for.
    pub(super) async fn has_taken_over(self) {
        loop {
            let handed = match self.listener.accept().await {
                Ok((stream, _)) => self.hand_over(&stream).await,
                Err(error) => Err(error),
            };
            match handed {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(%error, "Nothing was handed over to another gateway.");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn hand_over(&self, to: &tokio::net::UnixStream) -> io::Result<()> {
        let user = to.peer_cred()?.uid();
        if user != self.owner && user != 0 {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("user {user} asked for it")));
        }
        let names: String = self.sockets.iter().flat_map(|(name, _)| [*name, ":"]).collect();
        let sockets: Vec<_> = self.sockets.iter().map(|(_, socket)| socket.as_fd()).collect();
        to.async_io(tokio::io::Interest::WRITABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAX))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            if !ancillary.push(SendAncillaryMessage::ScmRights(&sockets)) {
                return Err(io::Error::other("too many sockets for one message"));
            }
            let text = [IoSlice::new(names.as_bytes())];
            sendmsg(to, &text, &mut ancillary, SendFlags::NOSIGNAL)?;
            Ok(())
        })
        .await?;
        match tokio::time::timeout(ANSWER_WITHIN, are_taken(to)).await {
            Ok(taken) => taken,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "it did not say that it took them")),
        }
    }
}

/// Waits for the word that the sockets are taken.
async fn are_taken(by: &tokio::net::UnixStream) -> io::Result<()> {
    let mut word = [0];
    loop {
        by.readable().await?;
        match by.try_read(&mut word) {
            Ok(1) if word == [TAKEN] => return Ok(()),
            Ok(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "it did not take them")),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
