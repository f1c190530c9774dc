"""API server: serves until stopped."""

import contextlib
import socket
from collections.abc import Generator
from functools import partial

import structlog
import uvicorn

from mcm_api.access.first_start import FirstStart
from mcm_api.access.settings import require_closed
from mcm_api.app import create_app
from mcm_api.http.connections import connection_limits
from mcm_api.http.protocol import BoundedProtocol
from mcm_api.http.state import part_of
from mcm_api.live.stream_config import StreamConfig
from mcm_api.settings import ApiSettings
from mcm_enricher import EnricherSettings
from mcm_shared.cli import ignore_reload_signal, on_stop_signal
from mcm_shared.errors import ConfigurationError
from mcm_shared.gc_tuning import freeze_heap
from mcm_shared.kafka.connection import connection_options
from mcm_shared.metrics import serve_metrics
from mcm_shared.settings import DatabaseSettings, KafkaSettings, MetricsSettings, load_settings

log = structlog.get_logger()

_FINISH_REQUESTS_S = 2
_BACKLOG = 2048


async def serve() -> None:
    """Serves until SIGTERM or SIGINT, then finishes open requests; done within 5 s.

    Raises ConfigurationError for a wrong setting or an address that cannot be listened on.
    """
    settings = load_settings(ApiSettings)
    require_closed(settings, settings.host, settings.public_url, settings.allowed_hosts)
    kafka = load_settings(KafkaSettings) if settings.kafka_bootstrap_servers else None
    if kafka is not None:
        connection_options(kafka, "mcm-api")  # a login that is not complete stops the start, not the first request
    app = create_app(settings, load_settings(DatabaseSettings), kafka, load_settings(EnricherSettings))
    serve_metrics(load_settings(MetricsSettings))
    listener = _listen(settings.host, settings.port)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            ws="none",
            http=partial(  # type: ignore[arg-type]
                BoundedProtocol, connection_limits(settings.max_connections, settings.max_connections_per_address)
            ),
            timeout_graceful_shutdown=_FINISH_REQUESTS_S,
        )
    )

    def stop() -> None:
        # streams are endless; their clients reconnect with their position
        part_of(app, StreamConfig).broadcaster.end()
        server.stop()

    on_stop_signal(stop)
    ignore_reload_signal()
    freeze_heap()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = listener.getsockname()[1]
    part_of(app, FirstStart).base_url = settings.public_url or f"http://127.0.0.1:{port}"
    log.info("listening", url=f"http://{host}:{port}", kafka=kafka is not None, auth=settings.auth)
    await server.serve(sockets=[listener])
    log.info("stopped")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: they would end the process by the signal instead of exit code 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Installs no signal handlers."""
        yield

    def stop(self) -> None:
        """Accepts no more connections and finishes open requests."""
        self.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # "::" is every address there is, IPv4 too: private networks of hosts are IPv6, their health checks may not be
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; set MCM_API_HOST or MCM_API_PORT"
        ) from None
