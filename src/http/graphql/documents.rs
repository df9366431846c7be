//! Documents that are known by their SHA-256: those of the operator's list, those of the page in the binary, and those that
//! clients have sent before.
//!
//! A request names one as `documentId` (hexadecimal digits, `sha256:` before them or not), after
//! <https://graphql.github.io/graphql-over-http/draft/#sec-Persisted-Documents>, or as
//! `extensions.persistedQuery.sha256Hash`, after
//! <https://www.apollographql.com/docs/apollo-server/performance/apq>, where it may bring the document along.

use std::collections::HashMap;
use std::num::NonZero;
use std::path::Path;

use lru::LruCache;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::operations::Wanted;
use crate::codes::Code;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::http::page;

type Hash = [u8; 32];

/// Where documents are looked up.
#[derive(Debug)]
pub(in crate::http) struct Documents {
    listed: HashMap<Hash, String>,
    only_listed: bool,
    sent: Option<Mutex<LruCache<Hash, String>>>,
}

/// The lists that tools write: Relay and GraphQL Code Generator a map from hash to document, Apollo a manifest.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Manifest { operations: Vec<Listed> },
    Map(HashMap<String, String>),
}

#[derive(Deserialize)]
struct Listed {
    body: String,
}

impl Documents {
    /// Reads the operator's list, if there is one.
    pub(in crate::http) fn open(config: &Config) -> Result<Self> {
        let mut documents =
            if config.documents_file.is_empty() { Vec::new() } else { read(Path::new(&config.documents_file))? };
        // Where nothing else is executed, our own page must still work.
        documents.extend(page::documents().map(|text| list(&text)).transpose()?.unwrap_or_default());
        let sent = NonZero::new(config.automatic_documents).map(|count| Mutex::new(LruCache::new(count)));
        Ok(Self {
            listed: documents.into_iter().map(|document| (hash(&document), document)).collect(),
            only_listed: config.only_listed_documents,
            sent,
        })
    }

    /// The document that a request wants executed.
    pub(super) fn find(&self, wanted: &Wanted) -> Result<String> {
        let named = named(wanted)?;
        let document = match (&wanted.query, named) {
            (Some(query), Some(named)) if hash(query) != named => {
                let message = "the document's SHA-256 is another one than was sent with it";
                return Err(Error::invalid(Code::PersistedQueryMismatch, message));
            }
            (Some(query), Some(named)) => {
                self.keep(named, query);
                query
            }
            (Some(query), None) => query,
            (None, Some(named)) => return self.known(&named),
            (None, None) => {
                let message = "there is no query: send a GraphQL document as \"query\"";
                return Err(Error::invalid(Code::InvalidBody, message));
            }
        };
        if self.only_listed && !self.listed.contains_key(&hash(document)) {
            let message = "this server executes only the documents of its operator's list";
            return Err(Error::invalid(Code::DocumentNotListed, message));
        }
        Ok(document.clone())
    }

    fn known(&self, named: &Hash) -> Result<String> {
        if let Some(document) = self.listed.get(named) {
            return Ok(document.clone());
        }
        let sent = self.sent.as_ref().filter(|_| !self.only_listed);
        let Some(sent) = sent else {
            // Clients know these sentences: they then send the document itself, once or from now on.
            return Err(Error::invalid(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported"));
        };
        let document = sent.lock().get(named).cloned();
        document.ok_or_else(|| Error::invalid(Code::PersistedQueryNotFound, "PersistedQueryNotFound"))
    }

    fn keep(&self, named: Hash, document: &str) {
        if let Some(sent) = self.sent.as_ref().filter(|_| !self.only_listed) {
            sent.lock().put(named, document.to_owned());
        }
    }
}

fn read(file: &Path) -> Result<Vec<String>> {
    let wrong = |e: &dyn std::fmt::Display| Error::Config(format!("the list of documents {}: {e}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|e| wrong(&e))?;
    list(&text).map_err(|e| wrong(&e))
}

/// The documents of a list.
fn list(text: &str) -> Result<Vec<String>> {
    let form =
        || Error::Config("it is a JSON object from SHA-256 to document, or a manifest with operations".to_owned());
    Ok(match serde_json::from_str(text).map_err(|_| form())? {
        List::Manifest { operations } => operations.into_iter().map(|listed| listed.body).collect(),
        List::Map(documents) => documents.into_values().collect(),
    })
}

fn hash(document: &str) -> Hash {
    Sha256::digest(document).into()
}

/// The hash by which a request names its document.
fn named(wanted: &Wanted) -> Result<Option<Hash>> {
    let automatic = wanted.extensions.as_ref().and_then(|extensions| extensions.get("persistedQuery"));
    let name = match (&wanted.document_id, automatic) {
        (Some(id), _) => id.strip_prefix("sha256:").unwrap_or(id),
        (None, Some(automatic)) => automatic.get("sha256Hash").and_then(Value::as_str).unwrap_or_default(),
        (None, None) => return Ok(None),
    };
    let wrong = || Error::invalid(Code::InvalidDocumentId, format!("{name:?} is no SHA-256 in hexadecimal digits"));
    let mut bytes = Hash::default();
    if name.len() != 2 * bytes.len() || !name.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&name[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(Some(bytes))
}
