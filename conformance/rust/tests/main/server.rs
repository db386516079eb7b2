//! A development server of its own for a test, and the SDK's client for it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use aws_sdk_kms::Client;
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_smithy_http_client::Builder;

/// A running `claviger dev`, ended when dropped.
pub(crate) struct Server {
    process: Child,
    endpoint: String,
}

impl Server {
    /// Starts the server on any free port, and waits until it says that it is ready.
    pub(crate) fn start() -> Server {
        let mut process = Command::new(binary())
            .args(["dev", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("claviger is built: cargo build -p claviger-cli");
        let mut lines = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let greeting = lines.next().expect("a greeting").expect("text");
        let endpoint = greeting.split_whitespace().find(|word| word.starts_with("http://"));
        let endpoint = endpoint.expect("the greeting names the endpoint").trim_end_matches(';').to_owned();
        assert!(lines.any(|line| line.expect("text") == "Ready."));
        Server { process, endpoint }
    }

    /// A client of the first development account's root user.
    pub(crate) fn client(&self) -> Client {
        let secret = "claviger-dev-secret-key-for-111122223333";
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("AKIACLAVIGERDEV11112", secret, None, None, "test"))
            .region(Region::new("eu-central-1"))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(&self.endpoint)
            .http_client(Builder::new().build_http())
            .build();
        Client::from_conf(config)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The binary of the build that this test belongs to.
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CLAVIGER_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("this test's own path");
    test.ancestors().nth(2).expect("target/debug/deps").join("claviger")
}
