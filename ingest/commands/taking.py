"""Take tables and changes out of what was published."""

import io
import json
import re
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import polars as pl
import polars.selectors as cs
import typer

from files import changes
from files.site import CHANGES
from ingest import alerts as alerting
from ingest.commands.codes import ALERTS, DISK, FRESH, PARTIAL, STALE
from ingest.commands.guards import landed, published
from ingest.commands.telling import log, said, say, whole_output
from ingest.networks import networks
from ingest.transport import Http
from store.disk import FAULTS, replace
from store.faults import ReadingError
from store.landing import Landing
from store.mart import data_folder, site_folder
from store.rows import FORMULA_STARTS, NEGATIVE_NUMBER


def export(
    table: Annotated[str, typer.Argument(help="A table of the mart, such as metric or holding.")],
    file: Annotated[Path, typer.Argument(help="Where to write: .csv, .json or .parquet.")],
) -> None:
    """Write a table of the published mart to a file."""
    with published(data_folder()) as mart:
        tables = mart.table("SELECT table_name FROM information_schema.tables ORDER BY 1")["table_name"].to_list()
        if table not in tables:
            raise typer.BadParameter(f"{table!r} is no table; there are {', '.join(tables)}")
        rows = mart.table(f'FROM "{table}"')
    try:
        replace(file.resolve(), _written(rows, file))
    except OSError as error:
        text = f"cannot write {file}: {error.strerror or error}"
        if error.errno not in FAULTS:
            raise typer.BadParameter(text) from error
        log.error(text)
        raise typer.Exit(DISK) from error
    log.info("%d rows of %s in %s", rows.height, table, file)


def _written(rows: pl.DataFrame, file: Path) -> memoryview:
    """Rows as a file's content, in memory: where a disk is full, Polars does not always say so."""
    if not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}")
    content = io.BytesIO()
    match file.suffix:
        case ".csv":
            starts = f"^([{''.join(map(re.escape, FORMULA_STARTS))}])"
            texts = cs.string()
            number = texts.str.contains(NEGATIVE_NUMBER)
            told = pl.when(number).then(texts).otherwise(texts.str.replace(starts, "'$1"))
            rows.with_columns(told).write_csv(content)
        case ".json":
            rows.write_json(content)
        case ".parquet":
            rows.write_parquet(content)
        case _:
            raise typer.BadParameter(f"{file.name}: the ending must be .csv, .json or .parquet")
    return content.getbuffer()


def alerts(
    rules: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True, help="Which changes are wanted.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell changes of late that rules want, each once, here and to a webhook. For cron, after `run`.

    Exits 5 where there are some, 3 where the webhook did not take them (the next call tells them again), 4 where no
    changes are told: nothing but the sample was published.
    """
    data = landed(data_folder())
    wanted = _rules(rules, {*networks(), *Landing(data).descriptions()})
    known = changes.known(_changes(data))
    if known is None:
        log.error("no changes are told in %s: `python -m ingest run` writes them", site_folder(data))
        raise typer.Exit(STALE)
    # Told on the day on which it is set up, and not with the first alert.
    webhook = alerting.webhook(wanted)
    memory = data / f"alerts-{sha256(str(rules.resolve()).encode()).hexdigest()[:12]}.json"
    found = alerting.due(wanted, known, alerting.remembered(memory))
    with whole_output():
        if as_json:
            typer.echo(json.dumps(said(alerting.document(found))))
        else:
            for text in alerting.lines(found):
                say(text)
    if found and webhook:
        try:
            with Http(patience=alerting.INSISTENT) as http:
                alerting.send(webhook, alerting.document(found), http)
        except ReadingError as error:
            log.error("alerts were not sent: %s", error)
            raise typer.Exit(PARTIAL) from error
    alerting.remember(memory, known)
    raise typer.Exit(ALERTS if found else FRESH)


def _rules(file: Path, known: Collection[str]) -> alerting.Rules:
    try:
        return alerting.rules(file.read_text(), known)
    except (alerting.WrongRules, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error


def _changes(data: Path) -> bytes | None:
    try:
        return (site_folder(data) / CHANGES).read_bytes()
    except FileNotFoundError:
        return None
