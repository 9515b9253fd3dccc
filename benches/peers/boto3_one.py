"""A peer: the least that a script with boto3 does to compare one target with what is wanted."""

import json
import sys

import boto3


def main():
    account = boto3.client("sts").get_caller_identity()["Account"]
    client = boto3.client("logs")
    with open(sys.argv[1]) as file:
        text = file.read().replace("${account}", account).replace("${region}", client.meta.region_name)
    wanted = {entry["name"]: entry["document"] for entry in json.loads(text)["policies"]}
    found = {}
    for policy in client.describe_resource_policies()["resourcePolicies"]:
        found[policy["policyName"]] = json.loads(policy["policyDocument"])
    changes = [name for name, document in wanted.items() if found.get(name) != document]
    print(f"To change: {changes}" if changes else "No changes.")


main()
