//! Reads who calls, and where, from the Authorization header. Signatures are the guard's.

use super::answer::ServiceError;
use super::arn::is_account_id;
use super::assume_role::account_in_key;
use super::world::Place;

/// The account of callers whose access key is not an account id.
const DEFAULT_ACCOUNT: &str = "123456789012";

/// Who has signed a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signer {
    pub(super) access_key: String,
    /// The account the key belongs to, and the Region that is called.
    pub(super) place: Place,
}

/// Tells whose call it is and in which Region, from
/// `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`
/// ([Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html)).
pub(super) fn signer(authorization: Option<&str>) -> Result<Signer, ServiceError> {
    let header = authorization.ok_or_else(|| {
        ServiceError::new("MissingAuthenticationTokenException", "Missing Authentication Token")
    })?;
    in_scope(header).ok_or_else(|| {
        ServiceError::new(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter of the form KEY/DATE/REGION/SERVICE/aws4_request.",
        )
    })
}

fn in_scope(header: &str) -> Option<Signer> {
    let (_, after) = header.split_once("Credential=")?;
    let scope = after.split([',', ' ']).next()?;
    let parts: Vec<&str> = scope.split('/').collect();
    let [key, _date, region, _service, "aws4_request"] = parts[..] else { return None };
    let complete = !key.is_empty() && !region.is_empty();
    complete.then(|| Signer {
        access_key: key.to_owned(),
        place: Place { account: account_of(key).to_owned(), region: region.to_owned() },
    })
}

/// Tells the account an access key belongs to: a key of 12 digits is itself the account, a key that AssumeRole gave
/// carries it.
fn account_of(access_key: &str) -> &str {
    if is_account_id(access_key) {
        return access_key;
    }
    account_in_key(access_key).unwrap_or(DEFAULT_ACCOUNT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use super::*;

    #[test]
    fn reads_account_and_region() {
        for (key, account) in [
            ("111122223333", "111122223333"),
            ("AKIAIOSFODNN7EXAMPLE", DEFAULT_ACCOUNT),
            ("ASIA111122223333ROLE", "111122223333"),
            ("ASIAIOSFODNN7EXAMPLE", DEFAULT_ACCOUNT),
            ("11112222333", DEFAULT_ACCOUNT),
            ("11112222333x", DEFAULT_ACCOUNT),
        ] {
            let header = format!(
                "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/logs/aws4_request, SignedHeaders=host, Signature=0"
            );
            let Signer { access_key, place } = signer(Some(&header)).unwrap();
            assert_eq!((place.account.as_str(), place.region.as_str()), (account, "eu-west-1"), "{key}");
            assert_eq!(access_key, key);
        }
    }

    #[test]
    fn refuses_what_is_missing_or_incomplete() {
        let code = |header| signer(header).unwrap_err().code;
        assert_eq!(code(None), "MissingAuthenticationTokenException");
        for header in
            ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c", "Credential=/20260101/r/logs/aws4_request"]
        {
            assert_eq!(code(Some(header)), "IncompleteSignatureException", "{header}");
        }
    }
}
