//! What is tried again by the SDK, and what never is.

use std::time::Duration;

use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::{ErrorKind, RetryConfig};

/// Attempts of one call, the first included.
const ATTEMPTS: u32 = 6;

/// The SDK's standard back-off, with a few more attempts than its three: the quota is five calls per second.
pub(super) fn config(pause: Duration) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(pause)
        .with_max_backoff(Duration::from_secs(10))
}

/// Retries of one client's own: the SDK would count those of all accounts in a Region together, and one throttled account
/// would leave the others none. What [`RetryPartition::new`] makes would stay in memory until the process ends.
pub(super) fn partition(name: String) -> RetryPartition {
    RetryPartition::custom(name).build()
}

/// Reads may be tried again, but for the two answers that only look like passing trouble: a full quota
/// (`LimitExceededException`, which the SDK takes for throttling) and a failed compare-and-swap.
#[derive(Debug)]
pub(super) struct NeverTheseCodes;

/// A write is sent again only when it was certainly not carried out: throttled, or signed with a clock that differs from AWS's, which
/// the SDK sets right. All else is settled by reading, for a second put would overwrite what somebody else wrote in between.
#[derive(Debug)]
pub(super) struct OnlyWritesNotDone;

impl ClassifyRetry for NeverTheseCodes {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if has_forbidden_code(context) { RetryAction::RetryForbidden } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "never retry a full quota or a failed compare-and-swap"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

impl ClassifyRetry for OnlyWritesNotDone {
    fn classify_retry(&self, _context: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn classify_retry_v2(&self, context: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        match previous {
            RetryAction::RetryIndicated(RetryReason::RetryableError {
                kind: ErrorKind::ThrottlingError,
                ..
            }) if !has_forbidden_code(context) => RetryAction::NoActionIndicated,
            RetryAction::RetryIndicated(_) if has_code(context, &UNSIGNED) => RetryAction::NoActionIndicated,
            RetryAction::RetryIndicated(_) => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "retry writes only that were not carried out"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// A full quota, which the SDK takes for throttling, and a failed compare-and-swap.
const FORBIDDEN: [&str; 2] = ["LimitExceededException", "OperationAbortedException"];

/// Refused for the signature, before anything was carried out. The SDK tries such a call again only where the answer's own
/// time differs by minutes from ours.
const UNSIGNED: [&str; 4] =
    ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "AuthFailure"];

fn has_forbidden_code(context: &InterceptorContext) -> bool {
    has_code(context, &FORBIDDEN)
}

fn has_code(context: &InterceptorContext, codes: &[&str]) -> bool {
    let Some(Err(error)) = context.output_or_error() else { return false };
    let Some(error) = error.as_operation_error() else { return false };
    error_code(error).is_some_and(|code| codes.contains(&code))
}

/// The code of any of the three operations that we call.
fn error_code(error: &aws_smithy_runtime_api::client::interceptors::context::Error) -> Option<&str> {
    use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
    use aws_sdk_cloudwatchlogs::operation::delete_resource_policy::DeleteResourcePolicyError;
    use aws_sdk_cloudwatchlogs::operation::describe_resource_policies::DescribeResourcePoliciesError;
    use aws_sdk_cloudwatchlogs::operation::put_resource_policy::PutResourcePolicyError;
    error
        .downcast_ref::<PutResourcePolicyError>()
        .and_then(ProvideErrorMetadata::code)
        .or_else(|| error.downcast_ref::<DeleteResourcePolicyError>().and_then(ProvideErrorMetadata::code))
        .or_else(|| {
            error.downcast_ref::<DescribeResourcePoliciesError>().and_then(ProvideErrorMetadata::code)
        })
}
