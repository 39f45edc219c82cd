"""What a scraper shows where others than this machine can reach the metrics."""

TOKEN = "JOBLOAD_METRICS_TOKEN"  # noqa: S105  # the name of the variable
SHORTEST_TOKEN = 16
