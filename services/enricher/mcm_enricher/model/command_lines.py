"""Credentials on command lines and in protocols, by the option or the place where a program expects them."""

import re
from typing import Final

from mcm_enricher.model.removal import without_new_value

# a value in quotes, or up to the next space; another option, a path and a port are none
_VALUE: Final = r"""(?:'[^']*'|"[^"]*"|(?![-/~]|\.{1,2}/|\d{1,5}(?:[:/]\S*)?(?!\S))[^\s'"]\S*)"""
_QUOTED: Final = r"""(?:'[^']*'|"[^"]*")"""
_CREDENTIAL_OPTION: Final = (
    r"""\w*(?:pass(?:word|wd|phrase|code)?|passin|passout|storepass|keypass|pwd|secret|token|api-?key)"""
)

PATTERNS: Final = tuple(
    re.compile(pattern, re.VERBOSE | flags)
    for pattern, flags in (
        # an option that names what it is: --password, -Password, --master-user-password, /pass:
        (rf"""(?<!\S)(--?(?:[a-z0-9]+-)*{_CREDENTIAL_OPTION})([\s=:]+)(?:{_QUOTED}|(?!-)[^\s'"]\S*)""", re.IGNORECASE),
        (rf"""(?<!\S)(--(?:[a-z]+-)?key)([\s=]+){_VALUE}""", re.IGNORECASE),
        (rf"""(?<!\S)(/(?:rp|pass(?:word)?|pw|ntlm|rc4|aes\d+))(:|\s+){_VALUE}""", re.IGNORECASE),
        # a user and, later on the line, the option that most programs have for the password
        (
            rf"""(?<!\S)(-{{1,2}}(?:u|U|l|login|user(?:name)?|au)[\s=]+\S+\s[^\r\n|;]{{0,120}}?(?<=\s))
                 (-(?:p|w|pw|ap)[\s=]*){_VALUE}""",
            0,
        ),
        (rf"""(?<!\S)(/u(?:ser)?:\S+\s[^\r\n]{{0,120}}?(?<=\s))(/p:){_VALUE}""", re.IGNORECASE),
        (rf"""\b(net\s+use\s[^\r\n]{{0,120}}?/user:\S+)(\s+){_VALUE}""", re.IGNORECASE),
        # programs with options of their own
        (rf"""\b((?:\w*login|ldap\w{{3,12}})\b[^\r\n]{{0,120}}?\s)(-[pw][\s=]*){_VALUE}""", 0),
        (r"""\b((?:mysql|mariadb)\w*[^\r\n]{0,80}?\s|sshpass\s+)(-p\s?)\S+""", 0),
        (rf"""\b((?:redis-cli|valkey-cli|keydb-cli)\b[^\r\n]{{0,120}}?\s)(-a\s*){_VALUE}""", 0),
        (
            rf"""\b((?:mongo\w*|kinit|htpasswd|7z\w?|rar|unrar|rdesktop|wmic|psexec\w*|useradd|usermod)\b[^\r\n]{{0,120}}?\s)
                 (-p\s?){_VALUE}""",
            re.IGNORECASE,
        ),
        (rf"""\b((?:sqlcmd|zip|unzip|bcp|ipmitool|snmp\w+)\b[^\r\n]{{0,120}}?\s)(-[PAX]\s?){_VALUE}""", 0),
        (rf"""\b(snmp\w+\b[^\r\n]{{0,120}}?\s)(-c\s*){_VALUE}""", 0),
        # the password for privacy stands behind that for authentication
        (rf"""\b(snmp\w+\b[^\r\n]{{0,120}}?\s)(-X\s?){_VALUE}""", 0),
        (rf"""\b(openssl\s+enc\b[^\r\n]{{0,120}}?\s)(-[kK]\s+){_VALUE}""", 0),
        (rf"""\b(gh\s+secret\s+set\b[^\r\n]{{0,120}}?\s)((?:--body|-b)[\s=]+){_VALUE}""", 0),
        (
            r"""\b((?:curl|https?|xh|wget|ab|lftp|ftp)\b[^\r\n]{0,120}?\s)((?:-[uUaA]|--(?:proxy-)?user)[\s=]+["']?[^\s:,"']+[:,])[^\s"']+""",
            0,
        ),
        (r"""(?<!\S)(-u|--(?:proxy-)?user)([\s=]+["']?[^\s:"']+:)[^\s"']+""", 0),
        (r"""(?<!\S)(--?(?:hashes?|H|nthash))([\s=]+)\S*[0-9a-f]{32}\b""", re.IGNORECASE),
        # after a user, by place
        (r"""(?<!\S)(-U\s+['"]?[^\s%'"]+)(%)[^\s'"]+""", 0),
        (rf"""\b(net1?\s+user\s+\S+)(\s+){_VALUE}""", re.IGNORECASE),
        (rf"""\b(net\s+use\s+(?:\S+\s+)?\\\\\S+)(\s+){_VALUE}""", re.IGNORECASE),
        (rf"""\b(htpasswd\s+-\w*b\w*\s+\S+\s+\S+)(\s+){_VALUE}""", 0),
        (rf"""\b(vault\s+login)(\s+(?:-\S+\s+)*){_VALUE}""", 0),
        (rf"""^(\s*(?:ftp>?\s*)?user\s+[\w.@-]+)(\s+){_VALUE}\s*$""", re.MULTILINE),
        (rf"""^(\s*ftp\s+user\s+\S+)(\s+){_VALUE}""", re.MULTILINE),
        (rf"""\b(ConvertTo-SecureString(?:\s+-String)?)(\s+)(?!\$){_VALUE}""", re.IGNORECASE),
        (r"""(["']auth["'])(\s*:\s*)["'][\w+/]{8,}={0,2}["']""", 0),  # logins at registries of images
        (
            r"""\b(ConvertTo-SecureString(?:\s+-String)?|Fernet|\w*Password)(\s*\(\s*b?|\s+)(?:'[^']+'|"[^"]+")""",
            re.IGNORECASE,
        ),
        (
            r"""\b((?:jdbc:oracle:\w+:|(?:sqlplus|expdp|impdp|sqlldr|rman|tkprof)\b[^\r\n]{0,80}?\s)["']?[\w.$#]+)(/)[^\s@"']+(?=@)""",
            re.IGNORECASE,
        ),
        (r"""(?<![\w/])([\w.$-]+)(:)[^\s@:/'"]{1,128}(?=@(?:tcp|unix)\()""", 0),
        (r"""(?<![\w./:-])([\w.-]{2,64}[/\\][\w.$-]{1,64})(:)(?!//)[^\s@:/'"]{3,128}(?=@[\w.-])""", 0),
        (
            r"""(?<![\w:.])((?=[\w.-]*[A-Za-z*])[\w.*-]+:\d{4,5}:[\w*-]*[A-Za-z*][\w*-]*:[\w.*-]+)(:)[^\s:]{3,}""",
            0,
        ),  # .pgpass
        # echoed into a program that reads it
        (
            rf"""\b(echo|printf)(\s+(?:-\w+\s+)*)(?:{_QUOTED}|[^\s|'"]+)
                 (?=\s*\|[^\r\n]{{0,80}}(?:-stdin|-with-token|-fd\b|sudo\s+(?:\S+\s+)*-S|chpasswd|kinit|cryptsetup|passwd|\bsu\b|login))""",
            0,
        ),
        # protocols and configuration
        (rf"""\b(IDENTIFIED\s+(?:WITH\s+\S+\s+)?BY)(\s+(?:PASSWORD\s+)?)(?:{_QUOTED}|\S+)""", 0),
        (rf"""\b(identified\s+by)(\s+){_QUOTED}""", re.IGNORECASE),
        (rf"""(\w*(?:PASS(?:WORD)?|SECRET|TOKEN|KEY)["'])(\s*,\s*)(?!["']\w*value\b){_QUOTED}""", 0),
        (r"""(?<![\w-])(pass|env|file)(:)(?<=(?:pass|ssin|sout)\spass:)\S+""", 0),  # openssl -passin pass:…
        (r"""(?:(?<=^)|(?<=[\s"'>:]))(PASS)(\s+)(?=\S{4})(?!(?:and|or|all|with|rate|tests?|ed)\b)\S+""", re.MULTILINE),
        (
            r"""(?:(?<=^)|(?<=[\s"'>:]))(AUTH)(\s+(?:default\s+)?)(?=\S{6})
                (?!(?:LOGIN|PLAIN|CRAM|XOAUTH|NTLM|GSSAPI|[A-Z_]+\b))\S+""",
            re.MULTILINE,
        ),
        (rf"""^(\s*\w{{1,8}}\s+LOGIN\s+\S+)(\s+){_VALUE}""", re.MULTILINE),
        (
            rf"""\b(requirepass|masterauth|(?:snmp-server\s+)community|enable\s+(?:secret|password)(?:\s+\d)?)(\s+){_VALUE}""",
            0,
        ),
        (rf"""\b(set\s+\w*pass(?:word|wd)?)(\s+)(?!for\b|to\b|=){_VALUE}""", re.IGNORECASE),
        (rf"""\b((?:nmcli|netsh)\b[^\r\n]{{0,120}}?\b(?:password|key))(\s+|=){_VALUE}""", re.IGNORECASE),
        (r"""\b(send)(\s+["'])[^"'\r\n]{4,}(?=\\r)""", 0),
    )
)


def without_command_secrets(text: str, removed: str) -> str:
    """Replaces what programs take as a credential by ``removed``; the commands and names around it stay."""
    for pattern in PATTERNS:
        text = pattern.sub(lambda found: without_new_value(found, removed), text)
    return text
