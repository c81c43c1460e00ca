"""What nobody documents (the S facts of PLATFORM.md), gathered: one line a fact.

Each line names its PLATFORM section and says what the sandbox does. A contrarian sandbox is
another `Decisions` with the lines turned round; nothing else in the code takes such a decision.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decisions:
    """The sandbox's own choices; an instance without arguments is the ordinary sandbox."""

    accepts_seconds: bool = False  # §1: a $choice_ts under 10^11 (seconds) is a 400
    largest_body: int = 1_048_576  # §1: bytes; a longer body is a 413
    page_size: int = 10  # §1: default max_results of paginated lists, so a careless client is cut
    largest_page: int = 1_000  # §1: a larger max_results is cut to this, and the answer says so
    told_max_results: int = 20  # §1: max_results told by a list nobody asked to page
    no_choices_is_404: bool = False  # §2: a known person without choices has an empty list
    one_choice_in_a_list: bool = False  # §4: one choice is an object
    put_merges_customs: bool = False  # §4: a PUT replaces the stored choice, customs included
    older_becomes_current: bool = False  # §4: an older $choice_ts goes to the log only
    repeat_is_logged_again: bool = False  # §4: an identical PUT leaves no second record
    write_answers_with_data: bool = True  # §4, §5: a write answers what is stored now
    archived_takes_choices: bool = True  # §4: a choice on an archived processing can be written
    delete_forgets_log: bool = False  # §4: deleting a choice keeps its change log
    change_log_page: int | None = None  # §4: the change log is whole unless pages are asked for
    change_log_newest_first: bool = False  # §4: the change log comes in no order
    bare_put_replaces: bool = False  # §5: no strategy and no legacy flag is force_replace=false
    flags_win: bool = False  # §5: update_strategy wins over the legacy flags
    arrays_go_by_id: bool = True  # §5: PARTIAL_* treat arrays of objects with ids one by one
    arrays_are_appended: bool = False  # §5: PARTIAL_UPDATE replaces every other array
    null_in_update_removes: bool = False  # §5: PARTIAL_UPDATE stores a null as any scalar
    only_null_deletes: bool = False  # §5: PARTIAL_DELETE takes null, a scalar or {} for "remove"
    put_makes_person: bool = True  # §5: a profile of an unknown account makes the person
    put_attaches_account: bool = True  # §5: a profile of a new account makes it the person's
    ids_must_match: bool = True  # §5: an id in the body that differs from the path is a 400
    other_fields_refused: bool = False  # §5: other $ fields in a body are ignored
    replace_forgets_expiration: bool = False  # §5: $expiration_ts is kept unless given
    deepest_profile: int = 64  # §5: levels of objects and arrays; a deeper body is a 400


ORDINARY = Decisions()
