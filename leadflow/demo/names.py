"""Made-up people: names of many kinds, addresses under .example, numbers reserved for fiction."""

import re
import unicodedata
from dataclasses import dataclass
from random import Random

# first names | last names, by the language of the name. Where it is not written in Latin
# letters, its spelling for the e-mail address follows the colon.
LANGUAGES = {
    "english": (
        "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara "
        "Richard Susan Joseph Jessica Thomas Karen Charles Nancy Daniel Lisa Matthew Margaret "
        "Anthony Betty Mark Sandra Donald Ashley Steven Emily Andrew Kimberly Paul Donna Joshua "
        "Carol Kenneth Michelle George Amanda Harold Dorothy Beatrice Graham Nigel Fiona Alistair "
        "Gemma Rupert Harriet Colin Deborah Keith Philippa",
        "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Thomas Moore "
        "Jackson Martin Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright "
        "Scott Hill Green Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell "
        "Parker Evans Edwards Collins Stewart Morris Murphy Cook Rogers Bailey Cooper Ward Cox "
        "Fairweather Featherstonehaugh Cholmondeley Ashworth Braithwaite Pemberton Okonkwo "
        "Montgomery-Cavendish Featheringay Lockwood Thistlethwaite",
    ),
    "irish": (
        "Aoife Siobhán Niamh Ciarán Oisín Saoirse Pádraig Eimear Diarmuid Gráinne",
        "O’Sullivan Byrne Ó_Briain Kelly McCarthy Nic_Giolla_Phádraig Doyle Gallagher O’Neill",
    ),
    "spanish": (
        "María José Carmen Antonio Lucía Javier Isabel Alejandro Pilar Íñigo María_de_los_Ángeles "
        "Ximena Guadalupe Mateo",
        "García Rodríguez Martínez Hernández López Fernández-Villaverde Núñez Ibáñez Muñoz "
        "Sánchez_de_la_Torre Castañeda Zúñiga y_Echeverría_Goicoechea",
    ),
    "portuguese": (
        "João Beatriz Tiago Inês Gonçalo Conceição Luís Mariana Rafael Thaís",
        "Silva Santos Oliveira Gonçalves Araújo da_Conceição_Magalhães Ferrão Brandão Nogueira",
    ),
    "french": (
        "Camille Jean-Baptiste Éloïse Guillaume Amélie François Océane Benoît Chloé Anaïs",
        "Lefèvre Moreau Dubois Garçon Côté Tremblay Bélanger de_La_Rochefoucauld Petit Gauthier",
    ),
    "german": (
        "Jürgen Ursula Matthias Käthe Stefan Heike Günther Anneliese Björn Sabine",
        "Müller Schäfer Größmann Weiß Köhler Hoffmann Schmidt Freiherr_von_Wangenheim Vogel "
        "Leutheusser-Schnarrenberger Krüger",
    ),
    "dutch": (
        "Sander Femke Joost Lieke Maarten Anouk Thijs",
        "de_Vries van_den_Berg Bakker Jansen van_’t_Hoff Dijkstra Smeets",
    ),
    "italian": (
        "Giulia Marco Chiara Niccolò Francesca Lorenzo Maddalena",
        "Rossi Russo D’Angelo Bianchi Esposito Lo_Bianco Ricci Quattrocchi",
    ),
    "nordic": (
        "Åsa Björn Ingrid Søren Freja Jørgen Kaisa Lars Sigrún Väinö",
        "Lindström Sørensen Hansen Håkansson Bjørnstad Virtanen Nygård Ødegaard Kristjánsdóttir",
    ),
    "polish": (
        "Katarzyna Paweł Małgorzata Łukasz Zofia Grzegorz",
        "Wójcik Kowalska Zieliński Dąbrowska Szczęsny Brzęczyszczykiewicz",
    ),
    "indian": (
        "Ananya Rahul Lakshmi Vikram Deepika Sanjay Meenakshi Arjun",
        "Sharma Patel Iyer Reddy Venkataraghavan Banerjee Kaur Chattopadhyay Subramanian",
    ),
    "chinese": ("Wei Li Xiuying Jun Meiling Hao", "Wang Chen Zhang Liu Huang Ng Xu"),
    "vietnamese": ("Thị_Minh Văn_Hùng Lan_Anh Quốc_Bảo", "Nguyễn Trần Phạm Đặng"),
    "african": (
        "Chidinma Kwame Oluwaseun Amara Thandiwe Sipho Fatoumata",
        "Okafor Mensah Adeyemi-Bakare Nkosi Diallo Oyelaran",
    ),
    "japanese": (
        "美咲:Misaki 健太:Kenta 陽子:Yoko 大輔:Daisuke さくら:Sakura",
        "佐藤:Sato 鈴木:Suzuki 高橋:Takahashi 渡辺:Watanabe",
    ),
    "russian": (
        "Ольга:Olga Дмитрий:Dmitry Светлана:Svetlana Алексей:Alexey",
        "Кузнецова:Kuznetsova Волков:Volkov Соловьёв:Solovyov",
    ),
    "arabic": (
        "محمد:Mohammed فاطمة:Fatima يوسف:Yousef ليلى:Layla",
        "الهاشمي:Alhashimi حداد:Haddad النجار:Alnajjar",
    ),
    "greek": (
        "Ελένη:Eleni Γιώργος:Giorgos Αικατερίνη:Aikaterini",
        "Παπαδοπούλου:Papadopoulou Νικολαΐδης:Nikolaidis",
    ),
}
# Country: its share of the leads, its time zone, the languages names come from.
COUNTRIES: dict[str, tuple[float, str, dict[str, int]]] = {
    "US": (44, "America/New_York", {
        "english": 60, "spanish": 12, "irish": 5, "german": 3, "italian": 3, "indian": 5,
        "chinese": 4, "vietnamese": 2, "polish": 2, "african": 3, "russian": 1, "arabic": 1}),
    "GB": (27, "Europe/London", {
        "english": 70, "irish": 7, "indian": 7, "polish": 5, "african": 5, "greek": 1,
        "chinese": 2, "arabic": 2}),
    "CA": (5, "America/Toronto", {"english": 50, "french": 40, "chinese": 6, "indian": 4}),
    "IE": (3.5, "Europe/Dublin", {"irish": 80, "english": 15, "polish": 5}),
    "DE": (4, "Europe/Berlin", {"german": 85, "polish": 5, "russian": 5, "arabic": 3}),
    "FR": (3, "Europe/Paris", {"french": 90, "african": 6, "portuguese": 4}),
    "NL": (2, "Europe/Amsterdam", {"dutch": 90, "arabic": 4}),
    "ES": (2, "Europe/Madrid", {"spanish": 95, "english": 5}),
    "IT": (1.5, "Europe/Rome", {"italian": 95}),
    "SE": (1.5, "Europe/Stockholm", {"nordic": 95}),
    "NO": (1, "Europe/Oslo", {"nordic": 100}),
    "PL": (1, "Europe/Warsaw", {"polish": 100}),
    "MX": (1, "America/Mexico_City", {"spanish": 100}),
    "BR": (0.8, "America/Sao_Paulo", {"portuguese": 100}),
    "PT": (0.7, "Europe/Lisbon", {"portuguese": 100}),
    # The demo has no pool for these: what qualifies lands on the manager's list.
    "AU": (0.7, "Australia/Sydney", {"english": 85, "greek": 8, "chinese": 7}),
    "JP": (0.5, "Asia/Tokyo", {"japanese": 100}),
}  # fmt: skip
AREA_CODES = (
    "202 206 207 212 215 303 305 312 401 404 412 415 503 508 512 518 602 603 607 612 615 617 646 "
    "702 713 716 718 802 814 845 857 904 914 917 919 970 978"
)
# Ranges set aside for films and examples; countries without one get no number.
FICTIONAL = {
    "US": ("{area} 555 01{two:02d}", tuple(AREA_CODES.split())),
    "CA": ("{area} 555 01{two:02d}", ("416", "514", "604", "613", "902")),
    "GB": ("{area}{three:03d}", ("020 7946 0", "0161 496 0", "0131 496 0", "07700 900")),
    "DE": ("{area}{two:02d}", ("030 23125 0", "0171 39200 ")),
    "FR": ("{area}{two:02d}", ("01 99 00 10 ", "06 39 98 01 ")),
    "AU": ("{area}{two:02d}", ("0491 5701 ", "02 5550 10")),
    "SE": ("{area}{two:02d}", ("08 465 004 ", "070 174 06 ")),
}
HOTELS = (
    "Lakeside Harbour Grand Old_Mill Bellevue Seven_Pines Royal Cedar Castle Riverside Heather "
    "Northern_Light Abbey Dolphin Lighthouse Golden_Hart Montrose"
)
HOUSES = ("Hotel", "Hotel & Spa", "Spa Resort", "Lodge", "Boutique Hotel", "Country House Hotel")
HOTEL_TITLES = (
    "Spa Director", "Wellness Manager", "Hotel Manager", "Head of Leisure", "Hospitality Director",
    "Assistant Spa Manager",
)  # fmt: skip
LETS = ("Cottages", "Cabins", "Holiday Homes", "Barns", "Stays", "Retreats")
LET_TITLES = ("Property owner", "Host", "Owner", "")


@dataclass(frozen=True, slots=True)
class Someone:
    """Who they are, as they would write it, and where."""

    first_name: str
    last_name: str
    email: str
    country: str
    zone: str
    phone: str = ""
    company: str = ""
    job_title: str = ""

    def row(self) -> dict[str, str]:
        """The fields of a captured row."""
        fields = (
            "first_name", "last_name", "email", "country", "phone", "company", "job_title",
        )  # fmt: skip
        return {name: getattr(self, name) for name in fields if getattr(self, name)}


class People:
    """Makes people up; no address or number comes twice."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._emails: set[str] = set()
        self._phones: set[str] = set()

    def someone(self, rng: Random, interest: str, *, country: str = "") -> Someone:
        """A person with this interest; hotels and holiday lets have a company."""
        country = country or _weighted(rng, {c: facts[0] for c, facts in COUNTRIES.items()})
        _, zone, languages = COUNTRIES[country]
        (first, spelt_first), (last, spelt_last) = self._name(rng, languages)
        company, title = _work(rng, interest, last)
        return Someone(
            first_name=first,
            last_name=last,
            email=self._email(rng, spelt_first, spelt_last, company),
            country=country,
            zone=zone,
            phone=self._phone(rng, country) if rng.random() < 0.72 else "",
            company=company,
            job_title=title,
        )

    def _name(self, rng: Random, languages: dict[str, int]) -> list[tuple[str, str]]:
        """First and last name as written and as spelt; seldom one that came before."""
        for _ in range(12):
            words = LANGUAGES[_weighted(rng, languages)]
            name = [_pick(rng, part) for part in words]
            written = f"{name[0][0]} {name[1][0]}"
            if written not in self._names:
                break
        self._names.add(written)
        return name

    def _email(self, rng: Random, first: str, last: str, company: str) -> str:
        a, b = ascii_letters(first), ascii_letters(last)
        local = rng.choice([f"{a}.{b}", a, f"{a[0]}.{b}", f"{a}{rng.randint(50, 99)}"])
        home = rng.choice(
            [f"{b}-family", f"the-{b.rstrip('s')}s", f"{b}-home", f"{a}-{b}", f"{b}-post"]
        )
        domain = ascii_letters(company, gap="-") if company else home
        address, number = f"{local}@{domain}.example", 1
        while address in self._emails:
            number += 1
            address = f"{local}{number}@{domain}.example"
        self._emails.add(address)
        return address

    def _phone(self, rng: Random, country: str) -> str:
        if country not in FICTIONAL:
            return ""
        pattern, areas = FICTIONAL[country]
        for _ in range(20):
            number = pattern.format(
                area=rng.choice(areas), two=rng.randrange(100), three=rng.randrange(1000)
            )
            if number not in self._phones:
                self._phones.add(number)
                return number
        return ""


def ascii_letters(text: str, *, gap: str = "") -> str:
    """Lower-case letters for an address."""
    for letter, plain in (("ß", "ss"), ("ø", "o"), ("Ø", "o"), ("ł", "l"), ("Ł", "l"), ("Đ", "d")):
        text = text.replace(letter, plain)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", gap, plain).strip("-") or "guest"


def _pick(rng: Random, words: str) -> tuple[str, str]:
    written, _, spelt = rng.choice(words.split()).replace("_", " ").partition(":")
    return written, spelt or written


def _weighted(rng: Random, weights: dict[str, float] | dict[str, int]) -> str:
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def _work(rng: Random, interest: str, last: str) -> tuple[str, str]:
    if interest == "hotel spa":
        return (
            f"{rng.choice(HOTELS.split()).replace('_', ' ')} {rng.choice(HOUSES)}",
            rng.choice(HOTEL_TITLES),
        )
    if interest == "holiday let" and rng.random() < 0.7:
        return f"{last} {rng.choice(LETS)}", rng.choice(LET_TITLES)
    return "", ""
