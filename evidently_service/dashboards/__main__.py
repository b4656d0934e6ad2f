"""`python -m dashboards` writes the dashboards to the folder that Grafana reads."""

from pathlib import Path

from dashboards.files import write

FOLDER = Path(__file__).resolve().parent.parent / "config" / "grafana" / "dashboards"

if __name__ == "__main__":
    write(FOLDER)
