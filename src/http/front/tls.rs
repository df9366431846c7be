//! TLS before HTTP, with the certificate and the key of two files, which are read anew when they change.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::error::{Error, Result};

/// What clients may speak over it, by the names of RFC 7301: the first that they know, too.
pub(super) const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// Time between two looks at the files.
const LOOK: Duration = Duration::from_secs(2);

/// Where certificate and key are, as PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate, and after it those of the authorities between.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What the files had when they were read last, and what is shown to clients.
#[derive(Debug)]
pub(super) struct Identity {
    files: TlsFiles,
    read: RwLock<Contents>,
    shown: RwLock<Arc<CertifiedKey>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contents")
    }
}

impl Identity {
    /// Reads the files.
    pub(super) fn open(files: TlsFiles) -> Result<Arc<Self>> {
        let contents = files.read()?;
        let shown = RwLock::new(Arc::new(contents.parse(&files)?));
        Ok(Arc::new(Self { files, read: RwLock::new(contents), shown }))
    }

    /// Lets clients in who want to speak HTTP/2 or HTTP/1.1.
    pub(super) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor> {
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| Error::Internal(e.to_string()))?.with_no_client_auth();
        let mut config = builder.with_cert_resolver(self.clone());
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files for ever. What cannot be used changes nothing, and is said once.
    pub(super) async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let looked = self.clone();
            let outcome = tokio::task::spawn_blocking(move || looked.look()).await;
            match outcome {
                Ok(Ok(true)) => tracing::info!("the TLS certificate was read anew"),
                Ok(Ok(false)) | Err(_) => {}
                Ok(Err(error)) => tracing::error!(%error, "the TLS certificate stays the one of before"),
            }
        }
    }

    /// Reads the files; whether they have something new.
    fn look(&self) -> Result<bool> {
        // Half of a pair that is being replaced: the next look has both.
        let Ok(contents) = self.files.read() else { return Ok(false) };
        if *self.read.read() == contents {
            return Ok(false);
        }
        *self.read.write() = contents.clone();
        *self.shown.write() = Arc::new(contents.parse(&self.files)?);
        Ok(true)
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.read().clone())
    }
}

impl TlsFiles {
    fn read(&self) -> Result<Contents> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|e| Error::Config(format!("the TLS file {}: {e}", path.display())))
        };
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }
}

impl Contents {
    fn parse(&self, files: &TlsFiles) -> Result<CertifiedKey> {
        let wrong = |path: &PathBuf, why: String| Error::Config(format!("the TLS file {}: {why}", path.display()));
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .map_err(|e| wrong(&files.certificate, e.to_string()))?;
        if chain.is_empty() {
            return Err(wrong(&files.certificate, "it has no certificate in PEM".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|e| wrong(&files.key, e.to_string()))?;
        CertifiedKey::from_der(chain, key, &provider())
            .map_err(|e| wrong(&files.key, format!("it is not the key of {}: {e}", files.certificate.display())))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
