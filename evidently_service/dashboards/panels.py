"""The kinds of panels that the dashboards are made of, in one style and from one data source."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    gauge,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as words
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = models.DataSourceRef(type_val="prometheus", uid="prometheus")
GREEN, ORANGE, RED, BLUE, GREY = "green", "orange", "red", "blue", "#8e8e8e"
Style = tuple[models.DynamicConfigValue, ...]


def _set(option: str, value: Any) -> models.DynamicConfigValue:
    return models.DynamicConfigValue(id_val=option, value=value)


def _dashed(length: int) -> models.DynamicConfigValue:
    return _set("custom.lineStyle", {"fill": "dash", "dash": [length, length]})


def in_color(color: str) -> models.DynamicConfigValue:
    """A field's color, whatever its value."""
    return _set("color", {"mode": "fixed", "fixedColor": color})


# A threshold is drawn as the series that it is, so that no panel holds its value.
THRESHOLD: Style = (in_color(RED), _dashed(10), _set("custom.fillOpacity", 0))
REFERENCE: Style = (_dashed(4), _set("custom.fillOpacity", 0))


@dataclass(frozen=True)
class Query:
    """One expression in PromQL, what its series are called, and how they are drawn."""

    expr: str
    legend: str = "__auto"
    style: Style = ()


def lines(
    title: str, text: str, unit: str, *queries: Query, stacked: bool = False
) -> timeseries.Panel:
    """Values over time; from 0 on, as nothing here is negative."""
    panel = timeseries.Panel().min(0).line_width(1).fill_opacity(10)
    panel.show_points(words.VisibilityMode.NEVER)
    panel.legend(_legend())
    panel.tooltip(
        common.VizTooltipOptions()
        .mode(words.TooltipDisplayMode.MULTI)
        .sort(words.SortOrder.DESCENDING)
    )
    if stacked:
        panel.fill_opacity(40).stacking(
            common.StackingConfig().mode(words.StackingMode.NORMAL).group("A")
        )
    return _finished(panel, (title, text, unit), queries)


def number(title: str, text: str, unit: str, *queries: Query) -> stat.Panel:
    """Values of now, in large figures."""
    panel = stat.Panel().reduce_options(_latest()).graph_mode(words.BigValueGraphMode.NONE)
    panel.color_scheme(dashboard.FieldColor().mode("fixed").fixed_color(BLUE))
    return _finished(panel, (title, text, unit), queries, instant=True)


def state(title: str, text: str, query: Query, names: dict[int, tuple[str, str]]) -> stat.Panel:
    """What a value of now means: value → word and color."""
    panel = number(title, text, "none", query)
    return panel.mappings([_meaning(names)]).color_mode(words.BigValueColorMode.BACKGROUND)


def name_of(title: str, text: str, query: Query) -> stat.Panel:
    """The name of the series that there is now."""
    return number(title, text, "none", query).text_mode(words.BigValueTextMode.NAME)


def states(
    title: str, text: str, names: dict[int, tuple[str, str]], *queries: Query
) -> statetimeline.Panel:
    """What values meant over time: value → word and color."""
    panel = statetimeline.Panel().mappings([_meaning(names)]).line_width(0)
    panel.show_value(words.VisibilityMode.NEVER)
    panel.legend(_legend())
    return _finished(panel, (title, text, "none"), queries)


def bars(title: str, text: str, unit: str, query: Query) -> bargauge.Panel:
    """A bar for each series of now."""
    panel = bargauge.Panel().min(0).orientation(words.VizOrientation.HORIZONTAL)
    panel.display_mode(words.BarGaugeDisplayMode.BASIC).reduce_options(_latest())
    panel.color_scheme(dashboard.FieldColor().mode("fixed").fixed_color(BLUE))
    return _finished(panel, (title, text, unit), [query], instant=True)


def share(title: str, text: str, query: Query) -> gauge.Panel:
    """How much of a whole there is now; green when it is all there."""
    panel = gauge.Panel().min(0).max(1).reduce_options(_latest())
    panel.thresholds(steps(ORANGE, (1, GREEN)))
    return _finished(panel, (title, text, "percentunit"), [query], instant=True)


def heat(title: str, text: str, unit: str, query: Query) -> heatmap.Panel:
    """A histogram over time; the query's series are its buckets."""
    panel = heatmap.Panel().calculate(False).cell_gap(1)
    panel.y_axis(heatmap.YAxisConfig().unit(unit))
    colors = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges")
    panel.color(colors.steps(64).exponent(0.5).fill("dark-orange"))
    # The SDK's own tooltip is that of an older Grafana.
    panel.build().options.tooltip = {"mode": "single", "showColorScale": True, "yHistogram": False}
    return _finished(panel, (title, text, unit), [query], form=PromQueryFormat.HEATMAP)


def ranking(title: str, text: str, key: str, columns: dict[str, tuple[str, Query]]) -> table.Panel:
    """A row for each value of the label `key`, the largest of the first column first.

    `columns`: heading → unit and query.
    """
    queries = [query for _, query in columns.values()]
    first = next(iter(columns))
    panel = table.Panel().sort_by([common.TableSortByFieldState().display_name(first).desc(True)])
    panel.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    values = {f"Value #{letter}": heading for letter, heading in zip(ascii_uppercase, columns)}
    order = {name: place for place, name in enumerate([key, *values])}
    arranged = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": values}
    panel.with_transformation(models.DataTransformerConfig(id_val="organize", options=arranged))
    for heading, (unit, _) in columns.items():
        panel.override_by_name(heading, [_set("unit", unit)])
    return _finished(
        panel, (title, text, "none"), queries, instant=True, form=PromQueryFormat.TABLE
    )


def steps(base: str, *others: tuple[float, str]) -> dashboard.ThresholdsConfig:
    """Colors from values on. Only for values that are limits by what they mean, such as 1 of 1."""
    made = [models.Threshold(value=None, color=base)]
    made += [models.Threshold(value=value, color=color) for value, color in others]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(made)


def by_threshold() -> dashboard.FieldColor:
    """The color of the step that a value is in."""
    return dashboard.FieldColor().mode("thresholds")


def _finished(
    panel: Any,
    labels: tuple[str, str, str],
    queries: Sequence[Query],
    instant: bool = False,
    form: PromQueryFormat = PromQueryFormat.TIME_SERIES,
) -> Any:
    """What every panel has: title, description, unit, data source, queries and their styles."""
    title, text, unit = labels
    panel.title(title).description(text).unit(unit).datasource(SOURCE)
    for letter, query in zip(ascii_uppercase, queries):
        target = prometheus.Dataquery().ref_id(letter).datasource(SOURCE).format(form)
        target.expr(query.expr).legend_format(query.legend)
        panel.with_target(target.instant() if instant else target.range())
        if query.style:
            panel.override_by_query(letter, list(query.style))
    return panel


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(words.LegendDisplayMode.LIST)
    return legend.show_legend(True).placement(words.LegendPlacement.BOTTOM)


def _latest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _meaning(names: dict[int, tuple[str, str]]) -> models.ValueMap:
    """Value → word and color, as Grafana maps them."""
    return models.ValueMap(
        options={
            str(value): models.ValueMappingResult(text=word, color=color, index=place)
            for place, (value, (word, color)) in enumerate(names.items())
        }
    )
