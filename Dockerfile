# The scheduled job as an image: `docker run -v listener-data:/data listener` makes one whole pass.
ARG BASE=python:3.11-slim-bookworm

# ---- libraries: the locked dependencies in a virtual environment, without what is never loaded (scripts/slim.py) ----
FROM ${BASE} AS libraries
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
# What the base brings is written down before anything is added; binutils has `strip`.
RUN dpkg-query --show --showformat='${Package}\t${Version}\t${Architecture}\n' > /src/base.tsv \
 && apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends binutils > /dev/null
COPY requirements.lock ./
RUN python3 -m venv /opt/listener \
 && /opt/listener/bin/pip install --quiet --no-compile --require-hashes --requirement requirements.lock
COPY scripts/slim.py scripts/
RUN python3 scripts/slim.py /opt/listener

# ---- build: our wheel, byte code, the bill of materials ----
FROM libraries AS build
COPY build.lock image.lock ./
RUN python3 -m venv /opt/build \
 && /opt/build/bin/pip install --quiet --no-compile --require-hashes --requirement build.lock \
 && python3 -m venv /opt/bom \
 && /opt/bom/bin/pip install --quiet --no-compile --require-hashes --requirement image.lock
COPY pyproject.toml README.md LICENSE ./
COPY listener listener
COPY connectors connectors
COPY nlp nlp
COPY storage storage
COPY config config
# MODEL=no leaves the sentiment model out, with its notice: the engine is then `vader`, and every result says so.
ARG MODEL=yes
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/build/bin/pip --python /opt/listener/bin/python install --quiet --no-compile --no-deps --no-index --prefix /app /dist/*.whl \
 && if [ "$MODEL" = no ]; then rm -rf /app/lib/python3*/site-packages/nlp/models/target; fi
# Each file gets one time, so that the same content is the same layer: an upgrade then fetches what changed.
COPY scripts/loaded.py scripts/image_bom.py scripts/licences.py scripts/
RUN app=$(echo /app/lib/python3*/site-packages) libraries=$(echo /opt/listener/lib/python3*/site-packages) \
 && cd /tmp \
 && PYTHONPATH=$app /opt/listener/bin/python /src/scripts/loaded.py compile \
 && mkdir -p /app/share/listener \
 && PYTHONPATH=$app /opt/bom/bin/cyclonedx-py environment --output-reproducible --of JSON -o /app/share/listener/sbom.json /opt/listener/bin/python \
 && python3 /src/scripts/image_bom.py /app/share/listener/sbom.json /src/base.tsv \
 && python3 /src/scripts/licences.py /app/share/listener/sbom.json "$libraries" "$app" > /app/share/listener/licences.txt \
 && find /opt/listener /app -exec touch --no-dereference --date=@946684800 {} +

# ---- what runs: no build tool, no compiler, no root ----
FROM ${BASE}
LABEL org.opencontainers.image.title="listener" \
      org.opencontainers.image.description="Hears which of your customers speak about your brand in public." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/listener/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    HOME=/data \
    LISTENER_CONFIG=/data/listener.toml
# A number needs no entry in the base image's user list.
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /opt/listener /opt/listener
COPY --from=build /app /opt/listener
USER 10001:10001
WORKDIR /data
VOLUME /data
# For `serve`: a run ends before it is asked.
HEALTHCHECK --interval=10m --timeout=30s --start-period=30m CMD ["listener", "status"]
ENTRYPOINT ["listener"]
CMD ["run"]
