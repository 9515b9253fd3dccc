//! `assume_role` and `external_id`, with places that only the target fills.

use std::cell::Cell;

use crate::model::{Access, AccountId, AssumedRole, Partition, Sources, Target, Template};

use super::code;
use super::decode::Decoder;
use super::target::{NamedTargets, Regions};
use super::tree::Node;
use super::variable::Variables;

/// How the targets of a name are reached.
pub(super) struct AccessTemplate {
    profile: Option<String>,
    role: Option<RoleTemplate>,
    /// Whether there should be a role that could not be read, which was reported.
    is_broken: bool,
    /// The partition that all of them lie in.
    pub(super) partition: Partition,
}

/// A role whose variables of the target are still to be filled in.
struct RoleTemplate {
    arn: Template,
    external_id: Option<Template>,
    /// What is wrong with one target is wrong with a thousand, and said once.
    is_reported: Cell<bool>,
}

impl AccessTemplate {
    /// Reads how a name is reached.
    pub(super) fn read(
        entry: &NamedTargets,
        context: (&Variables, &Sources),
        decoder: &mut Decoder<'_>,
    ) -> Self {
        let role = RoleTemplate::read(entry, context, decoder);
        Self {
            profile: entry.profile.clone(),
            is_broken: role.is_none() && entry.role.is_some(),
            partition: partition(entry, role.as_ref()),
            role,
        }
    }

    /// Whose own credentials are used, for what no role is asked.
    pub(super) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// How a target is reached; a role that is none, or another account's, is reported.
    pub(super) fn at(&self, target: &Target, entry: &NamedTargets, decoder: &mut Decoder<'_>) -> Access {
        let role = self.role.as_ref().and_then(|role| role.at(target, entry, decoder));
        Access { profile: self.profile.clone(), role }
    }

    /// How an account is reached for what it says about all its Regions; nothing where it cannot be.
    pub(super) fn of_account(&self, account: &AccountId) -> Option<Access> {
        let home = Target { account: account.clone(), region: self.partition.home() };
        let role = self.role.as_ref().map(|role| role.role(&home));
        let is_own = role.as_ref().is_none_or(|role| role.account().as_ref() == Some(account));
        (is_own && !self.is_broken).then(|| Access { profile: self.profile.clone(), role })
    }
}

/// That of the Regions, or that which the role's ARN names.
fn partition(entry: &NamedTargets, role: Option<&RoleTemplate>) -> Partition {
    let listed = match &entry.regions {
        Regions::Listed(regions) => regions.first().map(|region| region.partition()),
        Regions::All(_) => None,
    };
    let of_role = || {
        let anywhere = Target { account: AccountId::stand_in(0), region: Partition::AWS.home() };
        Partition::of_arn(&role?.role(&anywhere).arn)
    };
    listed.or_else(of_role).unwrap_or(Partition::AWS)
}

impl RoleTemplate {
    fn read(
        entry: &NamedTargets,
        (variables, sources): (&Variables, &Sources),
        decoder: &mut Decoder<'_>,
    ) -> Option<Self> {
        let mut template = |node: &Node, what: &str| {
            let text = decoder.text(node, what)?;
            Some(variables.template(text, node.span, sources, decoder))
        };
        let arn = template(entry.role.as_ref()?, "`assume_role`")?;
        let external_id = entry.external_id.as_ref().and_then(|node| template(node, "`external_id`"));
        Some(Self { arn, external_id, is_reported: Cell::new(false) })
    }

    fn role(&self, target: &Target) -> AssumedRole {
        let external_id = self.external_id.as_ref().map(|template| template.at(target).into_owned());
        AssumedRole { arn: self.arn.at(target).into_owned(), external_id }
    }

    /// The role for a target; what is none is reported.
    fn at(&self, target: &Target, entry: &NamedTargets, decoder: &mut Decoder<'_>) -> Option<AssumedRole> {
        let role = self.role(target);
        let span = entry.role.as_ref().map_or(entry.span, |node| node.span);
        match role.account() {
            Some(account) if account == target.account => return Some(role),
            _ if self.is_reported.replace(true) => {}
            Some(account) => {
                let message =
                    format!("The role belongs to account {account}, and {target} is another account's.");
                let note = "Write `${account}` in the role's ARN, or one target for each account.";
                decoder.report(code::TYPE, span, message, note);
            }
            None => {
                let message = format!("`{}` is not the ARN of a role.", role.arn.escape_debug());
                let note = "It looks like arn:${partition}:iam::${account}:role/logpolicy.";
                decoder.report(code::TYPE, span, message, note);
            }
        }
        None
    }
}
