//! A TCP connection that says what it likes.

use std::fmt::Display;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open connection.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn connect(address: impl Display) -> Self {
        Self(TcpStream::connect(address.to_string()).await.expect("a connection"))
    }

    /// Opens one and says something.
    pub(crate) async fn say(address: impl Display, bytes: impl AsRef<[u8]>) -> Self {
        let mut raw = Self::connect(address).await;
        raw.send(bytes).await;
        raw
    }

    /// Sends as much as is taken: who is cut off meanwhile finds out when reading.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await.expect("taken or refused in time");
    }

    /// What comes until some text does, or the end.
    pub(crate) async fn up_to(&mut self, text: &str) -> String {
        let mut got = Vec::new();
        while !String::from_utf8_lossy(&got).contains(text) {
            let mut some = [0; 4096];
            match timeout(PATIENCE, self.0.read(&mut some)).await.expect("something in time") {
                Ok(0) | Err(_) => break,
                Ok(read) => got.extend_from_slice(&some[..read]),
            }
        }
        String::from_utf8_lossy(&got).into_owned()
    }

    /// What comes until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        self.up_to("\u{0}never\u{0}").await
    }
}

/// A POST of JSON, as bytes.
pub(crate) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A GET, as bytes.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
}
