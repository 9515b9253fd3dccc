"""Policies, desired states and worlds that hold them already."""

import json

from setting import ACCOUNT, REGION

ROLE = "arn:${partition}:iam::${account}:role/logpolicy"

# A fleet has so many Regions in each account.
REGIONS = [
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-west-1", "eu-west-2", "us-east-1", "us-west-2",
]


def document(number, account="${account}", region="${region}"):
    """A policy as AWS documents it for OpenSearch."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Writes",
                "Effect": "Allow",
                "Principal": {"Service": "es.amazonaws.com"},
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"arn:aws:logs:{region}:{account}:log-group:/aws/opensearch/domain-{number}/*:*",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:es:{region}:{account}:domain/domain-{number}"},
                },
            }
        ],
    }


def name(number):
    return f"search-{number}"


def write(folder, targets, places, count):
    """The desired state, and a world in which it stands already: what is measured changes nothing."""
    entries = [{"name": name(number), "document": document(number), "adopt": True} for number in range(count)]
    desired = {"version": 1, "targets": targets, "policies": entries}
    (folder / "logpolicy.yaml").write_text(json.dumps(desired, indent=1))
    accounts = {}
    for account, region in places:
        texts = {name(number): json.dumps(document(number, account, region)) for number in range(count)}
        accounts.setdefault(account, {})[region] = {"policies": texts, "log_groups": {}}
    (folder / "world.json").write_text(json.dumps({"format_version": "1", "accounts": accounts}))
    (folder / "targets.txt").write_text("".join(f"{account} {region}\n" for account, region in places))


def write_one(folder, count):
    """One target, reached with the credentials of the environment."""
    targets = {"main": {"account": ACCOUNT, "regions": [REGION]}}
    write(folder, targets, [(ACCOUNT, REGION)], count)


def write_fleet(folder, size, count):
    """Accounts with ten Regions each, reached by a role."""
    accounts = [f"{200_000_000_000 + number}" for number in range(size // len(REGIONS))]
    targets = {"fleet": {"accounts": accounts, "regions": REGIONS, "assume_role": ROLE}}
    write(folder, targets, [(account, region) for account in accounts for region in REGIONS], count)
