"""Forbidden claims in explanations: decisions that people make, commands to run, and links or contacts."""

import re
from typing import Final

_TEAM: Final = r"(?:security|compliance|soc|it|infosec|audit|risk|response|operations|admin\w*|ciso|management|owner)"
_CLEARED: Final = r"(?:false\s+positives?|benign|harmless|authori[sz]ed|approved|legitimate|sanctioned|resolved|closed)"
_DECISION: Final = re.compile(
    rf"""\b(?:confirmed|verified|known|proven|certified|marked|classified)\s+(?:as\s+|to\s+be\s+)?(?:an?\s+)?{_CLEARED}\b
      | \b{_CLEARED}\W{{0,3}}\s+(?:was\s+|has\s+been\s+)?(?:already\s+)?(?:confirmed|verified|approved|validated)\b
      | \b(?:this|it|finding|alert|event|activity|change)\s+(?:is|was|has\s+been)\s+(?:an?\s+|already\s+|fully\s+)?
          (?:false\s+positive|benign|harmless|pre-?approved|resolved|closed|safe\s+to\s+ignore)\b
      | \b{_TEAM}\s+(?:team\s+|department\s+|officer\s+)?(?:has\s+|have\s+|had\s+)?(?:already\s+)?
          (?:confirmed|approved|verified|cleared|closed|reviewed|authori[sz]ed|signed\s+off|accepted|dismissed)\b
      | \b(?:confirmed|approved|verified|cleared|closed|reviewed|authori[sz]ed|signed\s+off|accepted|dismissed)
          \s+by\s+(?:the\s+|our\s+|your\s+)?{_TEAM}\b
      | \bno\s+(?:further\s+|more\s+)?(?:action|investigation|review|response|follow-?up)\s+(?:is\s+|was\s+)?
          (?:needed|required|necessary|warranted)\b
      | \b(?:ignore|dismiss|suppress|close|disregard|discard|whitelist|allowlist)\s+(?:this|the|that|these|all|any)\s+
          (?:\w+\s+)?(?:finding|alert|event|ticket|warning|incident|case)s?\b
      | \b(?:can|may|should|must)\s+(?:now\s+)?(?:safely\s+)?be\s+(?:safely\s+)?
          (?:ignored|closed|dismissed|suppressed|disregarded|discarded|whitelisted|allowlisted)\b
      | \b(?:risk|severity|score|rating|risk\s+score)\s*(?:is|of|was|to|=|:)?\s*(?:zero|none|nil|\d{{1,3}})\b
      | \b\d{{1,3}}\s*(?:/|out\s+of|of)\s*100\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMMAND: Final = re.compile(
    r"""\b(?i:run|execute|type|paste|enter|issue)\s+(?:(?:the|this|these|a|following|below|shell)\s+){1,3}
          (?:\w+\s+)?(?i:commands?|scripts?|code|lines?|one-?liners?)\b
      | \b(?:curl|wget|ssh|scp|sftp|sudo|chmod|chown|powershell|pwsh|certutil|mshta|rundll32|kubectl|nc|ncat|bash|sh|zsh
          |python3?|perl|ruby|node|npx|pip3?|npm|yarn|docker|terraform|gcloud|az|psql|mysql|iex|invoke-\w+|reg|net)
          (?:\.exe)?\s+(?:-{1,2}\w|/\w|~|\S*[/@:=$\\]\S|(?:install|exec|run|apply|delete|login|user|add)\s)
      | \brm\s+-\w | \baws\s+[a-z0-9-]+\s+[a-z]+-[a-z-]+ | \|\s*(?:ba|z)?sh\b | \$\( | &&\s*\w | \bdel\s+/\w
      | \b(?i:Set|Get|Remove|Add|New|Disable|Enable|Invoke|Start|Stop)-[A-Z]\w+\s+-\w
      | \b(?:GRANT|REVOKE|DROP|DELETE|UPDATE|INSERT|ALTER)\s+(?:\w+\s+)?(?:TABLE|FROM|INTO|USER|ON|SET|ROLE|DATABASE)\b
    """,
    re.VERBOSE,
)
_SCHEME: Final = re.compile(
    r"""\b(?:slack|msteams|zoommtg|zoomus|vscode(?:-insiders)?|file|ssh|sftp|git|ldaps?|smb|nfs|whatsapp|tg|skype|facetime
        (?:-audio)?|callto|sips?|xmpp|ircs?|magnet|market|intent|ms-[\w-]+|itms[\w-]*|steam|bitcoin|ethereum|lightning
        |geo|webcals?|feed|view-source|blob|about|chrome|moz-extension|search-ms|shell|obsidian|notion|figma|spotify
        |discord|telegram|nntp|gopher|jar|android-app|app|wss?|rtsp|rdp|vnc|telnet|imaps?|urn|ipfs|ipns|dict|onenote
        |mid|cid|sms|smsto|mmsto|tel|fax|data):(?=[^\s\d])\S""",
    re.IGNORECASE | re.VERBOSE,
)
_TELEPHONE: Final = re.compile(
    r"""(?<![\w.])\+\s?\d[\d\s().-]{6,}\d | \(\d{2,5}\)\s?\d[\d\s-]{4,}\d
      | (?<![\w.-])\d{3}[-.\s]\d{3}[-.\s]\d{4}(?![\w-]|\.\d) | (?<![\w.-])1?-?8\d\d-[\dA-Z]{3}-?[\dA-Z]{4}\b
      | \b(?:call|phone|dial|ring|tel(?:ephone)?|hotline|helpdesk|text|sms|whatsapp|fax)\b[^.\r\n]{0,40}?
          (?<![\d.])\d(?:[\s()-]?\d){6,}
    """,
    re.IGNORECASE | re.VERBOSE,
)

REFUSED: Final = (
    (
        _DECISION,
        "the explanation must not claim a decision, such as that a finding is approved or of no risk",
    ),
    (_COMMAND, "commands to run are not allowed"),
    (_SCHEME, "links are not allowed"),
    (_TELEPHONE, "telephone numbers are not allowed"),
)
"""Patterns of what is not taken from a model, each with the reason that the model is given."""


def refused_claim(text: str) -> str | None:
    """Returns why a text of a model is refused; None when it is acceptable."""
    return next((reason for pattern, reason in REFUSED if pattern.search(text)), None)
