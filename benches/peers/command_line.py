"""The program itself: how long its help takes, and its size."""

import shutil

from measuring import Peer, compared
from results import Limit, Section, Table, duration, megabytes, spread


def section(bench):
    program, environment = bench.programs.logpolicy, {"HOME": str(bench.folder)}
    help_text = Peer("`logpolicy --help`", [program, "--help"], environment, bench.folder, "Usage:")
    nothing = Peer("`true`", [shutil.which("true")], environment, bench.folder, "")
    series = compared(bench, [nothing, help_text])
    size = program.stat().st_size
    rows = [[name, spread(found.seconds), megabytes(found.memory)] for name, found in series.items()]
    limits = [Limit("size of the program", 16, size / 1e6, "MB")]
    limits.insert(0, Limit("`--help`", 5, series["`logpolicy --help`"].time * 1000, "ms"))
    start = duration(series["`true`"].time)
    text = f"The program has {megabytes(size)}. `true` does nothing: {start} is what starting anything takes."
    return Section("The program", text, [Table("", ["", "time", "memory"], rows)], limits)
