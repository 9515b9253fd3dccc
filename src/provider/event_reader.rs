//! LookupEvents, page by page.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};

use crate::model::{LookupWindow, Target, WriteEvents};

use super::EventReader;
use super::cloudtrail_event;
use super::pace::Pace;
use super::port::{LOOKUP, ProviderError};

/// The largest page (LookupEvents, API reference).
const PAGE: i32 = 50;

/// Pages of one look-up. Other services have operations of the same names, so that there may be many; these take 20 seconds.
const MOST_PAGES: usize = 40;

/// Looks up the writes at one target.
#[derive(Debug, Clone)]
pub struct AwsEventReader {
    client: Client,
    target: Target,
    pace: Arc<Pace>,
}

impl AwsEventReader {
    pub(super) fn new(client: Client, target: Target, pace: Arc<Pace>) -> Self {
        Self { client, target, pace }
    }

    /// Adds the writes of one window, and says whether these are all.
    async fn look_up(&self, window: &LookupWindow, found: &mut WriteEvents) -> Result<(), ProviderError> {
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let (events, next) = self.page(window, token.take()).await?;
            let writes =
                events.iter().filter_map(|event| cloudtrail_event::write(event, window.kind, &self.target));
            found.events.extend(writes);
            match next {
                None => return Ok(()),
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(self.malformed("a `NextToken` came twice"));
                }
                next => token = next,
            }
        }
        found.is_complete = false;
        Ok(())
    }

    async fn page(
        &self,
        window: &LookupWindow,
        token: Option<String>,
    ) -> Result<(Vec<Event>, Option<String>), ProviderError> {
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(window.kind.operation())
            .build();
        let attribute = attribute.map_err(|error| self.malformed(error.to_string()))?;
        let call = self
            .client
            .lookup_events()
            .lookup_attributes(attribute)
            .set_start_time(window.since.map(to_the_second))
            .set_end_time(window.until.map(to_the_second))
            .max_results(PAGE)
            .set_next_token(token);
        self.pace.turn().await;
        let answer = call.send().await;
        let answer = answer.map_err(|error| ProviderError::from_sdk(LOOKUP, &self.target, &error))?;
        let events = answer.events.ok_or_else(|| self.malformed("`Events` is missing"))?;
        Ok((events, answer.next_token))
    }

    fn malformed(&self, message: impl Into<String>) -> ProviderError {
        ProviderError::malformed(LOOKUP, &self.target, message)
    }
}

impl EventReader for AwsEventReader {
    async fn writes(&self, windows: &[LookupWindow]) -> Result<WriteEvents, ProviderError> {
        let mut found = WriteEvents { events: Vec::new(), is_complete: true };
        for window in windows {
            self.look_up(window, &mut found).await?;
        }
        Ok(found)
    }
}

/// The times of events are whole seconds: those between two moments are those between the seconds they lie in. What no
/// service could have meant, such as a time before 1970, is brought to the nearest time that can be.
fn to_the_second(milliseconds: i64) -> DateTime {
    /// The end of the year 9999.
    const LATEST: i64 = 253_402_300_799;
    DateTime::from_secs(milliseconds.div_euclid(1_000).clamp(0, LATEST))
}
