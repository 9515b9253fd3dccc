"""A peer: a script with boto3 that compares many targets, 64 at once, with a role for each account."""

import concurrent.futures
import json
import sys

import boto3

AT_ONCE = 64


def assumed(sts, account):
    role = f"arn:aws:iam::{account}:role/logpolicy"
    found = sts.assume_role(RoleArn=role, RoleSessionName="boto3")["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


def changes(client, target, text):
    account, region = target
    text = text.replace("${account}", account).replace("${region}", region)
    wanted = {entry["name"]: entry["document"] for entry in json.loads(text)}
    found = {}
    for policy in client.describe_resource_policies()["resourcePolicies"]:
        found[policy["policyName"]] = json.loads(policy["policyDocument"])
    return [(target, name) for name, document in wanted.items() if found.get(name) != document]


def main():
    with open(sys.argv[1]) as file:
        text = json.dumps(json.load(file)["policies"])
    with open(sys.argv[2]) as file:
        targets = [tuple(line.split()) for line in file]
    # Threads may share clients, and not sessions: all clients are made here.
    session = boto3.Session()
    sts = session.client("sts")
    accounts = sorted({account for account, _ in targets})
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        roles = dict(zip(accounts, pool.map(lambda account: assumed(sts, account), accounts)))
        pending = []
        for account, region in targets:
            client = session.client("logs", region_name=region, **roles[account])
            pending.append(pool.submit(changes, client, (account, region), text))
        found = [change for some in pending for change in some.result()]
    print(f"To change: {found}" if found else "No changes.")


main()
