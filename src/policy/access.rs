//! Access as a whole: what one set of policies allows and another does not, with a request as witness or a proof.
//!
//! A set of policies is a union of Allow regions less a union of Deny regions. What is left of one region without
//! others is found by taking the others away one after the other: a region less a conjunction of literals is the union,
//! over these literals, of the region with the literal's complement. Work is bounded; where the bound is met nothing
//! is claimed. This is what IAM Access Analyzer's CheckNoNewAccess does for other policies.

use std::collections::BTreeMap;

use super::clause::Clause;
use super::evaluate::{EFFECTIVE_ACTIONS, Request, evaluate};
use super::pattern::{Pattern, Reading, Token};
use super::region::{Axis, Constraint, Dimension, Literal, Point, Region, Space, constraints};
use super::{Document, Effect};

/// The answer to "is there a request that ...?"
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// There is none: proved.
    None,
    /// This one, for example; the evaluator agrees.
    Witness(Request),
    /// It could not be shown, one way or the other.
    NotShown,
}

/// A policy as one side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Attached<'a> {
    /// The document.
    pub document: &'a Document,
    /// The log group that it is attached to; nothing for an account policy.
    pub log_group: Option<&'a str>,
}

/// Compares what sets of policies allow within one account and Region.
#[derive(Debug)]
pub struct Comparison {
    pub(super) space: Space,
    /// `arn:PARTITION:logs:REGION:ACCOUNT:log-group:`
    prefix: String,
    universe: Vec<Literal>,
    pub(super) work: usize,
}

/// What a set of policies says: regions that are allowed, and regions that are denied.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    allow: Vec<Region>,
    deny: Vec<Region>,
}

impl Rights {
    /// Whether no statement denies anything.
    pub fn denies_nothing(&self) -> bool {
        self.deny.is_empty()
    }
}

/// The most pairs of regions that are looked at for one question.
const MOST_WORK: usize = 200_000;

/// The most statements of one document that are compared with each other.
const MOST_COMPARED: usize = 200;

impl Comparison {
    /// Compares policies of the account and Region whose log groups' ARNs begin with `prefix`:
    /// `arn:aws:logs:us-east-1:111122223333:log-group:`.
    pub fn new(prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        let mut space = Space::default();
        let actions =
            EFFECTIVE_ACTIONS.iter().filter_map(|name| Pattern::read(name, Reading::Literal, false));
        let action = space.literal(Constraint::any(Dimension::Action, actions.collect()));
        let mut tokens = letters(&prefix);
        tokens.extend([Token::OneInPart, Token::RunInPart]);
        tokens.extend(letters(":log-stream:"));
        tokens.extend([Token::OneInPart, Token::RunInPart]);
        let resource = space.literal(Constraint::any(Dimension::Resource, vec![Pattern::of(tokens)]));
        Self { space, prefix, universe: vec![action, resource], work: 0 }
    }

    /// What some policies say.
    pub fn rights<'a>(&mut self, policies: impl IntoIterator<Item = Attached<'a>>) -> Rights {
        let mut rights = Rights::default();
        for Attached { document, log_group } in policies {
            for clause in Clause::all(document).into_iter().flatten() {
                let region = self.region(&clause, log_group);
                match clause.effect {
                    Effect::Allow => rights.allow.push(region),
                    Effect::Deny => rights.deny.push(region),
                }
            }
        }
        for regions in [&mut rights.allow, &mut rights.deny] {
            regions.sort();
            regions.dedup();
        }
        rights
    }

    /// Pairs of statements of one document, by number: the first says nothing that the second does not say too. Of
    /// equals the later one is the first of the pair.
    pub fn covered(&mut self, policy: Attached<'_>) -> Vec<(usize, usize)> {
        let clauses: Vec<Option<Clause>> = Clause::all(policy.document);
        if clauses.len() > MOST_COMPARED {
            return Vec::new();
        }
        let region = |clause: &Option<Clause>| {
            Some((clause.as_ref()?.effect, self.region(clause.as_ref()?, policy.log_group)))
        };
        let regions: Vec<_> = clauses.iter().map(region).collect();
        let mut pairs = Vec::new();
        for (index, inner) in regions.iter().enumerate() {
            let Some((effect, region)) = inner else { continue };
            if self.is_empty(region) {
                continue;
            }
            let covering = regions.iter().enumerate().find(|(other, outer)| {
                let Some((kind, outer)) = outer else { return false };
                *other != index
                    && kind == effect
                    && self.lies_in(region, outer)
                    && (*other < index || !self.lies_in(outer, region))
            });
            pairs.extend(covering.map(|(other, _)| (index, other)));
        }
        pairs
    }

    /// Whether every request of one region is one of another: proved.
    pub(super) fn lies_in(&mut self, inner: &Region, outer: &Region) -> bool {
        // Resources cost most to compare.
        [false, true].iter().all(|last| {
            let mut literals = outer.0.iter().filter(|literal| (literal.axis == Axis::RESOURCE) == *last);
            literals.all(|literal| self.implies(inner, *literal))
        })
    }

    pub(super) fn region(&mut self, clause: &Clause, log_group: Option<&str>) -> Region {
        let mut literals = self.universe.clone();
        for constraint in constraints(clause) {
            literals.push(self.space.literal(constraint));
        }
        if let Some(name) = log_group {
            let mut tokens = letters(&self.prefix);
            tokens.extend(letters(name));
            tokens.extend(letters(":log-stream:"));
            tokens.push(Token::Run);
            literals
                .push(self.space.literal(Constraint::any(Dimension::Resource, vec![Pattern::of(tokens)])));
        }
        Region::of(literals)
    }

    /// A request that `after` allows and `before` does not.
    ///
    /// Such a request lies in an Allow of `after`, in no Deny of `after`, and either in no Allow of `before` or in one of
    /// its Denies.
    pub fn gained(&mut self, before: &Rights, after: &Rights) -> Found {
        self.work = 0;
        let mut shown = true;
        for allow in &after.allow {
            if before.deny.is_empty() && before.allow.binary_search(allow).is_ok() {
                continue;
            }
            let minus: Vec<&Region> = after.deny.iter().chain(&before.allow).collect();
            let mut answers = vec![self.escape(allow, &minus)];
            let denied: Vec<&Region> = after.deny.iter().collect();
            for deny in &before.deny {
                let both = allow.and(&deny.0);
                answers.push(self.escape(&both, &denied));
            }
            for answer in answers {
                match answer {
                    Found::None => {}
                    Found::Witness(request) => return Found::Witness(request),
                    Found::NotShown => shown = false,
                }
            }
        }
        if shown { Found::None } else { Found::NotShown }
    }

    /// Whether an obvious request of a region lies in none of the others: true is a proof, false says nothing.
    pub(super) fn plainly_escapes(&mut self, region: &Region, minus: &[&Region]) -> bool {
        let Some(sample) = self.space.sample(region) else { return false };
        !minus.iter().any(|other| self.space.may_hold(other, &sample))
    }

    /// Whether `before` allows all that `after` allows, where `after` denies nothing: the short question to
    /// [`Comparison::gained`].
    pub fn gains_nothing(&mut self, before: &Rights, after: &Rights) -> bool {
        let already: Vec<&Region> = before.allow.iter().collect();
        let plainly = after.deny.is_empty()
            && after.allow.iter().any(|allow| {
                before.allow.binary_search(allow).is_err() && self.plainly_escapes(allow, &already)
            });
        !plainly && self.gained(before, after) == Found::None
    }

    /// A request of a region that lies in none of the others.
    pub(super) fn escape(&mut self, region: &Region, minus: &[&Region]) -> Found {
        self.work += 1 + minus.len();
        if self.work > MOST_WORK {
            return Found::NotShown;
        }
        if self.is_empty(region) {
            return Found::None;
        }
        let mut open: Vec<(Vec<Literal>, usize)> = Vec::new();
        for (index, other) in minus.iter().enumerate() {
            if self.is_apart(region, other) {
                continue;
            }
            let outside: Vec<Literal> =
                other.0.iter().copied().filter(|literal| !self.implies(region, *literal)).collect();
            if outside.is_empty() {
                return Found::None;
            }
            open.push((outside, index));
        }
        // What leaves the fewest pieces goes first.
        let Some((outside, chosen)) =
            open.iter().min_by_key(|(outside, index)| (outside.len(), *index)).cloned()
        else {
            return self.witness(region);
        };
        let rest: Vec<&Region> =
            open.iter().filter(|(_, index)| *index != chosen).map(|(_, index)| minus[*index]).collect();
        let mut shown = true;
        for literal in outside {
            let piece = region.and(&[literal.complement()]);
            match self.escape(&piece, &rest) {
                Found::None => {}
                Found::Witness(request) => return Found::Witness(request),
                Found::NotShown => shown = false,
            }
        }
        if shown { Found::None } else { Found::NotShown }
    }

    /// Whether no request lies in a region: proved.
    pub(super) fn is_empty(&mut self, region: &Region) -> bool {
        region.axes().any(|axis| self.space.point(region, axis, &[]) == Point::Empty)
    }

    /// Whether two regions have no request in common: proved.
    pub(super) fn is_apart(&mut self, region: &Region, other: &Region) -> bool {
        if self.space.are_other_services(region, other) {
            return true;
        }
        // Resources cost most to compare.
        [false, true].iter().any(|last| {
            let mut axes = other.axes().filter(|axis| (*axis == Axis::RESOURCE) == *last);
            axes.any(|axis| self.space.point(region, axis, other.on(axis)) == Point::Empty)
        })
    }

    /// Whether every request of a region meets a literal: proved.
    fn implies(&mut self, region: &Region, literal: Literal) -> bool {
        if region.0.contains(&literal) {
            return true;
        }
        self.space.point(region, literal.axis, &[literal.complement()]) == Point::Empty
    }

    /// A request of a region, in values that a person would choose where they fit.
    fn witness(&mut self, region: &Region) -> Found {
        let mut request = Request {
            service: "x.amazonaws.com".to_owned(),
            action: String::new(),
            resource: String::new(),
            context: BTreeMap::new(),
        };
        for axis in region.axes() {
            let dimension = self.space.dimension(axis).clone();
            let text = match self.nicest(region, axis, &dimension) {
                Point::Text(text) => text,
                Point::Missing => continue,
                Point::Empty | Point::Opaque | Point::Unknown => return Found::NotShown,
            };
            match dimension {
                Dimension::Principal => request.service = text,
                Dimension::Action => request.action = text,
                Dimension::Resource => request.resource = text,
                Dimension::Key(key) => {
                    request.context.insert(key, vec![text]);
                }
                Dimension::Opaque(_) => return Found::NotShown,
            }
        }
        Found::Witness(request)
    }

    fn nicest(&mut self, region: &Region, axis: Axis, dimension: &Dimension) -> Point {
        for pattern in nice(dimension, &self.prefix) {
            let wish = self.space.literal(Constraint::any(dimension.clone(), vec![pattern]));
            let point = self.space.point(region, axis, &[wish]);
            if let Point::Text(_) = point {
                return point;
            }
        }
        self.space.point(region, axis, &[])
    }
}

/// Shapes that a person would choose, the best first.
fn nice(dimension: &Dimension, prefix: &str) -> Vec<Pattern> {
    let read = |text: &str| Pattern::read(text, Reading::Wildcards, false);
    let shapes = match dimension {
        Dimension::Principal => vec![read("?*.amazonaws.com")],
        Dimension::Action => vec![read("logs:PutLogEvents")],
        Dimension::Resource => {
            vec![read(&format!("{prefix}/?*:log-stream:x")), read(&format!("{prefix}?*:log-stream:x"))]
        }
        Dimension::Key(key) if key == "aws:sourceaccount" => vec![read(&"?".repeat(12))],
        Dimension::Key(key) if key == "aws:sourcearn" => vec![read("arn:?*:?*:?*:?*:?*")],
        Dimension::Key(_) | Dimension::Opaque(_) => Vec::new(),
    };
    shapes.into_iter().flatten().collect()
}

fn letters(text: &str) -> Vec<Token> {
    text.chars().map(Token::Letter).collect()
}

/// How access changes from one set of policies to another.
///
/// ```
/// use logpolicy::policy::{AccessChange, Attached, Document, Found};
///
/// let policy = |service: &str| {
///     Document::from_text(format!(
///         r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Service":"{service}"}},
///             "Action":"logs:PutLogEvents","Resource":"*"}}}}"#
///     ))
/// };
/// let (before, after) = (policy("es.amazonaws.com"), policy("events.amazonaws.com"));
/// let change = AccessChange::between(
///     "arn:aws:logs:us-east-1:111122223333:log-group:",
///     &[Attached { document: &before, log_group: None }],
///     &[Attached { document: &after, log_group: None }],
/// );
/// let Found::Witness(request) = &change.gained else { panic!("something is gained") };
/// assert_eq!(request.service, "events.amazonaws.com");
/// assert!(matches!(change.lost, Found::Witness(_)));
/// assert!(!change.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessChange {
    /// A request that is newly allowed.
    pub gained: Found,
    /// A request that is no longer allowed.
    pub lost: Found,
}

impl AccessChange {
    /// Whether nothing is allowed that was not, and the other way round: proved.
    pub fn is_none(&self) -> bool {
        self.gained == Found::None && self.lost == Found::None
    }

    /// Compares two sets of policies of one account and Region; see [`Comparison::new`] for `prefix`.
    pub fn between(prefix: &str, before: &[Attached<'_>], after: &[Attached<'_>]) -> Self {
        Self::of(&mut Comparison::new(prefix), before, after)
    }

    /// What changes, by a comparison of the same account and Region that answers further questions as well.
    pub fn of(comparison: &mut Comparison, before: &[Attached<'_>], after: &[Attached<'_>]) -> Self {
        let (old, new) =
            (comparison.rights(before.iter().copied()), comparison.rights(after.iter().copied()));
        let prefix = comparison.prefix.clone();
        let gained = confirmed(comparison.gained(&old, &new), &prefix, before, after);
        let lost = confirmed(comparison.gained(&new, &old), &prefix, after, before);
        Self { gained, lost }
    }
}

/// A witness counts only when the evaluator agrees that one side allows it and the other does not.
fn confirmed(found: Found, prefix: &str, without: &[Attached<'_>], with: &[Attached<'_>]) -> Found {
    let Found::Witness(request) = found else { return found };
    let allowed = |policies: &[Attached<'_>]| is_allowed(prefix, policies, &request);
    if allowed(with) && !allowed(without) { Found::Witness(request) } else { Found::NotShown }
}

/// Whether some policies of an account and Region allow a request; a log group's policy counts for its own streams.
pub fn is_allowed(prefix: &str, policies: &[Attached<'_>], request: &Request) -> bool {
    let speaks = |policy: &&Attached<'_>| {
        policy
            .log_group
            .is_none_or(|name| request.resource.starts_with(&format!("{prefix}{name}:log-stream:")))
    };
    evaluate(policies.iter().filter(speaks).map(|policy| policy.document), request).allowed
}
