//! Who holds a listening socket for a process while it does not run, as systemd does for a unit with a socket.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

/// Makes the socket that comes as standard input the one that systemd would hand over (`sd_listen_fds(3)`), and becomes the
/// command that follows.
const BECOME: &str = r#"
import os, sys
os.dup2(0, 3, inheritable=True)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES=sys.argv[1])
os.execvp(sys.argv[2], sys.argv[2:])
"#;

/// A socket that listens, whoever runs.
pub(crate) struct SocketHolder {
    name: &'static str,
    socket: TcpListener,
}

impl SocketHolder {
    /// Listens on this address, for the listener of this name.
    #[track_caller]
    pub(crate) fn listening(name: &'static str, address: &str) -> Self {
        Self { name, socket: TcpListener::bind(address).expect("the address is free") }
    }

    /// The command that starts `command` with this socket.
    pub(super) fn starting(&self, command: &Command) -> Command {
        let socket = OwnedFd::from(self.socket.try_clone().expect("a second handle"));
        let mut starting = Command::new("python3");
        starting.arg("-c").arg(BECOME).arg(self.name).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => starting.env(name, value),
                None => starting.env_remove(name),
            };
        }
        starting.stdin(Stdio::from(socket));
        starting
    }
}
