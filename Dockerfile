# The portal for production: web, worker, beat and migrate are this one image (docker-compose.yml).

FROM python:3.12-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --require-hashes --only-binary :all: -r requirements.txt \
    || /opt/venv/bin/pip install --require-hashes -r requirements.txt

FROM node:24-slim AS scripts
WORKDIR /scripts
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PORTAL_DATA=/data \
    PORTAL_STATIC=/app/.static
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin portal \
    && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . ./
COPY --from=scripts /scripts/node_modules/echarts/dist/echarts.common.min.js .vendor/
RUN PORTAL_MODE=demo python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q portal policies cases notifications
USER 10001:10001
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--preload", "--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
