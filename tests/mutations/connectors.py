"""Mutations of the connectors: what keeps a position from lying beyond an event that Kafka does not have."""

from typing import Final

from tests.mutations.mutation import Mutation

_CONNECTORS: Final = "services/ingestor/mcm_ingestor/connectors"
_TESTS: Final = "services/ingestor/tests"
_KILLS: Final = f"{_TESTS}/test_connector_kills.py::test_kills_inside_a_page_lose_nothing"
_ACKNOWLEDGE: Final = "        if page.acknowledge is not None:\n            await page.acknowledge()\n"
_CHECKED: Final = "        self._require_progress(page)\n"

CONNECTORS: Final = (
    Mutation(
        "a position is stored after Kafka has acknowledged its page",
        f"{_CONNECTORS}/lane.py",
        ((_CHECKED, f'{_CHECKED}        await self._change({{"position": page.next_position}})\n'),),
        _KILLS,
    ),
    Mutation(
        "a message is deleted after Kafka has acknowledged its log file",
        f"{_CONNECTORS}/lane.py",
        ((_ACKNOWLEDGE, ""), (_CHECKED, _CHECKED + _ACKNOWLEDGE)),
        f"{_TESTS}/test_aws_connectors.py::test_a_message_is_deleted_once_its_records_are_acknowledged",
    ),
    Mutation(
        "the next query begins by the clock that is behind",
        f"{_CONNECTORS}/source_clock.py",
        (("return by_server if timedelta(0) <", "return by_server if sent_at is None and timedelta(0) <"),),
        f"{_TESTS}/test_connectors.py::test_a_clock_that_is_wrong_leaves_nothing_out",
    ),
    Mutation(
        "the first start reads a little of what was before",
        f"{_CONNECTORS}/service.py",
        (("connector.start(now - MAX_SKEW_AT_START, None)", "connector.start(now, None)"),),
        f"{_TESTS}/test_connectors.py::test_a_clock_that_is_wrong_leaves_nothing_out",
    ),
    Mutation(
        "backfill waits for live polling",
        f"{_CONNECTORS}/lane.py",
        (("                    await self._idle.wait()\n", "                    pass\n"),),
        f"{_TESTS}/test_connectors.py::test_backfill_waits_for_live_polling",
    ),
    Mutation(
        "a source is left alone for as long as it asks",
        f"{_CONNECTORS}/backoff.py",
        (("return max(jittered, min(retry_after_s or 0.0, _LONGEST_WISH_S))", "return jittered"),),
        f"{_TESTS}/test_http_client.py::test_a_source_says_how_long_to_wait",
    ),
    Mutation(
        "only a log file that is gone is skipped",
        f"{_CONNECTORS}/aws_cloudtrail_s3.py",
        (("        except ObjectGoneError as error:", "        except SourceError as error:"),),
        f"{_TESTS}/test_aws_connectors.py::test_only_a_log_file_that_is_gone_is_skipped",
    ),
)
