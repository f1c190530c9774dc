"""A broker as managed Kafka is: TLS with an authority of its own, logins by SCRAM or PLAIN, and an authorizer."""

import subprocess
from pathlib import Path
from typing import Final

from mcm_local.checkout import JARS
from mcm_local.kafka import Kafka
from mcm_local.ports import LOOPBACK, free_port
from mcm_shared.kafka.acls import RIGHTS
from tests.certificates import make_authority, make_certificate

USER: Final = "mcm"
PASSWORD: Final = "only-for-tests"
SERVICE_USERS: Final = {service: service.replace("-", "_") for service in RIGHTS}
"""The users of the services, who may do nothing before they have ACLs."""
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")

_SCRAM: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_USERS: Final = " ".join(f'user_{user}="{PASSWORD}"' for user in (USER, *SERVICE_USERS.values()))
_PLAIN: Final = f"org.apache.kafka.common.security.plain.PlainLoginModule required {_USERS};"


class SecureKafka(Kafka):
    """A broker with one more listener, which takes SASL_SSL only."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, jars=JARS)
        self.secure_port = free_port()
        self.ca_file = self.folder / "ca.pem"

    @property
    def secure_servers(self) -> str:
        """Where a login is asked for."""
        return f"{LOOPBACK}:{self.secure_port}"

    def prepare(self) -> None:
        """Makes the certificates besides."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_certificates()
        super().prepare()

    def add_user(self) -> None:
        """Gives the user a password for both kinds of SCRAM; PLAIN knows it from the settings."""
        asked = (
            "--bootstrap-server",
            self.bootstrap_servers,
            "--alter",
            "--entity-type",
            "users",
            "--entity-name",
            USER,
        )
        for kind in (mechanism for mechanism in MECHANISMS if mechanism != "PLAIN"):
            password = ("--add-config", f"{kind}=[password={PASSWORD}]")
            command = self._java("kafka.admin.ConfigCommand", *asked, *password, quick=True)
            subprocess.run(command, check=True, capture_output=True)

    def _server_settings(self) -> dict[str, str]:
        settings = super()._server_settings()
        listener = "listener.name.secure"
        return {
            **settings,
            "listeners": f"{settings['listeners']},SECURE://{self.secure_servers}",
            "advertised.listeners": f"{settings['advertised.listeners']},SECURE://{self.secure_servers}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
            f"{listener}.sasl.enabled.mechanisms": ",".join(MECHANISMS),
            f"{listener}.plain.sasl.jaas.config": _PLAIN,
            f"{listener}.scram-sha-256.sasl.jaas.config": _SCRAM,
            f"{listener}.scram-sha-512.sasl.jaas.config": _SCRAM,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # the broker itself and the administrator of the tests
            "super.users": f"User:ANONYMOUS;User:{USER}",
            f"{listener}.ssl.keystore.type": "PEM",
            f"{listener}.ssl.keystore.location": str(self.folder / "broker.pem"),
        }

    def _make_certificates(self) -> None:
        authority = make_authority("test authority")
        broker = make_certificate("broker", LOOPBACK, authority)
        self.ca_file.write_text(authority.certificate_pem)
        (self.folder / "broker.pem").write_text(broker.key_pem + broker.certificate_pem)
