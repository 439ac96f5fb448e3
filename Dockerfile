# perfgate as an image: docs/how-to/docker.md says how to run it, and how to move the digest below.
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base

FROM base AS build
WORKDIR /src
COPY requirements-build.txt requirements.txt ./
RUN python -m venv /build \
    && /build/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.txt \
    && python -m venv --without-pip /opt/perfgate \
    && python -m pip --python /opt/perfgate install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY perfgate ./perfgate
RUN /build/bin/python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
    && python -m pip --python /opt/perfgate install --no-cache-dir --no-deps --no-index /dist/*.whl

FROM base
# Debian's archive keeps the newest git only, so a pinned one would stop building with its next security fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    # Whoever mounts a repository there asks for its own code to be run; git need not doubt it for its owner.
    && git config --system --add safe.directory /repo \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp perfgate \
    # Not the environment's whole bin: `python` in a service's command must not be perfgate's.
    && ln -s /opt/perfgate/bin/perfgate /usr/local/bin/perfgate
COPY --from=build /opt/perfgate /opt/perfgate
LABEL org.opencontainers.image.title="perfgate" \
      org.opencontainers.image.description="A performance gate for pull requests of HTTP services" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# Also for a user that `docker run --user` makes up, and in a container that is read-only but for /tmp.
ENV HOME=/tmp
USER 10001:10001
WORKDIR /repo
# A check that runs every half minute would disturb what is measured: ask `perfgate doctor` before a run.
HEALTHCHECK NONE
ENTRYPOINT ["perfgate"]
CMD ["--help"]
