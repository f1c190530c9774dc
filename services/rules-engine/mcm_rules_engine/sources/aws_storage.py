"""CloudTrail's calls that change a bucket's visibility."""

from typing import Any, Final

from mcm_rules_engine.sources.aws_access import acl_visibility, policy_visibility, unblocks_public_access
from mcm_rules_engine.sources.aws_request import Action, Facts, request_of
from mcm_rules_engine.sources.read import text_at


def _create_bucket(payload: dict[str, Any], facts: Facts) -> str:
    facts["visibility"] = acl_visibility(request_of(payload)) or "private"
    _add_bucket(payload, facts)
    return "storage_bucket_created"


def _put_bucket_acl(payload: dict[str, Any], facts: Facts) -> str:
    visibility = acl_visibility(request_of(payload))
    if visibility is not None:
        facts["visibility"] = visibility
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _put_bucket_policy(payload: dict[str, Any], facts: Facts) -> str:
    visibility = policy_visibility(request_of(payload).get("bucketPolicy"))
    if visibility is not None:
        facts["visibility"] = visibility
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _put_public_access_block(payload: dict[str, Any], facts: Facts) -> str:
    unblocked = unblocks_public_access(request_of(payload).get("PublicAccessBlockConfiguration"))
    if unblocked is not None:
        facts["public_access_block"] = not unblocked
    if unblocked is False:
        facts["visibility"] = "private"
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _delete_public_access_block(payload: dict[str, Any], facts: Facts) -> str:
    # the bucket is not public by this alone, but nothing keeps it from becoming so
    facts["public_access_block"] = False
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _delete_bucket_policy(payload: dict[str, Any], facts: Facts) -> str:
    _add_bucket(payload, facts)
    return "storage_bucket_permission_changed"


def _add_bucket(payload: dict[str, Any], facts: Facts) -> None:
    bucket = text_at(payload, "requestParameters", "bucketName")
    if bucket is None and "Account" in (text_at(payload, "eventName") or ""):
        bucket = f"all of aws-account/{facts.get('account', 'unknown')}"
    if bucket is not None:
        facts["bucket"] = bucket


BUCKET_CHANGES: Final[dict[tuple[str, str], Action]] = {
    ("s3", "CreateBucket"): _create_bucket,
    ("s3", "PutBucketAcl"): _put_bucket_acl,
    ("s3", "PutBucketPolicy"): _put_bucket_policy,
    ("s3", "DeleteBucketPolicy"): _delete_bucket_policy,
    **{("s3", f"Put{scope}PublicAccessBlock"): _put_public_access_block for scope in ("", "Bucket", "Account")},
    **{("s3", f"Delete{scope}PublicAccessBlock"): _delete_public_access_block for scope in ("", "Bucket", "Account")},
}
"""By service and event name."""
