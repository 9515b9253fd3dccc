use super::answer::ServiceError;
use super::event::{Event, EventName, Subject};
use super::request::Request;
use super::service::Service;
use super::world::Region;

/// A call that CloudTrail records, whether it succeeds or is refused.
#[derive(Debug)]
pub(super) struct RecordedCall<'a> {
    pub(super) service: &'a Service,
    pub(super) request: &'a Request,
    /// In milliseconds since 1970.
    pub(super) now: i64,
    /// What is recorded if it succeeds; nothing for a log group that lies elsewhere, of which this place has no record.
    event: Option<Event>,
}

impl<'a> RecordedCall<'a> {
    pub(super) fn new(
        service: &'a Service,
        request: &'a Request,
        name: EventName,
        subject: Option<Subject>,
        now: i64,
    ) -> Self {
        let event = subject.map(|subject| Event::of(request, name, subject, now));
        Self { service, request, now, event }
    }

    /// Changes the place and records that, in one write.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Region) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let place = &self.request.place;
        self.service.store().change(place, |region| {
            let outcome = change(region)?;
            if let Some(event) = &self.event {
                region.events.record(event.clone(), place);
            }
            Ok(outcome)
        })
    }

    /// Gives an outcome on, and records it if it is a refusal. The emulator's own trouble is none.
    pub(super) fn end<T>(&self, outcome: Result<T, ServiceError>) -> Result<T, ServiceError> {
        if let (Err(error), Some(event)) = (&outcome, &self.event)
            && error.status.is_client_error()
        {
            let place = &self.request.place;
            let event = event.clone().refused(error);
            // Whoever was refused is told so, also where it cannot be written down.
            let _ = self.service.store().change(place, |region| {
                region.events.record(event, place);
                Ok(())
            });
        }
        outcome
    }
}
