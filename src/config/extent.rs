//! How far a name under `targets` reaches: from what it says, and from what a directory knows.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::model::{
    AccountId, AccountsOf, DesiredTarget, Diagnostic, Directory, Limits, Members, OpenTarget, Region,
    RegionsOf, SourceSpan, Sources, Target,
};

use super::code;
use super::decode::Decoder;
use super::organization::Organization;
use super::role::AccessTemplate;
use super::target::{Accounts, NamedTargets, Regions, limits};
use super::variable::Variables;

/// The most accounts and Regions of one desired state: ten times a large organisation.
const MOST_TARGETS: usize = 100_000;

/// A name under `targets`, with all places that it leads to.
pub(super) struct Extent<'a> {
    entry: &'a NamedTargets,
    access: AccessTemplate,
    places: Vec<(AccountId, Rc<BTreeSet<Region>>)>,
    /// What of the places stands in for what is not known.
    open: Option<OpenTarget>,
}

/// All names.
pub(super) struct Extents<'a>(BTreeMap<&'a str, Extent<'a>>);

impl Organization {
    /// The questions that find its accounts.
    pub(super) fn questions(
        &self,
        access: &AccessTemplate,
    ) -> impl Iterator<Item = (AccountsOf, SourceSpan)> {
        let question = |unit: Option<&String>| AccountsOf {
            profile: access.profile().map(ToOwned::to_owned),
            partition: access.partition,
            unit: unit.cloned(),
        };
        let whole = self.units.is_empty().then(|| (question(None), self.span));
        let units = self.units.iter().map(|(unit, span)| (question(Some(unit)), *span));
        units.chain(whole).collect::<Vec<_>>().into_iter()
    }

    /// Everybody who was found; nothing where a question is open.
    pub(super) fn members(&self, access: &AccessTemplate, directory: &Directory) -> Option<Members> {
        let mut members = Members::default();
        for (question, _) in self.questions(access) {
            members.add(directory.accounts.get(&question)?);
        }
        Some(members)
    }

    /// Those in use that are not left out.
    pub(super) fn chosen(&self, members: Members) -> Vec<AccountId> {
        let is_excluded = |account: &AccountId| self.exclude.iter().any(|(excluded, _)| excluded == account);
        members.active.into_iter().filter(|account| !is_excluded(account)).collect()
    }
}

impl NamedTargets {
    /// Its accounts, as far as they are known.
    pub(super) fn accounts(&self, access: &AccessTemplate, directory: &Directory) -> Option<Vec<AccountId>> {
        match &self.accounts {
            Accounts::Listed(accounts) => Some(accounts.clone()),
            Accounts::Organization(organization) => {
                organization.members(access, directory).map(|members| organization.chosen(members))
            }
        }
    }
}

impl<'a> Extent<'a> {
    fn new(
        name: &str,
        entry: &'a NamedTargets,
        access: AccessTemplate,
        directory: &Directory,
        stand_in: u32,
    ) -> Self {
        let known = entry.accounts(&access, directory);
        let mut open = OpenTarget {
            name: name.to_owned(),
            account: known.is_none().then(|| AccountId::stand_in(stand_in)),
            has_units: matches!(&entry.accounts, Accounts::Organization(found) if !found.units.is_empty()),
            regions: false,
        };
        let accounts = known.unwrap_or_else(|| open.account.clone().into_iter().collect());
        let usual = || Rc::new(BTreeSet::from([access.partition.home()]));
        let mut regions = |account: &AccountId| match &entry.regions {
            Regions::Listed(regions) => Rc::clone(regions),
            Regions::All(_) => {
                let question = regions_of(&access, account);
                let known = question.and_then(|question| directory.regions.get(&question));
                open.regions |= known.is_none();
                known.map_or_else(usual, |regions| Rc::new(regions.clone()))
            }
        };
        let place = |account: AccountId| {
            let regions = regions(&account);
            (account, regions)
        };
        let places = accounts.into_iter().map(place).collect();
        let is_open = open.account.is_some() || open.regions;
        Self { entry, access, places, open: is_open.then_some(open) }
    }

    /// Whether it may lead to other Regions than those that are known.
    fn has_open_regions(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.regions)
    }
}

/// The question for the Regions of an account; nothing where nobody can ask it.
pub(super) fn regions_of(access: &AccessTemplate, account: &AccountId) -> Option<RegionsOf> {
    let reached = access.of_account(account)?;
    Some(RegionsOf { account: account.clone(), access: reached, partition: access.partition })
}

impl<'a> Extents<'a> {
    /// Finds where each name leads.
    pub(super) fn new(
        named: &'a BTreeMap<String, NamedTargets>,
        directory: &Directory,
        context: (&Variables, &Sources),
        decoder: &mut Decoder<'_>,
    ) -> Self {
        let mut stand_in = 0;
        let mut extent = |(name, entry): (&'a String, &'a NamedTargets)| {
            let access = AccessTemplate::read(entry, context, decoder);
            let extent = Extent::new(name, entry, access, directory, stand_in);
            // Each has a stand-in of its own: two units rarely share an account.
            stand_in += u32::from(extent.open.as_ref().is_some_and(|open| open.account.is_some()));
            (name.as_str(), extent)
        };
        Self(named.iter().map(&mut extent).collect())
    }

    /// Whether a name is declared.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.0.keys().copied()
    }

    fn chosen(&self, names: Option<&BTreeSet<String>>) -> impl Iterator<Item = &Extent<'a>> {
        let chosen = self.0.iter().filter(move |(name, _)| names.is_none_or(|names| names.contains(**name)));
        chosen.map(|(_, extent)| extent)
    }

    /// The Regions of some names, or of all.
    pub(super) fn regions(&self, names: Option<&BTreeSet<String>>) -> BTreeSet<&Region> {
        let mut lists: Vec<&Rc<BTreeSet<Region>>> = self
            .chosen(names)
            .flat_map(|extent| match &extent.entry.regions {
                Regions::Listed(regions) => vec![regions],
                Regions::All(_) => extent.places.iter().map(|(_, regions)| regions).collect(),
            })
            .collect();
        lists.dedup();
        lists.into_iter().flat_map(|regions| regions.iter()).collect()
    }

    /// Whether some of these names may lead to any Region.
    pub(super) fn have_open_regions(&self, names: Option<&BTreeSet<String>>) -> bool {
        self.chosen(names).any(Extent::has_open_regions)
    }

    /// What is not known.
    pub(super) fn open(&self) -> Vec<OpenTarget> {
        self.0.values().filter_map(|extent| extent.open.clone()).collect()
    }

    /// Every account and Region that some name leads to, each once. `spoken` are Regions that entries speak about: where
    /// Regions are not known, these stand in as well.
    pub(super) fn targets(
        &self,
        spoken: &BTreeSet<Region>,
        limits_of_all: Limits,
        decoder: &mut Decoder<'_>,
    ) -> Vec<DesiredTarget> {
        let mut targets: BTreeMap<Target, DesiredTarget> = BTreeMap::new();
        for (name, extent) in &self.0 {
            let entry = extent.entry;
            let limits =
                entry.limits.as_ref().map_or(limits_of_all, |node| limits(node, limits_of_all, decoder));
            let pairs = extent.places.iter().map(|(_, regions)| regions.len()).fold(0, usize::saturating_add);
            if pairs.saturating_add(targets.len()) > MOST_TARGETS {
                let message = format!("The targets add up to more than {MOST_TARGETS} accounts and Regions.");
                decoder.report(code::TOO_LARGE, entry.span, message, "Split the desired state.");
                continue;
            }
            for target in extent.targets(spoken) {
                let (access, span) = (extent.access.at(&target, entry, decoder), entry.span);
                let new =
                    DesiredTarget { target: target.clone(), names: BTreeSet::new(), access, limits, span };
                let held = targets.entry(target).or_insert_with(|| new.clone());
                if held.access != new.access || held.limits != new.limits {
                    let message = format!("{} is reached with other settings as well.", held.target);
                    let finding = Diagnostic::error(code::SAME_ADDRESS, new.span, message).label("here");
                    decoder.findings.push(finding.related(held.span, "and here"));
                }
                held.names.insert((*name).to_owned());
            }
        }
        targets.into_values().collect()
    }
}

impl Extent<'_> {
    fn targets<'s>(&'s self, spoken: &'s BTreeSet<Region>) -> impl Iterator<Item = Target> + 's {
        let is_here =
            |region: &&Region| self.has_open_regions() && region.partition() == self.access.partition;
        let spoken: BTreeSet<&Region> = spoken.iter().filter(is_here).collect();
        self.places.iter().flat_map(move |(account, regions)| {
            let also = spoken.iter().copied().filter(|region| !regions.contains(*region));
            let regions: Vec<&Region> = regions.iter().chain(also).collect();
            regions.into_iter().map(|region| Target { account: account.clone(), region: region.clone() })
        })
    }
}
