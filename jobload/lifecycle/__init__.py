"""The only place that wires jobload into Locust's events."""
