-- The two roles and the database, on an empty server; run once, by its superuser.
-- The owner makes the tables. The app works with them: it may add to the trail, and nothing else.
\getenv secrets SECRETS
\if :{?secrets}
\else
    \set secrets /run/secrets
\endif
\setenv SECRETS :secrets
\set owner_password `cat "$SECRETS/owner_password"`
\set app_password `cat "$SECRETS/app_password"`

CREATE ROLE consentadmin_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE consentadmin_app LOGIN PASSWORD :'app_password';
CREATE DATABASE consentadmin OWNER consentadmin_owner;
REVOKE ALL ON DATABASE consentadmin FROM PUBLIC;
GRANT CONNECT ON DATABASE consentadmin TO consentadmin_app;
