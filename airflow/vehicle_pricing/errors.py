"""The errors that the pipeline raises; every message says what happened and what to do.

None shows the credentials that an address in it may hold.

PipelineError
  DownloadError          the archive could not be fetched
  ArchiveError           it was fetched, and is not a whole archive of listings
  DataSetError           the listings cannot become a data set, or a data set is not there
  NoNewData              the data set of this input exists already
  FeedbackError          the prediction log is set, and cannot be read
  StorageError           the folder or bucket of the data sets cannot be used
    MissingObjectError   it can, and does not hold that file
  TrainingError          no model could be made
  ClusterError           the Dask cluster that DASK_SCHEDULER names cannot do the work
  RegistryError          the registry cannot be used, or does not hold what was asked of it
  GateRefused            the model was judged and not let into production
  MonitorError           the monitor's answer cannot be had or understood
"""

from vehicle_pricing.addresses import without_credentials


class PipelineError(Exception):
    """Any failure that the pipeline names."""

    def __init__(self, message: str):
        super().__init__(without_credentials(message))


class DownloadError(PipelineError):
    """The archive could not be fetched."""


class ArchiveError(PipelineError):
    """What was fetched is not a whole archive of listings."""


class DataSetError(PipelineError):
    """The listings cannot become a data set, or the data set asked for is not there."""


class NoNewData(PipelineError):
    """The data set of this archive, these parameters and this feedback exists already."""

    def __init__(self, version: str):
        super().__init__(f"no new data: data set {version} has been made from this input before")
        self.version = version


class FeedbackError(PipelineError):
    """The prediction log is set, and cannot be read."""


class StorageError(PipelineError):
    """The folder or bucket of the data sets cannot be used."""


class MissingObjectError(StorageError):
    """The folder or bucket can be used and does not hold that file."""


class TrainingError(PipelineError):
    """No model could be made."""


class ClusterError(PipelineError):
    """The Dask cluster that DASK_SCHEDULER names cannot do the work."""


class RegistryError(PipelineError):
    """The registry cannot be used, or does not hold what was asked of it."""


class GateRefused(PipelineError):
    """The model was judged and not let into production."""


class MonitorError(PipelineError):
    """The monitor's answer cannot be had or understood."""
