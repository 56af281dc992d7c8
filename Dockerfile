# The scheduled job as an image: `docker run -v listener-data:/data listener` makes one whole pass.
ARG BASE=python:3.11-slim-bookworm

# ---- build: the locked dependencies and our wheel, in a virtual environment ----
FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock build.lock image.lock ./
RUN python3 -m venv /opt/listener \
 && /opt/listener/bin/pip install --quiet --require-hashes --requirement requirements.lock \
 && python3 -m venv /opt/build \
 && /opt/build/bin/pip install --quiet --require-hashes --requirement build.lock \
 && python3 -m venv /opt/bom \
 && /opt/bom/bin/pip install --quiet --require-hashes --requirement image.lock
COPY pyproject.toml README.md LICENSE ./
COPY listener listener
COPY connectors connectors
COPY nlp nlp
COPY storage storage
COPY config config
COPY scripts/licences.py scripts/licences.py
# MODEL=no leaves the sentiment model out, with its notice: the engine is then `vader`, and every result says so.
ARG MODEL=yes
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/listener/bin/pip install --quiet --no-deps --no-index /dist/*.whl \
 && /opt/listener/bin/pip uninstall --quiet --yes pip setuptools \
 && if [ "$MODEL" = no ]; then rm -rf /opt/listener/lib/python3*/site-packages/nlp/models/target; fi \
 && mkdir -p /opt/listener/share/listener \
 && /opt/bom/bin/cyclonedx-py environment --output-reproducible --of JSON -o /opt/listener/share/listener/sbom.json /opt/listener/bin/python \
 && python3 scripts/licences.py /opt/listener/share/listener/sbom.json > /opt/listener/share/listener/licences.txt \
 && /opt/listener/bin/python -m compileall -q /opt/listener/lib

# ---- what runs: no build tool, no compiler, no root ----
FROM ${BASE}
LABEL org.opencontainers.image.title="listener" \
      org.opencontainers.image.description="Hears which of your customers speak about your brand in public." \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/listener/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    HOME=/data \
    LISTENER_CONFIG=/data/listener.toml
# A number needs no entry in the base image's user list.
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /opt/listener /opt/listener
USER 10001:10001
WORKDIR /data
VOLUME /data
# For `serve`: a run ends before it is asked.
HEALTHCHECK --interval=10m --timeout=30s --start-period=30m CMD ["listener", "status"]
ENTRYPOINT ["listener"]
CMD ["run"]
