//! A request in words.

use std::fmt::Write;

use crate::policy::Request;

use super::escape::terminal;

/// `es.amazonaws.com PutLogEvents on log-group:/aws/x:log-stream:x with aws:sourceaccount 4444`
pub fn request_text(request: &Request) -> String {
    let Request { service, action, resource, context } = request;
    let action = action.strip_prefix("logs:").unwrap_or(action);
    let resource = resource.find(":log-group:").map_or(resource.as_str(), |at| &resource[at + 1..]);
    let mut text = format!("{service} {action} on {resource}");
    for (index, (key, values)) in context.iter().enumerate() {
        let word = if index == 0 { " with" } else { " and" };
        let _ = write!(text, "{word} {key} {}", values.join(", "));
    }
    terminal(&text)
}
