"""Delivery incidents: unreviewed merges, failed deployments, public buckets, a runaway script."""

from mcm_ingestor.generator import changes
from mcm_ingestor.generator.company import Person
from mcm_ingestor.generator.drafts import HOUR, MINUTE, SECOND, Draft
from mcm_ingestor.generator.normal_life import NormalLife, Story


def unreviewed_merge(life: NormalLife, at: int, lead: Person) -> Story:
    """About 2,000 lines merged without a review, then a production deployment that fails and is repaired."""
    opened = {
        **life.pull_requests.draw(lead, 2000 + int(life.rng.random() * 250)),
        "title": "Move payments to the new ledger",
        "repository": "example/payments",
    }
    merged = {**opened, "approvals": 0, "approved_by": [], "merged_by": lead.user, "open_minutes": 12}
    client = lead.client(life.rng)
    bot = life.deployer
    failed = changes.deployment(
        life.rng,
        at + 18 * MINUTE,
        bot,
        "production",
        "deployment_failed",
        service="payments",
        reason="health check failed",
    )
    again = changes.deployment(
        life.rng,
        at + 31 * MINUTE,
        bot,
        "production",
        "deployment_failed",
        service="payments",
        reason="migration failed",
    )
    rolled_back = changes.deployment(life.rng, at + 55 * MINUTE, bot, "production", service="payments", rollback=True)
    return [
        Draft(at, "pull_request_opened", lead.user, {**opened, **client}),
        Draft(at + 12 * MINUTE, "pull_request_merged", lead.user, {**merged, **client}),
        *failed,
        *again,
        *rolled_back,
    ]


def medium_merge(life: NormalLife, at: int, lead: Person) -> Story:
    """A merge of 250 lines by its author after one quick approval."""
    facts = {
        **life.pull_requests.draw(lead, 250),
        "approvals": 1,
        "approved_by": [life.rng.choice([person for person in life.reviewers if person is not lead]).user],
        "merged_by": lead.user,
        "open_minutes": 4,
    }
    return [Draft(at, "pull_request_merged", lead.user, {**facts, **lead.client(life.rng)})]


def broken_staging(life: NormalLife, at: int, _lead: Person) -> Story:
    """Three deployments to staging fail before one succeeds."""
    bot = life.deployer
    story: Story = []
    for number in range(3):
        start = at + number * 14 * MINUTE
        story += changes.deployment(
            life.rng, start, bot, "staging", "deployment_failed", service="search", reason="integration tests failed"
        )
    return story + changes.deployment(life.rng, at + 50 * MINUTE, bot, "staging", service="search")


def bucket_created_public(life: NormalLife, at: int, lead: Person) -> Story:
    """A campaign bucket that is created public and closed an hour later."""
    bucket = {"bucket": "example-campaign-assets", "region": "us-east-1"}
    created = {**lead.client(life.rng), **bucket, "visibility": "public"}
    closed = {**lead.client(life.rng), **bucket, "old_visibility": "public", "visibility": "private"}
    return [
        Draft(at, "storage_bucket_created", lead.user, created),
        Draft(at + HOUR, "storage_bucket_permission_changed", lead.user, closed),
    ]


def bucket_made_public(life: NormalLife, at: int, lead: Person) -> Story:
    """A data engineer shares an export: removes the public access block, then makes the bucket public."""
    facts = {**lead.client(life.rng), "bucket": "example-data-lake", "region": "eu-west-2"}
    return [
        Draft(at, "storage_bucket_permission_changed", lead.user, {**facts, "public_access_block": False}),
        Draft(
            at + 40 * SECOND,
            "storage_bucket_permission_changed",
            lead.user,
            {**facts, "old_visibility": "private", "visibility": "public-read"},
        ),
    ]


def script_gone_wild(life: NormalLife, at: int, lead: Person, events: int = 320) -> Story:
    """A scheduled script with a personal token opens pull requests everywhere until it is stopped."""
    client = {**lead.client(life.rng), "user_agent": "codemod/0.9"}
    began = at - at % HOUR
    story: Story = []
    for number in range(events):
        moment = began + number * 50 * MINUTE // events + int(life.rng.random() * SECOND)
        if number % 3:
            facts = life.pull_requests.draw(lead, 4 + int(life.rng.random() * 12))
            story.append(Draft(moment, "pull_request_opened", lead.user, {**facts, **client}))
        else:
            facts = {"method": "api_token", "application": "git"}
            story.append(Draft(moment, "login_success", lead.user, {**client, **facts}))
    return story
