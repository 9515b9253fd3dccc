"""boto3 against the emulator: the whole life of policies in both scopes, with errors as boto3 types them."""

import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import servers
from documents import ACCOUNT, document, group_arn

OTHER = "222233334444"
GROUP = "/aws/events/orders"
# One try: an error is to arrive as it was answered.
CONFIG = Config(retries={"max_attempts": 1, "mode": "standard"})


def client(url, service, key=ACCOUNT, secret=servers.SECRET, token=None):
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", aws_access_key_id=key,
                        aws_secret_access_key=secret, aws_session_token=token, config=CONFIG)


class Boto3(unittest.TestCase):
    def setUp(self):
        self.url = self.enterContext(servers.emulator("--page-size", "2"))
        self.logs = client(self.url, "logs")

    def put(self, name, sid="Dns"):
        return self.logs.put_resource_policy(policyName=name, policyDocument=document(sid))

    def names(self):
        return [policy["policyName"] for policy in self.all_pages()]

    def all_pages(self):
        pages = list(self.logs.get_paginator("describe_resource_policies").paginate())
        self.assertTrue(all(len(page["resourcePolicies"]) <= 2 for page in pages), "a page holds two here")
        return [policy for page in pages for policy in page["resourcePolicies"]]

    def test_an_account_policy_lives(self):
        put = self.put("dns")
        self.assertEqual(put["resourcePolicy"]["policyScope"], "ACCOUNT")
        self.assertNotIn("revisionId", put)
        self.put("dns", "Second")
        # Nothing guards the account scope: a revision is not looked at.
        self.logs.put_resource_policy(policyName="dns", policyDocument=document("Third"), expectedRevisionId="7")
        [policy] = self.all_pages()
        self.assertEqual(policy["policyDocument"], document("Third"))
        self.logs.delete_resource_policy(policyName="dns")
        self.assertEqual(self.all_pages(), [])
        with self.assertRaises(self.logs.exceptions.ResourceNotFoundException) as raised:
            self.logs.delete_resource_policy(policyName="dns")
        self.assertIn("Policy with name [dns] does not exist.", str(raised.exception))

    def test_the_eleventh_is_refused_and_pages_show_the_ten(self):
        for number in range(10):
            self.put(f"p{number}")
        with self.assertRaises(self.logs.exceptions.LimitExceededException):
            self.put("p10")
        self.put("p9", "Updated")
        self.assertEqual(sorted(self.names()), [f"p{number}" for number in range(10)])

    def test_a_log_group_policy_lives(self):
        self.logs.create_log_group(logGroupName=GROUP)
        arn = self.logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
        self.assertEqual(arn, group_arn(GROUP))
        put = self.logs.put_resource_policy
        self.assertEqual(put(resourceArn=arn, policyDocument=document("First"))["revisionId"], "1")
        for stale in ({}, {"expectedRevisionId": "9"}):
            with self.assertRaises(self.logs.exceptions.OperationAbortedException):
                put(resourceArn=arn, policyDocument=document("Second"), **stale)
        second = put(resourceArn=arn, policyDocument=document("Second"), expectedRevisionId="1")
        self.assertEqual(second["revisionId"], "2")
        found = self.logs.describe_resource_policies(policyScope="RESOURCE", resourceArn=arn)["resourcePolicies"]
        self.assertEqual([(policy["resourceArn"], policy["revisionId"]) for policy in found], [(arn, "2")])
        with self.assertRaises(self.logs.exceptions.InvalidParameterException):
            self.logs.delete_resource_policy(resourceArn=arn)
        self.logs.delete_resource_policy(resourceArn=arn, expectedRevisionId="2")
        with self.assertRaises(self.logs.exceptions.ResourceNotFoundException):
            self.logs.delete_resource_policy(resourceArn=arn, expectedRevisionId="2")

    def test_a_code_that_this_call_does_not_declare_arrives_as_a_string(self):
        self.logs.create_log_group(logGroupName=GROUP)
        with self.assertRaises(ClientError) as raised:
            self.logs.put_resource_policy(resourceArn=f"{group_arn(GROUP)}:log-stream:x", policyDocument=document("A"))
        self.assertEqual(raised.exception.response["Error"]["Code"], "ValidationException")

    def test_log_groups_come_in_pages(self):
        names = [f"/aws/events/{letter}" for letter in "abcde"]
        for name in names:
            self.logs.create_log_group(logGroupName=name)
        pages = list(self.logs.get_paginator("describe_log_groups").paginate())
        self.assertEqual([len(page["logGroups"]) for page in pages], [2, 2, 1])
        self.assertEqual([group["logGroupName"] for page in pages for group in page["logGroups"]], names)
        with self.assertRaises(self.logs.exceptions.ResourceAlreadyExistsException):
            self.logs.create_log_group(logGroupName=names[0])

    def test_a_role_works_in_its_own_account(self):
        self.assertEqual(client(self.url, "sts").get_caller_identity()["Account"], ACCOUNT)
        assumed = client(self.url, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{OTHER}:role/logpolicy", RoleSessionName="ci-42", ExternalId="logpolicy")
        given = assumed["Credentials"]
        key, secret, token = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        identity = client(self.url, "sts", key, secret, token).get_caller_identity()
        self.assertEqual(identity["Arn"], f"arn:aws:sts::{OTHER}:assumed-role/logpolicy/ci-42")
        self.assertEqual(identity["Arn"], assumed["AssumedRoleUser"]["Arn"])
        there = client(self.url, "logs", key, secret, token)
        there.put_resource_policy(policyName="theirs", policyDocument=document("Theirs", account=OTHER))
        self.assertEqual(self.names(), [])
        direct = client(self.url, "logs", OTHER).describe_resource_policies()["resourcePolicies"]
        self.assertEqual([policy["policyName"] for policy in direct], ["theirs"])

    def test_cloudtrail_tells_who_did_what(self):
        for name in ("a", "b", "c"):
            self.put(name)
        self.logs.delete_resource_policy(policyName="b")
        trail = client(self.url, "cloudtrail")
        looked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "PutResourcePolicy"}]}
        pages = list(trail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2}, **looked))
        self.assertEqual([len(page["Events"]) for page in pages], [2, 1])
        events = [event for page in pages for event in page["Events"]]
        self.assertEqual({event["EventSource"] for event in events}, {"logs.amazonaws.com"})
        self.assertTrue(all('"emulator"' in event["CloudTrailEvent"] for event in events), events)
        self.assertEqual(len(trail.lookup_events()["Events"]), 2, "a page holds two here")


if __name__ == "__main__":
    unittest.main()
