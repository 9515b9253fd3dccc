"""Finds and deletes what the cases made: only what begins with the prefix."""


def clean(place, prefix):
    """Deletes the policies and log groups whose names begin with the prefix; gives what could not be deleted."""
    stuck = []
    for name in account_policies(place):
        if name.startswith(prefix):
            attempt(stuck, f"policy {name}", lambda name=name: place.ask("DeleteResourcePolicy", policyName=name))
    for group in place.pages("DescribeLogGroups", "logGroups", logGroupNamePrefix=f"/{prefix}"):
        attempt(stuck, f"log group {group['logGroupName']}", lambda group=group: delete_group(place, group))
    return stuck


def account_policies(place):
    policies = place.pages("DescribeResourcePolicies", "resourcePolicies")
    return [policy["policyName"] for policy in policies if policy.get("policyName")]


def delete_group(place, group):
    """The policy goes first: whether it goes with its log group is not documented."""
    arn = group.get("logGroupArn") or group["arn"].removesuffix(":*")
    found = place.ask("DescribeResourcePolicies", policyScope="RESOURCE", resourceArn=arn)
    for policy in found["resourcePolicies"]:
        place.ask("DeleteResourcePolicy", resourceArn=arn, expectedRevisionId=policy["revisionId"])
    place.ask("DeleteLogGroup", logGroupName=group["logGroupName"])


def attempt(stuck, what, deletion):
    """One that cannot be deleted keeps none of the others."""
    try:
        deletion()
    except Exception as error:
        stuck.append(f"{what}: {error}")
