import locust  # noqa: F401  # patches the standard library before anything else opens a socket
