//! The whole server: the bytes of a connection, whatever they are, from HTTP to GraphQL. It answers or closes, and goes on
//! serving others.

#![no_main]

use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wattline::app::App;
use wattline::clock::Clock;
use wattline::config::Options;

/// Far longer than it takes to answer anything.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    runtime: Runtime,
    address: std::net::SocketAddr,
    _folder: tempfile::TempDir,
}

/// One for all inputs: what one of them does is what the next one finds.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite://{}", folder.path().join("fuzz.db").display());
        let config = Options { database: Some(database), ..Options::default() }.resolve().expect("settings");
        let address = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("its address");
            let app = App::open(config, Clock::system()).await.expect("an open database");
            tokio::spawn(async move {
                // It ends only if a part of it does.
                app.serve(listener, CancellationToken::new()).await.expect("a server that goes on");
                std::process::abort();
            });
            address
        });
        Server { runtime, address, _folder: folder }
    })
}

fuzz_target!(|bytes: &[u8]| {
    let server = server();
    server.runtime.block_on(async {
        let exchange = async {
            let mut stream = TcpStream::connect(server.address).await.expect("a connection");
            // It may have been closed on the way.
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
        };
        timeout(PATIENCE, exchange).await.expect("an answer or an end");
    });
});
