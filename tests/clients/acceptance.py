#!/usr/bin/env python3
"""Runs tests/data/conformance.json against a server, or, on purpose, against AWS; docs/acceptance.md tells how.

Exit codes: 0 as the cases say, 1 something failed, 2 there are differences, 4 refused before anything was made.
"""

import argparse
import fnmatch
import json
import os
import secrets
import signal
import sys
import urllib.request
from pathlib import Path

import findings
import leftovers
import place
from conformance import take
from naming import ACCOUNT, REGION, Naming

CASES = Path(__file__).parent.parent / "data" / "conformance.json"
PREFIX = "logpolicy-acceptance-"
SLOTS = 10
# AWS publishes no rate for these calls; neighbours take five per second.
PAUSE = 0.25


def main():
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    here = Server(options) if options.endpoint_url else Aws(options)
    if options.clean:
        return cleaned(here.places(), PREFIX)
    cases = chosen(options)
    others = Others(here.at(ACCOUNT, REGION))
    refusal = others.leave_too_little(cases)
    if refusal:
        print(f"refused: {refusal}; choose a spare Region, or fewer cases with --case", file=sys.stderr)
        return 4
    differences = run(here, others, cases)
    if options.differences:
        found = [findings.case_of(case, taken, here.name) for case, taken in differences]
        lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in found)
        Path(options.differences).write_text(f"[\n{lines}\n]\n" if found else "[]\n")
    print("\n".join(findings.report(differences) + here.notes))
    print(f"{len(cases) - len(here.notes)} cases at {here.name}: {len(differences)} with differences")
    return 1 if here.stuck else 2 if differences else 0


def arguments():
    parser = argparse.ArgumentParser(description="run the conformance cases against a server or against AWS")
    parser.add_argument("--endpoint-url", metavar="URL", help="a server that takes the access key for the account")
    parser.add_argument("--reset", metavar="PATH", help="POST to this path of the server empties it between cases")
    parser.add_argument("--name", default="the server", help="what reports call the server")
    parser.add_argument("--region", help="the spare Region of AWS to run in")
    parser.add_argument("--profile", help="a profile of the AWS configuration files")
    parser.add_argument("--pause", type=float, default=PAUSE, help="seconds to wait before each call to AWS")
    parser.add_argument("--cases", metavar="FILE", default=CASES, help="other cases than those of this repository")
    parser.add_argument("--case", metavar="GLOB", default="*", help="only the cases of such a name")
    parser.add_argument("--differences", metavar="FILE", help="write the differences as cases")
    parser.add_argument("--clean", action="store_true", help="delete what runs that were killed have left, and stop")
    return parser.parse_args()


def chosen(options):
    cases = json.loads(Path(options.cases).read_text())
    return [case for case in cases if case["steps"] and fnmatch.fnmatch(case["name"], options.case)]


class Server:
    """A server on this machine: the access key is the account, every account and Region is at hand."""

    def __init__(self, options):
        self.url, self.reset, self.name = options.endpoint_url, options.reset, options.name
        self.secret = os.environ.get("AWS_SECRET_ACCESS_KEY", "sandbox")
        self.naming = Naming(PREFIX + secrets.token_hex(4), ACCOUNT, REGION)
        self.seen, self.notes, self.stuck = {}, [], []

    def at(self, account, region):
        key = (account, region)
        if key not in self.seen:
            self.seen[key] = place.of_server(self.url, account, region, self.secret)
        return self.seen[key]

    def places(self):
        return list(self.seen.values()) or [self.at(ACCOUNT, REGION)]

    def lacks(self, _case):
        return None

    def empty(self):
        if self.reset:
            urllib.request.urlopen(urllib.request.Request(self.url + self.reset, method="POST")).close()
        else:
            self.stuck += sweep(self.places(), self.naming.prefix)


class Aws:
    """A real account: one account, one Region, names of its own."""

    def __init__(self, options):
        if os.environ.get("LOGPOLICY_AWS_ACCEPTANCE") != "1":
            sys.exit("this makes and deletes policies in a real account: set LOGPOLICY_AWS_ACCEPTANCE=1 to want that")
        if not options.region:
            sys.exit("name a spare Region with --region: the cases need nearly all of its policies to be theirs")
        self.place, account = place.of_aws(options.profile, options.region, options.pause)
        self.name = "AWS"
        self.naming = Naming(PREFIX + secrets.token_hex(4), account, options.region)
        self.notes, self.stuck = [], []
        print(f"account {account}, Region {options.region}, names {self.naming.prefix}-*", file=sys.stderr)

    def at(self, _account, _region):
        return self.place

    def places(self):
        return [self.place]

    def lacks(self, case):
        if any("account" in step for step in case["steps"]):
            return "needs a second account"
        if any("region" in step for step in case["steps"]):
            return "needs a second Region"
        return None

    def empty(self):
        self.stuck += sweep(self.places(), self.naming.prefix)


class Others:
    """What the Region holds already."""

    def __init__(self, here):
        self.policies = len(leftovers.account_policies(here))
        self.log_groups = len(here.pages("DescribeLogGroups", "logGroups"))

    def leave_too_little(self, cases):
        needed = max((slots_of(case) for case in cases), default=0)
        free = SLOTS - self.policies
        if free < needed:
            return f"the cases need {needed} slots for account policies, and {self.policies} of {SLOTS} are taken"
        return None

    def disturb(self, case):
        """Cases about pages, and about all log groups, hold where nobody else lives."""
        for step in case["steps"]:
            members = step["input"] if step["call"].startswith("Describe") else {}
            listed = self.log_groups if step["call"] == "DescribeLogGroups" else self.policies
            if listed and ("nextToken" in members or "limit" in members):
                return "needs a Region without the policies or log groups of others"
            if step["call"] == "DescribeLogGroups" and listed and "logGroupNamePrefix" not in members:
                return "needs a Region without the log groups of others"
        return None


def slots_of(case):
    puts = [step["input"] for step in case["steps"] if step["call"] == "PutResourcePolicy"]
    return min(SLOTS, len({put["policyName"] for put in puts if "policyName" in put}))


def run(here, others, cases):
    """Runs the cases, each in an empty world; whatever happens, what they made goes away."""
    differences = []
    try:
        here.empty()
        for number, case in enumerate(cases):
            naming = here.naming.of_case(number)
            reason = here.lacks(case) or others.disturb(case)
            if reason:
                here.notes.append(f"not run: {case['name']}: {reason}")
                continue
            taken = take(case, lambda step, sent: answered(here, naming, step, sent))
            if len(taken) < len(case["steps"]) or not all(step.holds for step in taken):
                differences.append((case, taken))
            here.empty()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        here.empty()
        tell_stuck(here.stuck)
    return differences


def answered(here, naming, step, sent):
    """Makes the call of a step under the names of its case."""
    there = here.at(step.get("account", ACCOUNT), step.get("region", REGION))
    status, text = there.send(step["call"], naming.outward(sent))
    return naming.inward(step["call"], status, text)


def sweep(places, prefix):
    return [problem for there in places for problem in leftovers.clean(there, prefix)]


def cleaned(places, prefix):
    stuck = sweep(places, prefix)
    tell_stuck(stuck)
    return 1 if stuck else 0


def tell_stuck(stuck):
    for problem in stuck:
        print(f"not deleted: {problem}; try again with --clean", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
