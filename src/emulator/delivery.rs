//! How an answer leaves: whole, in part, or not at all.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Sleep;

use super::answer::Answer;

/// How long the connection stays open after half of a body. Closing throws away what the system has not taken yet: the
/// half is to leave before, also to a client that reads slowly.
const PARTING: Duration = Duration::from_millis(100);

/// What becomes of an answer.
#[derive(Debug)]
pub(super) enum Delivery {
    Whole(Answer),
    /// The head announces the whole body, half of it follows, and the connection is closed.
    Half(Answer),
    /// The connection is closed.
    Nothing,
    /// The connection stays open.
    Never,
}

/// Says that no answer is to leave; to hyper, an error of the service closes the connection without one.
#[derive(Debug, thiserror::Error)]
#[error("a fault took the answer away")]
pub(super) struct Unanswered;

/// Says that the rest of a body is missing; to hyper, an error of the body closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("a fault took the rest of the body away")]
pub(super) struct CutShort;

/// A body, which may announce more than it holds.
#[derive(Debug)]
pub(super) struct Payload {
    /// What is still to leave.
    held: Option<Bytes>,
    /// How much of what is announced has not left.
    announced: u64,
    /// The wait between the half and the end.
    parting: Option<Pin<Box<Sleep>>>,
}

impl Payload {
    pub(super) fn whole(text: String) -> Self {
        let length = text.len();
        Self::new(text, length)
    }

    /// Holds half of a text, rounded down, and announces all of it.
    pub(super) fn half(text: String) -> Self {
        let half = text.len() / 2;
        Self::new(text, half)
    }

    fn new(text: String, length: usize) -> Self {
        let announced = text.len() as u64;
        Self { held: Some(Bytes::from(text).slice(..length)), announced, parting: None }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        if let Some(held) = self.held.take() {
            self.announced -= held.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(held))));
        }
        if self.announced == 0 {
            return Poll::Ready(None);
        }
        let parting = self.parting.get_or_insert_with(|| Box::pin(tokio::time::sleep(PARTING)));
        parting.as_mut().poll(context).map(|()| Some(Err(CutShort)))
    }

    fn is_end_stream(&self) -> bool {
        self.announced == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
