//! The files as they will be: written, read back, judged and compared before they reach the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use crate::config::{Loaded, parse_with};
use crate::import::{Found, Joined, joined};
use crate::model::{Diagnostic, Diagnostics, PolicyAddress, Severity, SourceSpan, Target, Unmanaged};
use crate::policy::Document;
use crate::report::{DeclaredTarget, DesiredEntry, DesiredFile, Unplaced, desired_yaml};
use crate::validate::{ACCESS_TEST_FAILS, judged};

use super::super::failure::Failure;
use super::super::scope::{Scope, Scopes};
use super::super::world::World;
use super::look::{LeftOut, Seen};
use super::place::{Output, Place};

/// Why an entry accepts its findings.
const REASON: &str = "imported as it is and to be reviewed";

/// A file to be written.
pub(super) struct Written {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Where its entries stand, each with the number of its group.
    places: Vec<(Range<usize>, usize)>,
}

/// A draft that can be read and says what it stands for.
pub(super) struct Settled {
    pub(super) texts: Vec<Written>,
    /// The files together with those that were read.
    pub(super) loaded: Loaded,
    /// Errors that no entry can accept.
    pub(super) findings: Diagnostics,
}

/// Entries of one document.
struct Group {
    joined: Joined,
    scopes: Vec<Scope>,
    comments: Vec<String>,
    findings: BTreeSet<String>,
    accepted: BTreeMap<String, String>,
    is_left_out: bool,
}

/// The entries, and what they are written with.
pub(super) struct Draft<'a> {
    world: &'a World,
    place: &'a Place,
    groups: Vec<Group>,
    declared: BTreeMap<String, DeclaredTarget>,
    comments: Vec<String>,
}

impl<'a> Draft<'a> {
    /// Joins what was seen into entries.
    pub(super) fn new(world: &'a World, place: &'a Place, seen: &[Seen], unplaced: &[Unplaced]) -> Self {
        let found = |seen: &Seen| -> Vec<Found> {
            let one = |(key, taken): (&_, &super::look::Taken)| Found {
                target: seen.target.clone(),
                key: Clone::clone(key),
                document: taken.document.clone(),
            };
            seen.taken.iter().map(one).collect()
        };
        // In a file of its own a target's documents say what they say there.
        let all: Vec<Joined> = match place.output {
            Output::Folder(_) => seen.iter().flat_map(|seen| joined(found(seen))).collect(),
            Output::Stdout | Output::File(_) => joined(seen.iter().flat_map(found)),
        };
        let mut scopes = Scopes::new(&world.all_targets);
        let groups = all.into_iter().map(|joined| Group {
            scopes: scopes.covering(&joined.targets),
            comments: comments_of(&joined, seen),
            joined,
            findings: BTreeSet::new(),
            accepted: BTreeMap::new(),
            is_left_out: false,
        });
        let groups = groups.collect();
        let mut comments = vec!["Written by `logpolicy import`.".to_owned()];
        comments.extend(unplaced.iter().map(|Unplaced { origin, place, because }| {
            let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            format!("{place}{origin} is left out: {because}")
        }));
        Self { world, place, groups, declared: scopes.declared(), comments }
    }

    /// Writes and reads back until every entry says what it stands for; what cannot be said is left out of it.
    pub(super) fn settle(&mut self, seen: &mut [Seen]) -> Result<Settled, Failure> {
        loop {
            let texts = self.texts(seen);
            let read: Vec<(PathBuf, String)> =
                texts.iter().map(|written| (written.path.clone(), written.text.clone())).collect();
            let loaded = parse_with(&self.place.base, &read)?.loaded(&self.world.directory);
            let mut wrong = Self::unreadable(&loaded, &texts);
            if wrong.is_empty() {
                unattributed(&loaded)?;
                wrong = self.differing(&loaded, seen);
            }
            if !wrong.is_empty() {
                self.leave_out(wrong, seen);
                continue;
            }
            let mut findings = judged(&loaded.desired);
            findings.retain(|finding| finding.code.0 != ACCESS_TEST_FAILS);
            if self.annotate(&findings, seen) {
                continue;
            }
            findings.retain(|finding| finding.severity == Severity::Error && self.is_new(finding));
            return Ok(Settled { texts, loaded, findings });
        }
    }

    /// The entries that the reader refuses, with its words.
    fn unreadable(loaded: &Loaded, texts: &[Written]) -> BTreeMap<usize, String> {
        let mut wrong = BTreeMap::new();
        for finding in loaded.diagnostics.iter().filter(|finding| finding.severity == Severity::Error) {
            let spans = finding.span.into_iter().chain(finding.related.iter().map(|(span, _)| *span));
            if let Some(group) = spans.filter_map(|span| group_at(loaded, texts, span)).next() {
                wrong.entry(group).or_insert_with(|| finding.message.clone());
            }
        }
        wrong
    }

    /// The entries that would be read as another document: a fault of this program, which must not reach a file.
    fn differing(&self, loaded: &Loaded, seen: &[Seen]) -> BTreeMap<usize, String> {
        let mut wrong = BTreeMap::new();
        let targets: BTreeMap<&Target, _> =
            loaded.desired.targets.iter().map(|at| (&at.target, at)).collect();
        for found in seen {
            let Some(at) = targets.get(&found.target) else { continue };
            let desired = loaded.desired.at(at);
            for (number, group) in self.groups.iter().enumerate() {
                let key = &group.joined.key;
                let (false, Some(taken)) = (group.is_left_out, found.taken.get(key)) else { continue };
                if !group.joined.targets.contains(&found.target) {
                    continue;
                }
                let expected = Document::from_json(taken.document.at(&found.target));
                if desired.policies.get(key).is_none_or(|policy| *policy.document != expected) {
                    let because = "it would be read back as another document; please report this".to_owned();
                    wrong.insert(number, because);
                }
            }
        }
        wrong
    }

    fn leave_out(&mut self, wrong: BTreeMap<usize, String>, seen: &mut [Seen]) {
        for (number, because) in wrong {
            let Some(group) = self.groups.get_mut(number) else { continue };
            group.is_left_out = true;
            for found in seen.iter_mut().filter(|found| group.joined.targets.contains(&found.target)) {
                if found.taken.remove(&group.joined.key).is_some() {
                    let because = because.trim_end_matches('.');
                    found.left_out.insert(group.joined.key.clone(), LeftOut::unusable(because));
                }
            }
        }
    }

    /// Notes findings at their entries, which accept those that are errors; says whether that is news.
    fn annotate(&mut self, findings: &Diagnostics, seen: &mut [Seen]) -> bool {
        let mut news = false;
        for finding in findings {
            let Some(PolicyAddress { target, key }) = &finding.address else { continue };
            let here = |group: &&mut Group| {
                !group.is_left_out && group.joined.key == *key && group.joined.targets.contains(target)
            };
            let Some(group) = self.groups.iter_mut().find(here) else { continue };
            let is_error = finding.severity == Severity::Error;
            let weight = if is_error { "error, accepted" } else { "warning" };
            let line = format!("{} {weight}: {}", finding.code.0, finding.message);
            for found in seen.iter_mut().filter(|found| group.joined.targets.contains(&found.target)) {
                if let Some(taken) = found.taken.get_mut(key) {
                    taken.findings.insert(line.clone());
                }
            }
            news |= group.findings.insert(line);
            if is_error {
                news |= group.accepted.insert(finding.code.0.to_owned(), REASON.to_owned()).is_none();
            }
        }
        news
    }

    /// Whether an error was not there before the entries were.
    fn is_new(&self, finding: &Diagnostic) -> bool {
        let same = |before: &&Diagnostic| before.code == finding.code && before.message == finding.message;
        !self.world.diagnostics.iter().any(|before| same(&before))
    }

    /// The files of the entries that are left.
    fn texts(&self, seen: &[Seen]) -> Vec<Written> {
        let mut files: BTreeMap<PathBuf, (DesiredFile, Vec<usize>)> = BTreeMap::new();
        for (number, group) in self.groups.iter().enumerate().filter(|(_, group)| !group.is_left_out) {
            let path = match &self.place.declares {
                Some(_) if !matches!(self.place.output, Output::Folder(_)) => self.place.output.head(),
                _ => group.joined.targets.first().map(|at| self.place.output.path(at)).unwrap_or_default(),
            };
            let (file, numbers) = files.entry(path).or_default();
            for scope in &group.scopes {
                let declared = scope.targets.iter().filter_map(|name| self.declared.get_key_value(name));
                file.targets.extend(declared.map(|(name, target)| (name.clone(), target.clone())));
                file.policies.push(entry(group, scope));
                numbers.push(number);
            }
        }
        if let Some(declares) = &self.place.declares {
            let (head, _) = files.entry(self.place.output.head()).or_default();
            head.targets.clone_from(declares);
            (head.ignore, head.ignore_comments) = ignored(seen);
        }
        let written = files.into_iter().map(|(path, (mut file, numbers))| {
            file.comments.clone_from(&self.comments);
            let (text, places) = desired_yaml(&file);
            Written { path, text, places: places.into_iter().zip(numbers).collect() }
        });
        written.collect()
    }
}

/// An entry for one scope of a group.
fn entry(group: &Group, scope: &Scope) -> DesiredEntry {
    let comments = group.comments.iter().chain(&group.findings).cloned().collect();
    DesiredEntry {
        key: group.joined.key.clone(),
        document: group.joined.document.clone(),
        targets: scope.targets.clone(),
        regions: scope.regions.clone(),
        adopt: false,
        replaces: Vec::new(),
        accepted: group.accepted.clone(),
        comments,
    }
}

/// Where other tools declare the policies of a group, and how what is live differs.
fn comments_of(joined: &Joined, seen: &[Seen]) -> Vec<String> {
    let mut lines = Vec::new();
    for found in seen.iter().filter(|found| joined.targets.contains(&found.target)) {
        let Some(taken) = found.taken.get(&joined.key) else { continue };
        let origin = taken.origin.iter().map(|origin| format!("From {origin}."));
        let differs = taken.differs.iter().map(|differs| format!("At {}: {differs}.", found.target));
        for line in origin.chain(differs) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// The group whose entry holds a place.
fn group_at(loaded: &Loaded, texts: &[Written], span: SourceSpan) -> Option<usize> {
    let file = loaded.sources.file(span)?;
    let written = texts.iter().find(|written| written.path.display().to_string() == file.path)?;
    let found = written.places.iter().find(|(range, _)| range.contains(&span.start))?;
    Some(found.1)
}

/// An error that belongs to no entry, such as a file that is too large.
fn unattributed(loaded: &Loaded) -> Result<(), Failure> {
    let Some(finding) = loaded.diagnostics.iter().find(|finding| finding.severity == Severity::Error) else {
        return Ok(());
    };
    let hints = vec![
        "Nothing was written. Import fewer policies at once, or write one file for each target with `-o FOLDER/`."
            .to_owned(),
    ];
    Err(Failure::error(format!("the desired state could not be read back: {}", finding.message), hints))
}

/// What is left out of what is live, for `unmanaged.ignore`: the default and the names that it does not cover. A name
/// with a wildcard in it would cover others as well, and is only said: unmanaged policies are kept anyway.
fn ignored(seen: &[Seen]) -> (Vec<String>, Vec<String>) {
    let default = Unmanaged::default();
    let mut left_out: BTreeMap<String, (bool, &str)> = BTreeMap::new();
    for found in seen {
        for (key, why) in &found.left_out {
            let name = if key.takes_slot() { key.identity.clone() } else { key.to_string() };
            left_out.insert(name, (default.ignores(key), &why.because));
        }
    }
    if left_out.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let aws: Vec<&str> =
        left_out.iter().filter(|(_, (is_aws, _))| *is_aws).map(|(name, _)| name.as_str()).collect();
    let mut comments = Vec::new();
    if !aws.is_empty() {
        comments.push(format!("Written by AWS services, and not imported: {}.", aws.join(", ")));
    }
    let mut patterns = default.ignore;
    for (name, (_, because)) in left_out.iter().filter(|(_, (is_aws, _))| !is_aws) {
        comments.push(format!("{name} is left out: {because}."));
        if !name.contains(['*', '?']) {
            patterns.push(name.clone());
        }
    }
    (patterns, comments)
}
