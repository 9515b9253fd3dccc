"""Signed calls to CloudWatch Logs in one account and Region, as raw as they are: what botocore would refuse or reword
is sent and shown as it is."""

import json
import socket
import time

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

TRIES = 8
# Head and body leave as two packets; the second is not to wait until the first is acknowledged.
AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


class Place:
    """An account in a Region of some server. With a pause, in seconds, it waits that long before each call, and asks again,
    later and later, where the server says so."""

    def __init__(self, url, region, credentials, pause=None):
        self.url, self.region, self.credentials, self.pause = url, region, credentials, pause
        self.http = URLLib3Session(proxies=get_environ_proxies(url), socket_options=AT_ONCE)

    def send(self, operation, body):
        """Makes a call; gives status and text."""
        for attempt in range(TRIES if self.pause else 1):
            if self.pause:
                time.sleep(self.pause * 2**attempt)
            answer = self.http.send(self.signed(operation, body))
            if not is_passing(answer):
                break
        return answer.status_code, answer.content.decode()

    def signed(self, operation, body):
        headers = {"X-Amz-Target": f"Logs_20140328.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", f"{self.url}/", headers, json.dumps(body).encode())
        SigV4Auth(self.credentials, "logs", self.region).add_auth(request)
        return request.prepare()

    def ask(self, operation, **members):
        """Makes a call that is to succeed; gives its output."""
        status, text = self.send(operation, members)
        if status != 200:
            raise RuntimeError(f"{operation} in {self.region} was answered with {status}: {text}")
        return json.loads(text) if text else {}

    def pages(self, operation, listed, **members):
        """All members of a listing."""
        found, token = [], None
        while True:
            output = self.ask(operation, **members, **({"nextToken": token} if token else {}))
            found += output[listed]
            token = output.get("nextToken")
            if not token:
                return found


def is_passing(answer):
    return answer.status_code >= 500 or b"Throttling" in answer.content or b"TooManyRequests" in answer.content


def of_server(url, account, region, secret):
    """A place of a server that takes the access key for the account."""
    return Place(url.rstrip("/"), region, Credentials(account, secret))


def of_aws(profile, region, pause):
    """A place of AWS, with the credentials that its SDK finds; and the account they belong to."""
    session = botocore.session.Session(profile=profile)
    session.set_config_variable("region", region)
    account = session.create_client("sts").get_caller_identity()["Account"]
    url = session.create_client("logs").meta.endpoint_url
    return Place(url, region, session.get_credentials(), pause), account
