//! What clients want executed, whatever brought it, and how that begins on a connection that goes on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{ErrorExtensionValues, Request, Response, ServerError, Variables};
use futures_util::FutureExt;
use serde::Deserialize;
use serde_json::{Map, json};

use super::is_refused;
use tracing::{Instrument, debug_span};

use crate::access::{Caller, Hold};
use crate::codes::Code;
use crate::error::{Error, Result};
use crate::graphql::{Asked, check_document};
use crate::http::answer::in_time;
use crate::http::pace::Who;
use crate::http::{Doors, identity};
use crate::push::{self, Loss, Progress, Socket};

/// A request as clients send it: <https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters>.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    pub(super) query: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Option<Map<String, serde_json::Value>>,
    pub(super) extensions: Option<Map<String, serde_json::Value>>,
    /// Names a document that the server knows.
    pub(super) document_id: Option<String>,
}

/// What may be executed, the document looked up and measured.
#[derive(Debug)]
pub(super) struct Operation {
    request: Request,
    asked: Asked,
    /// What two subscriptions have in common when they are the same.
    key: String,
}

impl Wanted {
    /// Whether it says at all what is to be executed.
    pub(super) fn names_a_document(&self) -> bool {
        self.query.is_some() || self.document_id.is_some() || self.extensions.is_some()
    }

    /// Looks the document up and measures it.
    pub(super) fn operation(self, doors: &Doors, caller: &Caller) -> Result<Operation> {
        let document = doors.0.documents.find(&self)?;
        check_document(&document, doors.0.config.documents())?;
        let variables = self.variables.unwrap_or_default();
        let key = key(caller, &document, self.operation_name.as_deref(), &variables);
        let mut request = Request::new(document).variables(Variables::from_json(variables.into()));
        request.operation_name = self.operation_name;
        let asked = Asked { caller: caller.clone(), request_id: identity::request_id() };
        Ok(Operation { request, asked, key })
    }
}

impl Operation {
    /// To be kept as long as it goes on.
    pub(super) fn hold(&self, doors: &Doors) -> Hold {
        doors.0.rooms.access.hold(&self.asked.caller)
    }

    /// Counts it as a request of somebody's (`TOO_MANY_REQUESTS`), unless somebody watches the same already.
    pub(super) fn in_pace(self, doors: &Doors, who: Who) -> Result<Self> {
        if !doors.0.hub.has(&self.key) {
            doors.0.pace.check(who)?;
        }
        Ok(self)
    }

    /// Its type. What somebody watches already need not be parsed again to know what it is.
    pub(super) fn kind(&mut self, doors: &Doors) -> Result<OperationType> {
        if doors.0.hub.has(&self.key) {
            return Ok(OperationType::Subscription);
        }
        let name = self.request.operation_name.clone();
        let invalid = |message: &str| Error::invalid(Code::InvalidDocument, message);
        let document = self.request.parsed_query().map_err(|e| invalid(&e.message))?;
        type_of(document, name.as_deref()).ok_or_else(|| invalid("the document has no operation of this name"))
    }

    /// Runs a query or a mutation, if its caller may.
    pub(super) async fn execute(self, doors: &Doors) -> Result<Response> {
        let span = debug_span!("graphql", graphql.operation.name = self.request.operation_name);
        let executed = doors.0.schema.execute(&self.asked, self.request).instrument(span);
        let mut response = in_time(&doors.0.config, executed).await?;
        sign(&mut response.errors);
        Ok(response)
    }
}

/// What the caller may see, the document but for blanks and comments, the name of the operation and the variables. One
/// that begins after a cursor is like no other.
fn key(caller: &Caller, document: &str, name: Option<&str>, variables: &Map<String, serde_json::Value>) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut key = normalised(document);
    if key.contains("after") {
        key = format!("{key}\n{}", NEXT.fetch_add(1, Ordering::Relaxed));
    }
    let variables = serde_json::to_string(variables).unwrap_or_default();
    format!("{}\n{key}\n{}\n{variables}", caller.sight(), name.unwrap_or_default())
}

fn type_of(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    let mut operations = document.operations.iter();
    match name {
        Some(name) => operations.find(|(known, _)| known.is_some_and(|known| known == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    }
    .map(|(_, operation)| operation.node.ty)
}

/// Begins an operation under an id that is free; returns when a subscription listens. Subscriptions are shared with
/// whoever has the same; queries and mutations run beside each other.
pub(super) async fn begin(doors: &Doors, socket: &Arc<Socket>, id: &str, operation: Result<Operation>) {
    if let Err(error) = try_begin(doors, socket, id, operation).await {
        let errors = json!([graphql_error(&error)]);
        socket.end_operation(id, Some(&errors.to_string()));
    }
}

async fn try_begin(doors: &Doors, socket: &Arc<Socket>, id: &str, operation: Result<Operation>) -> Result<()> {
    let (mut operation, shared) = (operation?, &doors.0);
    let greatest = shared.config.max_subscriptions;
    if socket.operations().len() >= greatest {
        let message = format!("a connection has at most {greatest} operations at a time");
        return Err(Error::invalid(Code::TooManySubscriptions, message));
    }
    if operation.kind(doors)? != OperationType::Subscription {
        execute(doors, socket, id, operation);
        return Ok(());
    }
    let (Operation { request, asked, key }, schema) = (operation, shared.schema.clone());
    let loss = if key.contains("anomalyDetected") || key.contains("anomalyChanged") {
        Loss::Nothing
    } else {
        Loss::ButTheLatest
    };
    let execute = move |progress: Progress| schema.execute_stream(&asked, request.data(progress));
    shared.hub.subscribe(socket, id, &key, loss, execute).await;
    Ok(())
}

/// Runs a query or a mutation beside others.
fn execute(doors: &Doors, socket: &Arc<Socket>, id: &str, operation: Operation) {
    let (doors, its_socket, its_id): (_, _, Box<str>) = (doors.clone(), socket.clone(), id.into());
    let run = async move {
        let Ok(response) = AssertUnwindSafe(operation.execute(&doors)).catch_unwind().await else {
            return its_socket.close(4500, "Internal server error");
        };
        // Its id is free before the client can know that it is.
        if its_socket.operations().remove(&its_id).is_none() {
            return;
        }
        let response = match response {
            Ok(response) => response,
            Err(error) => return its_socket.end_operation(&its_id, Some(&json!([graphql_error(&error)]).to_string())),
        };
        if is_refused(&response) {
            its_socket.end_operation(&its_id, Some(&super::json(&response.errors)));
        } else {
            its_socket.send_result(&its_id, &super::json(&response));
            its_socket.end_operation(&its_id, None);
        }
    };
    let mut operations = socket.operations();
    let task = tokio::spawn(identity::inherited(run));
    operations.insert(id.into(), push::Operation::Own(task.abort_handle()));
}

/// Ends an operation that its client no longer wants.
pub(super) fn let_go(doors: &Doors, operation: push::Operation) {
    match operation {
        push::Operation::Shared(place) => doors.0.hub.leave(&place),
        push::Operation::Own(task) => task.abort(),
    }
}

/// Ends all operations of a socket that is gone.
pub(super) fn let_all_go(doors: &Doors, socket: &Socket) {
    let operations = std::mem::take(&mut *socket.operations());
    for operation in operations.into_values() {
        let_go(doors, operation);
    }
}

/// An error of ours as GraphQL has it.
pub(super) fn graphql_error(error: &Error) -> serde_json::Value {
    json!({"message": error.public_message(), "extensions": {"code": error.code(), "requestId": identity::request_id()}})
}

/// Puts the id into the errors of an execution.
fn sign(errors: &mut [ServerError]) {
    let Some(id) = identity::request_id() else { return };
    for error in errors {
        error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("requestId", &*id);
    }
}

/// A document with one blank where there is any number of blanks, commas, line ends or comments; as it is where it has
/// block strings, whose blanks may matter.
fn normalised(document: &str) -> String {
    if document.contains("\"\"\"") {
        return document.to_owned();
    }
    let mut text = String::with_capacity(document.len());
    let mut rest = document.chars().peekable();
    let mut in_string = false;
    while let Some(char) = rest.next() {
        match char {
            '"' => {
                in_string = !in_string;
                text.push(char);
            }
            '\\' if in_string => {
                text.push(char);
                text.extend(rest.next());
            }
            '#' if !in_string => while rest.next_if(|char| *char != '\n' && *char != '\r').is_some() {},
            _ if !in_string && (char.is_whitespace() || char == ',' || char == '\u{feff}') => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            _ => text.push(char),
        }
    }
    text.trim().to_owned()
}
