use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Says why the emulator cannot serve, or can no longer read or write its world.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The address is not loopback, and remote callers were not allowed.
    #[error(
        "will not listen on {address}: the emulator is for play, so it serves this machine only; \
         listen on 127.0.0.1, or allow remote callers on purpose"
    )]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address could not be bound.
    #[error("cannot listen on {address}: {source}; choose another port, or port 0 for a free one")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The world file is there, but could not be read.
    #[error("cannot read the world file: {source}")]
    WorldUnreadable {
        /// What the system said; names the path.
        source: io::Error,
    },
    /// The world file is no world this version knows. It is left as it is.
    #[error(
        "{}:{line}:{column}: not a world file: {message}; correct it there, or move the file away to start \
         with an empty world", path.display()
    )]
    WorldMalformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 where a line has ended too early.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A change could not be written to the world file; the change is undone.
    #[error("cannot write the world file {}: {source}", path.display())]
    WorldUnwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of faults could not be read.
    #[error("cannot read the fault file: {source}")]
    FaultsUnreadable {
        /// What the system said; names the path.
        source: io::Error,
    },
    /// The file of faults is no list of rules.
    #[error("{}:{line}:{column}: not a fault file: {message}; correct it there", path.display())]
    FaultsMalformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 where a line has ended too early.
        column: usize,
        /// What is wrong there.
        message: String,
    },
}
