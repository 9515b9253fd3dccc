"""A plan without changes of ten policies at one target."""

import planning
import policies
import terraform
from emulator import emulate
from measuring import compared
from results import Limit, Section, series_table
from setting import REGION

COUNT = 10


def section(bench):
    folder, left_out = bench.new_folder("one"), []
    policies.write_one(folder, COUNT)
    with emulate(bench, "--world", folder / "world.json") as url:
        planning.record(bench, folder, url)
        peers = [planning.bare_one(bench, folder, url, COUNT), planning.logpolicy(bench, folder, url)]
        if bench.programs.python:
            peers.append(planning.boto3_one(bench, folder, url))
        else:
            left_out.append("boto3, for it cannot be installed")
        if terraform.missing():
            left_out.append(f"terraform, for {terraform.missing()}")
        else:
            peers.append(terraform.plan(bench, bench.new_folder("terraform"), url, [REGION], COUNT))
        series = compared(bench, peers)
    text = (
        "Ten policies at one target, all as wanted and recorded. The bare SDK call is a Rust program that makes a client, calls "
        "DescribeResourcePolicies once and prints how many there are; logpolicy calls GetCallerIdentity as well. boto3 is a script "
        "that makes the same two calls and compares. Memory of terraform is that of its largest process, the provider."
    )
    return Section("One target", text, [series_table("", series, "bare SDK call")], limits(series), left_out)


def limits(series):
    ours, bare = series["logpolicy plan"], series["bare SDK call"]
    found = [
        Limit("plan of one target, time over that of the bare SDK call", 2, ours.time / bare.time, "×"),
        Limit("plan of one target, memory", 16, ours.memory / 1e6, "MB"),
    ]
    if "terraform plan" in series:
        times = series["terraform plan"].time / ours.time
        found.append(Limit("plan of one target, terraform's time over it", 300, times, "×", at_least=True))
    return found
