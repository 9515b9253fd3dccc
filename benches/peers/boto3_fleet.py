"""A peer: a script with boto3 that compares many targets, 64 at once, with a role for each account."""

import concurrent.futures
import json
import sys
import threading

import boto3

LOCAL = threading.local()
ROLES = {}
LOCK = threading.Lock()


def session():
    """Sessions are not safe to share between threads; one for each thread keeps what it has read of the service models."""
    if not hasattr(LOCAL, "session"):
        LOCAL.session = boto3.Session()
    return LOCAL.session


def credentials(account):
    """One AssumeRole for each account."""
    with LOCK:
        lock = ROLES.setdefault(account, (threading.Lock(), {}))
    turn, found = lock
    with turn:
        if not found:
            role = f"arn:aws:iam::{account}:role/logpolicy"
            answer = session().client("sts").assume_role(RoleArn=role, RoleSessionName="boto3")["Credentials"]
            found["aws_access_key_id"] = answer["AccessKeyId"]
            found["aws_secret_access_key"] = answer["SecretAccessKey"]
            found["aws_session_token"] = answer["SessionToken"]
    return found


def changes(target, text):
    account, region = target
    client = session().client("logs", region_name=region, **credentials(account))
    text = text.replace("${account}", account).replace("${region}", region)
    wanted = {entry["name"]: entry["document"] for entry in json.loads(text)["policies"]}
    found = {}
    for policy in client.describe_resource_policies()["resourcePolicies"]:
        found[policy["policyName"]] = json.loads(policy["policyDocument"])
    return [(target, name) for name, document in wanted.items() if found.get(name) != document]


def main():
    with open(sys.argv[1]) as file:
        policies = json.dumps({"policies": json.load(file)["policies"]})
    with open(sys.argv[2]) as file:
        targets = [line.split() for line in file]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        found = [change for some in pool.map(lambda target: changes(target, policies), targets) for change in some]
    print(f"To change: {found}" if found else "No changes.")


main()
