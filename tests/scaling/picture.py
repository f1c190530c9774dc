"""The picture of a run: throughput, lag and the number of workers over time, as an SVG for light and dark pages."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from tests.scaling.meter import Sample

_WIDTH, _LEFT, _RIGHT = 860, 70, 20
_TOP, _PANEL, _GAP = 64, 150, 46
_SMOOTHED_OVER = 4
_COLOURS = {"text": "#6b7280", "grid": "#9ca3af", "rate": "#2563eb", "load": "#d97706", "lag": "#dc2626"}
_FONT = f'fill="{_COLOURS["text"]}" font-family="system-ui, sans-serif"'

Point = tuple[float, float]


def draw(samples: Sequence[Sample], load: float, cpus: str, path: Path) -> None:
    """Draws samples to a file; ``load`` is what comes in (events/s), ``cpus`` what each worker may use."""
    end = samples[-1].at
    rates = [
        ((one.at + other.at) / 2, (other.committed - one.committed) / (other.at - one.at))
        for one, other in zip(samples, samples[_SMOOTHED_OVER:], strict=False)
    ]
    lags = [(sample.at, float(sample.lag)) for sample in samples]
    height = _TOP + 2 * _PANEL + _GAP + 40
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT} role="img">',
        "<title>Throughput and lag of the rules-engine while workers are added and removed</title>",
        _text(_LEFT, 20, f"Rules-engines of {cpus} cores each under a steady load of {load:,.0f} events/s", size=14),
        *_stages(samples, end),
        *_panel(_TOP, "events/s", rates, end, _COLOURS["rate"], level=load),
        *_panel(_TOP + _PANEL + _GAP, "lag (events)", lags, end, _COLOURS["lag"]),
        *(_text(_x(second, end), height - 12, f"{second} s", anchor="middle") for second in range(0, int(end) + 1, 20)),
        "</svg>",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def _x(at: float, end: float) -> float:
    return _LEFT + at / end * (_WIDTH - _LEFT - _RIGHT)


def _stages(samples: Sequence[Sample], end: float) -> Iterable[str]:
    changes = [0, *(i for i, (one, other) in enumerate(pairwise(samples), 1) if one.workers != other.workers)]
    for start, after in pairwise([*changes, len(samples) - 1]):
        left, right = _x(samples[start].at, end), _x(samples[after].at, end)
        workers = samples[start].workers
        yield _text((left + right) / 2, _TOP - 14, f"{workers} worker{'s' if workers > 1 else ''}", anchor="middle")
        yield (
            f'<line x1="{left:.1f}" y1="{_TOP - 8}" x2="{left:.1f}" y2="{_TOP + 2 * _PANEL + _GAP}" '
            f'stroke="{_COLOURS["grid"]}" stroke-dasharray="3 4"/>'
        )


def _panel(
    top: int, title: str, points: Sequence[Point], end: float, colour: str, level: float | None = None
) -> Iterable[str]:
    most = max([value for _, value in points] + [level or 0, 1]) * 1.1

    def y(value: float) -> float:
        return top + _PANEL * (1 - value / most)

    for share in (0, 0.5, 1):
        value = most / 1.1 * share
        yield (
            f'<line x1="{_LEFT}" y1="{y(value):.1f}" x2="{_WIDTH - _RIGHT}" y2="{y(value):.1f}" '
            f'stroke="{_COLOURS["grid"]}" stroke-opacity=".35"/>'
        )
        yield _text(_LEFT - 8, y(value) + 4, f"{value:,.0f}", anchor="end")
    if level is not None:
        yield _line([(0, level), (end, level)], end, y, _COLOURS["load"], dashed=True)
        yield _text(_WIDTH - _RIGHT, y(level) - 5, "load", anchor="end")
    yield _line(points, end, y, colour)
    yield _text(_LEFT + 6, top + 12, title)


def _line(
    points: Iterable[Point], end: float, y: Callable[[float], float], colour: str, *, dashed: bool = False
) -> str:
    path = " ".join(f"{_x(at, end):.1f},{y(value):.1f}" for at, value in points)
    dashes = ' stroke-dasharray="6 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{text}</text>'
