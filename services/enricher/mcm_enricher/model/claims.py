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
          (?:ignored|closed|dismissed|suppressed|disregarded|discarded|skipped|whitelisted|allowlisted)\b
          (?!\s+(?:only\s+)?(?:after|once|if|when)\b)
      | \b(?:signed\s+off|(?:white|allow)listed|green-?lit|g[ia]ven?\s+(?:the\s+)?(?:go-?ahead|green\s+light)
          |exempt(?:ed)?\s+from)\b
      | \baccepted\s+the\s+risk\b | \brisk\s+(?:is|was|has\s+been)\s+accepted\b
      | \b(?:mark|treat|classify|label|record|consider|regard|close|resolve)\s+(?:this|it|the\s+\w+)\s+as\s+(?:an?\s+)?
          (?:false|legitimate|benign|harmless|resolved|closed|expected|safe|approved|known|normal|authori[sz]ed)\b
      | \b(?:is|poses|carries|presents|of|was)\s+no\s+(?:\w+\s+)?(?:risk|threat|danger)\b
      | \bno\s+(?:\w+\s+)?(?:threats?|risks?|issues?|danger|harm|compromise)
          \s+(?:was|is|were|has\s+been)\s+(?:found|identified|detected)\b
      | \bnothing\s+(?:to\s+(?:worry|do|see|fear|fix)|suspicious|malicious|unusual|wrong|(?:else\s+)?needs?\b)
      | \bis\s+not\s+(?:an?\s+)?(?:\w+\s+)?(?:incident|threat|attack|concern)\b | \bnobody\s+needs\s+to\b
      | \bneeds?\s+no\s+(?:\w+\s+)?(?:attention|investigation|review|action|follow-?up|response)\b
      | \bsafe\s+to\s+(?:disregard|ignore|close|dismiss|skip)\b | (?<!possible\s)(?<!be\sa\s)\bfalse\s+alarm\b
      | \b(?:sanctioned|authori[sz]ed|approved|planned|scheduled)\s+(?:red\s+team|pen(?:etration)?[\s-]?test|drill
          |exercise|simulation)
      | \b(?:lower|downgrade|decrease)\w*\s+(?:the\s+|its\s+|this\s+)?(?:severity|score|rating|finding|alert|priority)\b
      | \bset\s+(?:the|its)\s+(?:risk|severity|score|rating|priority)\b
      | \b(?:severity|risk|score|rating|priority)\s+(?:should|must|can|may|needs?\s+to)\s+be\b
      | \bcase\s+(?:is\s+|was\s+)?(?:considered\s+)?(?:closed|resolved)\b
      | \balready\s+(?:been\s+)?(?:investigated|handled|remediated|resolved|dealt\s+with|contained)\b
      | (?<!if\sthe\s)(?<!unless\sthe\s)(?<!until\sthe\s)(?<!whether\sthe\s)(?<!once\sthe\s)
          (?<!after\sthe\s)(?<!when\sthe\s)
          \b(?:user|owner|employee|manager|account\s+holder)\s+(?:has\s+|have\s+)?(?:already\s+)?
          confirmed\s+(?:that|the|it|this|they)\b
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
      | \b(?i:run|execute|type|use|try|invoke|enter|start|launch)\s+(?:the\s+)?
          (?:chmod|chown|systemctl|service|iptables|whoami|git
          |dig|nslookup|telnet|nc|netcat|ncat|nmap|mimikatz|make|cmd|powershell|PowerShell|pwsh|regedit|wmic|sc|passwd|crontab
          |eval|exec|sudo|su|dd|mkfs|netsh|taskkill|msiexec|bash|sh|python3?|curl|wget|ssh|kubectl|docker|aws
          |gcloud|az)\b
      | \b(?i:run|execute|invoke|use|type)\s+[A-Z][a-z]+-[A-Z]\w+ | \bSet-ExecutionPolicy\b
      | \b(?i:win(?:dows)?\s*\+\s*r)\b
      | \b(?i:open)\s+(?:an?\s+|the\s+)?(?i:powershell|cmd|terminal|console|command\s+(?:prompt|line)|shell)\b
      | \b(?i:and\s+paste)\b
      | \b(?i:run|execute|open|start)\s+(?:\.{0,2}[/\\]|\S+\.(?:sh|ps1|bat|cmd|exe|py|js|vbs|msi)\b)
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

# ways out that need no link: an address of a machine, a share, a domain in words, and what steals a credential
_LURE: Final = re.compile(
    r"""\b[\w-]+\s+dot\s+[a-z]{2,24}\b | \\\\[\w.-]+\\ | (?<![\w.])x-[\w.-]+:\S | \b[a-z][\w+-]*\.[\w.+-]+:[a-z]
      | \b(?:\d{1,3}\.){3}\d{1,3}(?::\d{2,5})?/(?!\d{1,2}(?!\w))\S
      | \b(?:at|open|visit|see|to|via)\s+(?:\d{1,3}\.){3}\d{1,3}:\d{2,5}\b
      | \b(?:write|mail|e-?mail|send|reply|forward|report)\b[^.;]{0,60}?[\w.+-]+@\w
      | \b(?:reply|respond|answer)\s+with\b | \b(?:enter|send|provide|share|confirm|type|mail|give)\s+(?:\w+\s+)?your\b
      | \byour\s+(?:password|passcode|mfa|2fa|otp|pin|credentials?|code|token|session|login)\b | \bqr\s+code\b
      | \b(?:meet|zoom|teams|webex)\s+(?:code|id|link|room)\b
      | (?:^|[.;:!]\s+|\bplease\s+|\bthen\s+)(?:disable|turn\s+off|switch\s+off|stop|pause)\s+(?:the\s+)?
          (?:mfa|multi-?factor|2fa
          |audit\w*|logging|logs?|antivirus|defender|monitoring|alerts?|alerting|guardduty|cloudtrail|edr|firewall)\b
      | (?:^|[.;:!]\s+|\bplease\s+|\bthen\s+)(?:grant|give|add)\s+(?:the\s+|this\s+)?\w+\s+(?:to\s+the\s+)?
          (?:admin\w*|owner|root|full)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SPOKEN: Final = (
    r"(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|hundred)[\s,-]+){4,}"
    r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|hundred)"
)
_SHORT_NUMBER: Final = re.compile(
    rf"""\b{_SPOKEN}\b | \b(?:call|ring|dial|phone)\s+(?:\w+\s+){{0,5}}?\(?\d{{3,5}}\)?[\s-]?\d{{3,6}}\b
      | \b(?:text|sms|send)\s+["']?\w+["']?\s+to\s+\d{{4,6}}\b | \*\d{{1,4}}[*\#]
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
    (_LURE, "addresses to go or write to, and requests for credentials, are not allowed"),
    (_TELEPHONE, "telephone numbers are not allowed"),
    (_SHORT_NUMBER, "telephone numbers are not allowed"),
)
"""Patterns of what is not taken from a model, each with the reason that the model is given."""


def refused_claim(text: str) -> str | None:
    """Returns why a text of a model is refused; None when it is acceptable."""
    return next((reason for pattern, reason in REFUSED if pattern.search(text)), None)
