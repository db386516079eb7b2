//! Which server a command speaks to.

use std::path::{Path, PathBuf};

use super::clock::port_of;
use super::serve::configuration;
use crate::arguments::{CONFIG_FILE, Target};
use crate::print::Refusal;
use crate::user_directory;

/// The administration socket of the server that is meant.
pub(super) fn socket_of(target: &Target) -> Result<PathBuf, Refusal> {
    match target {
        Target { socket: Some(socket), .. } => Ok(socket.clone()),
        Target { endpoint: Some(endpoint), .. } => Ok(user_directory::socket(port_of(endpoint)?)?),
        Target { config, .. } => {
            let config = config.as_deref().unwrap_or(Path::new(CONFIG_FILE));
            Ok(configuration(config)?.admin.socket)
        }
    }
}
