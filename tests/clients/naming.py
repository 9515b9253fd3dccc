"""Gives the cases names of their own, so that they can run where others live, and takes them away from the answers."""

import json

from conformance import Answer

# The account and the Region of a step that names none.
ACCOUNT = "111122223333"
REGION = "us-east-1"

NAMED = {"DescribeResourcePolicies": "resourcePolicies", "DescribeLogGroups": "logGroups"}


class Naming:
    """Names begin with a prefix; the account and the Region are those of the server."""

    def __init__(self, prefix, account, region):
        self.prefix, self.account, self.region = prefix, account, region

    def of_case(self, number):
        """Names that no other case of this run has: AWS may be slow to forget a log group."""
        return Naming(f"{self.prefix}-{number}", self.account, self.region)

    def outward(self, value, member=None):
        """An input as it is sent."""
        if isinstance(value, dict):
            return {name: self.outward(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.outward(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if member == "policyName":
            return f"{self.prefix}-{value}"
        if member in ("logGroupName", "logGroupNamePrefix"):
            return f"/{self.prefix}{value}"
        return self.long_as_before(value, self.text_outward(value))

    def text_outward(self, text):
        text = text.replace(":log-group:/", f":log-group:/{self.prefix}/")
        return text.replace(ACCOUNT, self.account).replace(REGION, self.region)

    @staticmethod
    def long_as_before(before, after):
        """Cases about the size of a document fill it up with x: names may not change that size."""
        run = "x" * 1000
        if run not in before:
            return after
        return after.replace(run, "x" * (1000 - len(after) + len(before)), 1)

    def inward(self, call, status, text):
        """An answer as the cases know it: without the policies and log groups of others, and without the prefix."""
        answer = Answer(status, text)
        listed = NAMED.get(call)
        if listed and isinstance(answer.body, dict) and isinstance(answer.body.get(listed), list):
            answer.body[listed] = [member for member in answer.body[listed] if self.is_ours(member)]
        if answer.body is not None:
            answer.body = json.loads(self.text_inward(json.dumps(answer.body, ensure_ascii=False)))
        return answer

    def is_ours(self, member):
        name = member.get("policyName") or member.get("logGroupName") or ""
        return not name or name.startswith((f"{self.prefix}-", f"/{self.prefix}/"))

    def text_inward(self, text):
        text = text.replace(f"/{self.prefix}/", "/").replace(f"{self.prefix}-", "")
        return text.replace(self.account, ACCOUNT).replace(self.region, REGION)
