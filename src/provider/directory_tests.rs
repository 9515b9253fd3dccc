//! The accounts of an organization and the Regions of an account, against a scripted server.

use std::collections::BTreeSet;

use super::stub::{Answer, Stub};
use super::tests::{aws, ok, refused};
use super::*;
use crate::model::{Access, AccountsOf, AssumedRole, Members, Partition, RegionsOf};

fn of(unit: Option<&str>) -> AccountsOf {
    AccountsOf { profile: None, partition: Partition::AWS, unit: unit.map(ToOwned::to_owned) }
}

fn regions_of(account: &str, role: Option<&str>) -> RegionsOf {
    let role = role.map(|arn| AssumedRole { arn: arn.to_owned(), external_id: None });
    let access = Access { profile: None, role };
    RegionsOf { account: account.parse().expect("an account"), access, partition: Partition::AWS }
}

async fn members(stub: &Stub, unit: Option<&str>) -> Result<Members, ProviderError> {
    aws(&stub.url).members(&of(unit)).await
}

async fn regions(stub: &Stub) -> Result<BTreeSet<crate::model::Region>, ProviderError> {
    aws(&stub.url).regions(&regions_of("111122223333", None)).await
}

fn ids(accounts: &BTreeSet<crate::model::AccountId>) -> Vec<&str> {
    accounts.iter().map(crate::model::AccountId::as_str).collect()
}

/// An account by the first of its twelve digits, each the same.
fn account(digit: u8, members: &str) -> String {
    format!(r#"{{"Id":"{}"{members}}}"#, digit.to_string().repeat(12))
}

#[tokio::test]
async fn only_active_accounts_count_by_their_state_or_else_their_status() {
    let stub = Stub::new(|number, asked| {
        assert_eq!(asked.body.contains("NextToken"), number > 1, "{}", asked.body);
        let (page, more) = match number {
            1 => (vec![account(1, r#","Status":"ACTIVE""#)], r#","NextToken":"a""#),
            // A page without members is no last page.
            2 => (Vec::new(), r#","NextToken":"b""#),
            _ => (
                vec![
                    account(2, r#","State":"ACTIVE","Status":"SUSPENDED""#),
                    account(3, r#","State":"PENDING_ACTIVATION","Status":"ACTIVE""#),
                    account(4, r#","Status":"SUSPENDED""#),
                    account(5, r#","State":"CLOSED""#),
                    account(6, r#","State":"SOMETHING_NEW""#),
                ],
                "",
            ),
        };
        ok(&format!(r#"{{"Accounts":[{}]{more}}}"#, page.join(",")))
    });
    let stub = stub.await;
    let members = members(&stub, None).await.expect("three pages");
    assert_eq!(ids(&members.active), ["111111111111", "222222222222"]);
    assert_eq!(members.inactive.len(), 4);
    assert_eq!(stub.count("ListAccounts"), 3);
}

#[tokio::test]
async fn units_are_walked_with_those_below() {
    let stub = Stub::new(|_, asked| {
        let at = |unit: &str| asked.body.contains(&format!(r#""ParentId":"{unit}""#));
        let second = asked.body.contains("NextToken");
        match asked.operation.as_str() {
            "ListAccountsForParent" if at("ou-ab12-11111111") && !second => {
                ok(&format!(r#"{{"Accounts":[{}],"NextToken":"x"}}"#, account(1, r#","Status":"ACTIVE""#)))
            }
            "ListAccountsForParent" if at("ou-ab12-11111111") => {
                ok(&format!(r#"{{"Accounts":[{}]}}"#, account(2, r#","Status":"ACTIVE""#)))
            }
            "ListAccountsForParent" if at("ou-ab12-33333333") => {
                ok(&format!(r#"{{"Accounts":[{}]}}"#, account(3, r#","Status":"ACTIVE""#)))
            }
            "ListAccountsForParent" => ok(r#"{"Accounts":[]}"#),
            _ if at("ou-ab12-11111111") && !second => {
                ok(r#"{"OrganizationalUnits":[{"Id":"ou-ab12-22222222"}],"NextToken":"y"}"#)
            }
            _ if at("ou-ab12-22222222") => ok(r#"{"OrganizationalUnits":[{"Id":"ou-ab12-33333333"}]}"#),
            _ => ok(r#"{"OrganizationalUnits":[]}"#),
        }
    });
    let stub = stub.await;
    let members = members(&stub, Some("ou-ab12-11111111")).await.expect("three units");
    assert_eq!(ids(&members.active), ["111111111111", "222222222222", "333333333333"]);
    assert_eq!((stub.count("ListAccountsForParent"), stub.count("ListOrganizationalUnitsForParent")), (4, 4));
    assert_eq!(stub.count("ListAccounts"), 0);
}

#[tokio::test]
async fn a_broken_answer_never_means_no_accounts() {
    for body in [
        "{}",
        "[]",
        "not json",
        r#"{"Accounts":null}"#,
        r#"{"Accounts":[{}]}"#,
        r#"{"Accounts":[{"Id":"12","Status":"ACTIVE"}]}"#,
        r#"{"Accounts":[{"Id":"111122223333"}]}"#,
        r#"{"Accounts":[],"NextToken":"again"}"#,
    ] {
        let stub = Stub::new(move |_, _| ok(body)).await;
        for unit in [None, Some("r-ab12")] {
            let error = members(&stub, unit).await.expect_err(body);
            assert!(
                matches!(error.kind, ProviderErrorKind::Malformed | ProviderErrorKind::Unanswered),
                "{body}: {error}"
            );
        }
    }
    for body in ["{}", r#"{"OrganizationalUnits":[{}]}"#, r#"{"OrganizationalUnits":[{"Id":"r-ab12"}]}"#] {
        let stub = Stub::new(move |_, asked| {
            ok(if asked.operation == "ListAccountsForParent" { r#"{"Accounts":[]}"# } else { body })
        });
        let error = members(&stub.await, Some("r-ab12")).await.expect_err(body);
        assert_eq!(error.kind, ProviderErrorKind::Malformed, "{body}: {error}");
    }
}

#[tokio::test]
async fn who_may_not_ask_an_organization_is_told_who_may() {
    for (code, kind, words) in [
        ("AccessDeniedException", ProviderErrorKind::Denied, "organizations:ListAccountsForParent"),
        ("AccessDeniedException", ProviderErrorKind::Denied, "delegated administrator"),
        ("AWSOrganizationsNotInUseException", ProviderErrorKind::NoOrganization, "no organization"),
        ("ParentNotFoundException", ProviderErrorKind::NoUnit, "no unit of this id"),
    ] {
        let stub = Stub::new(move |_, _| refused(400, code)).await;
        let error = members(&stub, Some("ou-ab12-11111111")).await.expect_err(code);
        assert_eq!(error.kind, kind);
        assert!(error.to_string().contains("ou-ab12-11111111"), "{error}");
        assert!(error.hints().join(" ").contains(words), "{code}: {:?}", error.hints());
        assert_eq!(stub.asked().len(), 1, "{code} is asked once");
    }
}

#[tokio::test]
async fn throttled_questions_are_asked_again() {
    let stub = Stub::new(|number, _| match number {
        1 => refused(400, "TooManyRequestsException"),
        2 => Answer::Close,
        _ => ok(&format!(r#"{{"Accounts":[{}]}}"#, account(1, r#","Status":"ACTIVE""#))),
    });
    let stub = stub.await;
    assert_eq!(members(&stub, None).await.expect("the third time").active.len(), 1);
}

#[tokio::test]
async fn enabled_regions_are_found_on_all_pages() {
    let stub = Stub::new(|number, asked| {
        assert!(asked.body.contains(r#"["ENABLED","ENABLED_BY_DEFAULT"]"#), "{}", asked.body);
        ok(if number == 1 {
            r#"{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}],"NextToken":"x"}"#
        } else {
            r#"{"Regions":[{"RegionName":"ap-east-1","RegionOptStatus":"ENABLED"},
                {"RegionName":"me-south-1","RegionOptStatus":"DISABLED"},
                {"RegionName":"il-central-1","RegionOptStatus":"ENABLING"}]}"#
        })
    });
    let regions = regions(&stub.await).await.expect("two pages");
    let names: Vec<&str> = regions.iter().map(crate::model::Region::as_str).collect();
    assert_eq!(names, ["ap-east-1", "us-east-1"]);
}

#[tokio::test]
async fn a_broken_answer_never_means_no_regions() {
    for body in [
        "{}",
        r#"{"Regions":[]}"#,
        r#"{"Regions":[{"RegionOptStatus":"ENABLED"}]}"#,
        r#"{"Regions":[{"RegionName":"moon","RegionOptStatus":"ENABLED"}]}"#,
        r#"{"Regions":[],"NextToken":"again"}"#,
    ] {
        let error = regions(&Stub::new(move |_, _| ok(body)).await).await.expect_err(body);
        assert_eq!(error.kind, ProviderErrorKind::Malformed, "{body}: {error}");
        assert!(error.hints()[0].contains("Account Management"), "{:?}", error.hints());
    }
    let denied = Stub::new(|_, _| refused(403, "AccessDeniedException")).await;
    let error = regions(&denied).await.expect_err("denied");
    assert_eq!(error.kind, ProviderErrorKind::Denied);
    assert!(error.hints()[0].contains("account:ListRegions"), "{:?}", error.hints());
}

#[tokio::test]
async fn an_account_is_asked_by_its_role_and_an_organization_by_none() {
    let stub = Stub::new(|_, asked| match asked.operation.as_str() {
        "ListAccounts" => ok(&format!(r#"{{"Accounts":[{}]}}"#, account(1, r#","Status":"ACTIVE""#))),
        "ListRegions" => {
            ok(r#"{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}"#)
        }
        _ => ok(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b\
             </SecretAccessKey><SessionToken>c</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
             </AssumeRoleResult></AssumeRoleResponse>",
        ),
    });
    let stub = stub.await;
    let aws = aws(&stub.url);
    aws.members(&of(None)).await.expect("accounts");
    assert_eq!(stub.asked().len(), 1);
    let asked = regions_of("111122223333", Some("arn:aws:iam::111122223333:role/logpolicy"));
    aws.regions(&asked).await.expect("Regions");
    let bodies: Vec<String> = stub.asked().into_iter().map(|asked| asked.body).collect();
    assert!(bodies[1].contains("Action=AssumeRole"), "{bodies:?}");
    assert_eq!(bodies.len(), 3);
}

/// The first hint of an error.
fn hint(kind: ProviderErrorKind, message: &str) -> String {
    let (operation, place) = ("GetCallerIdentity", "111122223333/us-east-1".to_owned());
    ProviderError { kind, operation, place, message: message.to_owned() }.hints().remove(0)
}

#[test]
fn whoever_uses_identity_center_is_told_to_log_in() {
    for (message, is_token) in [
        ("an error occurred while loading an access token: failed to load the cached SSO token", true),
        ("the SSO token has expired and cannot be refreshed", true),
        ("failed to read `/var/ada/.aws/sso/cache/a51746d4.json`: No such file or directory", true),
        ("sso-session named `corp` (referenced by profile `dev`) was not found", false),
        ("no credentials found in chain", false),
    ] {
        let hint = hint(ProviderErrorKind::Credentials, message);
        assert_eq!(hint.contains("`aws sso login --profile NAME`"), is_token, "{message}");
    }
}

#[test]
fn a_clock_that_is_wrong_and_authorities_that_are_missing_are_named() {
    let wrong = |message: &str| hint(ProviderErrorKind::Credentials, message);
    for code in
        ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired"]
    {
        assert!(wrong(&format!("{code}: Signature expired")).contains("the clock of this machine"), "{code}");
    }
    assert!(!wrong("ExpiredTokenException: The token is expired").contains("clock"));
    let unanswered = |message: &str| hint(ProviderErrorKind::Unanswered, message);
    let message = "no connection: client error (Connect): invalid peer certificate: UnknownIssuer";
    assert!(unanswered(message).contains("SSL_CERT_FILE"));
    assert!(unanswered("no connection: tcp connect error").contains("proxy and endpoint"));
}
