//! Statements one by one as sets of requests, for those who move them from one policy to another.

use super::access::{Attached, Comparison, Found};
use super::clause::Clause;
use super::{Effect, Requests};

impl Comparison {
    /// What each statement of a policy speaks about; nothing for one that never takes effect.
    pub fn statements(&mut self, policy: Attached<'_>) -> Vec<Option<(Effect, Requests)>> {
        let clauses = Clause::all(policy.document);
        let meaning = |clause: Option<Clause>| {
            let clause = clause?;
            let requests = self.region(&clause, policy.log_group);
            (!self.is_empty(&requests)).then_some((clause.effect, requests))
        };
        clauses.into_iter().map(meaning).collect()
    }

    /// The requests that lie in both; nothing where it is proved that there are none.
    pub fn common(&mut self, one: &Requests, other: &Requests) -> Option<Requests> {
        if one == other {
            return Some(one.clone());
        }
        if self.is_apart(one, other) {
            return None;
        }
        let both = one.and(&other.0);
        (!self.is_empty(&both)).then_some(both)
    }

    /// Whether two sets have no request in common: proved.
    pub fn are_apart(&mut self, one: &Requests, other: &Requests) -> bool {
        self.is_apart(one, other)
    }

    /// Whether every request of one set lies in another: proved.
    pub fn is_within(&mut self, inner: &Requests, outer: &Requests) -> bool {
        inner == outer || self.lies_in(inner, outer)
    }

    /// Whether every request of a set lies in one of the others: proved.
    pub fn is_covered(&mut self, requests: &Requests, by: &[&Requests]) -> bool {
        if self.plainly_escapes(requests, by) {
            return false;
        }
        self.work = 0;
        self.escape(requests, by) == Found::None
    }

    /// A request of a set that lies in none of the others, where one can be named.
    pub fn example(&mut self, requests: &Requests, without: &[&Requests]) -> Found {
        self.work = 0;
        self.escape(requests, without)
    }
}
