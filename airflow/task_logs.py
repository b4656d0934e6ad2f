"""Airflow's logging, in which the API reads the logs of tasks from the folder that all parts share.

Airflow's own handler also asks a log server on the host of each task that runs. Every way in which
this stack is run shares the folder, so no such server is started.
"""

from copy import deepcopy

from airflow.config_templates.airflow_local_settings import DEFAULT_LOGGING_CONFIG
from airflow.utils.log.file_task_handler import FileTaskHandler


class SharedFolderTaskHandler(FileTaskHandler):
    """Reads the logs of tasks from the folder alone."""

    def _read_from_logs_server(self, ti, worker_log_rel_path):
        """Return no sources and no streams."""
        return [], []


LOGGING_CONFIG = deepcopy(DEFAULT_LOGGING_CONFIG)
LOGGING_CONFIG["handlers"]["task"]["class"] = f"{__name__}.{SharedFolderTaskHandler.__name__}"
