//! The answer to "can this service write there?"

use std::fmt::Write;

use serde::Serialize;

use crate::model::{Judgement, Location, PolicyKey, Target};
use crate::policy::Request;

use super::access::request_text;
use super::envelope::{Targets, enveloped};
use super::escape::terminal;
use super::style::Style;

/// The answer at one target.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The account and Region.
    pub target: Target,
    /// What was asked and found.
    pub judgement: Judgement,
    /// The Sid of the decisive statement.
    pub sid: Option<String>,
    /// Where the decisive statement stands in the files.
    pub source: Option<Location>,
}

impl Answer {
    /// The statement that decided, or that came nearest.
    pub fn decisive(&self) -> Option<(&PolicyKey, usize)> {
        let Judgement { decided_by, nearest, .. } = &self.judgement;
        let decided = decided_by.as_ref().map(|(key, statement)| (key, *statement));
        decided.or(nearest.as_ref().map(|(key, statement, _)| (key, *statement)))
    }
}

/// One line for each target, and the statement that decided.
pub fn can_text(answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let Answer { target, judgement, sid, source } = answer;
        let word = if judgement.allowed { Style::Added.paint("yes") } else { Style::Bad.paint("no ") };
        let _ = writeln!(text, "{word}  {target}: {}", request_text(&judgement.request));
        let Some((key, statement)) = answer.decisive() else {
            text.push_str("     no statement speaks about it\n");
            continue;
        };
        let name = sid
            .as_ref()
            .map_or_else(|| format!("#{}", statement + 1), |sid| format!("\"{}\"", terminal(sid)));
        let place = source.as_ref().map(|place| format!(" ({}:{}:{})", place.file, place.line, place.column));
        let place = place.unwrap_or_default();
        let what = match (&judgement.nearest, &judgement.decided_by) {
            (_, Some(_)) if judgement.allowed => "allowed by".to_owned(),
            (_, Some(_)) => "denied by".to_owned(),
            (Some((_, _, mismatch)), None) => format!("nearest, but {}:", mismatch.words()),
            (None, None) => String::new(),
        };
        let _ = writeln!(
            text,
            "     {what} statement {name} of {}{}",
            terminal(&key.to_string()),
            terminal(&place)
        );
    }
    if answers.is_empty() {
        text.push_str("no target was asked\n");
    }
    text
}

#[derive(Serialize)]
struct AnswerFormat<'a> {
    target: &'a Target,
    allowed: bool,
    request: &'a Request,
    decided_by: Option<StatementFormat<'a>>,
    nearest: Option<StatementFormat<'a>>,
    source: Option<&'a Location>,
}

#[derive(Serialize)]
struct StatementFormat<'a> {
    address: String,
    statement: usize,
    sid: Option<&'a str>,
    mismatch: Option<String>,
}

/// The answers for programs.
pub fn can_json(answers: &[Answer]) -> String {
    let targets = answers.iter().map(|answer| {
        let Judgement { request, allowed, decided_by, nearest } = &answer.judgement;
        let at = |key: &PolicyKey| key.at(&answer.target).to_string();
        let sid = answer.sid.as_deref();
        AnswerFormat {
            target: &answer.target,
            allowed: *allowed,
            request,
            decided_by: decided_by.as_ref().map(|(key, statement)| StatementFormat {
                address: at(key),
                statement: *statement,
                sid,
                mismatch: None,
            }),
            nearest: nearest.as_ref().map(|(key, statement, mismatch)| StatementFormat {
                address: at(key),
                statement: *statement,
                sid: sid.filter(|_| decided_by.is_none()),
                mismatch: Some(mismatch.words()),
            }),
            source: answer.source.as_ref(),
        }
    });
    enveloped("can", Targets { targets: targets.collect() })
}
