//! SIGTERM under load: no new work, all begun work finished, everybody told, and an end in order.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::ledger::{Ledger, START_MS, differences, register, send_until_it_ends, stored};
use super::{PATIENCE, is_ready, rounds, start};
use crate::harness::socket::Socket;
use crate::harness::{Database, on_both};

on_both!(a_server_that_is_told_to_end_finishes_what_it_has_begun);

async fn a_server_that_is_told_to_end_finishes_what_it_has_begun(database: Database) {
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let rounds = rounds(3);
    let (mut slowest_unready, mut slowest_end) = (Duration::ZERO, Duration::ZERO);
    for round in 0..rounds {
        let (program, _) = start(&database, &[]).await;
        if round == 0 {
            register(&program).await;
        }
        let mut graphql = Socket::graphql(&program.address, "/graphql/ws").await;
        graphql.subscribe("stats", "subscription { statsUpdates { totalReadings } }", json!({})).await;
        let mut plain = Socket::plain(&program.address).await;
        let senders = tokio::spawn({
            let (address, ledger) = (program.address.clone(), ledger.clone());
            async move { send_until_it_ends(&address, &ledger).await }
        });
        graphql.event("stats").await;
        plain.next().await;
        let mut half = HalfSent::begin(&program.address, round).await;
        let asked = Instant::now();
        program.ask_to_end();
        while is_ready(&program).await {
            assert!(asked.elapsed() < PATIENCE, "still ready");
        }
        slowest_unready = slowest_unready.max(asked.elapsed());
        assert!(half.finish().await.starts_with("HTTP/1.1 200"), "a request that had begun is answered");
        assert_eq!((graphql.closed().await.0, plain.closed().await.0), (1001, 1001));
        senders.await.expect("no panic");
        let (code, took) = program.ended(asked).await;
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(15), "{took:?}");
        slowest_end = slowest_end.max(took);
    }
    println!("{rounds} rounds: unready after {slowest_unready:?}, ended after {slowest_end:?} at the most");
    let (program, _) = start(&database, &[]).await;
    let kept = stored(&database).await;
    let kept_by_senders: Vec<_> = kept.into_iter().filter(|((_, time_ms), _)| *time_ms >= START_MS).collect();
    assert_eq!(ledger.lock().expect("no panic").faults(&kept_by_senders), [""; 0]);
    assert_eq!(differences(&database, &program).await, [""; 0]);
    // Whoever asks twice does not want to wait for a request that never ends.
    let _half = HalfSent::begin(&program.address, rounds).await;
    program.ask_to_end();
    while is_ready(&program).await {}
    let asked_again = Instant::now();
    program.ask_to_end();
    let (code, took) = program.ended(asked_again).await;
    assert_eq!(code, Some(130));
    assert!(took < Duration::from_secs(5), "at once, not after the time for open requests: {took:?}");
}

/// A request of which the second half is still to come.
struct HalfSent {
    stream: TcpStream,
    rest: String,
}

impl HalfSent {
    async fn begin(address: &str, round: usize) -> Self {
        let time_ms = START_MS - 1000 * (1 + round as i64);
        let body = json!([{"machine": "press", "time": time_ms, "energy_kwh": 0.25}]).to_string();
        let head = format!(
            "POST /api/v1/readings HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("sent");
        // Said once the body is read: from then on the request has begun.
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).await.expect("the server goes on");
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        let (first, rest) = body.split_at(body.len() / 2);
        stream.write_all(first.as_bytes()).await.expect("sent");
        Self { stream, rest: rest.to_owned() }
    }

    /// Sends the rest; the answer.
    async fn finish(&mut self) -> String {
        self.stream.write_all(self.rest.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut answer));
        read.await.expect("an answer in time").expect("an answer");
        String::from_utf8(answer).expect("text")
    }
}
