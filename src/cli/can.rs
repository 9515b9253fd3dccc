//! `logpolicy can`

use crate::model::{DesiredTarget, Judgement, LiveState, PolicyKey, judge, request};
use crate::pack::place_grants;
use crate::policy::{Document, EFFECTIVE_ACTIONS};
use crate::provider::PolicyReader;
use crate::report::{Answer, can_json, can_text};

use super::arguments::{CanArguments, Format, Global};
use super::choice::choose_targets;
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Seen;
use super::streams::Streams;
use super::world::{World, open_world, read_files};

/// Is this allowed, and by which statement?
pub(super) async fn can(
    arguments: &CanArguments,
    global: &Global,
    streams: Streams,
) -> Result<Exit, Failure> {
    let action = effective(&arguments.action)?;
    let answers = if arguments.live {
        match open_world(global, streams, arguments.format).await? {
            Ok(world) => live_answers(arguments, &action, &world).await?,
            Err(exit) => return Ok(exit),
        }
    } else {
        let mut files = read_files(global, streams)?;
        if !files.is_whole {
            let text = crate::report::diagnostics_text(&files.diagnostics, &files.sources, streams.layout());
            streams.report(&text);
            return Ok(files.exit());
        }
        choose_targets(&mut files.desired, global, streams)?;
        let answer = |at: &DesiredTarget| {
            let mut desired = files.desired.at(at);
            place_grants(&mut desired, None);
            let policies = desired.policies.iter().map(|(key, policy)| (key, &*policy.document));
            let mut answer = answer(arguments, &action, at, policies);
            let decisive = answer.decisive().and_then(|(key, statement)| {
                let policy = desired.policies.get(key)?;
                files.sources.location(policy.statement_span(statement)?)
            });
            answer.source = decisive;
            answer
        };
        files.desired.targets.iter().map(answer).collect()
    };
    match arguments.format {
        Format::Json => streams.data(&can_json(&answers))?,
        Format::Text => streams.data(&can_text(&answers))?,
    }
    let all = answers.iter().all(|answer| answer.judgement.allowed);
    Ok(if all && !answers.is_empty() { Exit::Done } else { Exit::Findings })
}

/// The full name of one of the two actions that take effect.
fn effective(action: &str) -> Result<String, Failure> {
    let known = EFFECTIVE_ACTIONS.iter().find(|known| {
        let short = known.strip_prefix("logs:").unwrap_or(known);
        action.eq_ignore_ascii_case(known) || action.eq_ignore_ascii_case(short)
    });
    known.map(|known| (*known).to_owned()).ok_or_else(|| {
        let message = format!("{} never takes effect in these policies", action.escape_debug());
        Failure::usage(message, "Ask for PutLogEvents or CreateLogStream.")
    })
}

fn answer<'a>(
    arguments: &CanArguments,
    action: &str,
    at: &DesiredTarget,
    policies: impl IntoIterator<Item = (&'a PolicyKey, &'a Document)>,
) -> Answer {
    let CanArguments { service, action: _, log_group, source_arn, source_account, live: _, format: _ } =
        arguments;
    let target = &at.target;
    let request =
        request(target, service, action, log_group, source_arn.as_deref(), source_account.as_deref());
    let policies: Vec<_> = policies.into_iter().collect();
    let judgement: Judgement = judge(target, policies.iter().copied(), request);
    let mut answer = Answer { target: target.clone(), judgement, sid: None, source: None };
    let sid = answer.decisive().and_then(|(key, statement)| {
        let (_, document) = policies.iter().find(|(found, _)| *found == key)?;
        document.statements().get(statement)?.sid().map(ToOwned::to_owned)
    });
    answer.sid = sid;
    answer
}

async fn live_answers(arguments: &CanArguments, action: &str, world: &World) -> Result<Vec<Answer>, Failure> {
    let answers = world
        .across(
            |at| async move {
                let reader = world.aws().reader(at).await;
                let log_groups = [arguments.log_group.clone()].into();
                let (account, live) = tokio::join!(world.aws().account(at), reader.read(&log_groups));
                let account = account?;
                if account != at.target.account {
                    let message = format!(
                        "the credentials belong to account {account}, and the target is {}",
                        at.target
                    );
                    return Err(Failure::error(
                        message,
                        vec!["Use credentials of the target's account.".to_owned()],
                    ));
                }
                let LiveState { policies } = live?;
                let policies = policies.iter().map(|(key, policy)| (key, &*policy.document));
                Ok(answer(arguments, action, at, policies))
            },
            |answer| Seen { changed: false, failed: answer.is_err() },
        )
        .await;
    answers.into_iter().collect()
}
