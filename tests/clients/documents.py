"""Policy documents for the tests, in AWS's own form."""

import json

ACCOUNT = "111122223333"


def document(sid, service="route53.amazonaws.com", group="/aws/route53/*", account=ACCOUNT):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Sid": sid, "Effect": "Allow", "Principal": {"Service": service}, "Action": "logs:PutLogEvents",
        "Resource": f"arn:aws:logs:us-east-1:{account}:log-group:{group}:*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}}}]}, separators=(",", ":"))


def group_arn(name, account=ACCOUNT):
    return f"arn:aws:logs:us-east-1:{account}:log-group:{name}"
