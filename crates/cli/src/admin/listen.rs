//! The answering side of the administration socket.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use claviger_crypto::Random;
use claviger_iam::{AccessKeyId, Account, Controls, Directory, IamError, NewAccessKey};
use claviger_kms::Kms;
use claviger_names::AccountId;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::analyses::Records;
use super::protocol::{AccountShown, Answer, Order};
use crate::command::dev::TimeMachine;

/// Longest order.
const ORDER_BYTES_MAX: u64 = 64 * 1024;

/// How long somebody may take to say what they want.
const ORDER_PATIENCE: Duration = Duration::from_secs(10);

/// Numbers of accounts: twelve digits.
const ACCOUNT_NUMBERS: u64 = 1_000_000_000_000;

/// Carries out orders.
pub(crate) struct Administrator {
    pub directory: Arc<Directory>,
    pub kms: Arc<Kms>,
    pub records: Records,
    pub random: Arc<dyn Random>,
    /// Only a development server travels in time.
    pub time_machine: Option<TimeMachine>,
}

/// A bound administration socket, removed when dropped.
pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Binds the socket; one that a dead server left behind is taken over.
    pub(crate) fn bind(path: &Path) -> io::Result<Listener> {
        if path.exists() {
            match std::os::unix::net::UnixStream::connect(path) {
                Ok(_) => {
                    return Err(io::Error::new(io::ErrorKind::AddrInUse, "another server answers there"));
                }
                Err(_) => std::fs::remove_file(path)?,
            }
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(Listener { listener, path: path.to_owned() })
    }

    /// Answers orders for ever.
    pub(crate) async fn run(self, administrator: Arc<Administrator>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(serve(stream, administrator.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "the administration socket cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(stream: UnixStream, administrator: Arc<Administrator>) {
    if !is_entitled(&stream) {
        return;
    }
    if let Err(error) = serve_one(stream, &administrator).await {
        tracing::debug!(%error, "the administration socket lost a connection");
    }
}

/// Whether the other side is root or runs as this server's own user.
fn is_entitled(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == 0 || peer.uid() == own)
}

async fn serve_one(mut stream: UnixStream, administrator: &Administrator) -> io::Result<()> {
    let mut line = String::new();
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read).take(ORDER_BYTES_MAX);
    timeout(ORDER_PATIENCE, read.read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(order) => administrator.carry_out(order).await,
        Err(error) => Answer::Refused(format!("this is no order: {error}")),
    };
    let mut line = Zeroizing::new(serde_json::to_vec(&answer)?);
    line.push(b'\n');
    write.write_all(&line).await
}

impl Administrator {
    async fn carry_out(&self, order: Order) -> Answer {
        let result = match order {
            Order::CreateAccount { id, name } => self.create_account(id, name).await,
            Order::ListAccounts => {
                self.directory.list_accounts().await.map(|all| Answer::Accounts(shown(all)))
            }
            Order::CreateAccessKey { id } => self.create_access_key(id).await,
            Order::DeleteAccessKey { id, access_key_id } => match access_key_id.parse() {
                Ok(key) => self.delete_access_key(id, &key).await,
                Err(error) => return Answer::Refused(format!("{access_key_id}: {error}")),
            },
            Order::Limits { id } => self.directory.controls(id).await.map(Answer::Limits),
            Order::Limit { id, controls } => return self.limit(id, controls).await,
            Order::CreateService(service) => self.create_service(service).await,
            Order::ListServices => {
                self.directory.services().await.map(|services| Answer::Services(services.to_vec()))
            }
            Order::DeleteService { principal } => self.delete_service(&principal).await,
            Order::CreateServiceKey { principal } => self.create_service_key(principal).await,
            Order::DeleteServiceKey { principal, access_key_id } => {
                self.delete_service_key(&principal, &access_key_id).await
            }
            Order::Analyse(analysis) => return self.analyse(analysis).await,
            Order::AdvanceClock { seconds } => return self.advance_clock(seconds).await,
        };
        result.unwrap_or_else(|error| Answer::Refused(error.to_string()))
    }

    async fn create_account(
        &self,
        id: Option<AccountId>,
        name: claviger_iam::AccountName,
    ) -> Result<Answer, IamError> {
        let account = match id {
            Some(id) => id,
            None => self.random_account()?,
        };
        let key = NewAccessKey::generate(account, &*self.random)?;
        self.directory.create_account(account, name, &key).await?;
        tracing::info!(%account, "an account was created");
        Ok(told(account, &key))
    }

    async fn create_access_key(&self, account: AccountId) -> Result<Answer, IamError> {
        let key = NewAccessKey::generate(account, &*self.random)?;
        self.directory.add_root_access_key(account, &key).await?;
        tracing::info!(%account, access_key_id = %key.id, "a root access key was created");
        Ok(told(account, &key))
    }

    async fn delete_access_key(&self, account: AccountId, key: &AccessKeyId) -> Result<Answer, IamError> {
        self.directory.delete_root_access_key(account, key).await?;
        tracing::info!(%account, access_key_id = %key, "a root access key was deleted");
        Ok(Answer::Done)
    }

    async fn limit(&self, account: AccountId, controls: Controls) -> Answer {
        match self.directory.put_controls(account, controls).await {
            Ok(()) => {
                tracing::info!(%account, "the control policies of an account were set");
                Answer::Done
            }
            Err(why) => Answer::Refused(why.to_string()),
        }
    }

    async fn advance_clock(&self, seconds: u32) -> Answer {
        match &self.time_machine {
            None => Answer::Refused("only the time of `claviger dev` can be moved".to_owned()),
            Some(machine) => match machine.advance(seconds).await {
                Ok(now) => Answer::Time(now.to_string()),
                Err(why) => Answer::Refused(why.to_string()),
            },
        }
    }

    fn random_account(&self) -> Result<AccountId, IamError> {
        loop {
            let mut bytes = [0; 8];
            self.random.fill(&mut bytes)?;
            // Below the largest multiple of the range every number is as likely as any other.
            let number = u64::from_be_bytes(bytes);
            if number < u64::MAX - u64::MAX % ACCOUNT_NUMBERS
                && let Some(account) = AccountId::from_number(number % ACCOUNT_NUMBERS)
            {
                return Ok(account);
            }
        }
    }
}

fn told(account: AccountId, key: &NewAccessKey) -> Answer {
    Answer::AccessKey {
        account,
        access_key_id: key.id.to_string(),
        secret_access_key: Zeroizing::new(String::from_utf8_lossy(key.secret.expose()).into_owned()),
    }
}

fn shown(accounts: Vec<Account>) -> Vec<AccountShown> {
    let shown = |account: Account| AccountShown {
        id: account.id,
        name: account.name,
        created: account.created.to_string(),
        root_access_keys: account.root_access_keys.iter().map(|key| key.to_string()).collect(),
    };
    accounts.into_iter().map(shown).collect()
}
