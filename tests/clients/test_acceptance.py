"""acceptance.py against the emulator, where it must find nothing, and leave nothing behind whatever happens."""

import json
import signal
import tempfile
import time
import unittest
from pathlib import Path

import acceptance
import acceptance_run
import findings
import servers
from conformance import Answer, take
from documents import ACCOUNT, document
from naming import Naming

THEIRS = {"theirs": document("Theirs"), "logpolicy-accepted": document("AlmostOurs")}


class Acceptance(unittest.TestCase):
    def setUp(self):
        self.world = Path(self.enterContext(tempfile.TemporaryDirectory())) / "world.json"

    def emulator(self, policies, *arguments):
        groups = {"/theirs": {"policy": document("InTheirs")}}
        self.world.write_text(json.dumps({"format_version": "1", "accounts": {ACCOUNT: {"us-east-1": {
            "policies": policies, "log_groups": groups}}}}))
        return self.enterContext(servers.emulator("--world", str(self.world), *arguments))

    def here(self):
        return json.loads(self.world.read_text())["accounts"][ACCOUNT]["us-east-1"]

    def is_as_before(self, policies):
        self.assertEqual(self.here()["policies"], policies)
        self.assertEqual(list(self.here()["log_groups"]), ["/theirs"])

    def test_the_emulator_does_what_the_cases_say(self):
        url = self.enterContext(servers.emulator())
        told = acceptance_run.run(self, "--endpoint-url", url)
        self.assertIn(": 0 with differences", told)
        self.assertNotIn("not run", told)

    def test_others_are_left_alone(self):
        url = self.emulator(THEIRS)
        for some, without in (("describe-*", "describe-in-pages"), ("log-groups-*", "log-groups-create-and-describe")):
            told = acceptance_run.run(self, "--endpoint-url", url, "--case", some)
            self.assertIn(f"not run: {without}: needs a Region without", told)
        self.is_as_before(THEIRS)

    def test_too_few_slots_are_refused(self):
        url = self.emulator(THEIRS)
        told = acceptance_run.run(self, "--endpoint-url", url, code=4)
        self.assertIn("need 10 slots for account policies, and 2 of 10 are taken", told)
        self.is_as_before(THEIRS)

    def test_a_real_account_is_asked_for_on_purpose(self):
        for variables, part in (({"LOGPOLICY_AWS_ACCEPTANCE": ""}, "LOGPOLICY_AWS_ACCEPTANCE=1"),
                                ({"LOGPOLICY_AWS_ACCEPTANCE": "1"}, "--region")):
            self.assertIn(part, acceptance_run.run(self, code=1, **variables))

    def test_the_way_to_a_real_account_leads_to_the_emulator_too(self):
        """With the account, the Region, the patience and the names that a real account gets."""
        url = self.enterContext(servers.emulator("--tps", "200", "--require-signature"))
        aws = servers.environment("999900001111", self.world.parent, AWS_ENDPOINT_URL=url, LOGPOLICY_AWS_ACCEPTANCE="1")
        region = ("--region", "ap-southeast-2", "--pause", "0.001")
        told = acceptance_run.run(self, *region, **aws)
        self.assertIn("account 999900001111, Region ap-southeast-2, names logpolicy-acceptance-", told)
        self.assertIn("not run: isolation-of-accounts: needs a second account", told)
        self.assertIn("not run: limit-per-region: needs a second Region", told)
        self.assertIn("cases at AWS: 0 with differences", told)
        acceptance_run.run(self, *region, "--clean", **aws)

    def test_interrupted_runs_clean_up(self):
        url = self.emulator(THEIRS, "--latency", "200ms")
        for number in (signal.SIGTERM, signal.SIGINT):
            program = self.begun(url)
            program.send_signal(number)
            program.communicate()
            self.assertEqual(program.returncode, 128 + number)
            self.is_as_before(THEIRS)

    def test_what_a_killed_run_left_is_cleaned_later(self):
        url = self.emulator(THEIRS, "--latency", "200ms")
        program = self.begun(url)
        program.kill()
        program.communicate()
        self.assertGreater(len(self.here()["policies"]), len(THEIRS))
        acceptance_run.run(self, "--endpoint-url", url, "--clean")
        self.is_as_before(THEIRS)

    def begun(self, url):
        """A run that has made policies of its own."""
        program = acceptance_run.start("--endpoint-url", url, "--case", "account-several-policies")
        end = time.monotonic() + 30
        while len(self.here()["policies"]) == len(THEIRS):
            self.assertLess(time.monotonic(), end, "the run has begun")
            time.sleep(0.005)
        return program


class Report(unittest.TestCase):
    """What is wrong in one place is found there."""

    CASE = {"name": "wrong", "why": "a test", "steps": [
        {"call": "PutResourcePolicy", "input": {"policyName": "dns", "policyDocument": "{}"}, "expect": {"status": 200}},
        {"call": "DescribeResourcePolicies", "input": {}, "expect": {"status": 200, "output": {
            "resourcePolicies": [{"policyName": "dns", "lastUpdatedTime": {"$int": True}}], "nextToken": {"$save": "n"}}}},
        {"call": "DescribeResourcePolicies", "input": {"nextToken": {"$saved": "n"}}, "expect": {"status": 200}}]}

    def test_answers_become_expectations(self):
        answers = iter([Answer(400, '{"__type": "x#LimitExceededException", "message": "Full."}'),
                        Answer(200, '{"resourcePolicies": [{"policyName": "DNS", "lastUpdatedTime": 7, "more": 1}]}')])
        taken = take(self.CASE, lambda step, sent: next(answers))
        written = findings.case_of(self.CASE, taken, "x")["steps"]
        self.assertEqual([step["expect"] for step in written], [
            {"status": 400, "error": "LimitExceededException", "message": "Full."},
            {"status": 200, "output": {"nextToken": {"$absent": True}, "resourcePolicies": {
                "$set": [{"policyName": "DNS", "lastUpdatedTime": {"$int": True}}]}}}])
        self.assertIn("step 3 could not be taken", "\n".join(findings.report([(self.CASE, taken)])))

    def test_names_go_out_and_come_back(self):
        naming = Naming("logpolicy-acceptance-0a", "999900001111", "eu-north-1")
        arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/x"
        sent = naming.outward({"policyName": "dns", "logGroupName": "/aws/x", "resourceArn": arn, "limit": 3})
        ours = "arn:aws:logs:eu-north-1:999900001111:log-group:/logpolicy-acceptance-0a/aws/x"
        self.assertEqual(sent, {"policyName": "logpolicy-acceptance-0a-dns", "resourceArn": ours, "limit": 3,
                                "logGroupName": "/logpolicy-acceptance-0a/aws/x"})
        listed = {"resourcePolicies": [{"policyName": sent["policyName"]}, {"policyName": "theirs"}], "arn": ours}
        answer = naming.inward("DescribeResourcePolicies", 200, json.dumps(listed))
        self.assertEqual(answer.body, {"resourcePolicies": [{"policyName": "dns"}], "arn": arn})

    def test_long_documents_stay_as_long(self):
        naming = Naming("logpolicy-acceptance-0a", "999900001111", "ap-southeast-2")
        text = "arn:aws:logs:us-east-1:111122223333:log-group:" + 5000 * "x"
        self.assertEqual(len(naming.outward({"policyDocument": text})["policyDocument"]), len(text))

    def test_slots_are_counted(self):
        def puts(*names):
            return {"steps": [{"call": "PutResourcePolicy", "input": {"policyName": name}} for name in names]}
        self.assertEqual([acceptance.slots_of(puts(*names)) for names in ("", "aab", "abcdefghijk")], [0, 2, 10])


if __name__ == "__main__":
    unittest.main()
