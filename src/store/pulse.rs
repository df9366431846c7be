//! Whether `PostgreSQL` answers. A server that has vanished from the network never says so, and whoever waits for it would
//! wait for minutes: so it is asked all the time, over a connection of its own, and when it falls silent nobody waits for
//! it any longer.

use std::io::{Error as IoError, ErrorKind};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, Connection};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How long after an answer it is asked again.
const BEAT: Duration = Duration::from_secs(1);
/// How long it may take to answer, or to be connected to.
const SILENCE: Duration = Duration::from_secs(3);
/// How long a commit may take. The answer to one may be lost alone, with the connection that it should have come by.
const COMMIT: Duration = Duration::from_secs(5);
/// How long a connection that was idle may take to say that it still is one.
const PING: Duration = Duration::from_secs(1);

/// What is known of a database; of one that is a file, that it is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulse(Option<watch::Receiver<Heard>>);

#[derive(Clone, Copy, Debug)]
struct Heard {
    is_silent: bool,
    /// Since when it is so.
    since: Instant,
}

impl Pulse {
    /// Of a server. It is asked until nobody wants to know any more.
    pub(super) fn of(server: PgConnectOptions) -> Self {
        let (told, heard) = watch::channel(Heard { is_silent: false, since: Instant::now() });
        tokio::spawn(listen(server, told));
        Self(Some(heard))
    }

    /// Does some work unless the database is silent, and gives it up when it falls silent.
    pub(super) async fn during<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let Some(mut heard) = self.0.clone() else { return work.await };
        tokio::select! {
            biased;
            Ok(_) = heard.wait_for(|heard| heard.is_silent) => {
                Err(silent(format!("it has not answered for {} s", SILENCE.as_secs())))
            }
            done = work => done,
        }
    }

    /// Whether a connection of this age may be used: not one that was there before the last silence, which the server, or
    /// what lies between, may have forgotten; and only if it answers.
    pub(super) async fn vouches_for(&self, connection: &mut PgConnection, age: Duration) -> bool {
        let is_older = self.0.as_ref().is_some_and(|heard| {
            let heard = *heard.borrow();
            heard.is_silent || heard.since.elapsed() < age
        });
        !is_older && matches!(timeout(PING, connection.ping()).await, Ok(Ok(())))
    }

    /// Whether a connection may be kept whose work is over or was given up: once the server is done with that work.
    pub(super) async fn lets_keep(&self, connection: &mut PgConnection, patience: Duration) -> bool {
        let ended = async { Ok(timeout(patience, connection.ping()).await) };
        matches!(self.during(ended).await, Ok(Ok(Ok(()))))
    }
}

fn silent(why: String) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(sqlx::Error::Io(IoError::new(ErrorKind::TimedOut, why)).into()))
}

async fn listen(server: PgConnectOptions, told: watch::Sender<Heard>) {
    let mut connection = None;
    loop {
        let is_silent = match timeout(SILENCE, ask(&mut connection, &server)).await {
            Ok(Ok(())) => false,
            Ok(Err(error)) => !is_an_answer(&error),
            Err(_) => true,
        };
        let has_turned = told.send_if_modified(|heard| {
            let has_turned = heard.is_silent != is_silent;
            if has_turned {
                *heard = Heard { is_silent, since: Instant::now() };
            }
            has_turned
        });
        match (has_turned, is_silent) {
            (true, true) => tracing::error!("the database has fallen silent: nobody waits for it until it answers"),
            (true, false) => tracing::info!("the database answers again"),
            _ => {}
        }
        tokio::select! {
            () = sleep(BEAT) => {}
            () = told.closed() => break,
        }
    }
    if let Some(connection) = connection {
        let _ = timeout(PING, connection.close()).await;
    }
}

/// Asks over the connection there is, or over a new one, and keeps the one that answered.
async fn ask(kept: &mut Option<PgConnection>, server: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => PgConnection::connect_with(server).await?,
    };
    connection.ping().await?;
    *kept = Some(connection);
    Ok(())
}

/// Whether an error came from there: who refuses or hangs up has not vanished, and all others are told so too.
fn is_an_answer(error: &sqlx::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof};
    match error {
        sqlx::Error::Io(error) => {
            [BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof].contains(&error.kind())
        }
        _ => true,
    }
}

/// A pool or a transaction, each statement of which ends when the database falls silent.
#[derive(Clone, Debug)]
pub(super) struct Live<C> {
    /// The bare one: what is done over it takes as long as it takes.
    pub(super) inner: C,
    pulse: Pulse,
}

impl<C> Live<C> {
    pub(super) fn new(inner: C, pulse: Pulse) -> Self {
        Self { inner, pulse }
    }
}

impl Live<DatabaseConnection> {
    pub(super) async fn begin(&self, options: TransactionOptions) -> Result<Live<DatabaseTransaction>, DbErr> {
        let transaction = self.pulse.during(self.inner.begin_with_options(options)).await?;
        Ok(Live::new(transaction, self.pulse.clone()))
    }

    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        self.pulse.during(self.inner.ping()).await
    }

    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.pulse.during(self.inner.close_by_ref()).await
    }
}

impl Live<DatabaseTransaction> {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        let Self { inner, pulse } = self;
        if pulse.0.is_none() {
            return inner.commit().await;
        }
        let too_long = |_| Err(silent(format!("a commit was not answered within {} s", COMMIT.as_secs())));
        pulse.during(async { timeout(COMMIT, inner.commit()).await.unwrap_or_else(too_long) }).await
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> ConnectionTrait for Live<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pulse.during(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pulse.during(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.pulse.during(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.pulse.during(self.inner.query_all_raw(statement)).await
    }
}
