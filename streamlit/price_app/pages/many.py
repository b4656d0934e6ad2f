"""The second page: price every row of a CSV file."""

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from price_app import texts
from price_app.backend import Backend
from price_app.describe.fields import Field, fields_of
from price_app.errors import CsvUnreadable, ListingRefused, ServiceError
from price_app.many import csv_file
from price_app.many.columns import choose_columns, show_preview
from price_app.many.csv_file import CsvFile, Layout
from price_app.many.csv_job import PricingJob
from price_app.many.results import show_results
from price_app.notices import current_schema, show_failure

UPLOADED_STATE, TABLE_STATE, JOB_STATE = "_csv_uploaded", "_csv_table", "_csv_job"
UPLOADER_KEY, GO_ON_STATE = "_csv_uploader", "_csv_go_on"


@dataclass(frozen=True)
class Uploaded:
    """The visitor's file, kept while they look at other pages."""

    file_id: str
    name: str
    content: bytes


def show(backend: Backend) -> None:
    """Draw the page."""
    st.title("Many at once", anchor=False)
    if not backend.takes_uploads:
        st.info("Files are not taken here. Whoever runs this form has switched that off.")
        return
    schema = current_schema(backend)
    if schema is None:
        return
    fields = fields_of(schema)
    _show_introduction(fields)
    uploaded = _uploaded()
    if uploaded is None:
        return
    try:
        table = _table_of(backend, uploaded, fields)
    except CsvUnreadable as error:
        st.error(texts.escaped(texts.failure_message(error)), icon=":material/error:")
        return
    except ServiceError as error:
        show_failure(error, "csv_columns_retry", backend.forget)
        return
    show_preview(table)
    columns = choose_columns(table, fields, uploaded.file_id)
    _price_and_show(backend, _job_of(uploaded.file_id, table, columns), fields, uploaded.name)


def _uploaded() -> Uploaded | None:
    """Ask for a file; the one of before while the visitor gives no other."""
    # Of any type: the service names what is no CSV, and how to save it as one.
    st.file_uploader("Your CSV file", key=UPLOADER_KEY, on_change=_take)
    kept = st.session_state.get(UPLOADED_STATE)
    # A page that was left comes back with an empty uploader.
    if kept is not None and st.session_state.get(UPLOADER_KEY) is None:
        words, button = st.columns([4, 1], vertical_alignment="center")
        words.markdown(f"**{texts.escaped(kept.name)}** is still here.")
        button.button("Remove it", on_click=_remove, width="stretch")
    return kept


def _take() -> None:
    """Keep what was uploaded; what was taken away goes, with its prices."""
    _remove()
    file = st.session_state.get(UPLOADER_KEY)
    if file is not None:
        st.session_state[UPLOADED_STATE] = Uploaded(file.file_id, file.name, file.getvalue())


def _remove() -> None:
    for name in (UPLOADED_STATE, TABLE_STATE, JOB_STATE, GO_ON_STATE):
        st.session_state.pop(name, None)


def _show_introduction(fields: list[Field]) -> None:
    st.markdown(
        "One vehicle a row, with names of the columns in the first line. "
        "They need not be those of the template: you can match them to the model's here."
    )
    st.download_button(
        "Empty template",
        csv_file.template([field.name for field in fields]),
        file_name="vehicles.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _table_of(backend: Backend, uploaded: Uploaded, fields: list[Field]) -> CsvFile:
    """Return the uploaded table, read through once a file; raises CsvUnreadable, ServiceError."""
    kept_id, table = st.session_state.get(TABLE_STATE, (None, None))
    if kept_id != uploaded.file_id:
        with st.spinner("Reading…"):
            table = csv_file.opened(uploaded.content, _layout_of(backend, uploaded, fields))
        st.session_state[TABLE_STATE] = (uploaded.file_id, table)
    return table


def _layout_of(backend: Backend, uploaded: Uploaded, fields: list[Field]) -> Layout:
    """Return how the service reads the table; of one of before, the fields' own names alone."""
    try:
        layout = backend.service.csv_layout(uploaded.content)
    except ListingRefused as error:
        raise CsvUnreadable(str(error)) from error
    if layout is None:
        header = next(csv_file.rows_of(uploaded.content), [])
        layout = Layout(columns={name: number for number, name in enumerate(header)})
    known = {one.name for one in fields}
    columns = {name: number for name, number in layout.columns.items() if name in known}
    return replace(layout, columns=columns)


def _job_of(file_id: str, table: CsvFile, columns: dict[str, int]) -> PricingJob:
    """The job for this file and these columns: the one begun, or a new one."""
    key = (file_id, tuple(columns.items()))
    kept_key, job = st.session_state.get(JOB_STATE, (None, None))
    if kept_key != key:
        job = PricingJob(table, columns)
        st.session_state[JOB_STATE] = (key, job)
    return job


def _price_and_show(backend: Backend, job: PricingJob, fields: list[Field], name: str) -> None:
    missing = [one.label for one in fields if one.required and one.name not in job.columns]
    if missing:
        st.warning(f"Choose the column for {', '.join(missing)}: there is no price without it.")
    # One after the other in the same place, so that nothing else on the page moves.
    place = st.empty()
    if st.session_state.pop(GO_ON_STATE, False):
        _go_on(backend, job, place)
    with place.container():
        if job.is_finished:
            show_results(job, name)
        elif job.failure is not None:
            _show_done(job)
            show_failure(job.failure, "csv_retry", _ask_to_go_on)
        else:
            _show_done(job)
            label = f"Price the other {job.table.rows - job.done:,} rows" if job.done else None
            st.button(
                label or "Price all rows",
                type="primary",
                icon=":material/sell:",
                disabled=bool(missing or not job.columns),
                on_click=_ask_to_go_on,
            )


def _go_on(backend: Backend, job: PricingJob, place: DeltaGenerator) -> None:
    """Price what is left, with a bar that moves while the rows are sent."""
    rows = job.table.rows

    def words(done: int) -> str:
        return f"{done:,} of {rows:,} rows priced"

    progress = place.progress(job.done / rows, text=words(job.done))
    job.go_on(
        backend.service.price_csv,
        lambda done: progress.progress(done / rows, text=words(done)),
    )


def _show_done(job: PricingJob) -> None:
    if job.done:
        st.info(f"{job.done:,} of {job.table.rows:,} rows are done, and stay so.")


def _ask_to_go_on() -> None:
    st.session_state[GO_ON_STATE] = True
