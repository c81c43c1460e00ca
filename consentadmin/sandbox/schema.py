"""The tables of a store, and what stores of older versions lack.

Timestamps are milliseconds since the epoch, UTC.
"""

VERSION = 2

_PEOPLE = """
CREATE TABLE organisation (id TEXT PRIMARY KEY, mine INTEGER NOT NULL, community_id TEXT NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE datamart (id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL, mine INTEGER NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE compartment (id TEXT PRIMARY KEY, datamart_id TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE channel (id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE processing (id TEXT PRIMARY KEY, community_id TEXT NOT NULL, name TEXT NOT NULL,
    archived INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE person (id INTEGER PRIMARY KEY, datamart_id TEXT NOT NULL);
CREATE TABLE selector (datamart_id TEXT NOT NULL, kind TEXT NOT NULL, scope TEXT NOT NULL,
    value TEXT NOT NULL, person INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (datamart_id, kind, scope, value)) WITHOUT ROWID;
CREATE TABLE identifier (person INTEGER NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (person, position)) WITHOUT ROWID;
CREATE TABLE profile (person INTEGER NOT NULL, compartment_id TEXT NOT NULL,
    account_id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (person, compartment_id, account_id)) WITHOUT ROWID;
CREATE TABLE change_log (number INTEGER PRIMARY KEY, person INTEGER NOT NULL,
    processing_id TEXT NOT NULL, ts INTEGER NOT NULL, digest BLOB NOT NULL, body TEXT NOT NULL,
    counts INTEGER NOT NULL);
CREATE UNIQUE INDEX change_log_of_choice ON change_log (person, processing_id, ts, digest);
"""
# Since version 2: activities on their way and in timelines, what became of points, imports.
_ACTIVITIES = """
CREATE TABLE received (number INTEGER PRIMARY KEY, datamart_id TEXT NOT NULL, due INTEGER NOT NULL,
    named TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX received_by_due ON received (due, number);
CREATE TABLE activity (number INTEGER PRIMARY KEY, person INTEGER NOT NULL, ts INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX activity_of_person ON activity (person, ts, number);
CREATE TABLE standing (person INTEGER PRIMARY KEY, activities INTEGER NOT NULL,
    segments INTEGER NOT NULL, is_hyper INTEGER NOT NULL);
CREATE TABLE analyzer_rule (person INTEGER NOT NULL, event_name TEXT NOT NULL,
    PRIMARY KEY (person, event_name)) WITHOUT ROWID;
CREATE TABLE archived_point (datamart_id TEXT NOT NULL, point_id TEXT NOT NULL,
    person INTEGER NOT NULL, ts INTEGER NOT NULL, PRIMARY KEY (datamart_id, point_id))
    WITHOUT ROWID;
CREATE INDEX archived_point_of_person ON archived_point (person);
CREATE TABLE document_import (id INTEGER PRIMARY KEY, datamart_id TEXT NOT NULL,
    document_type TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE execution (id INTEGER PRIMARY KEY, import_id INTEGER NOT NULL, status TEXT NOT NULL,
    created INTEGER NOT NULL, started INTEGER, ended INTEGER, tasks INTEGER NOT NULL,
    completed INTEGER NOT NULL, failures INTEGER NOT NULL, piece INTEGER NOT NULL,
    place INTEGER NOT NULL);
CREATE INDEX execution_of_import ON execution (import_id);
CREATE INDEX execution_to_run ON execution (id) WHERE ended IS NULL;
CREATE TABLE upload (execution INTEGER NOT NULL, piece INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (execution, piece));
CREATE TABLE failed_command (execution INTEGER NOT NULL, line INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (execution, line)) WITHOUT ROWID;
"""

SCHEMA = _PEOPLE + _ACTIVITIES
ADDED = {1: _ACTIVITIES}
"""What a store of an older version still needs, by that version."""
