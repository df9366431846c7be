//! A real mail server: Debian's aiosmtpd, with TLS by a certificate of its own, whose mailbox is a folder.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::until;

/// A running mail server; killed when dropped.
pub(crate) struct MailServer {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let signed = rcgen::generate_simple_self_signed(names).expect("a certificate");
        std::fs::write(folder.path().join("cert.pem"), signed.cert.pem()).expect("written");
        std::fs::write(folder.path().join("key.pem"), signed.signing_key.serialize_pem()).expect("written");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let server = Self { process: run(&folder, port), port, folder };
        server.answers().await;
        server
    }

    async fn answers(&self) {
        until("the mail server answers", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok().map(drop)
        })
        .await;
    }

    /// Its URL: nothing is sent without TLS.
    pub(crate) fn url(&self) -> String {
        format!("smtp://localhost:{}?tls=required", self.port)
    }

    /// Its certificate.
    pub(crate) fn certificate(&self) -> String {
        self.folder.path().join("cert.pem").display().to_string()
    }

    /// Ends it, as if it had crashed.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again at the same place.
    pub(crate) async fn revive(&mut self) {
        self.process = run(&self.folder, self.port);
        self.answers().await;
    }

    /// The mails that have arrived, the oldest first; headers and body as they came.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("mailbox/new")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort_by_key(|file| std::fs::metadata(file).and_then(|about| about.modified()).expect("a time"));
        files.iter().map(|file| std::fs::read_to_string(file).expect("a mail")).collect()
    }

    /// Waits until so many have arrived.
    pub(crate) async fn wait(&self, count: usize) -> Vec<String> {
        until(&format!("{count} mails"), async || Some(self.mails()).filter(|mails| mails.len() >= count)).await
    }
}

fn run(folder: &TempDir, port: u16) -> Child {
    let path = |name: &str| folder.path().join(name).display().to_string();
    // Debian's Python, which has Debian's packages, whatever else is installed.
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-m", "aiosmtpd", "--nosetuid", "--listen", &format!("127.0.0.1:{port}")]);
    command.args(["--tlscert", &path("cert.pem"), "--tlskey", &path("key.pem")]);
    command.args(["--class", "aiosmtpd.handlers.Mailbox", &path("mailbox")]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("Debian's python3-aiosmtpd")
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.kill();
    }
}
