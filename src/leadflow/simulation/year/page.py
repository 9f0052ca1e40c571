"""A simulated year on one page, and as a picture."""

from html import escape

from features.how_many import how_many
from leadflow.simulation.year.happened import CLOSE, FOLLOWS_WITHIN, Followed, Promoted, Year

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 860, 300, 60, 30, 40
COLOURS = {"training": "#b7791f", "promotion": "#2f855a"}
RULE = (
    "Who decides at the gate is a rule here, and no person: it approves what the report proposes "
    "to approve, on the day it is asked, and rejects everything else."
)


def write_page(year: Year) -> str:
    """HTML: what was found first, then the picture, then everything that happened."""
    rows = "".join(
        f"<tr><td>{one.day}</td><td>{one.kind}</td><td>{escape(one.words)}</td></tr>"
        for one in year.happened
    )
    found = "".join(f"<li>{escape(line)}</li>" for line in findings(year))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>A simulated year</title>'
        "<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "td{vertical-align:top;padding:.2rem .6rem}td:first-child{text-align:right}</style>"
        f"<h1>{escape(headline(year))}</h1><ul>{found}</ul>{draw(year)}<p>{RULE}</p>"
        "<table><thead><tr><th>day</th><th></th><th>what happened</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></html>\n"
    )


def headline(year: Year) -> str:
    """Whether what serves followed the market, in a sentence."""
    behind = [one for one in year.followed if not one.holds]
    worse = [one for one in year.promoted if not one.holds]
    if behind or worse:
        return (
            f"What serves did not follow {len(behind)} of {len(year.followed)} changes in time; "
            f"{len(worse)} of {how_many(len(year.promoted), 'promotion')} did worse"
        )
    return (
        f"What serves followed {len(year.followed)} of {len(year.followed)} changes of the market "
        f"in time, with {how_many(year.trainings, 'training')}"
    )


def findings(year: Year) -> list[str]:
    """A line for each change, for each promotion, and for what it took."""
    error = max(year.errors)
    return [
        *(_followed(one) for one in year.followed),
        *(_promoted(one) for one in year.promoted),
        f"{how_many(year.trainings, 'training')} in {how_many(year.plan.days, 'day')} with "
        f"{how_many(year.plan.leads_a_day, 'lead')} a day; the standard error of an AUC is at "
        f"most {error:.4f}.",
    ]


def _followed(one: Followed) -> str:
    within = "within" if one.holds else "NOT within"
    return (
        f"Day {one.changed}: {one.phase}. On day {one.by}, {FOLLOWS_WITHIN} days after the first "
        f"outcomes have matured, what serves ranks with AUC {one.served:.3f}: {within} {CLOSE} of "
        f"a model learned after the change ({one.reference:.3f})."
    )


def _promoted(one: Promoted) -> str:
    return (
        f"Day {one.day}: version {one.version} serves. Over the next quarter its AUC is "
        f"{one.after:.3f}, that of what it replaced {one.before:.3f}."
    )


def draw(year: Year) -> str:
    """The AUC of what served on the market of each day, as SVG, beside a model learned after each
    change (dashed); trainings and promotions as marks."""
    values = [year.served(day) for day in range(year.plan.days)]
    low = min([*values, *year.references]) - 0.02
    high = max([*values, *year.references]) + 0.02

    def x(day: float) -> float:
        return round(LEFT + day / year.plan.days * (WIDTH - LEFT - 10), 1)

    def y(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    line = " ".join(f"{x(day)},{y(value)}" for day, value in enumerate(values))
    parts = [f'<polyline points="{line}" fill="none" stroke="#2b6cb0" stroke-width="2"/>']
    for phase, reference in zip(year.phases, year.references, strict=True):
        begins = max(phase.begins, 0)
        parts.append(_line(x(begins), y(reference), x(phase.ends), y(reference), "6 4"))
        parts.append(_line(x(begins), TOP, x(begins), HEIGHT - BOTTOM, "2 3"))
        parts.append(_text(x(begins) + 4, TOP - 8, f"day {begins}: {phase.name}"))
    marks = (one for one in year.happened if one.kind in COLOURS)
    parts += [
        f'<circle cx="{x(one.day)}" cy="{HEIGHT - BOTTOM + 10}" r="4" fill="{COLOURS[one.kind]}">'
        f"<title>day {one.day}: {escape(one.words)}</title></circle>"
        for one in marks
    ]
    parts += [_text(4, y(value) + 4, f"{value:.2f}") for value in (low + 0.02, high - 0.02)]
    words = "AUC: solid, what serves; dashed, a model learned after the change. Dots: trainings "
    parts.append(_text(LEFT, HEIGHT - 8, f"{words}(brown) and promotions (green)."))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui" font-size="12"><title>{escape(headline(year))}</title>'
        f"{''.join(parts)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, dashes: str) -> str:
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#718096" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x}" y="{y}" fill="#4a5568">{escape(words)}</text>'
