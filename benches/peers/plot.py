"""Time over targets, both axes logarithmic, as an SVG without anything from elsewhere."""

import math

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 105, 130, 30, 60

STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #24292f }
  .grid { stroke: #d0d7de } .axis { stroke: #57606a }
  .curve { fill: none; stroke-width: 2.5 } .a { stroke: #0969da } .b { stroke: #1a7f37 } .c { stroke: #bc4c00 }
  .dot.a, .label.a { fill: #0969da; stroke: none } .dot.b, .label.b { fill: #1a7f37; stroke: none }
  .dot.c, .label.c { fill: #bc4c00; stroke: none } .paper { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .paper { fill: #0d1117 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
    .a { stroke: #58a6ff } .b { stroke: #3fb950 } .c { stroke: #f0883e }
    .dot.a, .label.a { fill: #58a6ff } .dot.b, .label.b { fill: #3fb950 } .dot.c, .label.c { fill: #f0883e }
  }
"""


def svg(curves):
    """`curves` has points of targets and seconds by name."""
    points = [point for curve in curves.values() for point in curve]
    across = Axis([targets for targets, _ in points], LEFT, WIDTH - RIGHT)
    up = Axis([seconds for _, seconds in points], HEIGHT - BOTTOM, TOP)
    parts = [*grid(across, up), *labels()]
    ends = spread([up.at(curve[-1][1]) for curve in curves.values()])
    for kind, (name, curve), end in zip("abc", curves.items(), ends):
        parts += drawn(kind, name, [(across.at(targets), up.at(seconds)) for targets, seconds in curve], end)
    body = "\n".join(parts)
    about = "Time of a plan without changes over the number of targets: " + ", ".join(curves)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{about}">\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>\n{body}\n</svg>\n'
    )


class Axis:
    """Whole decades around some values, laid between two coordinates."""

    def __init__(self, values, begin, end):
        self.first = math.floor(math.log10(min(values)))
        self.last = max(math.ceil(math.log10(max(values))), self.first + 1)
        self.begin, self.end = begin, end

    def at(self, value):
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return round(self.begin + share * (self.end - self.begin), 1)

    def decades(self):
        return [10**power for power in range(self.first, self.last + 1)]


def grid(across, up):
    parts = []
    for value in across.decades():
        x = across.at(value)
        parts.append(f'<path class="grid" d="M{x} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{value:,}</text>')
    for value in up.decades():
        y = up.at(value)
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 10}" y="{y + 5}" text-anchor="end">{seconds(value)}</text>')
    parts.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    return parts


def seconds(value):
    return f"{value:,.0f} s" if value >= 1 else f"{value * 1000:,.0f} ms"


def labels():
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">targets</text>',
        f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">time of a plan without changes</text>',
    ]


def spread(heights):
    """Heights for names beside the ends of curves, so far apart that they can be read."""
    placed, last = list(heights), -math.inf
    for index in sorted(range(len(heights)), key=heights.__getitem__):
        last = placed[index] = max(heights[index], last + 18)
    return placed


def drawn(kind, name, points, end):
    path = "L".join(f"{x} {y}" for x, y in points)
    dots = [f'<circle class="dot {kind}" cx="{x}" cy="{y}" r="4"/>' for x, y in points]
    label = f'<text class="label {kind}" x="{points[-1][0] + 12}" y="{end + 5}">{name}</text>'
    return [f'<path class="curve {kind}" d="M{path}"/>', *dots, label]
