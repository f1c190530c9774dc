"""Numbers of payment cards, bank accounts and people, recognised by their check digits or by what names them."""

import re
from typing import Final

from mcm_enricher.model.removal import removed_where, without_value

_CARD: Final = re.compile(
    r"""(?<![\d.-])(?:(?<![^\W\d])|(?<=card)|(?<=Card)|(?<=visa)|(?<=amex)|(?<=cc)|(?<=pan))
        (?: \d(?:[\ -]?\d){12,18} | \d{4}([./_]|\s{1,2})\d{4}\1\d{4}\1\d{4} | \d{4}(?:[\s-]{1,2}\d{4}){3}
        | \d{4}\s\d{6}\s\d{5} )
        (?![\w-]|\.\d)""",
    re.VERBOSE,
)
_CARD_BEGINS: Final = re.compile(
    r"4|5[1-5]|2[2-7]|3[47]|6(?:011|2|4[4-9]|5)|35|3[068]|6304|6759|676[123]|5018|5020|5038|5893"
)
_IBAN: Final = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?\b")
_GROUP_ENDS: Final = re.compile(r"[ -]")
_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE IM ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_SHORT_CARD: Final = 13
_ACCOUNT: Final = re.compile(
    r"""\b((?:bank\s+)?(?:account|routing|sort|iban|card|social\s+security|tax)\s*(?:number|no\.?|nr\.?|code|\#)
        (?:\s+(?:is|was)|\s*[:=])?\s*)\d[\d -]{4,24}\d\b
      | \b(bank\s+account\W{1,3}(?:is\s+)?)\d[\d -]{4,24}\d\b
      | \b((?:ssn|social\s+security)\W{0,3}(?:number\W{1,3})?(?:is\s+)?)\d{3}[-. ]?\d{2}[-. ]?\d{4}\b
      | \b((?:cvv2?|cvc2?|csc)\W{0,3}(?:is\s+)?)\d{3,4}\b
      | (?<![\d-])()\d{3}-\d{2}-\d{4}(?![\d-])
      | \b((?:passport|national\s+insurance|ni(?:no)?|driver'?s?\s+licen[cs]e
            |licen[cs]e\s+plate|dni|nie|nif|ein|sin|aadhaa?r
            |pan|cpf|cnpj|tfn|itin|nhs|medicare|bsn|pesel|personnummer|codice\s+fiscale|steuer-?id|vat|tax\s+id)
            (?:\s+(?:number|no\.?|nr\.?|\#))?(?:\s+(?:is|was)|\s*[:=\#])?\s+)
        (?=[A-Z\d .-]*\d[ .-]?\d?[ .-]?\d)(?-i:[A-Z0-9]{1,4}(?:[ .-]?[A-Z0-9]{1,4}){1,6})\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


def without_account_numbers(text: str, removed: str) -> str:
    """Replaces numbers of cards, accounts and people by ``removed``; what names them stays."""
    text = _ACCOUNT.sub(lambda found: without_value(found, removed), text)
    text = _CARD.sub(removed_where(_is_card, removed), text)
    return _IBAN.sub(lambda found: _without_iban(found[0], removed), text)


def _is_card(text: str) -> bool:
    """Whether digits begin like a payment card's and pass the Luhn check."""
    digits = [int(digit) for digit in text if digit.isdigit()]
    if len(digits) == _SHORT_CARD and digits[0] != 4:
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return _CARD_BEGINS.match(text) is not None and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _without_iban(text: str, removed: str) -> str:
    # a word of four letters may follow that is no group of the number
    ends = [len(text), *(found.start() for found in reversed(list(_GROUP_ENDS.finditer(text))))]
    return next((removed + text[end:] for end in ends if _is_iban(text[:end])), text)


def _is_iban(text: str) -> bool:
    """Whether a text passes the check of international bank account numbers (ISO 13616)."""
    plain = text.replace(" ", "").replace("-", "")
    rest = plain[4:] + plain[:4]
    return (
        len(plain) == _IBAN_LENGTHS.get(plain[:2].upper())
        and int("".join(str(int(each, 36)) for each in rest)) % 97 == 1
    )
