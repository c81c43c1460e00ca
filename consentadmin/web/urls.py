"""Addresses and the views behind them."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from consentadmin.web.views import (
    activities,
    approvals,
    change_list,
    changes,
    consultations,
    datamarts,
    exports,
    health,
    lookup,
    people,
    profiles,
    referentials,
    staff,
    timeline,
    trail,
    trail_filters,
    undo,
)


class HandleConverter(StringConverter):
    """A handle: random letters, digits, `-` and `_`."""

    regex = r"[A-Za-z0-9_-]{1,32}"


class PlatformIdConverter(StringConverter):
    """An id of the platform's, as long as our tables hold one."""

    regex = r"[A-Za-z0-9_-]{1,40}"


class KeyConverter(StringConverter):
    """What a profile goes by: a keyed digest, never its account."""

    regex = r"[0-9a-f]{32}"


register_converter(HandleConverter, "handle")
register_converter(PlatformIdConverter, "id")
register_converter(KeyConverter, "key")

PERSON = "person/<handle:handle>"
CHOICE = f"{PERSON}/choices/<id:processing>"
PROFILE = f"{PERSON}/profiles/<key:key>"
TIMELINE = f"{PERSON}/timeline"
CHANGE = f"{PERSON}/changes/<int:pk>"

REFERENTIALS = "datamarts/<id:platform_id>/referentials"

urlpatterns = [
    path("", staff.home, name="home"),
    path("sign-in", staff.sign_in, name="account_login"),
    path("sign-out", staff.sign_out, name="account_logout"),
    path("look-up", lookup.look_up, name="look-up"),
    path("look-up/recognise", lookup.recognise, name="recognise"),
    path(PERSON, people.person, name="person"),
    path(CHOICE, people.choice, name="choice"),
    path(f"{CHOICE}/history", people.history, name="history"),
    path(f"{CHOICE}/change", changes.change_choice, name="change-choice"),
    path(TIMELINE, timeline.timeline, name="timeline"),
    path(f"{PERSON}/activities/record", activities.record_activity, name="record-activity"),
    path(f"{PERSON}/consultations", consultations.consulted, name="consulted"),
    path(f"{PERSON}/consultations/file", consultations.consulted_file, name="consulted-file"),
    path(CHANGE, changes.change, name="change"),
    path(f"{CHANGE}/cancel", changes.cancel, name="cancel-change"),
    path(f"{CHANGE}/retry", changes.retry, name="retry-change"),
    path(f"{CHANGE}/undo", undo.undo, name="undo-change"),
    path(f"{CHANGE}/repeat", undo.repeat, name="repeat-change"),
    path(f"{CHANGE}/recheck", undo.recheck, name="recheck-change"),
    path(f"{CHANGE}/approve", approvals.approve, name="approve-change"),
    path(f"{CHANGE}/reject", approvals.reject, name="reject-change"),
    path(f"{PERSON}/profiles/new", profiles.new_profile, name="new-profile"),
    path(PROFILE, profiles.profile, name="profile"),
    path(f"{PROFILE}/edit", profiles.edit_profile, name="edit-profile"),
    path(f"{PROFILE}/delete", profiles.delete_profile, name="delete-profile"),
    path("approvals", approvals.approvals, name="approvals"),
    path("approvals/<int:pk>/review", approvals.review, name="review-approval"),
    path("trail", trail.trail, name="trail"),
    path("trail/person", trail.of_person, name="trail-of-person"),
    path("trail/activity", trail.activity, name="trail-activity"),
    path("trail/entry/<int:pk>", trail.entry, name="entry"),
    path("trail/filters", trail_filters.save, name="save-filters"),
    path("trail/filters/<int:pk>/drop", trail_filters.drop, name="drop-filters"),
    path("changes", change_list.changes, name="changes"),
    path("changes/<int:pk>/open", change_list.open_change, name="open-change"),
    path("changes/many", change_list.review_many, name="review-many"),
    path("changes/many/decide", change_list.decide_many, name="decide-many"),
    path("trail/export", exports.ask, name="ask-export"),
    path("trail/exports", exports.exports, name="exports"),
    path("trail/exports/<handle:token>", exports.export, name="export"),
    path("trail/exports/<handle:token>/cancel", exports.cancel, name="cancel-export"),
    path("trail/exports/<handle:token>/download", exports.download, name="download-export"),
    path("trail/exports/<handle:token>/deliver", exports.deliver, name="deliver-export"),
    path("datamarts", datamarts.datamarts, name="datamarts"),
    path("datamarts/<id:platform_id>/resume", datamarts.resume, name="resume-sending"),
    path("datamarts/<id:platform_id>/policy", datamarts.set_policy, name="set-policy"),
    path(REFERENTIALS, referentials.referentials, name="referentials"),
    path(f"{REFERENTIALS}/read", referentials.read_again, name="read-referentials"),
    path("healthz", health.ready, name="health"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("metrics", health.figures, name="metrics"),
]
