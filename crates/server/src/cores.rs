//! Threads that drive connections, one for each core. A connection stays on its thread: what it is about stays in the cache of
//! that core, and no thread takes work from another.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

/// All of them. They end when this is dropped, and so do the connections that they drive.
pub(crate) struct Cores(Vec<Core>);

/// One of them: a runtime, because what takes long there is to be left to another thread meanwhile.
struct Core {
    runtime: Runtime,
    /// Held by each connection, to be counted.
    connections: Arc<()>,
}

impl Cores {
    /// Starts them.
    pub(crate) fn start() -> io::Result<Cores> {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        let start = |number| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(1).thread_name(format!("core-{number}")).enable_all();
            Ok(Core { runtime: builder.build()?, connections: Arc::new(()) })
        };
        Ok(Cores((0..cores).map(start).collect::<io::Result<_>>()?))
    }

    /// Drives a connection where the fewest are.
    pub(crate) fn drive(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let Some(core) = self.0.iter().min_by_key(|core| Arc::strong_count(&core.connections)) else {
            return;
        };
        let counted = Arc::clone(&core.connections);
        core.runtime.spawn(async move {
            connection.await;
            drop(counted);
        });
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        // Without waiting: whoever drops them may be one of their own connections.
        std::mem::take(&mut self.0).into_iter().for_each(|core| core.runtime.shutdown_background());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_connection_is_driven_where_the_fewest_are_and_the_others_make_room_for_it_when_they_end() {
        let cores = Cores::start().unwrap();
        let each = cores.0.len();
        let mut driven = Vec::new();
        for _ in 0..2 * each {
            driven.push(open(&cores).await);
        }
        let of = |core: &str, driven: &[(String, _)]| driven.iter().filter(|(on, _)| *on == *core).count();
        for number in 0..each {
            assert_eq!(of(&format!("core-{number}"), &driven), 2);
        }
        let (left, end) = driven.swap_remove(each / 2);
        end.send(()).unwrap();
        while cores.connections() == 2 * each {
            tokio::task::yield_now().await;
        }
        assert_eq!(open(&cores).await.0, left);
    }

    #[tokio::test]
    async fn connections_end_with_the_threads_that_drive_them() {
        let cores = Cores::start().unwrap();
        let (held, ended) = oneshot::channel::<()>();
        cores.drive(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        drop(cores);
        assert!(ended.await.is_err());
    }

    impl Cores {
        fn connections(&self) -> usize {
            self.0.iter().map(|core| Arc::strong_count(&core.connections) - 1).sum()
        }
    }

    /// A connection that lasts until it is told to end: the thread that drives it, and who tells it.
    async fn open(cores: &Cores) -> (String, oneshot::Sender<()>) {
        let (tell, told) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        cores.drive(async move {
            tell.send(std::thread::current().name().unwrap_or_default().to_owned()).unwrap();
            let _ = ended.await;
        });
        (told.await.unwrap(), end)
    }
}
