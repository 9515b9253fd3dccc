"""A plan without changes of three policies at each of many targets."""

import planning
import policies
import terraform
from emulator import emulate
from measuring import compared
from results import Limit, Section, Table, ratio, series_table

COUNT = 3
OURS, BARE = "logpolicy plan", "bare SDK calls"
MANY = 10_000


def section(bench):
    by_size = {size: at_size(bench, size) for size in bench.sizes}
    tables = [series_table(f"{size:,} targets:", series, BARE) for size, series in by_size.items()]
    tables.append(growth(by_size))
    left_out = [] if bench.slow else [f"boto3 at {MANY:,} targets and terraform in eight Regions: `--slow` does"]
    if bench.slow and terraform.missing():
        left_out.append(f"terraform, for {terraform.missing()}")
    elif bench.slow:
        tables.append(eight_regions(bench))
    text = (
        f"{COUNT} policies at each target, ten Regions in each account, all as wanted and recorded. All assume a role for each "
        "account, once, and call DescribeResourcePolicies for each target, 64 at once. The bare SDK calls share one client, which "
        "the SDK lets each call give its own Region and credentials; boto3 has one session for all and compares what it finds."
    )
    return Section("Many targets", text, tables, limits(by_size), left_out, curves(by_size))


def fleet(bench, size):
    """A folder with a fleet that is not recorded yet."""
    folder = bench.new_folder(f"fleet-{size}")
    policies.write_fleet(folder, size, COUNT)
    return folder


def at_size(bench, size):
    folder = fleet(bench, size)
    with emulate(bench, "--world", folder / "world.json") as url:
        planning.record(bench, folder, url)
        peers = [planning.bare_fleet(bench, folder, url, size, 64), planning.logpolicy(bench, folder, url)]
        if bench.programs.python and (size < MANY or bench.slow):
            peers.append(planning.boto3_fleet(bench, folder, url))
        return compared(bench, peers)


def growth(by_size):
    """How many times as long ten times as many targets take."""
    sizes, rows = list(by_size), []
    for name in (OURS, BARE, "boto3"):
        cells = []
        for less, more in zip(sizes, sizes[1:]):
            known = name in by_size[less] and name in by_size[more]
            cells.append(ratio(by_size[more][name].time / by_size[less][name].time) if known else "")
        rows.append([name, *cells])
    steps = [f"{less:,} to {more:,}" for less, more in zip(sizes, sizes[1:])]
    return Table("Growth of the time from one number of targets to the next:", ["", *steps], rows)


def eight_regions(bench):
    folder = bench.new_folder("terraform-regions")
    with emulate(bench) as url:
        regions = policies.REGIONS[:8]
        name = "terraform plan, 8 Regions"
        series = compared(bench, [terraform.plan(bench, folder, url, regions, COUNT, name)])
    return series_table("One account in eight Regions, with a provider for each:", series, name)


def limits(by_size):
    if MANY not in by_size:
        return []
    ours, fewer = by_size[MANY][OURS], by_size[MANY // 10][OURS]
    return [
        Limit(f"plan of {MANY:,} targets, time", 2, ours.time, "s"),
        Limit(f"plan of {MANY:,} targets, memory", 150, ours.memory / 1e6, "MB"),
        Limit(f"time from {MANY // 10:,} to {MANY:,} targets", 11, ours.time / fewer.time, "×"),
    ]


def curves(by_size):
    found = {}
    for size, series in by_size.items():
        for name, one in series.items():
            found.setdefault(name, []).append((size, one.time))
    return found
