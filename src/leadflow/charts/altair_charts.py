"""From a figure to an SVG, by Altair and vl-convert. Imported by the process that draws alone:
both together hold 160 MB.

Colours are variables of the page's style sheet, so that one drawing is right in the light and in
the dark; the title stands beside it in HTML, where it wraps on a phone.
"""

import re
from html import escape
from typing import Any

import altair as alt
import vl_convert

from leadflow.charts.figures import Figure

INK, SOFT, LINE, BRAND, BAD = (f"var(--{name})" for name in ("ink", "soft", "line", "brand", "bad"))
WIDTH, HEIGHT, BAR = 420, 200, 22
FONT = "system-ui, sans-serif"
# Readers' letters may be wider than those that it was measured with.
PADDING = {"left": 14, "right": 14, "top": 5, "bottom": 5}
DASH = [5, 4]
# Of what Vega writes for readers of screens and for its own scripts: the page says it once, better.
UNUSED = re.compile(r' (?:aria-[a-z]+|role|class|style|pointer-events|opacity)="[^"]*"')
NOTHING = re.compile(r'<path d="(?:M0,0h0v0h0Z)?"[^>]*/>|<g></g>|<g>\s*</g>')
TAG = re.compile(r"<[^>]*>")
LONG = re.compile(r"(\d+\.\d)\d+")
FIRST = re.compile(r"<svg[^>]*?width=\"(?P<w>\d+)\" height=\"(?P<h>\d+)\"[^>]*>")


def svg_of(figure: Figure) -> str:
    """The drawing, as an ``svg`` element for a page that has our style sheet."""
    chart = KINDS[figure.kind](figure)
    whole = _styled(chart).to_dict(validate=False)
    return _slim(vl_convert.vegalite_to_svg(whole), figure.title)


def _bars(figure: Figure) -> Any:
    data = _values(list(figure.rows))
    names = [row["name"] for row in figure.rows]
    base = alt.Chart(data).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=170, domain=False))
    )
    x = alt.X("value:Q", title=figure.x, axis=alt.Axis(format=figure.form, tickCount=5))
    colour = alt.condition("datum.off", alt.value(BAD), alt.value(BRAND))
    layers = [base.mark_bar(height=BAR * 0.6).encode(x=x, color=colour)]
    if any(row["low"] is not None for row in figure.rows):
        known = base.transform_filter("isValid(datum.low)")
        layers = [
            base.mark_point(filled=True, size=70).encode(x=x, color=colour),
            known.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q", color=colour),
        ]
    layers += _standing(figure)
    return alt.layer(*layers).properties(width=WIDTH, height=BAR * max(2, len(names)))


def _standing(figure: Figure) -> list[Any]:
    if figure.reference is None:
        return []
    data = _values([{"value": figure.reference, "says": figure.reference_says}])
    base = alt.Chart(data).encode(x="value:Q")
    words = base.mark_text(align="left", dx=4, dy=-6, color=SOFT).encode(
        y=alt.value(0), text="says:N"
    )
    return [base.mark_rule(strokeDash=DASH, color=INK), words]


def _calibration(figure: Figure) -> Any:
    top = max(max(row["at"], row["value"]) for row in figure.rows) * 1.05
    ends = _values([{"at": 0, "value": 0}, {"at": top, "value": top}])
    diagonal = alt.Chart(ends).mark_line(strokeDash=DASH, color=INK, strokeWidth=1)
    return _curves(figure, diagonal.encode(x="at:Q", y="value:Q"), figure.form)


def _lift(figure: Figure) -> Any:
    level = alt.Chart(_values([{"value": figure.reference}]))
    return _curves(
        figure, level.mark_rule(strokeDash=DASH, color=INK).encode(y="value:Q"), ".0%", ".1f"
    )


def _curves(figure: Figure, reference: Any, x_form: str, y_form: str = "") -> Any:
    names = list(dict.fromkeys(row["name"] for row in figure.rows))
    colour = alt.Color(
        "name:N",
        sort=names,
        scale=alt.Scale(domain=names, range=[BRAND, SOFT]),
        legend=alt.Legend(title=None, orient="top"),
    )
    base = alt.Chart(_values(list(figure.rows))).encode(
        x=alt.X(
            "at:Q",
            title=figure.x,
            scale=alt.Scale(zero=True),
            axis=alt.Axis(format=x_form, tickCount=5),
        ),
        y=alt.Y(
            "value:Q",
            title=figure.y,
            scale=alt.Scale(zero=True),
            axis=alt.Axis(format=y_form or x_form, tickCount=5),
        ),
        color=colour,
    )
    shape = alt.Shape("name:N", sort=names, scale=alt.Scale(domain=names), legend=None)
    points = base.mark_point(filled=True, size=45).encode(shape=shape)
    layers = [reference, base.mark_line(strokeWidth=2), points]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _over_time(figure: Figure) -> Any:
    base = alt.Chart(_values(list(figure.rows))).encode(
        x=alt.X("at:T", title=None, axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True))
    )
    y = alt.Y("value:Q", title=figure.y, axis=alt.Axis(format=figure.form, tickCount=5))
    layers = [
        base.transform_filter("isValid(datum.low)")
        .mark_area(opacity=0.2, fillOpacity=0.2, color=BRAND)
        .encode(y="low:Q", y2="high:Q"),
        base.mark_line(color=BRAND, strokeWidth=2).encode(y=y),
        base.mark_point(filled=True, size=40, color=BRAND).encode(y=y),
    ]
    if figure.reference is not None:
        data = _values([{"value": figure.reference, "says": figure.reference_says}])
        level = alt.Chart(data).encode(y="value:Q")
        words = level.mark_text(align="left", baseline="bottom", dx=4, dy=-3, color=SOFT)
        layers += [
            level.mark_rule(strokeDash=DASH, color=INK),
            words.encode(x=alt.value(0), text="says:N"),
        ]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _values(rows: list[Any]) -> Any:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _styled(chart: Any) -> Any:
    return (
        chart.properties(background="transparent", padding=PADDING)
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=SOFT,
            titleColor=INK,
            titleFontWeight="normal",
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
            labelFontSize=12,
            titleFontSize=13,
        )
        .configure_legend(labelColor=INK, labelFontSize=13, symbolStrokeWidth=3)
        .configure_text(fontSize=12)
    )


def _slim(svg: str, title: str) -> str:
    found = FIRST.search(svg)
    if found is None:
        raise ValueError("What was drawn is no SVG of a size.")
    width, height = found["w"], found["h"]
    inner = NOTHING.sub("", UNUSED.sub("", svg[found.end() :]))
    inner = TAG.sub(lambda tag: LONG.sub(r"\1", tag[0]), inner)
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">'
    )
    return start + inner


KINDS = {"bars": _bars, "calibration": _calibration, "lift": _lift, "over_time": _over_time}
