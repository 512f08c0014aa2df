"""Files as browsers and programs send them: a document comes without the folder that the file of programmes names."""

from collections.abc import Mapping
from typing import Any

import msgspec


def name_documents(content: bytes, documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give uploaded documents the names under which a file of programmes speaks of them.

    Browsers send `P1.txt` where the file says `documents/P1.txt`; what cannot be read is left to the import to refuse.
    """
    try:
        source: Any = msgspec.json.decode(content)
        names = [str(each["document"]["file"]) for each in source["programmes"]]
    except (msgspec.MsgspecError, RecursionError, KeyError, TypeError):
        return dict(documents)
    short = {_last(name): each for name, each in documents.items()}
    return {name: short[_last(name)] for name in names if _last(name) in short}


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
