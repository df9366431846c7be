//! A WebSocket client: graphql-transport-ws, and the source system's plain socket.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{WebSocketStream, client_async};

/// How long a message may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open socket.
pub(crate) struct Socket(WebSocketStream<Box<dyn Wire>>);

/// What it goes over.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Socket {
    /// Opens `/ws`.
    pub(crate) async fn plain(address: impl Display) -> Self {
        Self::opened_with(address, "/ws", &[]).await
    }

    /// Opens a GraphQL socket at a path and waits for the acknowledgement.
    pub(crate) async fn graphql(address: impl Display, path: &str) -> Self {
        let headers = [("sec-websocket-protocol", "graphql-transport-ws")];
        let mut socket = Self::opened_with(address, path, &headers).await;
        socket.send(json!({"type": "connection_init"})).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket
    }

    /// Opens a GraphQL socket that says with a key who it is, and waits for the acknowledgement.
    pub(crate) async fn with_key(address: impl Display, key: &str) -> Self {
        let mut socket = Self::silent(address, Some("graphql-transport-ws")).await;
        let payload = json!({"Authorization": format!("Bearer {key}")});
        socket.send(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket
    }

    /// Opens a socket at a path with headers, and says nothing yet.
    pub(crate) async fn opened_with(address: impl Display, path: &str, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{address}{path}").into_client_request().expect("a request");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        let stream = TcpStream::connect(address.to_string()).await.expect("a connection");
        Self::over(Box::new(stream), request).await
    }

    async fn over(wire: Box<dyn Wire>, request: Request) -> Self {
        let (socket, _) = client_async(request, wire).await.expect("a socket");
        Self(socket)
    }

    /// Opens a socket at a path over TLS, and says nothing yet.
    pub(crate) async fn over_tls(
        address: impl Display,
        path: &str,
        protocol: Option<&str>,
        trusting: Arc<ClientConfig>,
    ) -> Self {
        let mut request = format!("wss://{address}{path}").into_client_request().expect("a request");
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a header"));
        }
        let stream = TcpStream::connect(address.to_string()).await.expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(trusting).connect(name, stream).await.expect("TLS");
        Self::over(Box::new(stream), request).await
    }

    /// Opens a GraphQL socket that says it speaks something, and says nothing yet.
    pub(crate) async fn silent(address: impl Display, protocol: Option<&str>) -> Self {
        let headers: Vec<_> = protocol.map(|protocol| ("sec-websocket-protocol", protocol)).into_iter().collect();
        Self::opened_with(address, "/graphql/ws", &headers).await
    }

    /// Opens a GraphQL socket for which the system keeps hardly anything that is not read yet, and waits for the
    /// acknowledgement.
    pub(crate) async fn narrow(address: SocketAddr) -> Self {
        let mut request = format!("ws://{address}/graphql/ws").into_client_request().expect("a request");
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a size that the system takes");
        let stream = socket.connect(address).await.expect("a connection");
        let mut socket = Self::over(Box::new(stream), request).await;
        socket.send(json!({"type": "connection_init"})).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket
    }

    /// Sends a frame as it is.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.expect("sent");
    }

    /// The code and the reason with which the server closes; what comes before is passed over.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a message in time");
            match message {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    }

    /// Waits for a ping.
    pub(crate) async fn pinged(&mut self) {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a message in time");
            if matches!(message, Some(Ok(Message::Ping(_)))) {
                return;
            }
        }
    }

    /// Starts an operation under an id.
    pub(crate) async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": variables});
        self.send(json!({"id": id, "type": "subscribe", "payload": payload})).await;
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    /// The next message as JSON.
    pub(crate) async fn next(&mut self) -> Value {
        serde_json::from_str(&self.next_text().await).expect("JSON")
    }

    /// The next message as it is.
    pub(crate) async fn next_text(&mut self) -> String {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a message in time");
            match message.expect("an open socket").expect("a message") {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    /// The data of the next event of an operation.
    pub(crate) async fn event(&mut self, id: &str) -> Value {
        let mut message = self.next().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"].take()
    }
}
