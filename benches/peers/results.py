"""The page of results, in Markdown."""

import dataclasses

WANTED = "Wanted and found"


@dataclasses.dataclass
class Table:
    """What it shows, and rows of texts below a head."""

    about: str
    head: list
    rows: list


@dataclasses.dataclass
class Limit:
    """A number to hold: found is at most, or at least, what is wanted."""

    what: str
    wanted: float
    found: float
    unit: str
    at_least: bool = False

    @property
    def met(self):
        return self.found >= self.wanted if self.at_least else self.found <= self.wanted


@dataclasses.dataclass
class Section:
    title: str
    text: str
    tables: list
    limits: list = dataclasses.field(default_factory=list)
    left_out: list = dataclasses.field(default_factory=list)
    """What was not measured, and why."""
    curves: dict = dataclasses.field(default_factory=dict)
    """For the plot: points of targets and seconds by peer."""


@dataclasses.dataclass
class Head:
    date: object
    machine: dict
    versions: dict
    rounds: int
    chosen: object
    script: str


def page(head, sections, plotted):
    lines = ["# logpolicy beside its peers", "", *introduction(head), ""]
    lines += limits([limit for section in sections for limit in section.limits])
    if plotted:
        lines += ["![Time over targets, both axes logarithmic](results.svg)", ""]
    for section in sections:
        lines += [f"## {section.title}", "", section.text, ""]
        for table in section.tables:
            lines += [*([table.about, ""] if table.about else []), *markdown(table), ""]
        lines += [f"Not measured: {reason}." for reason in section.left_out]
        lines += [""] if section.left_out else []
    lines += ["## Machine and versions", "", *markdown(Table("", ["", ""], [*head.machine.items(), *head.versions.items()])), ""]
    lines += again(head)
    return "\n".join(lines).rstrip() + "\n"


def introduction(head):
    times = "one run each" if head.rounds == 1 else f"the median of {head.rounds} runs, with the least and the most"
    text = (
        f"Measured on {head.date.isoformat()} by `benches/peers/{head.script}` on one machine in one run, the peers taking turns "
        f"after a run to warm up. A time is {times}, from the start of the program to its end; memory is the peak of its "
        "largest process; 1 MB is 1,000,000 bytes. All talk to `logpolicy emulate` on loopback, in a process of its own."
    )
    trial = "**A trial: few targets, or programs that are not optimised. The numbers mean nothing.**"
    return [text, "", trial] if head.chosen.quick or head.chosen.unoptimised else [text]


def limits(found):
    rows = [[limit.what, bound(limit), number(limit.found, limit.unit), "yes" if limit.met else "**no**"] for limit in found]
    return [f"## {WANTED}", "", *markdown(Table("", ["what", "wanted", "found", "met"], rows)), ""] if rows else []


def bound(limit):
    return f"{'at least' if limit.at_least else 'at most'} {number(limit.wanted, limit.unit)}"


def again(head):
    only = "".join(f" --only {section}" for section in head.chosen.only or [])
    flags = only + (" --slow" if head.chosen.slow else "")
    return [
        "## Again",
        "",
        "```sh",
        f"benches/peers/{head.script}{flags}",
        "```",
        "",
        "`--quick` tries the script, `--only` takes one section, `--slow` adds boto3 at 10,000 targets and terraform in eight "
        "Regions, `--output` names another folder. Terraform is measured where it is installed together with a mirror of its AWS "
        "provider, which `LOGPOLICY_BENCH_TERRAFORM_PLUGINS` names.",
    ]


def markdown(table):
    rows = [table.head, ["---"] * len(table.head), *table.rows]
    return ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def series_table(about, series, base):
    """Time, memory, and both as multiples of one of the peers."""
    rows = []
    for name, found in series.items():
        other = series[base]
        times, memory = f"{ratio(found.time / other.time)}", f"{ratio(found.memory / other.memory)}"
        rows.append([name, spread(found.seconds), times, megabytes(found.memory), memory])
    return Table(about, ["", "time", f"× {base}", "memory", f"× {base}"], rows)


def spread(seconds):
    """The median, and from the least to the most where there is more than one."""
    ordered = sorted(seconds)
    median = ordered[len(ordered) // 2]
    return duration(median) if len(ordered) == 1 else f"{duration(median)} ({duration(ordered[0])} to {duration(ordered[-1])})"


def duration(seconds):
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s"


def megabytes(size):
    return f"{size / 1e6:.1f} MB" if size < 1e8 else f"{size / 1e6:,.0f} MB"


def ratio(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def number(value, unit):
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text} {unit}".strip()
