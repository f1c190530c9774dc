"""Siblings of credentials: the form, place or sentence gives them away, and what only resembles them stays."""

# ruff: noqa: RUF001 (look-alike letters are the point)

import pytest

from mcm_enricher.model.redact import Redactor

PASSWORD = "hUnt3r2hUnt3r"
HEX = "3f786850e387550fdab836ed7e6dc881de23001b"
UUID = "b49c0d83-48b2-13a6-cb59-29a3a2f8ea3b"
SEED = "ripple scissors kick mammal hire column oak again sun offer wealth tomorrow"

TOKENS = [
    "amzn" + f".mws.{UUID}",
    "z2C" + "8Q~kaKQ8fPyHjsI9hG1_ni-~Fd9z7O2kZoA32",
    "key" + "FU2vQz1VIwq2Xs",
    "pat" + "B5pkNOFl2gkoFD." + HEX + HEX[:24],
    "pat" + f"-na1-{UUID}",
    "sdk" + f"-{UUID}",
    "dose" + HEX[:32],
    HEX[:32] + "-us" + "21",
    HEX[:36] + "FFFF" + "NRAL",
    "NpmToken" + f".{UUID}",
    "ATTA" + HEX + HEX[:24],
    "hvr" + ".CAESIJ" + HEX,
    "bot" + "2163395343:AA" + "Gk3-a" * 6 + "xyz",
    "u+" + "aB3" * 6,
    "xprv" + "9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF93Y5",
    "pbkdf2" + "_sha256$600000$" + "aB3" * 8 + "$" + "cD4" * 12,
    "$apr1$" + "vUIJflhg$" + "aB3" * 7,
    "{SSHA}" + "aB3d" * 8,
    "*" + HEX.upper(),
    "md5" + HEX[:32],
    "vcp_" + "aB3" * 8,
    "rw_" + f"Fe26.2**{HEX}*aB3-{HEX[:20]}*{HEX[:30]}",
    "umyvpy66ab3otnzekjcbhgkwjbbc" + "icecexmeygpnnhccfs6gigns",
    "-".join(["724329", "502599", "058781", "153569", "041778", "088203", "139221", "448001"]),
    "SCRAM-SHA-256$4096:" + "aB3" * 7 + "==$" + "aB3" * 14,
]
COMMANDS = [
    "aws rds modify-db-instance --master-user-password {}",
    "keytool -storepass {} -list",
    "New-LocalUser -Name mona -Password {}",
    "nxc smb 192.0.2.0/24 -u mona -p '{}'",
    "psexec -u corp\\mona -p {} cmd",
    "hydra -l mona -p {} db",
    "rpcclient -U mona%{} db",
    "xfreerdp /u:mona /p:{} /v:db",
    "net use z: \\\\srv\\c$ /user:corp\\mona {}",
    "schtasks /create /ru mona /rp {} /tn x",
    "snmpwalk -v2c -c {} db",
    "snmpwalk -v3 -A other-one -X {} db",
    "lftp -u mona,{} db",
    "curl -U mona:{} db",
    "http -a mona:{} :8000",
    "vault login {}",
    "openssl enc -aes-256-cbc -k {} -in f",
    "sqlplus app/{}@PROD",
    "app:{}@tcp(db:3306)/x",
    "secretsdump.py corp/mona:{}@db",
    "smtps://mona@example.com:{}@mail:465",
    "db.example.com:5432:orders:app:{}",
    "echo {} | docker login --username mona --password-stdin",
    "echo 'mona:{}' | chpasswd",
    "ConvertTo-SecureString '{}' -AsPlainText -Force",
    "ConvertTo-SecureString {} -AsPlainText -Force",
    '{{"auths": {{"ghcr.io": {{"auth": "{}"}}}}}}',
    "define('DB_PASSWORD', '{}');",
    "MYSQL_PWD={} mysqldump db",
    "CONFIG SET requirepass {}",
    "snmp-server community {} RO",
    "a1 LOGIN mona {}",
    "ALTER ROLE mona ENCRYPTED PASSWORD '{}'",
    "wpa_psk={}",
]
SENTENCES = [
    "user mona with password {}",
    "the password was changed from {} to another",
    "I set the new password to {}",
    'use the password "{}" for it',
    "log in with mona / {}",
    "credentials mona/{}",
    "pass phrase: {}",
    "BitLocker recovery key {}",
    "backup codes: {}",
    "la clave es: {}",
    "hasło: {}",
    "şifre: {}",
    "비밀번호: {}",
    "パスワードは {}",
    "pаssword={}",
    "pass\u200aword={}",
]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_known_by_its_form(token: str) -> None:
    assert Redactor("secrets").redact(f"deployed with {token} from ci") == "deployed with (secret removed) from ci"


@pytest.mark.parametrize("text", [*COMMANDS, *SENTENCES])
def test_a_password_is_known_by_its_place(text: str) -> None:
    redacted = Redactor("secrets").redact(text.replace("{}", PASSWORD))

    assert PASSWORD not in redacted
    assert "(secret removed)" in redacted


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("evil-winrm -i db -u mona -H " + HEX[:32], HEX[:32]),
        ("sekurlsa::pth /user:mona /ntlm:" + HEX[:32], HEX[:32]),
        ("* NTLM     : " + HEX[:32], HEX[:32]),
        ("seed " + ", ".join(SEED.split()), "mammal"),
        ("\n".join(f"{number}. {word}" for number, word in enumerate(SEED.split(), 1)), "mammal"),
        (SEED.upper(), "MAMMAL"),
        (SEED.replace(" ", "-"), "mammal"),
        ("paid by 5555.5555.5555.4444", "5555"),
        ("paid by 4111  1111  1111  1111", "1111"),
        ("paid by card4111111111111111", "1111"),
        ("paid by ٤١١١١١١١١١١١١١١١", "٤١١١"),
        ("to DE89-3704-0044-0532-0130-00 today", "3704"),
        ("to BE68 5390 0754 7034 today", "5390"),
        ("cvv: 123", "123"),
        ("SSN: 078 05 1120", "1120"),
        ("passport number X1234567L", "X1234567L"),
        ("CPF 123.456.789-09", "456"),
        ("mfa=493021", "493021"),
        ("SMS code (493021)", "493021"),
        ("Enter 493021 to continue", "493021"),
        ("recovery code a1b2-c3d4", "a1b2"),
        ("Ihr Code lautet 493021", "493021"),
        ("Your code is 493021. Do not share it", "493021"),
        ("Ihr Bestätigungscode lautet 493021", "493021"),
        ("Uw verificatiecode is 493021", "493021"),
    ],
)
def test_hashes_phrases_and_numbers_are_known_by_their_checks(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in Redactor("secrets").redact(text)


@pytest.mark.parametrize(
    "text",
    [
        f"request {UUID} by mona",
        f"commit {HEX} was pushed",
        f"digest sha256:{HEX}{HEX[:24]}",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:orders/db-a1b2c3",
        "secretsmanager:GetSecretValue on secret-store",
        '"Sid": "PublicRead", "bypass": "AzureServices"',
        '"allowSharedKeyAccess":true',
        '"tokens_today": 371000',
        "a token is shown once, secrets are recognised by their format",
        "the password for db-1 was changed by mona42",
        "docker run -u 1000 -p 8080:80 nginx:1.25-alpine3",
        "ssh -l mona -p 2222 db",
        "kubectl -n prod logs app2-7f9c",
        "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
        "partition_key=2026-11-20T12-region-eu1",
        "identified by its source",
        "event_id 1795176000000, offset 4111",
        "the errorcode is 5032, version 20261120-1",
        "passed 12 of 12 tests; passenger list; compass: north",
        "status 0xC000006D from host db-01.example.com:5432",
        "read, write, list, delete, create, update, tag, untag, get, put, copy, move",
    ],
)
def test_what_only_resembles_a_credential_stays(text: str) -> None:
    assert Redactor("secrets").redact(text) == text


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("mona @ example.com", "example"),
        ("m o n a @ e x a m p l e . c o m", "e x a"),
        ("mona_at_example.com", "mona_at"),
        ("mona#EXT#@corp.onmicrosoft.com", "EXT"),
        ("CORP\\mona", "CORP"),
        ("(555) 010-0123", "010"),
        ("0044 20 7946 0958", "7946"),
        ("0242.ac11.0002", "ac11"),
        ("192-0-2-7", "192"),
        ("0xC0.0x00.0x02.0x07", "0x02"),
    ],
)
def test_other_spellings_of_people_and_addresses_have_pseudonyms(text: str, person: str) -> None:
    redactor = Redactor("all")
    sent = redactor.redact(f"seen {text} today")

    assert person not in sent
    assert redactor.restore(sent) == f"seen {text} today"


@pytest.mark.parametrize(
    "text", ["BUILTIN\\Administrators", "HKLM\\Software\\Run", "2026-11-20", "v1.2.3", "10-20 of 30"]
)
def test_what_is_nobodys_name_has_none(text: str) -> None:
    assert Redactor("all").redact(text) == text
