"""The environment of the test run, set before Django's settings are read (`-p tests.environment`).

The database's address is set later, when the run's own server is up (conftest.py).
"""

import base64
import os

os.environ.update(
    DEBUG="0",
    SECRET_KEY="of this test run alone, and of nothing else",
    CONSENTADMIN_FIELD_KEYS=base64.urlsafe_b64encode(b"field key of this test run alone").decode(),
    CONSENTADMIN_ALIAS_KEYS=base64.urlsafe_b64encode(b"alias key of this test run alone").decode(),
    CONSENTADMIN_SIGNING_KEY=base64.urlsafe_b64encode(b"signing key of this tests alone.").decode(),
    CONSENTADMIN_HTTPS="0",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    DATABASE_URL="postgres://consentadmin_app@/unset",
    DATABASE_OWNER_URL="postgres://consentadmin_owner@/unset",
    CELERY_BROKER_URL="memory://",
    CONSENTADMIN_DATABASE_POOL="0",
    CONSENTADMIN_TIME_ZONE="Europe/Paris",
    CONSENTADMIN_READ_DEADLINE="1",
    CONSENTADMIN_CONNECT_TIMEOUT="1",
    CONSENTADMIN_READ_TIMEOUT="0.8",
    CONSENTADMIN_CALL_DEADLINE="1",
    CONSENTADMIN_BREAKER_PAUSE="0.05",
    DJANGO_ALLOW_ASYNC_UNSAFE="1",
    LOG_LEVEL="WARNING",
    PYTHONWARNINGS="",
)
for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]
