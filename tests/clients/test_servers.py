"""Our binary against servers of others, and what these do differently from AWS: docs/emulators.md tells it in words.

The differences are golden files in the format of tests/data/conformance.json, written anew with LOGPOLICY_BLESS=1.
"""

import json
import re
import subprocess
import tempfile
import unittest
from fnmatch import fnmatch
from pathlib import Path

import acceptance_run
import servers
from documents import document, group_arn

GOLDEN = Path(__file__).parent / "golden"
# moto keeps one account, whatever the access key is.
ACCOUNT = "123456789012"
GROUP = "/aws/events/orders"


class Ours:
    """Our binary in a folder of its own, at one server."""

    def __init__(self, test, url):
        self.test, self.url = test, url
        self.folder = Path(test.enterContext(tempfile.TemporaryDirectory()))

    def want(self, *policies):
        self.folder.joinpath("logpolicy.yaml").write_text(json.dumps({
            "version": 1, "targets": {"main": {"account": ACCOUNT, "regions": ["us-east-1"]}},
            "policies": [{**identity, "document": json.loads(text)} for identity, text in policies]}))

    def run(self, *arguments, code=0):
        done = self.command(servers.BINARY, "--endpoint-url", self.url, *arguments)
        told = done.stdout + done.stderr
        self.test.assertEqual(done.returncode, code, told)
        return told

    def aws(self, *arguments):
        done = self.command(servers.installed("aws"), "--endpoint-url", self.url, "--output", "json", *arguments)
        self.test.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def command(self, *command):
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True,
                              env=servers.environment(ACCOUNT, self.folder))

    def names(self):
        shown = self.aws("logs", "describe-resource-policies")["resourcePolicies"]
        return sorted(policy["policyName"] for policy in shown)


DNS = ({"name": "dns"}, document("Dns", account=ACCOUNT))
SEARCH = ({"name": "search"}, document("Search", "es.amazonaws.com", "/aws/search/*", ACCOUNT))
ORDERS = ({"log_group": GROUP}, document("Orders", "events.amazonaws.com", GROUP, ACCOUNT))
WIDER = ({"log_group": GROUP}, document("Wider", "events.amazonaws.com", GROUP, ACCOUNT))


def account_policies_live(ours):
    """Plan, apply, plan again, drift, an update, a deletion: the same at every server."""
    ours.want(DNS, SEARCH)
    ours.run("plan", "--detailed-exitcode", code=2)
    ours.run("apply", "--auto-approve")
    ours.run("plan", "--detailed-exitcode")
    ours.test.assertEqual(ours.names(), ["dns", "search"])
    ours.run("drift")
    put_foreign(ours)
    ours.test.assertIn("changed policy:dns", ours.run("drift", code=2))
    ours.run("apply", "--auto-approve")
    ours.run("drift")
    ours.want(DNS)
    ours.run("apply", "--auto-approve")
    ours.run("plan", "--detailed-exitcode")
    ours.test.assertEqual(ours.names(), ["dns"])


def foreign_drift(ours):
    ours.want(DNS)
    ours.run("apply", "--auto-approve")
    put_foreign(ours)


def put_foreign(ours):
    foreign = document("Foreign", account=ACCOUNT)
    ours.aws("logs", "put-resource-policy", "--policy-name", "dns", "--policy-document", foreign)


def the_full_account_is_refused(ours):
    """The plan refuses before the server would; what the server has stays."""
    for number in range(10):
        text = document(f"Theirs{number}", account=ACCOUNT)
        ours.aws("logs", "put-resource-policy", "--policy-name", f"p{number}", "--policy-document", text)
    ours.want(DNS)
    ours.test.assertIn("slots-exceeded", ours.run("apply", "--auto-approve", code=4))
    ours.test.assertEqual(len(ours.names()), 10)


class Moto(unittest.TestCase):
    def setUp(self):
        self.url = self.enterContext(servers.moto())
        self.ours = Ours(self, self.url)

    def test_account_policies_live(self):
        account_policies_live(self.ours)

    def test_the_full_account_is_refused(self):
        the_full_account_is_refused(self.ours)

    def test_drift_is_told_where_its_author_cannot_be(self):
        """moto knows no LookupEvents: drift is shown, and the run does not pass for a whole one."""
        foreign_drift(self.ours)
        told = self.ours.run("drift", "--attribute", code=1)
        self.assertIn("changed policy:dns", told)
        self.assertIn("error LookupEvents", told)

    def test_other_accounts_are_refused(self):
        self.ours.want(DNS)
        file = self.ours.folder / "logpolicy.yaml"
        file.write_text(file.read_text().replace(ACCOUNT, "111122223333"))
        self.assertIn("wrong-account", self.ours.run("plan", code=4))

    def test_log_group_policies_are_not_believed(self):
        """moto keeps such a policy as one without a name and without a revision."""
        self.ours.aws("logs", "create-log-group", "--log-group-name", GROUP)
        self.ours.want(ORDERS)
        told = self.ours.run("apply", "--auto-approve", code=1)
        self.assertIn("has no `revisionId`", told)
        self.assertIn("nothing is concluded from such an answer", self.ours.run("plan", code=1))

    def test_differences_are_those_on_record(self):
        acceptance_run.compare(self, self.url, "moto", "/moto-api/reset", GOLDEN / "moto.json")


class Ministack(unittest.TestCase):
    def setUp(self):
        self.url = self.enterContext(servers.ministack())
        self.ours = Ours(self, self.url)

    def test_account_policies_live(self):
        account_policies_live(self.ours)

    def test_the_full_account_is_refused(self):
        the_full_account_is_refused(self.ours)

    def test_drift_is_told_where_its_author_is_not_known(self):
        """ministack answers LookupEvents, without the calls for resource policies."""
        foreign_drift(self.ours)
        told = self.ours.run("drift", "--attribute", code=2)
        self.assertIn("changed policy:dns", told)
        self.assertNotIn("arn:aws:iam", told)

    def test_a_log_group_policy_lives(self):
        ours = self.ours
        ours.aws("logs", "create-log-group", "--log-group-name", GROUP)
        ours.want(DNS, ORDERS)
        ours.run("apply", "--auto-approve")
        ours.run("plan", "--detailed-exitcode")
        ours.want(DNS, WIDER)
        ours.run("apply", "--auto-approve")
        scope = ("--policy-scope", "RESOURCE", "--resource-arn", group_arn(GROUP, ACCOUNT))
        [policy] = ours.aws("logs", "describe-resource-policies", *scope)["resourcePolicies"]
        self.assertEqual((policy["revisionId"], json.loads(policy["policyDocument"])), ("2", json.loads(WIDER[1])))
        ours.run("drift")
        ours.want(DNS)
        ours.run("apply", "--auto-approve")
        self.assertEqual(ours.aws("logs", "describe-resource-policies", *scope)["resourcePolicies"], [])

    def test_differences_are_those_on_record(self):
        acceptance_run.compare(self, self.url, "ministack", "/_ministack/reset", GOLDEN / "ministack.json")


class Page(unittest.TestCase):
    """The table in docs/emulators.md is whole: each difference on record stands in a row, and no row is without one."""

    def test_each_difference_stands_in_the_table(self):
        page = (Path(__file__).parents[2] / "docs" / "emulators.md").read_text()
        table = page.split("| cases |")[1].split("\n\n")[0]
        rows = [re.findall(r"`([^`]+)`", line.split("|")[1]) for line in table.splitlines()[2:]]
        patterns = [pattern for row in rows for pattern in row]
        self.assertGreater(len(patterns), 20)
        names = {case["name"] for file in GOLDEN.glob("*.json") for case in json.loads(file.read_text())}
        self.assertEqual([name for name in sorted(names) if not any(fnmatch(name, one) for one in patterns)], [])
        self.assertEqual([one for one in patterns if not any(fnmatch(name, one) for name in names)], [])


if __name__ == "__main__":
    unittest.main()
