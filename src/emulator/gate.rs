//! Stands before the service: here a request meets the faults and the rate.

use tokio::time::Instant;

use super::answer::{Answer, ServiceError};
use super::delivery::Delivery;
use super::fault::{self, Fault, Faults};
use super::rate::Rate;
use super::request::Request;
use super::service::Service;

/// The service and what comes before it.
#[derive(Debug)]
pub(super) struct Gate {
    service: Service,
    faults: Faults,
    rate: Option<Rate>,
}

impl Gate {
    pub(super) fn new(service: Service, faults: Faults, rate: Option<Rate>) -> Self {
        Self { service, faults, rate }
    }

    /// Has a request performed, or not, and says how the answer leaves. A fault goes before the rate: it is to hit the
    /// call that was named, however fast the calls come.
    pub(super) fn pass(&self, request: &Request) -> Delivery {
        match self.faults.decide(request) {
            Some(fault) => self.spoil(fault, request),
            None if self.is_too_fast(request) => refused(request, fault::throttled()),
            None => Delivery::Whole(self.service.answer(request)),
        }
    }

    fn is_too_fast(&self, request: &Request) -> bool {
        self.rate.as_ref().is_some_and(|rate| !rate.admits(request, Instant::now()))
    }

    fn spoil(&self, fault: Fault, request: &Request) -> Delivery {
        match fault {
            Fault::Throttle => refused(request, fault::throttled()),
            Fault::Unavailable => refused(request, fault::unavailable()),
            Fault::Internal => refused(request, fault::internal()),
            Fault::Abort => refused(request, fault::aborted()),
            Fault::Denied => refused(request, fault::denied(request)),
            Fault::Hang => Delivery::Never,
            Fault::Close => Delivery::Nothing,
            Fault::LostResponse => {
                self.service.answer(request);
                Delivery::Nothing
            }
            Fault::Truncate => Delivery::Half(self.service.answer(request)),
            Fault::EmptyBody => {
                self.service.answer(request);
                Delivery::Whole(Answer::to(request, Ok(String::new())))
            }
        }
    }
}

fn refused(request: &Request, error: ServiceError) -> Delivery {
    Delivery::Whole(Answer::to(request, Err(error)))
}
