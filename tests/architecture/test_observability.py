"""Prometheus and Grafana are set up for metrics, labels and addresses that there are."""

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
import yaml

from mcm_shared.metrics import METRICS, Metric, metrics_table
from tests.architecture.composition import services
from tests.architecture.sources import ROOT, product_modules

FOLDER = ROOT / "deploy" / "observability"
BY_PROMETHEUS = {"up": (), "process_resident_memory_bytes": ()}
LABELS_BY_PROMETHEUS = {"service", "instance", "job", "le"}
WORDS = {"sum", "max", "rate", "by", "le", "count", "increase", "histogram_quantile"}
ENDINGS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def _panels() -> list[dict[str, Any]]:
    dashboard = json.loads((FOLDER / "grafana" / "dashboards" / "pipeline.json").read_text())
    found: list[dict[str, Any]] = dashboard["panels"]
    return found


def _expressions() -> Iterable[str]:
    return (target["expr"] for panel in _panels() for target in panel["targets"])


def _served() -> dict[str, tuple[str, ...]]:
    """Names what the services serve as Prometheus sees it, each with its labels."""
    return {
        f"{metric.served_name.removesuffix('_total')}{ending}": metric.labels
        for metric in METRICS
        for ending in ENDINGS[metric.kind]
    }


def test_the_table_of_metrics_is_that_of_the_registry() -> None:
    assert metrics_table() in (ROOT / "docs" / "operations.md").read_text(), (
        "put the output of `python -m mcm_shared.metrics` into docs/operations.md"
    )


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_of_the_registry_is_measured(metric: Metric) -> None:
    made = f'{metric.kind}("{metric.name}")'
    assert any(made in path.read_text() for path in product_modules()), f"no code makes {made}"


@pytest.mark.parametrize("expression", sorted(set(_expressions())))
def test_the_dashboard_shows_metrics_and_labels_that_the_services_serve(expression: str) -> None:
    known = {**_served(), **BY_PROMETHEUS}
    plain = re.sub(r"\[[^]]*\]|\"[^\"]*\"|by \([^)]*\)", "", expression)
    names = re.findall(r"[a-z][a-z0-9_]+", plain)
    metrics = [name for name in names if name not in WORDS | LABELS_BY_PROMETHEUS]

    assert metrics, "no metric is asked for"
    assert set(metrics) <= known.keys()
    asked_by = {label.strip() for labels in re.findall(r"by \(([^)]*)\)", expression) for label in labels.split(",")}
    assert asked_by <= {*known[metrics[0]], *LABELS_BY_PROMETHEUS}


def test_every_metric_of_ours_is_shown() -> None:
    shown = " ".join(_expressions())
    ours = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in _served() if name.startswith("mcm_")}

    assert {name for name in ours if name not in shown} == set()


def test_every_panel_says_what_it_shows_and_reads_the_provisioned_source() -> None:
    (source,) = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]

    assert source["url"] == "http://prometheus:9090"
    for panel in _panels():
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == source["uid"]


def test_prometheus_asks_every_service_that_serves_metrics_where_it_serves_them() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    asked = {
        (name, str(config["port"])) for job in jobs for config in job["dns_sd_configs"] for name in config["names"]
    }

    # the API, whose health is checked on its own port, serves metrics on the port of the others
    serving = {
        (name, "9400")
        for name, service in services().items()
        if "healthcheck" in service.get("healthcheck", {}).get("test", ())
    }
    assert asked == serving


def test_grafana_is_given_the_folders_its_files_name() -> None:
    (provider,) = yaml.safe_load((FOLDER / "grafana/provisioning/dashboards/pipeline.yml").read_text())["providers"]
    mounted = {volume.split(":")[1] for volume in services()["grafana"]["volumes"]}

    assert mounted == {"/etc/grafana/provisioning", provider["options"]["path"]}
    assert services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].startswith(
        provider["options"]["path"]
    )
