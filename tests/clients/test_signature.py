"""`emulate --require-signature`, and the hosts that the emulator answers to."""

import http.client
import json
import subprocess
import tempfile
import unittest
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

import servers
from documents import ACCOUNT, document
from test_boto3 import client

OTHER = "222233334444"
ROLE = {"RoleArn": f"arn:aws:iam::{OTHER}:role/logpolicy", "RoleSessionName": "ci-42"}
MISMATCH = "The request signature we calculated does not match"


class Signature(unittest.TestCase):
    def setUp(self):
        self.url = self.enterContext(servers.emulator("--require-signature", "--secret-key", "right"))
        self.home = self.enterContext(tempfile.TemporaryDirectory())

    def client(self, service, key=ACCOUNT, secret="right", token=None):
        return client(self.url, service, key, secret, token)

    def refused(self, code, status, call):
        with self.assertRaises(ClientError) as raised:
            call()
        answer = raised.exception.response
        self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), (code, status))
        return answer["Error"]["Message"]

    def test_the_right_secret_does_all(self):
        logs = self.client("logs")
        logs.put_resource_policy(policyName="dns/é", policyDocument=document("Dns"))
        self.assertEqual(len(logs.describe_resource_policies()["resourcePolicies"]), 1)
        self.assertEqual(self.client("sts").get_caller_identity()["Account"], ACCOUNT)
        self.assertEqual(len(self.client("cloudtrail").lookup_events()["Events"]), 1)

    def test_a_wrong_secret_does_nothing(self):
        logs = self.client("logs", secret="wrong")
        put = lambda: logs.put_resource_policy(policyName="dns", policyDocument=document("Dns"))
        self.assertIn(MISMATCH, self.refused("InvalidSignatureException", 400, put))
        trail = self.client("cloudtrail", secret="wrong")
        self.assertIn(MISMATCH, self.refused("InvalidSignatureException", 400, trail.lookup_events))
        sts = self.client("sts", secret="wrong")
        self.assertIn(MISMATCH, self.refused("SignatureDoesNotMatch", 403, sts.get_caller_identity))
        self.assertEqual(self.client("logs").describe_resource_policies()["resourcePolicies"], [])

    def test_roles_sign_with_what_they_were_given(self):
        given = self.client("sts").assume_role(**ROLE)["Credentials"]
        key, secret, token = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        self.assertEqual(self.client("sts", key, secret, token).get_caller_identity()["Account"], OTHER)
        self.client("logs", key, secret, token).describe_resource_policies()
        describe = lambda *with_what: self.client("logs", *with_what).describe_resource_policies
        self.refused("InvalidSignatureException", 400, describe(key, "right", token))
        for taken_apart in ((key, secret), (key, secret, "made-up"), (ACCOUNT, "right", token)):
            self.refused("UnrecognizedClientException", 400, describe(*taken_apart))
        self.refused("InvalidClientTokenId", 403, self.client("sts", key, secret).get_caller_identity)

    def test_a_call_that_was_changed_on_its_way_is_refused(self):
        logs = self.client("logs")
        logs.meta.events.register("before-send.logs.*", add_a_space)
        self.assertIn(MISMATCH, self.refused("InvalidSignatureException", 400, logs.describe_resource_policies))

    def test_the_scope_must_name_the_service(self):
        logs = self.client("logs")
        logs.meta.events.register("choose-signer.logs.*", lambda context, **_: context.update(signing={
            "signing_name": "sts", "region": "us-east-1"}))
        told = self.refused("InvalidSignatureException", 400, logs.describe_resource_policies)
        self.assertIn("Credential should be scoped to correct service: 'logs'.", told)

    def test_the_aws_cli_and_our_own_binary_sign(self):
        cli = [servers.installed("aws"), "--endpoint-url", self.url, "logs", "describe-resource-policies"]
        ours = [servers.BINARY, "--endpoint-url", self.url, "status"]
        targets = {"version": 1, "targets": {"main": {"account": ACCOUNT, "regions": ["us-east-1"]}}}
        with open(f"{self.home}/logpolicy.yaml", "w") as file:
            json.dump(targets, file)
        for secret, code in (("right", 0), ("wrong", 1)):
            variables = servers.environment(ACCOUNT, self.home, AWS_SECRET_ACCESS_KEY=secret)
            for command in (cli, ours):
                done = subprocess.run(command, cwd=self.home, env=variables, capture_output=True, text=True)
                self.assertEqual(done.returncode != 0, code != 0, done.stdout + done.stderr)
                if code:
                    self.assertRegex(done.stdout + done.stderr, "InvalidSignature|SignatureDoesNotMatch")

    def test_our_binary_assumes_a_role(self):
        targets = {"version": 1, "targets": {"main": {"account": OTHER, "regions": ["us-east-1"],
                   "assume_role": "arn:aws:iam::${account}:role/logpolicy"}}}
        with open(f"{self.home}/logpolicy.yaml", "w") as file:
            json.dump(targets, file)
        variables = servers.environment(ACCOUNT, self.home, AWS_SECRET_ACCESS_KEY="right")
        done = subprocess.run([servers.BINARY, "--endpoint-url", self.url, "status"], cwd=self.home, env=variables,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_old_and_incomplete_signatures_are_refused(self):
        scope = f"Credential={ACCOUNT}/20200101/us-east-1/logs/aws4_request"
        for rest, code in (("", "IncompleteSignatureException"),
                           (", SignedHeaders=host;x-amz-target", "IncompleteSignatureException"),
                           (", SignedHeaders=host, Signature=0", "InvalidSignatureException"),
                           (", SignedHeaders=x-amz-date;x-amz-target, Signature=0", "InvalidSignatureException"),
                           (", SignedHeaders=host;x-amz-date;x-amz-target, Signature=0", "InvalidSignatureException")):
            status, body = self.raw({"Authorization": f"AWS4-HMAC-SHA256 {scope}{rest}",
                                     "X-Amz-Date": "20200101T000000Z"})
            self.assertEqual((status, json.loads(body)["__type"]), (400, code), body)
        self.assertIn("Signature expired: 20200101T000000Z is now earlier than", body)

    def test_foreign_hosts_are_refused(self):
        for host in ("evil.example", f"evil.example:{urlsplit(self.url).port}", "localhost"):
            status, body = self.raw({"Host": host})
            self.assertEqual(status, 403, body)
            self.assertIn(f'will not answer to the host "{host}"', body)
            self.assertIn("--allow-remote", body)

    def raw(self, headers):
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname, place.port)
        self.addCleanup(connection.close)
        connection.request("POST", "/", "{}", {"X-Amz-Target": "Logs_20140328.DescribeResourcePolicies", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


class Remote(unittest.TestCase):
    def test_every_host_is_served_on_purpose(self):
        url = self.enterContext(servers.emulator("--allow-remote"))
        port = urlsplit(url).port
        connection = http.client.HTTPConnection("127.0.0.1", port)
        self.addCleanup(connection.close)
        connection.request("POST", "/", "{}", {"Host": "build-server:4566"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 400)
        self.assertIn(b"MissingAuthenticationToken", answer.read())

    def test_a_name_for_this_machine_is_served(self):
        url = self.enterContext(servers.emulator())
        logs = client(url.replace("127.0.0.1", "localhost"), "logs")
        self.assertEqual(logs.describe_resource_policies()["resourcePolicies"], [])

    def test_a_secret_without_a_signature_is_a_mistake(self):
        done = subprocess.run([servers.BINARY, "emulate", "--secret-key", "x"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 64, done.stderr)


def add_a_space(request, **_):
    request.body += b" "
    request.headers["Content-Length"] = str(len(request.body))


if __name__ == "__main__":
    unittest.main()
