//! Regions: a statement as a product of languages over principal, action, resource and each condition key.
//!
//! A region is a conjunction of literals; each literal is a constraint on one dimension, or its complement. A test on a
//! condition key is met by a missing key or not, which is one more letter of that dimension. What is not regular
//! (numeric, date, IP and set operators, policy variables) is opaque: one literal, equal to itself and to nothing else.

use std::collections::BTreeMap;

use super::clause::{Clause, Patterns, Principals};
use super::condition::{Operator, Test};
use super::language::{Budget, Left, Union, is_plainly_empty, left};
use super::pattern::{Pattern, Reading, Token};

/// What a constraint speaks about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dimension {
    Principal,
    Action,
    Resource,
    /// A condition key, in lower case.
    Key(String),
    /// A test that is not regular, by its text.
    Opaque(String),
}

/// A constraint on one dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Constraint {
    pub(super) dimension: Dimension,
    union: Union,
    /// The strings are those that match none of the patterns.
    turned: bool,
    /// A missing key meets it.
    missing: bool,
}

/// A dimension by its number: in the order in which they were first spoken about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Axis(u32);

impl Axis {
    const PRINCIPAL: Self = Self(0);
    pub(super) const RESOURCE: Self = Self(2);
}

/// The dimensions that every comparison speaks about, in the order of their numbers.
const ALWAYS: [Dimension; 3] = [Dimension::Principal, Dimension::Action, Dimension::Resource];

/// A constraint by its number, or its complement, under the number of its dimension: sorted, the literals of a
/// dimension stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Literal {
    pub(super) axis: Axis,
    id: u32,
    complement: bool,
}

impl Literal {
    pub(super) fn complement(self) -> Self {
        Self { complement: !self.complement, ..self }
    }
}

/// A set of requests: a conjunction of literals, sorted by dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(pub(super) Vec<Literal>);

impl Region {
    /// The region of some literals.
    pub(super) fn of(mut literals: Vec<Literal>) -> Self {
        literals.sort_unstable();
        literals.dedup();
        Self(literals)
    }

    /// What lies in both.
    pub(super) fn and(&self, other: &[Literal]) -> Self {
        let mut literals = Vec::with_capacity(self.0.len() + other.len());
        literals.extend_from_slice(&self.0);
        literals.extend_from_slice(other);
        Self::of(literals)
    }

    /// The literals on one dimension.
    pub(super) fn on(&self, axis: Axis) -> &[Literal] {
        let from = self.0.partition_point(|literal| literal.axis < axis);
        let length = self.0[from..].iter().take_while(|literal| literal.axis == axis).count();
        &self.0[from..from + length]
    }

    /// The dimensions, each once.
    pub(super) fn axes(&self) -> impl DoubleEndedIterator<Item = Axis> + '_ {
        self.0.chunk_by(|one, other| one.axis == other.axis).map(|literals| literals[0].axis)
    }
}

/// What can be said of one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Point {
    /// Nothing fits.
    Empty,
    /// A missing key fits.
    Missing,
    /// This string fits.
    Text(String),
    /// It depends on what is opaque.
    Opaque,
    /// The bound was met.
    Unknown,
}

/// One request by dimension; a missing key is nothing.
pub(super) type Sample = Vec<(Axis, Option<String>)>;

/// All constraints, each once, and what was found out about them.
#[derive(Debug)]
pub(super) struct Space {
    dimensions: Vec<Dimension>,
    axes: BTreeMap<Dimension, Axis>,
    constraints: Vec<Constraint>,
    literals: BTreeMap<Constraint, Literal>,
    points: BTreeMap<Vec<Literal>, Point>,
    /// Whether two literals on services have none in common.
    services: BTreeMap<(Literal, Literal), bool>,
    budget: Budget,
}

impl Default for Space {
    fn default() -> Self {
        let mut space = Self {
            dimensions: Vec::new(),
            axes: BTreeMap::new(),
            constraints: Vec::new(),
            literals: BTreeMap::new(),
            points: BTreeMap::new(),
            services: BTreeMap::new(),
            budget: MOST_WORDS,
        };
        for dimension in &ALWAYS {
            space.axis(dimension);
        }
        space
    }
}

/// What one comparison may cost in all: a fraction of a second.
const MOST_WORDS: Budget = Budget(100_000_000);

impl Space {
    /// The number of a dimension.
    fn axis(&mut self, dimension: &Dimension) -> Axis {
        if let Some(axis) = self.axes.get(dimension) {
            return *axis;
        }
        let axis = Axis(number(self.dimensions.len()));
        self.dimensions.push(dimension.clone());
        self.axes.insert(dimension.clone(), axis);
        axis
    }

    /// The literal that asks for a constraint.
    pub(super) fn literal(&mut self, constraint: Constraint) -> Literal {
        if let Some(literal) = self.literals.get(&constraint) {
            return *literal;
        }
        let axis = self.axis(&constraint.dimension);
        let literal = Literal { axis, id: number(self.constraints.len()), complement: false };
        self.constraints.push(constraint.clone());
        self.literals.insert(constraint, literal);
        literal
    }

    fn constraint(&self, literal: Literal) -> &Constraint {
        &self.constraints[literal.id as usize]
    }

    pub(super) fn dimension(&self, axis: Axis) -> &Dimension {
        &self.dimensions[axis.0 as usize]
    }

    /// Whether two regions speak about different services: proved, and asked once for each two constraints.
    pub(super) fn are_other_services(&mut self, region: &Region, other: &Region) -> bool {
        let on = |region: &Region| region.0.first().copied().filter(|first| first.axis == Axis::PRINCIPAL);
        let (Some(one), Some(another)) = (on(region), on(other)) else { return false };
        let pair = (one.min(another), one.max(another));
        if let Some(known) = self.services.get(&pair) {
            return *known;
        }
        let apart = self.point(&Region(vec![one]), Axis::PRINCIPAL, &[another]) == Point::Empty;
        self.services.insert(pair, apart);
        apart
    }

    /// What fits one dimension of a region together with further literals on it.
    pub(super) fn point(&mut self, region: &Region, axis: Axis, more: &[Literal]) -> Point {
        let here = region.on(axis);
        if more.is_empty()
            && let Some(point) = self.points.get(here)
        {
            return point.clone();
        }
        let mut literals = Vec::with_capacity(here.len() + more.len());
        literals.extend_from_slice(here);
        literals.extend_from_slice(more);
        literals.sort_unstable();
        literals.dedup();
        if let Some(point) = self.points.get(&literals) {
            return point.clone();
        }
        let point = self.find(axis, &literals);
        self.points.insert(literals, point.clone());
        point
    }

    fn find(&mut self, axis: Axis, literals: &[Literal]) -> Point {
        let dimension = self.dimension(axis);
        let contradicts = |literal: &Literal| literals.contains(&literal.complement());
        if literals.iter().any(contradicts) {
            return Point::Empty;
        }
        if let Dimension::Opaque(_) = dimension {
            return Point::Opaque;
        }
        let held = |literal: &Literal| self.constraint(*literal);
        let is_key = matches!(dimension, Dimension::Key(_));
        if is_key && literals.iter().all(|literal| held(literal).missing != literal.complement) {
            return Point::Missing;
        }
        let signed: Vec<_> = literals
            .iter()
            .map(|literal| (&held(literal).union, held(literal).turned != literal.complement))
            .collect();
        if is_plainly_empty(&signed) {
            return Point::Empty;
        }
        let mut budget = self.budget;
        let found = left(&signed, letters(dimension), &mut budget);
        self.budget = budget;
        match found {
            Left::Nothing => Point::Empty,
            Left::Some(text) => Point::Text(text),
            Left::Unknown => Point::Unknown,
        }
    }

    /// One request of a region, by dimension, where each dimension alone has an answer; a missing key is nothing.
    pub(super) fn sample(&mut self, region: &Region) -> Option<Sample> {
        let mut sample = Sample::new();
        for axis in region.axes() {
            let value = match self.point(region, axis, &[]) {
                Point::Text(text) => Some(text),
                Point::Missing => None,
                Point::Empty | Point::Opaque | Point::Unknown => return None,
            };
            sample.push((axis, value));
        }
        Some(sample)
    }

    /// Whether a request lies in a region; keys that it does not name are missing. True where it cannot be told.
    pub(super) fn may_hold(&self, region: &Region, sample: &Sample) -> bool {
        region.0.iter().all(|literal| {
            let constraint = self.constraint(*literal);
            let value = sample.iter().find(|(axis, _)| *axis == literal.axis).map(|(_, value)| value);
            let meets = match (&constraint.dimension, value) {
                (Dimension::Opaque(_), _) => return true,
                (_, Some(Some(text))) => {
                    constraint.union.patterns.iter().any(|pattern| pattern.matches(text)) != constraint.turned
                }
                (Dimension::Key(_), _) => constraint.missing,
                (_, _) => return true,
            };
            meets != literal.complement
        })
    }
}

/// The place of a constraint or a dimension; there are never four thousand million of them.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Letters that make readable examples.
fn letters(dimension: &Dimension) -> &'static str {
    match dimension {
        Dimension::Key(key) if key.ends_with("account") => "4567890",
        _ => "xyzabc",
    }
}

impl Constraint {
    /// Strings that match one of some patterns.
    pub(super) fn any(dimension: Dimension, patterns: Vec<Pattern>) -> Self {
        Self { dimension, union: Union { patterns }, turned: false, missing: false }
    }

    fn turned(self, turned: bool) -> Self {
        Self { turned, ..self }
    }
}

/// The constraints of a clause: a request meets the clause when it meets them all.
pub(super) fn constraints(clause: &Clause) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    let names = |names: &[String]| {
        names.iter().filter_map(|name| Pattern::read(name, Reading::Literal, false)).collect()
    };
    match &clause.principals {
        Principals::Everyone => {}
        Principals::Services(services) => {
            constraints.push(Constraint::any(Dimension::Principal, names(services)));
        }
        Principals::AllBut(services) => {
            constraints.push(Constraint::any(Dimension::Principal, names(services)).turned(true));
        }
    }
    constraints.push(element(Dimension::Action, "Action", &clause.actions));
    constraints.push(element(Dimension::Resource, "Resource", &clause.resources));
    constraints.extend(clause.tests.iter().map(|test| of_test(test, clause.variables)));
    constraints
}

fn element(dimension: Dimension, name: &str, patterns: &Patterns) -> Constraint {
    match patterns.patterns.iter().cloned().collect::<Option<Vec<Pattern>>>() {
        Some(all) => Constraint::any(dimension, all).turned(patterns.negated),
        None => opaque(format!("{name} {} {:?}", patterns.negated, patterns.written)),
    }
}

fn opaque(text: String) -> Constraint {
    Constraint::any(Dimension::Opaque(text), Vec::new())
}

fn of_test(test: &Test, variables: bool) -> Constraint {
    let dimension = Dimension::Key(test.key.clone());
    let missing = test.if_exists || test.operator.is_negated();
    let reading = match test.operator {
        Operator::Null => return null(dimension, &test.values),
        Operator::Equals | Operator::NotEquals => Some(Reading::Literal),
        Operator::EqualsAnyCase | Operator::NotEqualsAnyCase | Operator::Bool => {
            Some(Reading::LiteralAnyCase)
        }
        Operator::Like | Operator::NotLike => Some(Reading::Wildcards),
        Operator::Arn | Operator::NotArn => Some(Reading::Arn),
        Operator::Numeric(_) | Operator::Date(_) | Operator::Ip | Operator::NotIp | Operator::Binary => None,
    };
    let variables = variables && test.operator != Operator::Bool;
    let patterns = reading.filter(|_| test.set.is_none()).and_then(|reading| {
        test.values
            .iter()
            .map(|value| Pattern::read(value, reading, variables))
            .collect::<Option<Vec<Pattern>>>()
    });
    match patterns {
        Some(patterns) => {
            let constraint = Constraint::any(dimension, patterns).turned(test.operator.is_negated());
            Constraint { missing, ..constraint }
        }
        None => {
            let mut values = test.values.clone();
            values.sort();
            values.dedup();
            let reads = if variables && values.iter().any(|value| value.contains("${")) {
                " with variables"
            } else {
                ""
            };
            opaque(format!("{} {} {values:?}{reads}", test.written.to_ascii_lowercase(), test.key))
        }
    }
}

/// `Null`: "true" is a missing key, "false" any string.
fn null(dimension: Dimension, values: &[String]) -> Constraint {
    let says = |wanted: bool| values.iter().any(|value| value.eq_ignore_ascii_case("true") == wanted);
    let present = if says(false) { vec![Pattern::of(vec![Token::Run])] } else { Vec::new() };
    Constraint { missing: says(true), ..Constraint::any(dimension, present) }
}
