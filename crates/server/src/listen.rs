//! Connections: taken up to their number, driven, watched for clients that are too slow, and brought to an end.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Display;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use claviger_monitor::InFlight;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::cores::Cores;
use crate::finish::Finish;
use crate::http::Http;
use crate::tls::{Session, TlsReload};
use crate::watchdog::{Activity, Patience, Watched};

/// Pause after a connection could not be accepted: what is missing, such as file descriptors, comes back with time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long an idle connection is kept when the node drains: what its client has just sent is still answered.
const DRAIN_IDLE: Duration = Duration::from_millis(250);

/// How long a connection may take to end in good order once it was asked to.
const FAREWELL: Duration = Duration::from_secs(2);

/// The other end of a connection.
pub(crate) struct Peer {
    pub ip: IpAddr,
    pub tls: Option<Session>,
    /// Held by the connection and by each of its requests: the door is empty when all are back.
    _permit: OwnedSemaphorePermit,
}

/// Whatever answers requests.
pub(crate) trait Answer: Send + Sync + 'static {
    /// Counts a connection as open until what this gives is dropped, if connections are counted.
    fn connected(&self) -> Option<InFlight> {
        None
    }

    /// Answers one.
    fn answer(
        self: Arc<Self>,
        peer: Arc<Peer>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Full<Bytes>>> + Send + 'static;
}

/// What all connections of one listener share.
pub(crate) struct Door<A> {
    answer: Arc<A>,
    http: Http,
    tls: Option<TlsReload>,
    patience: Patience,
    /// The threads that drive connections; without any, whoever takes them does.
    cores: Option<Cores>,
    connections_max: usize,
    slots: Arc<Semaphore>,
    open: Mutex<Open>,
}

/// The connections that are driven.
#[derive(Default)]
struct Open {
    activities: HashMap<u64, Arc<Activity>>,
    next: u64,
    /// Set when the door closes: a connection whose handshake ends after that is asked to end at once.
    closing: bool,
}

impl<A: Answer> Door<A> {
    pub(crate) fn new(
        answer: Arc<A>,
        http: Http,
        tls: Option<TlsReload>,
        patience: Patience,
        cores: Option<Cores>,
        connections_max: usize,
    ) -> Arc<Door<A>> {
        let slots = Arc::new(Semaphore::new(connections_max));
        Arc::new(Door { answer, http, tls, patience, cores, connections_max, slots, open: Mutex::default() })
    }

    /// Takes connections until `shutdown`, at last those that the operating system has taken already. While there are
    /// as many as may be, new ones wait there.
    pub(crate) async fn accept(self: &Arc<Self>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        loop {
            let next = async {
                let permit = Arc::clone(&self.slots).acquire_owned().await;
                (permit, listener.accept().await)
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                (Ok(permit), accepted) = next => match accepted.and_then(|(stream, from)| Ok((stream.into_std()?, from))) {
                    Ok((stream, from)) => self.take(stream, from, permit),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                else => break,
            }
        }
        self.take_backlog(listener);
    }

    fn take_backlog(self: &Arc<Self>, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        while let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned() {
            let Ok((stream, from)) = listener.accept() else { return };
            match stream.set_nonblocking(true) {
                Ok(()) => self.take(stream, from, permit),
                Err(error) => tracing::warn!(%error, "a connection could not be accepted"),
            }
        }
    }

    fn take(self: &Arc<Self>, stream: std::net::TcpStream, from: SocketAddr, permit: OwnedSemaphorePermit) {
        let door = Arc::clone(self);
        let connection = async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => door.serve(stream, from.ip().to_canonical(), permit).await,
                Err(error) => tracing::warn!(%error, "a connection could not be driven"),
            }
        };
        match &self.cores {
            Some(cores) => cores.drive(connection),
            None => drop(tokio::spawn(connection)),
        }
    }

    async fn serve(&self, stream: TcpStream, ip: IpAddr, permit: OwnedSemaphorePermit) {
        let _open = self.answer.connected();
        // Answers are small and written whole: waiting for more to send would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        let Some(tls) = &self.tls else {
            return self.drive(stream, Peer { ip, tls: None, _permit: permit }).await;
        };
        match timeout(self.patience.head, TlsAcceptor::from(tls.current()).accept(stream)).await {
            Ok(Ok(stream)) => {
                let session = Session::of(stream.get_ref().1);
                self.drive(stream, Peer { ip, tls: Some(session), _permit: permit }).await;
            }
            Ok(Err(error)) => tracing::debug!(%ip, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%ip, "a TLS handshake took too long"),
        }
    }

    async fn drive<S>(&self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (peer, activity) = (Arc::new(peer), Arc::new(Activity::new(self.patience)));
        let _registered = self.register(&activity);
        let service = service_fn(|request: Request<Incoming>| {
            let (activity, multiplexed) = (Arc::clone(&activity), request.version() == Version::HTTP_2);
            let (answer, peer) = (Arc::clone(&self.answer), Arc::clone(&peer));
            Finish::new(async move {
                let _busy = activity.begin(multiplexed);
                Ok::<_, Infallible>(answer.answer(peer, request).await)
            })
        });
        let stream = TokioIo::new(Watched { stream, activity: Arc::clone(&activity) });
        watch(pin!(self.http.serve_connection(stream, service)), &activity, self.patience).await;
    }

    /// The first time, asks every connection to end once it has been answered; the second time, cuts them.
    pub(crate) fn close(&self) {
        let mut open = self.open();
        open.closing = true;
        open.activities.values().for_each(|activity| activity.close.notify_one());
    }

    fn register(&self, activity: &Arc<Activity>) -> Registered<'_> {
        let mut open = self.open();
        open.next += 1;
        let number = open.next;
        open.activities.insert(number, Arc::clone(activity));
        if open.closing {
            activity.close.notify_one();
        }
        drop(open);
        Registered { open: &self.open, number }
    }

    /// Waits until every connection has ended and every request is done.
    pub(crate) async fn emptied(&self) {
        let all = u32::try_from(self.connections_max).unwrap_or(u32::MAX);
        let _closed = self.slots.acquire_many(all).await;
    }

    /// How many connections there are.
    pub(crate) fn len(&self) -> usize {
        self.connections_max - self.slots.available_permits()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        lock(&self.open)
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection's place among those that are driven, until it is dropped.
struct Registered<'a> {
    open: &'a Mutex<Open>,
    number: u64,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        lock(self.open).activities.remove(&self.number);
    }
}

/// Where a connection stands.
#[derive(Clone, Copy)]
enum Stage {
    /// It takes requests.
    Serving,
    /// It still answers what comes at once.
    Draining,
    /// It was asked to end.
    Ending,
}

/// Drives a connection to its end, or cuts it when its client takes too long.
async fn watch<C>(mut connection: Pin<&mut C>, activity: &Activity, patience: Patience)
where
    C: GracefulConnection,
    C::Error: Display,
{
    let mut stage = Stage::Serving;
    let mut timer = pin!(sleep(patience.tick()));
    loop {
        let step = tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            () = activity.close.notified() => asked_to_close(stage, activity),
            () = timer.as_mut() => time_is_up(stage, activity, patience),
        };
        match step {
            Step::Cut => return,
            Step::End => {
                stage = Stage::Ending;
                connection.as_mut().graceful_shutdown();
                timer.as_mut().reset(Instant::now() + FAREWELL);
            }
            Step::Wait(next, until) => {
                stage = next;
                timer.as_mut().reset(until);
            }
        }
    }
}

/// What is to be done with a connection.
enum Step {
    /// Ask it to end in good order.
    End,
    /// Drop it.
    Cut,
    /// Look again at this time.
    Wait(Stage, Instant),
}

fn asked_to_close(stage: Stage, activity: &Activity) -> Step {
    match stage {
        // HTTP/2 can say which requests are still answered. HTTP/1 cannot: what its client has just sent must be read.
        Stage::Serving if activity.is_multiplexed() => Step::End,
        Stage::Serving => Step::Wait(Stage::Draining, Instant::now() + DRAIN_IDLE),
        Stage::Draining | Stage::Ending => Step::Cut,
    }
}

fn time_is_up(stage: Stage, activity: &Activity, patience: Patience) -> Step {
    let now = Instant::now();
    match (stage, activity.deadline()) {
        (Stage::Ending, _) => Step::Cut,
        (Stage::Draining, _) if activity.is_idle() => Step::End,
        (Stage::Draining, None) => Step::Wait(stage, now + DRAIN_IDLE),
        (Stage::Serving, None) => Step::Wait(stage, now + patience.tick()),
        (Stage::Serving | Stage::Draining, Some(deadline)) if deadline > now => {
            // Not later than the tick: a head that begins now may have to end sooner.
            Step::Wait(stage, deadline.min(now + patience.tick()))
        }
        (Stage::Serving, Some(_)) if activity.is_idle() => Step::End,
        (Stage::Serving | Stage::Draining, Some(_)) => Step::Cut,
    }
}
