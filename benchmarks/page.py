"""The page benchmarks/README.md and its plots, rendered from results.json.

python benchmarks/page.py
"""

import json
from collections.abc import Callable
from pathlib import Path

import page_plots
from ablation_page import table
from common import RESULTS

PAGE = Path(__file__).with_name("README.md")
INTRODUCTION = """# Benchmarks

What the claims of speed and size rest on. The figures of a section are of one run on two cores
that other work shared, so those that compare are ratios within it: the contenders take turns, and
what else the machine does falls on all alike. One command measures everything anew, into
[results.json](results.json), and writes this page from it:

```bash
make benchmark ARCHIVE=path
```

Without an archive it takes a synthetic one. It needs `wrk` (Debian: `apt-get install wrk`), 8 GB
for `pandas.read_csv` to read everything at once, and half an hour. The model that predicts is the
one that the stack trains at the beginning, with all its features.
"""


def main() -> None:
    """Write the page and its plots."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    page_plots.draw(results)
    PAGE.write_text(rendered(results), encoding="utf-8")
    print(f"{PAGE} is written")


def rendered(results: dict) -> str:
    """The page."""
    sections = (goals, over_http, stages, many_rows, preparation, training, monitor, start)
    parts = (f"## {title(section)}\n\n{section(results)}" for section in sections)
    return "\n".join((INTRODUCTION, *parts, OTHERS))


def title(section: Callable) -> str:
    """A section's heading: the first line of its docstring."""
    return (section.__doc__ or "").partition("\n")[0].rstrip(".")


def figures(results: dict, name: str) -> dict:
    """What was found under a name."""
    return results[name]["figures"]


def goals(results: dict) -> str:
    """Goals, met and missed."""
    http, many = figures(results, "http_service"), figures(results, "many_rows")
    prepared, drift = figures(results, "preparation"), figures(results, "drift_run")
    stack, ratios = live(results), http["ratios"]
    share = results["many_rows"]["ratio"]
    most = max(prepared[task]["peak_mb"] for task in ("prepare", "split"))
    rows = [
        least("requests a second, of an echo's", ratios["of_echo"], 0.6),
        at_most("p99, in times of the echo's", ratios["p99_of_echo"], 3),
        least(
            "requests, in times of `mlflow models serve`", ratios["times_mlflow_models_serve"], 8
        ),
        least("requests, in times of DataFrame + DMatrix", ratios["times_frame_and_dmatrix"], 25),
        at_most("memory of a worker, MB (PSS)", many["worker_mb_before"], 200),
        at_most("start to first answer, s", http["service"]["seconds_to_first_answer"], 3),
        least("rows a second, of `inplace_predict`'s on ready numbers", share, 0.5),
        at_most("preparing, in times of unzipping", prepared["prepare_to_nothing"], 2),
        at_most("memory of preparing and splitting, MB", most, 600),
        least("`pandas.read_csv`, in times of preparing", prepared["pandas_to_prepare"], 3.5),
        at_most("the price's fit, in times of `xgb.train`", results["training"]["ratio"], 1.1),
        at_most("a drift run, CPU seconds", drift["cpu_seconds_of_a_run"], 1),
        at_most("calibration, s", drift["calibration_seconds"], 60),
        at_most("first strange request to alert, s", stack[ALERT], 60),
        at_most("`make demo` on the sample to the first prediction, s", demo_seconds(results), 180),
    ]
    return table(("what", "found", "goal", "met"), rows)


ALERT = "seconds_from_first_strange_request_to_alert"


def live(results: dict) -> dict:
    """Of the stack that was measured with real listings, if one was."""
    stacks = results["live_stack"]
    real = [stem for stem in stacks if stem != "sample"]
    return stacks[real[0] if real else "sample"]["figures"]


def demo_seconds(results: dict) -> float:
    """Of `make demo` as it is, on synthetic listings."""
    return results["live_stack"]["sample"]["figures"]["seconds_to_first_prediction"]


def least(what: str, found: float, goal: float) -> tuple[str, ...]:
    """A row of a goal that is met from a figure on."""
    return what, f"{found:,.3g}", f"at least {goal:g}", "yes" if found >= goal else "**no**"


def at_most(what: str, found: float, goal: float) -> tuple[str, ...]:
    """A row of a goal that is met up to a figure."""
    shown = f"{found:,.0f}" if found >= 100 else f"{found:,.3g}"
    return what, shown, f"at most {goal:g}", "yes" if found <= goal else "**no**"


def over_http(results: dict) -> str:
    """One prediction over HTTP."""
    found = {
        name: one for name, one in figures(results, "http_service").items() if name != "ratios"
    }
    heads = ("two workers, 16 connections", "requests/s", "p50, ms", "p99, ms", "CPU, µs/request")
    columns = ("requests_per_second", "p50_ms", "p99_ms", "cpu_microseconds_a_request")
    rows = [(name, *(f"{one[column]:,.4g}" for column in columns)) for name, one in found.items()]
    return (
        "The same listings, each with all that it says, go to all four. The service checks them,"
        " prices them with a range, warns, and has each on its disk before it answers; `mlflow"
        " models serve` serves the same model; the straightforward way makes a DataFrame and a"
        " DMatrix of each request and gives the price alone; the echo answers with what it was"
        " sent. `benchmarks/http_service.py`.\n\n"
        + table(heads, rows)
        + "\n![Requests a second](plots/over_http.svg)\n"
    )


def stages(results: dict) -> str:
    """Where the time of one prediction goes."""
    found = figures(results, "stages")
    alone, turns = found["alone"], found["in_turns"]
    order = sorted(alone | turns, key=lambda part: -(alone | turns)[part])
    rows = [
        (part, *(f"{one[part]:.0f}" if part in one else "" for one in (alone, turns)))
        for part in order
    ]
    return (
        f"The application takes {found['application']:.0f} µs of the processor for a prediction,"
        f" an echo in the same Flask {found['echo']:.0f} µs; Gunicorn's threads, its parser of"
        " HTTP and the kernel come on top, for both alike. Alone, again and again, a part has all"
        " it needs in the processor's caches. In turns with all else it costs more, above all the"
        " trees: their nodes are more than a cache of 1 MB holds, so that each prediction fetches"
        " them anew. Fewer trees would be faster and less right: half as many cost 25 USD of mean"
        " absolute error on later vehicles, and were not taken. `benchmarks/stages.py`.\n\n"
        + table(("part", "alone, µs", "in turns, µs"), rows)
        + "\n![Where the time goes](plots/stages.svg)\n"
    )


def many_rows(results: dict) -> str:
    """Many rows at once."""
    found = figures(results, "many_rows")
    rows = [
        ("`POST /predict`, 10,000 listings", f"{found['predict_rows_per_second']:,}"),
        ("`POST /predict/csv`, 100,000 rows", f"{found['csv_rows_per_second']:,}"),
        ("`inplace_predict`, numbers ready", f"{found['xgboost_alone_rows_per_second']:,}"),
    ]
    return (
        "One request is worked on by one worker. It reads, checks, encodes, answers and records"
        " every row in Python, which uses one core, and so does its shipper, which writes the rows"
        " to the log meanwhile; only the trees price the rows before on another. XGBoost alone has"
        " two threads and numbers that are ready: no text, no checks, no range (two more"
        f" boosters), no record. A worker takes {found['worker_mb_before']} MB before and at most"
        f" {found['worker_mb_most']} MB meanwhile, whatever the length of the file."
        " `benchmarks/many_rows.py`.\n\n" + table(("what", "rows a second"), rows)
    )


def preparation(results: dict) -> str:
    """Preparing an archive."""
    found = figures(results, "preparation")
    names = {
        "nothing": "unzip and throw away",
        "download": "`download` of a local file",
        "prepare": "`prepare`: unzip, parse, clean, tell vehicles apart",
        "split": "`split`",
        "pandas": "`pandas.read_csv` of everything",
    }
    rows = [
        (text, f"{found[task]['seconds']:.1f}", f"{found[task]['peak_mb']:,}")
        for task, text in names.items()
    ]
    return (
        f"An archive of {found['unpacked_bytes'] / 1e9:.2f} GB when unpacked, straight from the"
        " zip, each in a process of its own. `benchmarks/preparation.py`.\n\n"
        + table(("what", "seconds", "most memory, MB"), rows)
        + "\n![Preparing](plots/preparation.svg)\n"
    )


def training(results: dict) -> str:
    """Training."""
    found = dict(figures(results, "training"))
    rounds = found.pop("rounds")
    heads = ("training listings", "encoding, s", "fit, s", "final fit and range, s", "memory, MB")
    columns = ("encoding_seconds", "search_fit_seconds", "final_fit_with_range_seconds", "peak_mb")
    rows = [(size, *(f"{one[column]:,.4g}" for column in columns)) for size, one in found.items()]
    (pair,) = [one for one in found.values() if "price_fit_over_plain" in one]
    more = pair["price_fit_nodes"] / pair["plain_fit_nodes"]
    return (
        f"Synthetic listings, {rounds} rounds. In turns on one matrix of 100,000 rows, the price's"
        f" fit (Huber's loss in dollars, mileage never raising a price) takes"
        f" {pair['price_fit_seconds']:.1f} s and a plain `xgboost.train` of the squared error"
        f" {pair['plain_fit_seconds']:.1f} s: {pair['price_fit_over_plain']:.2f} times as long, for"
        f" trees of {more:.2f} times as many nodes, since that loss counts a dear vehicle for more"
        f" than one. A trial of the search takes {pair['trial_seconds']:.0f} s there. The final fit"
        " is of the price, of five more boosters without a fold each, and of the range's."
        " `benchmarks/training.py`.\n\n"
        + table(heads, rows)
        + "\n![How training grows](plots/training.svg)\n"
    )


def monitor(results: dict) -> str:
    """The drift monitor."""
    found, alert = figures(results, "drift_run"), live(results)[ALERT]
    return (
        f"A window of 500 listings, {found['columns']} columns, against a reference of 20,000:"
        f" {found['cpu_seconds_of_a_run']} s of the processor. Thresholds of a new model version:"
        f" {found['calibration_seconds']} s, kept with it. In the running stack the alert is there"
        f" {alert} s after the first strange request. `benchmarks/drift_run.py`, `live_stack.py`.\n"
    )


def start(results: dict) -> str:
    """From `make demo` to the first prediction."""
    stacks = results["live_stack"]
    parts = list(next(iter(stacks.values()))["figures"]["seconds_by_part"])
    rows = [
        (part, *(f"{one['figures']['seconds_by_part'][part]:.0f}" for one in stacks.values()))
        for part in parts
    ]
    whole = [f"{one['figures']['seconds_to_first_prediction']:.0f}" for one in stacks.values()]
    rows.append(("in all", *whole))
    return "With the environment installed, in seconds. `benchmarks/live_stack.py`.\n\n" + table(
        ("part", *stacks), rows
    )


OTHERS = """## Measured elsewhere

- How right the model is: `make accuracy`, in [the model card](../docs/model_card.html) and the
  [README](../README.md); what each group of features brings: `make ablation`,
  [docs/ablation.md](../docs/ablation.md).
- From the click to the price in the form: `make form_benchmark`.
- What breaks and what is lost then: `make fault_drills`, [docs/faults.md](../docs/faults.md).
"""

if __name__ == "__main__":
    main()
