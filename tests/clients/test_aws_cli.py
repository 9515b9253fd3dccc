"""The AWS CLI against the emulator: the whole life of policies in both scopes, typed as people type it."""

import json
import subprocess
import tempfile
import unittest

import servers
from documents import ACCOUNT, document, group_arn

OTHER = "222233334444"
GROUP = "/aws/events/orders"


class AwsCli(unittest.TestCase):
    def setUp(self):
        self.url = self.enterContext(servers.emulator("--page-size", "2"))
        self.home = self.enterContext(tempfile.TemporaryDirectory())

    def aws(self, *arguments, **variables):
        """Runs a command that is to succeed; gives its output."""
        done = self.attempt(*arguments, **variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def attempt(self, *arguments, **variables):
        command = [servers.installed("aws"), "--endpoint-url", self.url, "--output", "json", *arguments]
        variables = servers.environment(ACCOUNT, self.home, AWS_MAX_ATTEMPTS="1", **variables)
        return subprocess.run(command, env=variables, capture_output=True, text=True)

    def refused(self, code, *arguments):
        done = self.attempt(*arguments)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"({code})", done.stderr)

    def names(self, *options):
        shown = self.aws("logs", "describe-resource-policies", *options)
        return {policy["policyName"] for policy in shown["resourcePolicies"]}

    def put(self, *identity, sid="Dns"):
        return "logs", "put-resource-policy", *identity, "--policy-document", document(sid)

    def test_an_account_policy_lives(self):
        put = self.aws(*self.put("--policy-name", "dns"))
        self.assertEqual(put["resourcePolicy"]["policyName"], "dns")
        self.aws(*self.put("--policy-name", "dns", "--expected-revision-id", "7", sid="Second"))
        [policy] = self.aws("logs", "describe-resource-policies")["resourcePolicies"]
        self.assertEqual(policy["policyDocument"], document("Second"))
        self.aws("logs", "delete-resource-policy", "--policy-name", "dns")
        self.refused("ResourceNotFoundException", "logs", "delete-resource-policy", "--policy-name", "dns")

    def test_the_eleventh_is_refused_and_pages_show_the_ten(self):
        for number in range(10):
            self.aws(*self.put("--policy-name", f"p{number}"))
        self.refused("LimitExceededException", *self.put("--policy-name", "p10"))
        # The CLI follows the pages by itself, unless it is told not to.
        self.assertEqual(len(self.names()), 10)
        first = self.names("--no-paginate")
        self.assertEqual(len(first), 2)
        some = self.aws("logs", "describe-resource-policies", "--max-items", "3")
        rest = self.names("--starting-token", some["NextToken"])
        self.assertEqual(len(some["resourcePolicies"]) + len(rest), 10)

    def test_a_log_group_policy_lives(self):
        for name in (GROUP, "/aws/events/a", "/aws/events/b"):
            self.aws("logs", "create-log-group", "--log-group-name", name)
        self.assertEqual(len(self.aws("logs", "describe-log-groups")["logGroups"]), 3)
        arn = ("--resource-arn", group_arn(GROUP))
        self.assertEqual(self.aws(*self.put(*arn))["revisionId"], "1")
        self.refused("OperationAbortedException", *self.put(*arn))
        self.refused("OperationAbortedException", *self.put(*arn, "--expected-revision-id", "9"))
        self.assertEqual(self.aws(*self.put(*arn, "--expected-revision-id", "1"))["revisionId"], "2")
        shown = self.aws("logs", "describe-resource-policies", "--policy-scope", "RESOURCE", *arn)
        self.assertEqual([policy["revisionId"] for policy in shown["resourcePolicies"]], ["2"])
        stream = ("--resource-arn", f"{group_arn(GROUP)}:log-stream:x")
        self.refused("ValidationException", *self.put(*stream))
        self.refused("InvalidParameterException", "logs", "delete-resource-policy", *arn)
        self.aws("logs", "delete-resource-policy", *arn, "--expected-revision-id", "2")

    def test_a_role_works_in_its_own_account(self):
        self.assertEqual(self.aws("sts", "get-caller-identity")["Account"], ACCOUNT)
        role = ("--role-arn", f"arn:aws:iam::{OTHER}:role/logpolicy", "--role-session-name", "ci-42")
        given = self.aws("sts", "assume-role", *role)["Credentials"]
        there = {"AWS_ACCESS_KEY_ID": given["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
                 "AWS_SESSION_TOKEN": given["SessionToken"]}
        self.assertIn(f"::{OTHER}:assumed-role/logpolicy/ci-42", self.aws("sts", "get-caller-identity", **there)["Arn"])
        self.aws(*self.put("--policy-name", "theirs"), **there)
        self.assertEqual(self.aws("logs", "describe-resource-policies")["resourcePolicies"], [])
        found = self.aws("logs", "describe-resource-policies", **there)["resourcePolicies"]
        self.assertEqual([policy["policyName"] for policy in found], ["theirs"])

    def test_cloudtrail_tells_who_did_what(self):
        for name in ("a", "b", "c"):
            self.aws(*self.put("--policy-name", name))
        looked = ("--lookup-attributes", "AttributeKey=EventName,AttributeValue=PutResourcePolicy")
        events = self.aws("cloudtrail", "lookup-events", *looked)["Events"]
        self.assertEqual(len(events), 3)
        record = json.loads(events[0]["CloudTrailEvent"])
        self.assertEqual(record["userIdentity"]["arn"], f"arn:aws:iam::{ACCOUNT}:user/emulator")
        self.assertEqual(record["requestParameters"]["policyName"], "c", "the newest comes first")


if __name__ == "__main__":
    unittest.main()
