# The server in a container: pinned packages, this folder's own code, a user without rights.
# docs/operating/containers.md shows how to build and run it.
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
WORKDIR /src
COPY requirements/server.txt requirements/
RUN python -m venv /usr/local/lib/tallystick \
 && /usr/local/lib/tallystick/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /usr/local/lib/tallystick/bin/pip install --no-cache-dir --no-deps . \
 && /usr/local/lib/tallystick/bin/tallystick --version \
 && /usr/local/lib/tallystick/bin/pip uninstall --yes pip

FROM python:${PYTHON}
RUN groupadd --system --gid 10001 tallystick \
 && useradd --system --uid 10001 --gid tallystick --home-dir /var/lib/tallystick --shell /usr/sbin/nologin tallystick \
 && install --directory --owner tallystick --group tallystick --mode 0700 /var/lib/tallystick
COPY --from=build /usr/local/lib/tallystick /usr/local/lib/tallystick
ENV PATH="/usr/local/lib/tallystick/bin:${PATH}" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TALLYSTICK_HOST=0.0.0.0 \
    TALLYSTICK_LOG_FORMAT=json
WORKDIR /var/lib/tallystick
VOLUME /var/lib/tallystick
USER 10001:10001
EXPOSE 8700
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8700/readyz', timeout=3)"]
ENTRYPOINT ["tallystick"]
CMD ["serve"]
