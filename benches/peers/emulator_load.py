"""How many answers the emulator gives in a second, beside moto."""

import json
import re
import statistics
import subprocess
import sys
import urllib.request

import policies
from emulator import emulate, moto
from results import Limit, Section, Table, ratio
from setting import ACCOUNT, REGION

COUNT = 10
CONNECTIONS = 16
OURS = "logpolicy emulate"


def section(bench):
    left_out, found = [], {}
    with emulate(bench) as url:
        if bench.programs.python:
            with moto(bench) as other:
                found = rounds(bench, {OURS: url, "moto_server": other})
        else:
            left_out.append("moto, for it cannot be installed")
            found = rounds(bench, {OURS: url})
    ours = statistics.median(found[OURS])
    rows = [[name, per_second(rates), ratio(ours / statistics.median(rates))] for name, rates in found.items()]
    table = Table("", ["", "answers per second", "logpolicy's × this"], rows)
    text = (
        f"DescribeResourcePolicies of {COUNT} policies over {CONNECTIONS} connections that stay open, one request at a time on each, "
        f"for {seconds(bench)} seconds a round. The client shares the machine with the server; its request is prepared once, and "
        "its signature is made up, at which neither server looks."
    )
    limit = Limit("the emulator's answers per second", 20_000, ours, "", at_least=True)
    return Section("The emulator", text, [table], [limit], left_out)


def seconds(bench):
    return 1 if bench.quick else 5


def rounds(bench, urls):
    """Answers per second of each server, taking turns, after a short round to warm up."""
    rates = {name: [] for name in urls}
    for name, url in urls.items():
        fill(url)
        rate(bench, name, url, 1)
    for _ in range(bench.rounds):
        for name, url in urls.items():
            rates[name].append(rate(bench, name, url, seconds(bench)))
    return rates


def rate(bench, name, url, duration):
    address = url.removeprefix("http://")
    command = [bench.programs.bare, "load", address, str(CONNECTIONS), str(duration)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.match(r"(\d+) answers in ([\d.]+) seconds", done.stdout)
    if not found:
        raise SystemExit(f"{name} could not be measured:\n{done.stdout}{done.stderr}")
    print(f"  {name}: {done.stdout.strip()}", file=sys.stderr, flush=True)
    return int(found.group(1)) / float(found.group(2))


def fill(url):
    for number in range(COUNT):
        text = json.dumps(policies.document(number, ACCOUNT, REGION))
        call(url, "PutResourcePolicy", {"policyName": policies.name(number), "policyDocument": text})
    there = call(url, "DescribeResourcePolicies", {})["resourcePolicies"]
    if len(there) != COUNT:
        raise SystemExit(f"{url} has {len(there)} policies and not {COUNT}")


def call(url, operation, body):
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"Logs_20140328.{operation}",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/logs/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=00",
    }
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    # Without the environment's proxies: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.loads(answer.read() or b"{}")


def per_second(rates):
    ordered = sorted(rates)
    median = statistics.median(ordered)
    return f"{median:,.0f}" if len(ordered) == 1 else f"{median:,.0f} ({ordered[0]:,.0f} to {ordered[-1]:,.0f})"
