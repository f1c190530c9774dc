"""A local Kafka broker that requires a password, which only the user who runs it can read."""

import secrets
from pathlib import Path
from typing import Final

from mcm_local.kafka import Kafka

USER: Final = "mcm"

_LOGIN: Final = "org.apache.kafka.common.security.plain.PlainLoginModule required"


class PrivateKafka(Kafka):
    """A broker whose clients and controller log in (SASL PLAIN on loopback)."""

    @property
    def client_settings(self) -> dict[str, str]:
        """The settings of our services to log in; set once prepared."""
        return {
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD": self._password_file.read_text(),
        }

    def prepare(self) -> None:
        """Writes the password at the first start, and keeps the files that hold it private."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in (self._password_file, self._settings_file):
            file.touch(mode=0o600)
            file.chmod(0o600)
        if not self._password_file.read_text():
            self._password_file.write_text(secrets.token_urlsafe(24))
        super().prepare()

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    def _server_settings(self) -> dict[str, str]:
        password = self._password_file.read_text()
        # the broker also logs in to its own controller
        login = f'{_LOGIN} username="{USER}" password="{password}" user_{USER}="{password}";'
        return {
            **super()._server_settings(),
            "listener.security.protocol.map": "PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.plaintext.plain.sasl.jaas.config": login,
            "listener.name.controller.plain.sasl.jaas.config": login,
        }
