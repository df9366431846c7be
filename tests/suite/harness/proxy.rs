//! What lies between the program and PostgreSQL: it passes everything on until it is told to lose something.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It arrives.
    Open,
    /// Nothing arrives and nobody is told; what is sent meanwhile arrives later, as TCP has it.
    Hole,
    /// The same, but connections that were open are forgotten: over them nothing arrives any more.
    Oblivion,
    /// The next commit arrives, and its connection is then cut off, without the answer.
    CutsACommit,
    /// The same, but nobody is told.
    SwallowsACommit,
}

/// A proxy; ends what it holds when dropped.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) port: u16,
    way: Arc<watch::Sender<Way>>,
    /// Commits whose answers were lost.
    lost: Arc<AtomicUsize>,
    listening: AbortHandle,
}

impl Proxy {
    /// One in front of a local port.
    pub(crate) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own_port = listener.local_addr().expect("an address").port();
        let (way, lost) = (Arc::new(watch::Sender::new(Way::Open)), Arc::<AtomicUsize>::default());
        let (all, of_all) = (Arc::clone(&way), Arc::clone(&lost));
        let listening = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            loop {
                let (program, _) = listener.accept().await.expect("a connection");
                let connection = Connection { way: all.clone(), lost: of_all.clone(), loses: Arc::default() };
                open.spawn(connection.run(program, port));
            }
        });
        Self { port: own_port, way, lost, listening: listening.abort_handle() }
    }

    pub(crate) fn turn(&self, way: Way) {
        self.way.send_replace(way);
    }

    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[derive(Clone)]
struct Connection {
    way: Arc<watch::Sender<Way>>,
    lost: Arc<AtomicUsize>,
    /// How the answer to its commit is lost.
    loses: Arc<OnceLock<Way>>,
}

impl Connection {
    async fn run(self, program: TcpStream, port: u16) {
        self.turns(passes).await;
        let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
        let ((mut from_program, mut to_program), (mut from_server, mut to_server)) =
            (program.into_split(), server.into_split());
        // Either end of it ends it.
        tokio::select! {
            () = self.ask(&mut from_program, &mut to_server) => {}
            () = self.answer(&mut from_server, &mut to_program) => {}
            () = self.turns(|way| way == Way::Oblivion) => std::future::pending().await,
        }
        // That it ended is heard of like all else.
        self.turns(passes).await;
    }

    async fn turns(&self, mut to: impl FnMut(Way) -> bool) {
        self.way.subscribe().wait_for(|way| to(*way)).await.expect("a proxy");
    }

    async fn ask(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let mut some = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut some).await {
            self.turns(passes).await;
            if some[..read].windows(7).any(|part| part == b"COMMIT\0") {
                self.lose();
            }
            if to.write_all(&some[..read]).await.is_err() {
                return;
            }
        }
    }

    /// Sees to it that the answer is lost, if one is to be.
    fn lose(&self) {
        self.way.send_if_modified(|way| {
            let loses = matches!(way, Way::CutsACommit | Way::SwallowsACommit);
            if loses {
                self.loses.set(*way).expect("one commit at a time");
                self.lost.fetch_add(1, Ordering::SeqCst);
                *way = Way::Open;
            }
            loses
        });
    }

    async fn answer(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let mut some = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut some).await {
            self.turns(passes).await;
            match self.loses.get() {
                Some(Way::SwallowsACommit) => {}
                Some(_) => return,
                None if to.write_all(&some[..read]).await.is_err() => return,
                None => {}
            }
        }
    }
}

fn passes(way: Way) -> bool {
    !matches!(way, Way::Hole | Way::Oblivion)
}
