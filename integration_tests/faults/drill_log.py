"""A prediction log on a real PostgreSQL that drills take away and bring back."""

from price_service.migration import migrate

from unit_tests.mlflow_image.postgresql_server import Server

DATABASE = "postgres"


class DrillLog:
    """The table of predictions, and the server below it."""

    def __init__(self, server: Server):
        self._server = server
        self.url = server.url("postgres", DATABASE)
        migrate(self.url)

    def stop(self) -> None:
        """End the server at once, with everything that is connected to it."""
        self._server.stop()

    def start(self) -> None:
        """Have it back."""
        self._server.start()

    def clear(self) -> None:
        """Empty the table."""
        self._server.run("postgres", DATABASE, "TRUNCATE predictions")

    def rows(self) -> list[tuple[str, str, float]]:
        """(prediction id, model version, price) of each."""
        query = "SELECT prediction_id, model_version, price FROM predictions"
        return self._server.run("postgres", DATABASE, query)

    def ids(self) -> list[str]:
        """The prediction id of each row."""
        return [row[0] for row in self.rows()]

    def seconds_spanned(self) -> float:
        """From the earliest prediction to the latest, by the clocks of those who made them."""
        query = "SELECT EXTRACT(EPOCH FROM max(predicted_at) - min(predicted_at)) FROM predictions"
        return float(self._server.run("postgres", DATABASE, query)[0][0])

    def holds(self, ids: set[str]) -> bool:
        """Whether all of these are in it."""
        return ids <= set(self.ids())
