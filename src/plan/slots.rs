//! The meter: how many of the account's slots are in use.

/// Account policies of a target before, during and after a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// How many fit.
    pub limit: usize,
    /// Now.
    pub before: usize,
    /// Once the plan is applied.
    pub after: usize,
    /// The most at any moment in between.
    pub peak: usize,
}
