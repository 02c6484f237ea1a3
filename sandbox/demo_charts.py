"""Two small drawings for the demo's summary page, as SVG that needs no script and follows light and dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 720
HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 18, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is to be drawn: one value of each series per place on the axis. ``title`` says it in words."""

    title: str
    labels: tuple[str, ...]
    series: Mapping[str, Sequence[int]]


def lines(chart: Chart) -> Markup:
    """Draw each series as a line, with its last value written at the end of it."""
    top = _round_top(max((max(one, default=0) for one in chart.series.values()), default=0))
    drawn = [_axis(chart, top)]
    for number, (name, values) in enumerate(chart.series.items(), start=1):
        points = [(_x(place, len(values)), _y(value, top)) for place, value in enumerate(values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn.append(Markup('<polyline class="s{}" points="{}"/>').format(number, path))
        if points:
            x, y = points[-1]
            drawn.append(
                Markup('<text class="t{}" x="{:.0f}" y="{:.0f}" text-anchor="end">{} {}</text>').format(
                    # The first above its line, the others below theirs: lines that end close stay legible.
                    number,
                    x,
                    y - 6 if number == 1 else y + 18,
                    name,
                    values[-1],
                )
            )
    return _framed(chart, drawn)


def bars(chart: Chart) -> Markup:
    """Draw the series on top of each other, one bar per place."""
    sums = [sum(values) for values in zip(*chart.series.values(), strict=True)]
    top = _round_top(max(sums, default=0))
    drawn = [_axis(chart, top)]
    room = (WIDTH - _LEFT - _RIGHT) / max(len(chart.labels), 1)
    for place in range(len(chart.labels)):
        height = 0
        for number, values in enumerate(chart.series.values(), start=1):
            value = values[place]
            if value:
                y, below = _y(height + value, top), _y(height, top)
                drawn.append(
                    Markup('<rect class="f{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                        number, _LEFT + room * (place + 0.12), y, room * 0.76, max(below - y, 0.8)
                    )
                )
            height += value
    return _framed(chart, drawn)


def _framed(chart: Chart, drawn: Sequence[Markup]) -> Markup:
    opening = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        WIDTH, HEIGHT, chart.title
    )
    return opening + Markup("").join(drawn) + Markup("</svg>")


def _axis(chart: Chart, top: int) -> Markup:
    drawn = []
    for value in (0, top // 2, top):
        y = _y(value, top)
        drawn.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
                '<text class="axis" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
            ).format(_LEFT, WIDTH - _RIGHT, y, y, _LEFT - 6, y + 4, value)
        )
    every = max(1, len(chart.labels) // 6)
    drawn += [
        Markup('<text class="axis" x="{:.0f}" y="{}">{}</text>').format(
            _LEFT + (WIDTH - _LEFT - _RIGHT) * place / max(len(chart.labels), 1),
            HEIGHT - 8,
            chart.labels[place],
        )
        for place in range(0, len(chart.labels), every)
    ]
    return Markup("").join(drawn)


def _x(place: int, count: int) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * place / max(count - 1, 1)


def _y(value: int, top: int) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * value / top


def _round_top(most: int) -> int:
    """Return the even round number that an axis ends at."""
    step = 1
    while step * 10 < most:
        step *= 10
    return max(2, next(step * n for n in (2, 4, 6, 8, 10, 20) if step * n >= most))
