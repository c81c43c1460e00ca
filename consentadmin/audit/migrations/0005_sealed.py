"""Keep each entry's canonical bytes, and the Merkle tree that the sealer builds over them.

The canonical text is RFC 8785 JSON. `services.record` renders it; this trigger does for an INSERT
that brings none. `xid` is left out of it: it orders the sealing and tells an auditor nothing.
"""

from django.db import migrations

CANONICAL = r"""
CREATE FUNCTION audit_json(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    CASE jsonb_typeof(value)
    WHEN 'object' THEN
        RETURN '{' || coalesce((
            SELECT string_agg(to_json(key)::text || ':' || audit_json(member), ','
                              ORDER BY key COLLATE "C")
            FROM jsonb_each(value) AS members(key, member)), '') || '}';
    WHEN 'array' THEN
        RETURN '[' || coalesce((
            SELECT string_agg(audit_json(member), ',' ORDER BY place)
            FROM jsonb_array_elements(value) WITH ORDINALITY AS members(member, place)), '') || ']';
    WHEN 'number' THEN
        IF value::numeric <> trunc(value::numeric) OR abs(value::numeric) >= 9007199254740992 THEN
            RAISE EXCEPTION 'the trail holds whole numbers below 2^53'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN trunc(value::numeric)::text;
    ELSE
        RETURN value::text;
    END CASE;
END
$$;
COMMENT ON FUNCTION audit_json(jsonb) IS
    'RFC 8785 of what an entry holds: whole numbers below 2^53, keys in ASCII.';

CREATE FUNCTION audit_canonical(entry audit_entry) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN '{"action":' || to_json(entry.action)::text
        || ',"actor_id":' || coalesce(entry.actor_id::text, 'null')
        || ',"actor_name":' || to_json(entry.actor_name)::text
        || ',"actor_role":' || to_json(entry.actor_role)::text
        || ',"at":"' || to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","case":' || to_json(entry."case")::text
        || ',"change":' || coalesce(entry.change::text, 'null')
        || ',"data":' || audit_json(entry.data)
        || ',"datamart":' || to_json(entry.datamart)::text
        || ',"id":' || entry.id::text
        || ',"outcome":' || to_json(entry.outcome)::text
        || ',"reason":' || to_json(entry.reason)::text
        || ',"request_id":' || to_json(entry.request_id)::text
        || ',"schema":' || entry.schema::text
        || ',"sealed":'
        || coalesce('"' || translate(encode(entry.sealed, 'base64'), E'\n', '') || '"', 'null')
        || ',"subject":' || coalesce('"' || entry.subject::text || '"', 'null')
        || '}';
END
$$;

ALTER TABLE audit_entry ADD COLUMN canonical text;
ALTER TABLE audit_entry DISABLE TRIGGER append_only;
UPDATE audit_entry SET canonical = audit_canonical(audit_entry);
ALTER TABLE audit_entry ENABLE TRIGGER append_only;
ALTER TABLE audit_entry ALTER COLUMN canonical SET NOT NULL;

CREATE FUNCTION audit_keep_canonical() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.canonical := audit_canonical(NEW);
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_canonical BEFORE INSERT ON audit_entry
    FOR EACH ROW WHEN (NEW.canonical IS NULL) EXECUTE FUNCTION audit_keep_canonical();
"""

TREE = """
CREATE INDEX entry_xid ON audit_entry (xid, id);

CREATE TABLE audit_leaf (
    seq bigint PRIMARY KEY CHECK (seq >= 0),
    entry bigint NOT NULL UNIQUE,
    epoch smallint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE audit_leaf IS
    'Which entry is which leaf of the tree (RFC 6962), and its hash. No foreign key: an entry whose
     time is over may be dropped, its leaf stays.';

CREATE TABLE audit_node (
    level smallint CHECK (level > 0),
    place bigint CHECK (place >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, place)
);
COMMENT ON TABLE audit_node IS
    'The roots of complete subtrees of 2^level leaves, at each fourth level.';

CREATE TABLE audit_cursor (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch smallint NOT NULL,
    system bigint NOT NULL,
    xid xid8 NOT NULL,
    entry bigint NOT NULL,
    carry_to bigint
);
COMMENT ON TABLE audit_cursor IS
    'How far the sealer has come: by (xid, entry) within an epoch, which is the life of one
     cluster; while carry_to is set, by entry alone, over what was there when the epoch began.';

CREATE TABLE audit_key (
    vkey text PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT consentadmin_now()
);
COMMENT ON TABLE audit_key IS 'Every key that has signed a checkpoint here, as C2SP vkey.';

CREATE TABLE audit_checkpoint (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin text NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    note text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT consentadmin_now()
);
CREATE INDEX checkpoint_size ON audit_checkpoint (size);
CREATE INDEX checkpoint_latest ON audit_checkpoint (origin, id);

CREATE TABLE audit_publication (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checkpoint bigint NOT NULL REFERENCES audit_checkpoint,
    place text NOT NULL,
    at timestamptz NOT NULL DEFAULT consentadmin_now(),
    error text NOT NULL
);
COMMENT ON TABLE audit_publication IS
    'Where each checkpoint has left the database; an empty error is a success.';
CREATE INDEX publication_checkpoint ON audit_publication (checkpoint);

CREATE TABLE audit_verification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT consentadmin_now(),
    size bigint NOT NULL,
    is_sound boolean NOT NULL,
    first_bad bigint,
    entry bigint,
    why text NOT NULL,
    seconds double precision NOT NULL
);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_leaf', 'audit_node', 'audit_key', 'audit_checkpoint',
                                'audit_publication', 'audit_verification'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', name);
    END LOOP;
END
$$;
"""

UNMAKE = """
DROP TABLE audit_verification, audit_publication, audit_checkpoint, audit_key, audit_cursor,
    audit_node, audit_leaf;
DROP INDEX entry_xid;
DROP TRIGGER keep_canonical ON audit_entry;
DROP FUNCTION audit_keep_canonical();
ALTER TABLE audit_entry DROP COLUMN canonical;
DROP FUNCTION audit_canonical(audit_entry);
DROP FUNCTION audit_json(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_actions_by_reference")]
    operations = [migrations.RunSQL([CANONICAL, TREE], UNMAKE)]
