"""Many targets behind a network: how near a plan comes to what latency and rates allow."""

import math

import planning
from emulator import emulate
from many_targets import fleet
from measuring import compared
from policies import REGIONS
from results import Limit, Section, Table, duration, megabytes, ratio, spread

LATENCY = 0.030
PER_SECOND = 5
DEFAULT, MORE = 64, 256


def section(bench):
    size = bench.sizes[-1]
    folder = bench.folder / f"fleet-{size}"
    folder = folder if folder.exists() else fleet(bench, size)
    with emulate(bench, "--world", folder / "world.json") as url:
        planning.record(bench, folder, url)
    settings = ["--latency", "30ms", "--tps", PER_SECOND, "--world", folder / "world.json"]
    series = {}
    with emulate(bench, *settings) as url:
        for at_once in (DEFAULT, MORE):
            arguments = [] if at_once == DEFAULT else ["--parallelism", str(at_once)]
            ours, bare = f"logpolicy plan, {at_once} at once", f"bare SDK calls, {at_once} at once"
            peers = [
                planning.bare_fleet(bench, folder, url, size, at_once, bare),
                planning.logpolicy(bench, folder, url, *arguments, name=ours),
            ]
            series[at_once] = compared(bench, peers)
    over = series[DEFAULT][f"logpolicy plan, {DEFAULT} at once"].time / least(size, DEFAULT)
    limit = Limit(f"plan of {size:,} targets at 30 ms and 5 calls per second, time over what these allow", 1.3, over, "×")
    return Section("Latency and rates", text(size), [table(size, series)], [limit])


def least(size, at_once):
    """Seconds that all calls take when so many are always under way: what no plan is faster than."""
    calls = size + size // len(REGIONS)
    return math.ceil(calls / at_once) * LATENCY


def text(size):
    calls = size + size // len(REGIONS)
    return (
        f"{size:,} targets of the same fleet, at an emulator that holds each answer back for 30 ms and takes {PER_SECOND} calls per "
        f"second of each account and Region. These are {calls:,} calls: DescribeResourcePolicies for each target, AssumeRole for "
        f"each account. One call at a target does not meet the rate, so the least time is calls ÷ (calls at once), rounded up, × "
        f"30 ms: {duration(least(size, DEFAULT))} with {DEFAULT} at once, which is the default, and {duration(least(size, MORE))} "
        f"with {MORE}. The first call at an account has to wait for its AssumeRole."
    )


def table(size, series):
    rows = []
    for at_once, peers in series.items():
        bare = peers[f"bare SDK calls, {at_once} at once"].time
        for name, found in peers.items():
            over, beside = ratio(found.time / least(size, at_once)), ratio(found.time / bare)
            rows.append([name, spread(found.seconds), over, beside, megabytes(found.memory)])
    return Table("", ["", "time", "× least time", "× bare SDK calls", "memory"], rows)
