"""Time and memory of commands that take turns, so that what else happens on the machine meets all of them."""

import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys


@dataclasses.dataclass
class Peer:
    name: str
    command: list
    environment: dict
    folder: pathlib.Path
    expected: str
    """What the output says when the work was done; anything else ends the measurement."""


@dataclasses.dataclass
class Series:
    """Seconds and bytes of the runs of one command."""

    seconds: list
    bytes: list

    @property
    def time(self):
        return statistics.median(self.seconds)

    @property
    def memory(self):
        return statistics.median(self.bytes)


def compared(bench, peers):
    """The series of each peer by name: a run to warm up, then round after round one of each."""
    series = {peer.name: Series([], []) for peer in peers}
    first = 0 if bench.quick else -1
    for number in range(first, bench.rounds):
        for peer in peers:
            seconds, size = once(bench, peer)
            print(f"  {peer.name}: {seconds * 1000:.1f} ms", file=sys.stderr, flush=True)
            if number >= 0:
                series[peer.name].seconds.append(seconds)
                series[peer.name].bytes.append(size)
    return series


def once(bench, peer):
    """One run: seconds, and the peak in bytes of its largest process."""
    measured, output = bench.folder / "measured.json", bench.folder / "output.txt"
    with output.open("wb") as stream:
        command = [bench.programs.measure, measured, *peer.command]
        subprocess.run(
            command, cwd=peer.folder, env=peer.environment, stdin=subprocess.DEVNULL, stdout=stream,
            stderr=subprocess.STDOUT, timeout=900, check=True,
        )
    said = output.read_text(errors="replace")
    found = json.loads(measured.read_text())
    if found["code"] != 0 or peer.expected not in said:
        raise SystemExit(f"{peer.name} ended with {found['code']} and did not say {peer.expected!r}:\n{said[-2000:]}")
    return found["seconds"], found["bytes"]
