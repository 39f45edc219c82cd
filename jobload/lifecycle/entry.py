"""Locust with jobload in it, whatever the locustfile says: what `jobload run` becomes."""

from locust import events
from locust.main import main

from jobload.lifecycle.install import install

if __name__ == "__main__":
    install(events)
    main()
