"""What nobody documents (the S facts of PLATFORM.md), gathered: one line a fact.

Each line names its PLATFORM section, says what the ordinary sandbox does, and holds the opposite
that a contrarian sandbox does instead (see `contrarian`): `no(4)` is turned into a yes, `yes(4)`
into a no, and `either` says both. Nothing else in the code takes such a decision.
"""

from dataclasses import dataclass, field
from typing import TypeVar

_T = TypeVar("_T")


def either(*sections: int, ordinary: _T, contrarian: _T) -> _T:
    """Declare a fact of these sections of PLATFORM.md: what it is, and what it is turned round."""
    metadata = {"sections": sections, "contrarian": contrarian}
    return field(default=ordinary, metadata=metadata)


def no(*sections: int) -> bool:
    """Declare a fact that is false, and true in a contrarian sandbox."""
    return either(*sections, ordinary=False, contrarian=True)


def yes(*sections: int) -> bool:
    """Declare a fact that is true, and false in a contrarian sandbox."""
    return either(*sections, ordinary=True, contrarian=False)


@dataclass(frozen=True, slots=True)
class Decisions:
    """The sandbox's own choices; an instance without arguments is the ordinary sandbox."""

    # Transport
    bad_request_status: int = either(1, ordinary=400, contrarian=422)  # of a refused body or query
    foreign_is_404: bool = no(1)  # what the token has no rights on is a 403
    unknown_is_403: bool = no(1)  # an unknown datamart, organisation or community is a 404
    taken_account_status: int = either(1, 5, ordinary=400, contrarian=409)  # an account of another
    wrong_method_is_404: bool = no(1)  # a method that a path has not is a 405 with Allow
    faults_are_html: bool = no(1)  # a fault comes in the error envelope
    throttling_tells_when: bool = yes(1)  # a 429 has a Retry-After unless told otherwise
    accepts_seconds: bool = no(1)  # a $choice_ts under 10^11 (seconds) is a 400
    accepts_floats: bool = no(1)  # a time such as 1.5e12, a whole number but no integer, is a 400
    first_key_counts: bool = no(1)  # of two equal keys in a body, the last counts
    mends_json: bool = no(1)  # NaN, 1e999 and lone surrogates are a 400
    largest_body: int = either(1, ordinary=1_048_576, contrarian=262_144)  # bytes; more is refused
    deepest_body: int = either(1, ordinary=64, contrarian=16)  # levels; a deeper body is a 400
    large_body_status: int = either(1, ordinary=413, contrarian=400)  # of a body that is too long
    page_size: int = either(1, ordinary=10, contrarian=3)  # default max_results of paginated lists
    largest_page: int = either(1, ordinary=1_000, contrarian=100)  # more is cut to this, and told
    told_max_results: int = either(1, ordinary=20, contrarian=50)  # by a list nobody asked to page
    lists_are_paged: bool = no(1)  # lists but the processings' come whole unless pages are asked
    bad_page_is_ignored: bool = no(1)  # max_results=0, or a page that is no number, is a 400
    owner_is_mandatory: bool = yes(1, 8)  # a list without its owner's id is a 400

    # Selectors and persons
    decodes_before_splitting: bool = no(2)  # a path is split raw, each value decoded afterwards
    unreadable_is_404: bool = no(2)  # a selector that can't be read is a 400
    archived_point_answers: bool = no(2)  # a point that was merged away is a 404
    no_choices_is_404: bool = no(2, 4)  # a known person without choices has an empty list
    no_profiles_is_404: bool = no(2, 5)  # a known person without profiles has an empty list
    no_records_is_404: bool = no(2, 4)  # a choice that never was has an empty change log
    no_segments_is_404: bool = no(2)  # who is in no segment, or no scenario, has an empty list

    # Identifiers
    point_comes_last: bool = no(3)  # the USER_POINT may stand anywhere

    # Choices
    one_choice_in_a_list: bool = no(4)  # one choice is an object
    no_choice_is_404: bool = yes(4)  # a choice that is not there is a 404, not an empty list
    own_fields_refused: bool = no(4)  # $creation_ts, or another $processing_id, is ignored
    put_merges_customs: bool = no(4)  # a PUT replaces the stored choice, customs included
    older_becomes_current: bool = no(4)  # an older $choice_ts goes to the log only
    repeat_is_logged_again: bool = no(4)  # an identical PUT leaves no second record
    write_answers_with_data: bool = yes(4, 5)  # a write answers what is stored now
    write_answers_a_body: bool = yes(4, 5)  # … in an envelope
    delete_answers_with_data: bool = no(4, 5, 7)  # a delete answers {"status":"ok"}
    deleting_nothing_is_404: bool = yes(4, 5, 7)  # and not a delete like any other
    archived_takes_choices: bool = yes(4)  # a choice on an archived processing can be written
    unknown_takes_choices: bool = no(4)  # a choice on an unknown or deleted processing is a 400
    choice_makes_person: bool = no(4)  # a choice of an unknown person is a 404
    pointless_takes_choices: bool = yes(4)  # a device without a point may have choices
    delete_forgets_log: bool = no(4)  # deleting a choice keeps its change log
    change_log_page: int | None = either(4, ordinary=None, contrarian=20)  # whole unless asked
    change_log_newest_first: bool = no(4)  # the change log comes in no order
    keywords_mind_case: bool = no(4)  # `keywords` finds processings whatever the case

    # Profiles
    compartment_takes_last: bool = no(5)  # a profile by compartment alone is the first of it
    compartment_is_number: bool = no(5)  # $compartment_id of a profile is a string
    bare_put_replaces: bool = no(5)  # no strategy and no legacy flag is force_replace=false
    flags_win: bool = no(5)  # update_strategy wins over the legacy flags
    unknown_strategy_is_ignored: bool = no(5)  # another strategy or flag is a 400
    update_goes_deep: bool = yes(5)  # PARTIAL_UPDATE merges objects in depth
    delete_goes_deep: bool = yes(5)  # PARTIAL_DELETE recurses into an object
    arrays_go_by_id: bool = yes(5)  # PARTIAL_* treat arrays of objects with ids one by one
    ids_compare_as_text: bool = no(5)  # an id 1 is 1.0 but not "1"
    arrays_are_appended: bool = no(5)  # PARTIAL_UPDATE replaces every other array
    null_in_update_removes: bool = no(5)  # PARTIAL_UPDATE stores a null as any scalar
    only_null_deletes: bool = no(5)  # PARTIAL_DELETE takes null, a scalar or {} for "remove"
    put_makes_person: bool = yes(5)  # a profile of an unknown account makes the person
    any_put_makes_person: bool = no(5)  # a profile by any other unknown selector is a 404
    put_attaches_account: bool = yes(5)  # a profile of a new account makes it the person's
    unknown_compartment_is_404: bool = no(5)  # an unknown compartment is a 400
    ids_must_match: bool = yes(5)  # an id in the body that differs from the path is a 400
    other_fields_refused: bool = no(5)  # other $ fields in a body are ignored
    replace_forgets_expiration: bool = no(5)  # $expiration_ts is kept unless given
    profile_delete_keeps_account: bool = yes(5)  # deleting a profile leaves its account

    # Activities
    activity_answers_true: bool = yes(6)  # a received activity is answered with data, true
    activity_ts_is_mandatory: bool = no(6)  # an activity without $ts is one of now
    activity_needs_identifier: bool = yes(6)  # one without any identifier is a 400
    unknown_session_is_refused: bool = yes(6)  # another $session_status is a 400
    optional_fields_are_checked: bool = yes(6)  # an odd $ttl or $topics is a 400, not taken
    events_are_checked_at_once: bool = yes(6)  # a bad field of an event is a 400, not dropped later
    event_ts_is_choice_ts: bool = yes(6)  # … and not the $ts of its activity
    unique_key_deduplicates: bool = no(6)  # an activity of a known $unique_key is stored again
    profile_event_goes_deep: bool = no(6)  # its properties replace objects of one name
    merge_joins_logs: bool = yes(6)  # of merged points; the newest $choice_ts is current
    quarantine_refuses: bool = no(6)  # a write to a quarantined point is a 200 and stores nothing
    timeline_newest_first: bool = yes(6)  # also where a limit cuts it
    timeline_bounds_inclusive: bool = yes(6)  # start_ts and end_ts
    timeline_limit: int = either(6, ordinary=50, contrarian=7)  # untold
    timeline_largest_limit: int = either(6, ordinary=1_000, contrarian=100)  # more is cut to this
    filters_and_binds_tighter: bool = yes(6)  # in filters, AND (,) binds tighter than OR (|)
    bare_timeline_delete_is_refused: bool = yes(6)  # a DELETE without filters is a 400

    # Deletion and bulk
    point_delete_forgets_logs: bool = yes(7)  # a deleted point's change logs go with it
    pointless_can_be_deleted: bool = yes(7)  # a device without a point goes as a point does
    unknown_import_is_refused: bool = yes(7)  # a document_type that is not known here is a 400
    import_done_status: str = either(7, ordinary="SUCCEEDED", contrarian="SUCCESS")
    import_of_failures_fails: bool = yes(7)  # FAILED where not one command did what it said
    running_import_tells_result: bool = no(7)  # the result of an execution is null until it ends
    late_cancel_is_refused: bool = yes(7)  # cancelling what has ended is a 400


ORDINARY = Decisions()
