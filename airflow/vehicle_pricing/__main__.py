"""The steps of the pipeline as commands; each prints the id that the next one takes."""

import argparse
import logging
import sys
from pathlib import Path

from vehicle_pricing import data_steps, model_steps
from vehicle_pricing.errors import NoNewData, PipelineError
from vehicle_pricing.settings import Settings


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    root = argparse.ArgumentParser(prog="python -m vehicle_pricing", description=__doc__)
    commands = root.add_subparsers(dest="command", required=True)
    commands.add_parser("download", help="fetch the archive that DATASET names; prints its SHA-256")
    prepare = commands.add_parser(
        "prepare", help="clean the listings; prints the data set's version"
    )
    prepare.add_argument("archive", help="the archive's SHA-256")
    split = commands.add_parser("split", help="split a prepared data set; prints its version")
    split.add_argument("version")
    train = commands.add_parser("train", help="search and fit; prints the MLflow run's id")
    train.add_argument("--dataset-version", default="", help="default: the latest data set")
    train.add_argument("--trials", type=int, help="default: TRAIN_TRIALS")
    train.add_argument("--rows", type=int, help="at most this many of the most recent rows")
    evaluate = commands.add_parser("evaluate", help="measure, register, judge; prints the version")
    evaluate.add_argument("run_id")
    promote = commands.add_parser("promote", help="put a model version into production")
    promote.add_argument("model_version")
    promote.add_argument("--dry-run", action="store_true", help="say what would happen")
    promote.add_argument("--force", action="store_true", help="even what the gate refuses")
    promote.add_argument("--reason", default="", help="needed with --force, kept with the model")
    card = commands.add_parser("card", help="write the page of a version's model card")
    card.add_argument("model_version")
    card.add_argument("path", type=Path, help="such as docs/model_card.html")
    commands.add_parser("rollback", help="put the previous model back; pauses automatic promotion")
    commands.add_parser("resume", help="allow automatic promotion again")
    return root


def run(arguments: argparse.Namespace, settings: Settings) -> str:
    """Run one command; what it made, in a word."""
    steps = {
        "download": lambda: data_steps.download(settings),
        "prepare": lambda: data_steps.prepare(settings, arguments.archive),
        "split": lambda: data_steps.split(settings, arguments.version),
        "train": lambda: model_steps.train(
            settings, arguments.dataset_version, trials=arguments.trials, rows=arguments.rows
        ),
        "evaluate": lambda: model_steps.evaluate(settings, arguments.run_id),
        "promote": lambda: model_steps.promote(
            settings,
            arguments.model_version,
            dry_run=arguments.dry_run,
            force=arguments.force,
            reason=arguments.reason,
        ),
        "card": lambda: model_steps.card_page(settings, arguments.model_version, arguments.path),
        "rollback": lambda: model_steps.rollback(settings),
        "resume": lambda: model_steps.resume(settings),
    }
    return steps[arguments.command]()


def main() -> int:
    """The exit status: 0, or 1 with the reason on standard error."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        print(run(parser().parse_args(), Settings()))
    except NoNewData as nothing:
        logging.info("%s", nothing)
        print(nothing.version)
    except PipelineError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
