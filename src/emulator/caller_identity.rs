//! STS GetCallerIdentity.

use super::arn::partition;
use super::assume_role::AssumedRole;
use super::request::Request;
use super::world::Place;

/// Names the caller.
pub(super) fn arn(request: &Request) -> String {
    let Request { place: Place { account, region }, role, .. } = request;
    let partition = partition(region);
    match role {
        Some(role) => role.arn(partition, account),
        None => format!("arn:{partition}:iam::{account}:user/emulator"),
    }
}

/// Tells callers who they are: the role they have assumed, or else a user named `emulator` of their account, in the
/// partition of their Region
/// ([API page](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html)).
pub(super) fn get(request: &Request) -> String {
    let Request { id, place: Place { account, .. }, role, .. } = request;
    let arn = arn(request);
    let user = role.as_ref().map_or_else(|| "AIDAEMULATOREMULATOR".to_owned(), AssumedRole::id);
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{arn}</Arn><UserId>{user}</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
}
