"""Sanitising of event text that explanations and messages quote: the author of an event may be an attacker."""

import html
import re
import unicodedata
from typing import Final
from urllib.parse import unquote

MAX_WORDS: Final = 120
"""Maximum number of words of an explanation."""

LINK_REMOVED: Final = "(link removed)"

_NEEDS_A_LOOK: Final = re.compile(r"[^A-Za-z0-9 ,;@%+'\"()=?!$^&._-]|__|&[#\w]|www\.", re.ASCII | re.IGNORECASE)
_ESCAPED_DEEP: Final = 3
_JSON_ESCAPE: Final = re.compile(r"""\\(?:u([0-9a-fA-F]{4})|(["'/]))""")
_PERCENT: Final = re.compile(r"%[0-9a-fA-F]{2}")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Default_Ignorable_Code_Point of Unicode, and two that show nothing either (braille blank, null notehead)
_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# spaces so narrow that they hide inside a word
_NARROW: Final = re.compile("[\u2006\u2008-\u200a\u202f]")
# Cyrillic and Greek letters that look like Latin ones
_LOOK_ALIKES: Final = str.maketrans(
    "авекмнорстухіјѕԁԛԝһӏАВЕКМНОРСТУХІЈЅԚԜҺӀαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abekmhopctyxijsdqwhlABEKMHOPCTYXIJSQWHIaeikvoptuxABEZHIKMNOPTYX",
)
_MIXED_WORD: Final = re.compile(r"(?=\w*[A-Za-z])(?=\w*[^\W\x00-\x7f])\w+")
_MARKS: Final = frozenset({"Mn", "Me"})
_MAX_MARKS: Final = 2
# what may pass for the angle brackets of HTML or of a delimiter
_QUOTING_MARKS: Final = "«»‹›⟨⟩〈〉《》≪≫⋘⋙❮❯❰❱˂˃ᐸᐳ"  # noqa: RUF001
_REPLACED: Final = str.maketrans(
    {
        **{chr(code): " " for code in (*range(32), 127)},
        **dict.fromkeys("<>|\\" + _QUOTING_MARKS, " "),
        **dict.fromkeys("[{", "("),
        **dict.fromkeys("]}", ")"),
        "`": "'",
    }
)
_LINKS: Final = re.compile(
    r"""(?<!\S)\S*:\s*/\s*/\S*                              # any scheme
      | \b(?:https?|ftps?|javascript|vbscript|mailto):\S*   # schemes that need no slashes
      | \b(?:tel|sms):\+?\d\S* | \bdata:[\w/+-]*[;,/]\S*
      | (?<!\S)//\S+                                        # relative to the page's scheme
      | \bwww\.\S+
      | \b(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?[/?\#]\S*       # a host and a path, but no 192.0.2.0/24
      | \b(?:(?:\d{1,3}\.){3}\d{1,3}|localhost)(?::\d+)?(?:[?\#]|/(?!\d{1,3}(?!\w)))\S*
    """,
    re.IGNORECASE | re.VERBOSE,
)
# the ends that programs take for a host's without a scheme before it: all countries, and what is sold most
_COUNTRIES: Final = """
    ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz
    ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga
    gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg
    kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw
    mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc
    sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy
    uz va vc ve vg vi vn vu wf ws ye yt za zm zw"""
_OTHER_ENDS: Final = """
    academy accountant accountants actor ads adult africa airforce amsterdam apartments arab arpa associates attorney
    auction auto autos baby band bar bargains beauty beer berlin best bet bible bid bike bingo black blue boats bond boo
    boston bot boutique box broker brussels build builders business buy cab cafe camera camp capital car cards care
    career careers cars casa casino cat catering center ceo channel charity cheap christmas church citic city claims
    cleaning clinic clothing coach coffee college cologne community compare computer condos construction consulting
    contact contractors cooking cool coop corsica country coupon coupons courses cpa credit creditcard cricket cruises
    cymru dad dance date dating day deal dealer deals degree delivery democrat dental dentist desi diamonds diet direct
    discount docs doctor dog domains dot earth education energy engineer engineering enterprises equipment esq estate
    eu eus exposed express fail faith family fan fans farm fashion fast feedback film financial fish fishing fitness
    flights florist flowers foo football forex forsale forum foundation free fund furniture futbol gallery game garden
    gay gift gifts giving glass gmbh gold golf google gop graphics gratis green gripe grocery guide guitars gurus hair
    hamburg haus health healthcare hiphop hiv hockey holdings holiday homes horse hospital hosting hot hotels house how
    ice immo immobilien inc industries ing institute insurance insure international investments irish ist istanbul
    jetzt jewelry joburg kaufen kids kim kitchen kiwi koeln kyoto land latino law lawyer lease legal lgbt lighting
    limited limo llc loans locker lotto love luxe luxury madrid maison makeup mango map market marketing markets mba med
    meet meme memorial men menu miami mom money mortgage motorcycles movie music nagoya navy new nexus ngo ninja now
    nowruz nrw nyc observer okinawa one ong ooo osaka paris partners parts passion pay pharmacy phd phone photo
    photography photos physio pictures pink pizza place play plumbing poker porn post press prime prod productions prof
    promo property protection pub qpon quebec racing radio realestate realtor realty recipes red rehab reise reisen ren
    rent rentals repair report republican restaurant reviews rich rip rodeo rsvp rugby ryukyu safe sale salon sarl save
    saxo scholarships school schule science scot search seat secure security select sexy sharp shia shoes shopping show
    singles ski soccer soy spa sport spot srl stockholm storage style sucks supplies supply surf surgery sydney systems
    taipei talk tattoo tax taxi tech tennis theater theatre tickets tienda tires tokyo tours town toys training travel
    trust tube university uno vacations vegas ventures versicherung vet viajes video villas vin vision vodka vote voting
    voto voyage wales wang watches weather webcam weddings wedding whoswho wien wine woodside wow yachts yoga yokohama
    you youtube zero zuerich
    aero agency app art asia bank biz blog cam cash chat cfd click cloud club codes com company design
    dev digital directory download edu email events example exchange expert finance fit fun fyi games global gov group
    guru help host icu info ink int jobs lat life link live loan lol ltd management media mil mobi monster mov museum
    name net network news one online onion org page party pet pics plus pro properties quest rest review rocks run sale
    sbs science services shop site skin social software solutions space store stream studio support tech technologies
    tel tips today token tools top trade travel vip wang watch website wiki win work works world wtf xin xxx xyz zip
    zone"""
HOST: Final = re.compile(r"(?<![@\w.+-])(?:[\w-]{1,63}\.)+([\w-]{2,63})(?![\w@-]|\.\w)")
"""What may be the name of a host: its first group is the last part of the name."""

# the ends in other scripts that are sold most
_OTHER_SCRIPTS: Final = """
    рф бел укр срб мкд мон қаз бг ею ελ ευ сайт онлайн орг ком дети москва рус католик
    中国 中國 香港 台湾 台灣 新加坡 澳門 公司 网络 网址 网站 商城 商店 中文网 在线 世界 集团 我爱你
    政务 公益 企业 娱乐 游戏 한국 닷컴 닷넷 삼성 みんな コム ファッション ストア クラウド セール グーグル
    ไทย ລາວ भारत कॉम नेट संगठन இந்தியா சிங்கப்பூர் இலங்கை
    السعودية مصر ایران امارات المغرب الجزائر تونس قطر عمان سورية فلسطين الاردن العراق بازار شبكة
    موقع كوم ישראל קום հայ გე"""  # noqa: RUF001
_HOST_ENDS: Final = frozenset((_COUNTRIES + _OTHER_ENDS + _OTHER_SCRIPTS).split())
_SLASHES: Final = re.compile(r"/{2,}")
# a star that is a wildcard (admin:*, repo/*) stays; one that would make text bold goes
_MARKUP: Final = re.compile(r"(?<![:/])\*|\*(?=\w)|_{2,}|~{2,}|#{2,}|(?<!\S)#(?=\s)")


def plain(value: object, *, characters: int = 80, words: int = 8) -> str:
    """Converts a value into one line of harmless text, at most ``characters`` long and of at most ``words`` words.

    No links, no HTML, no Markdown, no control, direction or invisible characters; compatibility forms of letters are
    folded first, so that none of these comes back through a look-alike.
    """
    text = str(value)[: characters * 4]
    if _NEEDS_A_LOOK.search(text):
        text = _neutralise(text)
    return shorten(text, characters=characters, words=words)


def defang(text: str) -> str:
    """Defangs host names (``evil[.]example``), so that no program makes a link of them.

    E-mail addresses stay as they are.
    """
    # few words have a dot inside: looking at those alone takes a tenth of the time
    dot = text.find(".")
    while dot != -1:
        if text[dot + 1 : dot + 3].isalpha():
            begin, end = text.rfind(" ", 0, dot) + 1, text.find(" ", dot)
            rest = text[end:] if end != -1 else ""
            text = text[:begin] + HOST.sub(_defanged_host, text[begin : len(text) - len(rest)]) + rest
            dot = len(text) - len(rest)
        dot = text.find(".", dot + 1)
    return text


def is_top_level_domain(name: str) -> bool:
    """Returns whether host names end in this label."""
    return name.lower() in _HOST_ENDS or name.lower().startswith("xn--")


def _defanged_host(found: re.Match[str]) -> str:
    return found[0].replace(".", "[.]") if is_top_level_domain(found[1]) else found[0]


def shorten(text: str, *, characters: int, words: int) -> str:
    """Cuts text to a number of words and characters, ending in an ellipsis where something was cut."""
    parts = text.split()
    retained = " ".join(parts[:words])
    if len(retained) > characters:
        return retained[: characters - 1].rstrip() + "…"
    return retained + "…" if len(parts) > words else retained


def count_words(text: str) -> int:
    """Counts words as people do: what stands between spaces."""
    return len(text.split())


def sentence(text: str) -> str:
    """Ends text with a full stop unless it ends like a sentence already."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def readable(text: str) -> str:
    """Folds look-alike forms of letters and drops invisible characters; lines stay lines."""
    if text.isascii():
        return text
    text = visible(text)
    return "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in _HIDDEN
    )


def visible(text: str) -> str:
    """Folds look-alike forms of letters, and drops code points that show nothing and marks piled upon a letter.

    Letters of ASCII keep no mark that does not make another letter of them (é): such marks only hide words from
    programs. Other letters keep two, as written languages need.
    """
    text = _NARROW.sub("", _IGNORABLE.sub("", text))
    text = _IGNORABLE.sub("", unicodedata.normalize("NFKC", text)).replace("。", ".")
    retained: list[str] = []
    allowed = 0
    for character in text:
        if unicodedata.category(character) in _MARKS:
            if allowed:
                retained.append(character)
            allowed = max(0, allowed - 1)
        else:
            retained.append(character)
            allowed = 0 if character.isascii() else _MAX_MARKS
    return "".join(retained)


def plain_letters(text: str) -> str:
    """Writes digits of all scripts as ASCII, and letters that only look Latin within words of Latin letters."""
    if text.isascii():
        return text
    text = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    return _MIXED_WORD.sub(lambda found: found[0].translate(_LOOK_ALIKES), text)


def unescaped(text: str) -> str:
    """Undoes how text is written inside HTML, JSON and URLs, also several times over."""
    for _ in range(_ESCAPED_DEEP):
        before = text
        text = _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], html.unescape(text))
        if _PERCENT.search(text):
            text = unquote(text)
        if text == before:
            break
    return text


def _neutralise(text: str) -> str:
    for _ in range(_ESCAPED_DEEP):
        text = html.unescape(text)
    if not text.isascii():
        text = visible(text)
        text = "".join(" " if unicodedata.category(character) in _HIDDEN else character for character in text)
    text = text.translate(_REPLACED)
    return _SLASHES.sub("/", _MARKUP.sub("", _LINKS.sub(LINK_REMOVED, text)))
