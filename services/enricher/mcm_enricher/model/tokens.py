"""Tokens and password hashes that are recognised by their form, whatever stands around them."""

import re
from typing import Final

_UUID: Final = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

TOKEN: Final = re.compile(
    rf"""(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{12,}} | GOOG1[A-Z0-9]{{20,}} | ABSK[\w+/=]{{20,}}    # AWS, Google
      | \$(?:krb5\w+|DCC2|NT)\$\S+ | \$[\w-]{{1,15}}\$[^\s:;,"']{{8,}}  # hashes of passwords
      | (?:pbkdf2|bcrypt|scrypt|argon2|sha\d+|md5|phpass)\w*\$[^\s;,"']{{16,}}
      | SCRAM-SHA-\d+\$[^\s;,"']{{16,}} | \{{(?:S?SHA\d*|S?MD5|CRYPT|PBKDF2[\w-]*)\}}[^\s;,"']{{8,}}
      | (?<![\w*])\*[0-9A-F]{{40}}(?!\w) | (?<!\w)0x0[12]00[0-9A-Fa-f]{{48,}}
      | (?<![\w-])(?:rw_)?Fe26\.2\*\*[\w*.~+/=-]{{32,}}                                       # iron seals
      | (?<![\d-])\d{{6}}(?:-\d{{6}}){{7}}(?![\d-])                                         # BitLocker
      | (?<!\w)(?=[a-z]*[2-7])[a-z2-7]{{52}}(?!\w)                                        # Azure DevOps
      | (?:bot)?(?<!\d)\d{{8,10}}:AA[\w-]{{33}}                                             # Telegram
      | (?<![\w+])u\+(?=[\w-]*\d)[\w-]{{18}}(?![\w-])                                       # PagerDuty
      | (?<![A-Za-z0-9])(?:
        mcm_[0-9a-f]{{12}}_[\w-]{{16,}}                                                     # API tokens of ours
      | gh[pousr]_\w{{16,}} | github_pat_\w{{20,}} | gl[a-z]{{2,5}}-[\w-]{{16,}} | GR1348941[\w-]{{20,}}
      | ATATT[\w=-]{{20,}}
      | xox[a-z]-[\w-]{{8,}} | xoxe\.[\w.-]{{8,}} | xapp-[\w-]{{8,}}                          # Slack
      | (?:sk|pk|rk)[-_](?:live|test|proj|ant|or|svcacct|admin)?[-_]?[\w-]{{16,}}             # OpenAI, Stripe and more
      | AIza[\w-]{{30,}} | ya29\.[\w.-]{{16,}} | GOCSPX-[\w-]{{16,}} | 1//0[\w-]{{20,}} | 4/0[\w-]{{20,}}
      | [\w~.-]{{3}}\dQ~[\w~.-]{{31,34}} | amzn\.mws\.{_UUID}                                 # Azure, Amazon
      | ey[JI][\w-]{{8,}}\.[\w-]{{4,}}(?:\.[\w-]*){{0,3}}                                       # JSON web tokens
      | npm_\w{{20,}} | pypi-[\w-]{{16,}} | dckr_[op]at_[\w-]{{16,}} | rubygems_\w{{20,}} | NpmToken\.{_UUID}
      | oy2[a-z0-9]{{40,}} | CLOJARS_\w{{16,}} | AKC[a-zA-Z0-9]{{12,}} | cmVmdGtu\w{{16,}}
      | SG\.[\w-]{{12,}}\.[\w-]{{12,}} | (?:SK|AC)[0-9a-f]{{32}}(?::[0-9a-f]{{32}})? | key-[0-9a-f]{{32}}
      | [0-9a-f]{{32}}-(?:us\d{{1,2}}|[0-9a-f]{{8}}-[0-9a-f]{{8}})(?!\w) | xkeysib-[\w-]{{20,}} | xsmtpsib-[\w-]{{20,}}
      | mlsn\.\w{{16,}} | re_\w{{8}}_\w{{16,}}                                                # mail and telephone
      | hv[sbr]\.[\w-]{{20,}} | \w{{10,20}}\.atlasv1\.[\w-]{{20,}} | do[por]_v1_\w{{20,}}
      | [sb]\.[A-Za-z0-9]{{24}}(?!\w)
      | (?:dapi|dose|dkea|pub)[0-9a-f]{{32}}(?:-\d)? | dt0[cs]\d\d\.[\w.]{{16,}}
      | dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{{20,}}
      | NR(?:AK|II|IQ|JS|AL|BR|SP)-[\w-]{{16,}} | [0-9a-zA-Z]{{6,40}}NRAL(?!\w) | sbp_[0-9a-f]{{20,}}
      | v1\.0-[0-9a-f]{{20,}}-[0-9a-f]{{40,}} | PMAK-[\w-]{{20,}} | glsa_\w{{16,}} | glc_[\w=]{{16,}}
      | pscale_\w{{2,5}}_[\w-]{{16,}}
      | shp(?:at|ca|pa|ss|ua)_\w{{16,}} | lin_(?:api|oauth)_\w{{16,}} | hf_\w{{20,}} | api_org_\w{{20,}}
      | sq0[a-z]{{3}}-[\w-]{{16,}}
      | EAAA[\w-]{{20,}} | EAA[A-Z]\w{{16,}} | IGQ\w{{20,}} | whsec_\w{{16,}} | AGE-(?:PLUGIN-\w+-|SECRET-KEY-)\w+
      | [\w-]{{23,28}}\.[\w-]{{6}}\.[\w-]{{27,}}                                              # Discord
      | (?:nfp|nfc|nfo|nfu|nfb)_\w{{20,}} | fo1_[\w-]{{20,}} | fm[12]\w?_[\w+/=-]{{20,}} | tskey-[\w-]{{10,}}
      | sntry[su]_[\w=+/-]{{16,}}
      | lsv2_\w\w_\w{{16,}} | gsk_\w{{20,}} | r8_\w{{20,}} | nvapi-[\w-]{{16,}} | pplx-\w{{16,}} | fig[dou]_[\w-]{{16,}}
      | pat[A-Za-z0-9]{{14}}\.[0-9a-f]{{64}} | key(?=\w{{0,13}}\d)(?=\w{{0,13}}[A-Z])[A-Za-z0-9]{{14}}(?!\w)  # Airtable
      | \d/\d{{13,19}}(?:/\d+)?:[0-9a-f]{{32}} | ATTA[0-9a-f]{{32,}}[0-9A-F]*
      | pat\.\w{{20,24}}\.[0-9a-f]{{24}}\.\w{{16,}}
      | st\.[0-9a-f]{{20,}}\.[0-9a-f]{{20,}}(?:\.[0-9a-f]{{20,}})? | \d\.{_UUID}\.[\w:=+/-]{{16,}}
      | (?:sdk|mob|api|pat|NRAA|token|secret|access|public|link|sk|pk)(?:[-_][a-z0-9]{{2,12}}){{0,2}}[-_]{_UUID}
      | access_token\$\w+\$[\w$]{{16,}} | \d{{13,17}}\|[\w-]{{24,}} | duffel_\w{{4,5}}_[\w=-]{{20,}}
      | (?:ntn|secret|rnd|cfut|cfat|sgp|bkua|ops|pat|phc|phx|re|flb|waka|tfp|rpa|xai|csk|fw|hvp|key|api)
            _(?=\w*\d)\w{{20,}}
      | vc[aciprk]_\w{{24,}}
      | ccipat_\w{{16,}} | CFPAT-[\w-]{{20,}} | ATCTT[\w=-]{{16,}} | ATBB\w{{16,}} | BBDC-[\w-]{{16,}}
      | rzp_(?:live|test)_\w{{12,}}
      | HRKU-[\w-]{{16,}} | pul-[0-9a-f]{{20,}} | LTAI\w{{12,}} | AKID\w{{12,}} | EZ[AT]K\w{{16,}} | sb_secret_\w{{16,}}
      | AQ\.\w{{16,}} | shippo_\w{{16,}} | xprv[1-9A-HJ-NP-Za-km-z]{{50,}} | [5KL][1-9A-HJ-NP-Za-km-z]{{50,51}}(?!\w)
      # any other vendor's: a short word, a dash or underscore, and a long run of letters and digits
      | (?!(?:sha|md|crc|commit|req|evt|event|trace|span|build|image|digest)\w{{0,5}}[-_])
            [A-Za-z][A-Za-z0-9]{{1,9}}(?:[-_][a-z0-9]{{1,8}}){{0,2}}[-_](?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{{32,}}
      )
      | (?<!\w)md5[0-9a-f]{{32}}(?!\w)                                                      # PostgreSQL
    """,
    re.VERBOSE,
)
"""A token of a vendor, or a hash of a password."""

WEBHOOK: Final = re.compile(
    r"""hooks\.slack\.com/\S+ | discord(?:app)?\.com/api/webhooks/\S+ | webhook\.office\.com/\S+
      | outlook\.office(?:365)?\.com/webhook\S+ | hooks\.zapier\.com/\S+ | maker\.ifttt\.com/\S+
      | (?<=/)hooks/[a-z0-9]{26}(?!\w)
      | (?<=/)(?:reset|verify|confirm|invite|activate|magic|unsubscribe|password)[\w-]*/(?=[\w-]*\d)[\w-]{16,}
      | (?<=[?&])(?:code|ticket|otp|key|samlresponse)=(?=[^&\s]*\d)[^&\s]{8,}
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""The secret part of a URL: it admits its holder."""
