"""Mutations of notifications: ids, leases, refusals, addresses, storms, exceptions that end, reminders, tests."""

from typing import Final

from tests.mutations.mutation import Mutation

_NOTIFIER: Final = "services/notifier/mcm_notifier"
_OUTBOX_TESTS: Final = "services/notifier/tests/test_outbox.py"
_WEBHOOK_TESTS: Final = "services/notifier/tests/test_webhook.py"
_WATCHER_TESTS: Final = "services/notifier/tests/test_exception_watcher.py"

NOTIFICATIONS: Final = (
    Mutation(
        "the reason follows from what was notified before",
        f"{_NOTIFIER}/notifications.py",
        (
            (
                "    if before is None:\n        return Reason.NEW",
                "    if before is None or before:\n        return Reason.NEW",
            ),
        ),
        f"{_OUTBOX_TESTS}::test_a_new_a_reopened_and_a_more_severe_finding_are_notified_and_nothing_else",
    ),
    Mutation(
        "a leased message is left to its process",
        "shared/mcm_shared/db/leases.py",
        (("table.c.leased_until <= lease.now)", "table.c.leased_until.is_not(None))"),),
        f"{_OUTBOX_TESTS}::test_a_message_of_a_process_that_died_is_sent_by_another_with_the_same_id",
    ),
    Mutation(
        "a chat that accepts a message with an error has not accepted it",
        f"{_NOTIFIER}/channels/slack.py",
        (("        _raise_for(reply)\n", ""),),
        f"{_OUTBOX_TESTS}::test_slack_accepts_a_message_only_with_ok",
    ),
    Mutation(
        "a webhook connects to the address that was checked",
        f"{_NOTIFIER}/channels/http.py",
        (("target.copy_with(host=address)", "target"),),
        f"{_WEBHOOK_TESTS}::test_the_connection_goes_to_the_address_that_was_checked",
    ),
    Mutation(
        "every address of a webhook is checked",
        f"{_NOTIFIER}/channels/http.py",
        (("    for address in addresses:\n", "    for address in addresses[:1]:\n"),),
        f"{_WEBHOOK_TESTS}::test_one_internal_address_of_a_name_is_enough_to_refuse_it",
    ),
    Mutation(
        "a storm is held for its digest",
        f"{_NOTIFIER}/schedule.py",
        (("        if now < state.digest_at:\n            return None, state\n", ""),),
        "services/notifier/tests/test_routes.py::test_a_thousand_findings_in_a_minute_are_a_notice_and_a_digest_with_all_of_them",
    ),
    Mutation(
        "mentions in event text are taken apart",
        f"{_NOTIFIER}/messages.py",
        (('_MENTION.sub("(at) ", text)', "text"),),
        "services/notifier/tests/test_messages.py::test_text_of_events_holds_nothing_that_a_chat_renders",
    ),
    Mutation(
        "findings that return are looked for whenever an exception has ended",
        f"{_NOTIFIER}/exception_watcher.py",
        (("if ended != self._ended:", "if self._ended is None:"),),
        f"{_WATCHER_TESTS}::test_a_finding_is_notified_once_at_the_moment_its_exception_ends",
    ),
    Mutation(
        "a notification of a hidden finding is kept",
        f"{_NOTIFIER}/compose.py",
        (('if each.is_hidden], "hidden")', 'if each.is_hidden], "dropped")'),),
        f"{_WATCHER_TESTS}::test_a_finding_hidden_while_its_notification_waited_is_notified_when_it_is_visible_again",
    ),
    Mutation(
        "a reminder is inserted once",
        f"{_NOTIFIER}/store/exceptions.py",
        (('f"{reminder.number}|{reminder.days}"', 'f"{reminder.number}|{now}"'),),
        f"{_WATCHER_TESTS}::test_reminders_come_30_7_and_1_days_before_each_once",
    ),
    Mutation(
        "a reminder is due while the exception was active before",
        f"{_NOTIFIER}/exception_watcher.py",
        (("if not _was_active(", "if days < 0 and not _was_active("),),
        f"{_WATCHER_TESTS}::test_reminders_come_30_7_and_1_days_before_each_once",
    ),
    Mutation(
        "a test of a channel that has expired is not sent",
        f"{_NOTIFIER}/store/channel_tests.py",
        ((", _TEST.requested_at > lease.now - TEST_WITHIN)", ")"),),
        "services/api/tests/test_notifications.py::test_a_test_shows_what_the_channel_really_answered",
    ),
)
