"""Names of countries and areas of origin in the reader's language (ISO 3166-1 codes, names from CLDR)."""

from functools import lru_cache
from types import MappingProxyType
from typing import Final

import pycountry
from babel import Locale

from coldchain.core.text import normalise_name

# CLDR's names of these are not the ones that goods declared in China carry.
_AS_DECLARED: Final = MappingProxyType(
    {
        "zh": {"TW": "中国台湾", "HK": "中国香港", "MO": "中国澳门"},
        "en": {"TW": "Taiwan, China", "HK": "Hong Kong, China", "MO": "Macao, China"},
    }
)


@lru_cache(maxsize=1024)
def country_name(code: str, locale: str) -> str:
    """Return the name of an ISO 3166-1 alpha-2 code in a locale (`zh_CN`, `en`); an unknown code stands for itself."""
    language = "zh" if locale.lower().startswith("zh") else "en"
    declared = _AS_DECLARED[language].get(code)
    return declared or str(Locale.parse(language).territories.get(code, code))


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    return {
        normalise_name(country_name(country.alpha_2, locale)): country.alpha_2
        for locale in ("zh_CN", "en")
        for country in pycountry.countries
    }


def code(text: str) -> str:
    """Return the code of a country that is named in Chinese or English; any other text as it is."""
    return _codes().get(normalise_name(text), text)
