"""temporal: a detection fires when every rule has one in the time before it, in any order."""

from collections.abc import Sequence

from mcm_rules_engine.correlation.forward_scan import Stretch, read_forward
from mcm_rules_engine.correlation.protocol import Evaluation, Fire, Found, Position, Touched
from mcm_rules_engine.sigma.model.correlation import Correlation


def temporal(correlation: Correlation, group_key: str, touched: Sequence[Touched]) -> Evaluation:
    """Finds the fires that touched rows can have changed: at rows before the touched rule has another detection."""
    window = correlation.window
    inputs = [series.id for series in correlation.inputs]

    def lacking(row: Touched, stretch: Stretch) -> int | None:
        end = stretch.next_after(row.input, row.position)
        # its own rule first: where the next detection takes its place, the others need not be known any further
        own_first = (row.input, *range(len(inputs)))
        return next((n for n in own_first if not stretch.is_known(n, end, row.position[0] + window)), None)

    stretch = yield from read_forward(inputs, group_key, touched, 1, lacking)
    latest: dict[int, Position] = {number: found[-1].position for number, found in enumerate(stretch.before) if found}
    fires: list[Fire] = []
    for position, entries in stretch.in_order():
        for number, row in entries:
            latest[number] = row.position
        if len(latest) == len(inputs) and min(latest.values())[0] > position[0] - window:
            # one for each rule, the same event twice if need be: so no later event can lower what the list says
            completed_by = tuple(sorted(latest.values()))
            fires.append(Fire(position, correlation.severity_at(len(inputs)), len(inputs), completed_by))
    return Found(fires, stretch.missed)
