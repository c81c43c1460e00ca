# The image of all processes: web, worker, beat, sweeper, sealer, and the commands (docs/operating.md).
# No secret goes in: DEBUG lets collectstatic do with the fixed values that production refuses.

FROM python:3.13-slim AS build
WORKDIR /app
ENV PATH=/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock ./
RUN ["python", "-m", "venv", "/venv"]
RUN ["python", "-m", "pip", "install", "--no-cache-dir", "--only-binary", ":all:", "--require-hashes", "-r", "requirements.lock"]
COPY manage.py ./
COPY consentadmin ./consentadmin
COPY templates ./templates
COPY static ./static
COPY deploy/alive.py deploy/granian.json ./deploy/
RUN ["env", "DEBUG=1", "CONSENTADMIN_STATIC_ROOT=/app/staticfiles", "python", "manage.py", "collectstatic", "--noinput"]
RUN ["python", "-m", "compileall", "-q", "consentadmin"]

FROM python:3.13-slim AS run
WORKDIR /app
RUN ["useradd", "--uid", "10001", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "consentadmin"]
RUN ["install", "-d", "-o", "10001", "-g", "10001", "/data", "/files", "/checkpoints"]
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ENV CONSENTADMIN_STATIC_ROOT=/app/staticfiles
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=4s --start-period=20s --retries=3 CMD ["python", "deploy/alive.py"]
CMD ["python", "-m", "granian", "--interface", "wsgi", "consentadmin.wsgi:application", "--workers", "2", "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "--log-config", "deploy/granian.json"]
