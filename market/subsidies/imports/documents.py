"""Match uploaded documents, which have no folder, with the names in a programmes file."""

from collections.abc import Mapping
from typing import Any

import msgspec


def match_documents(content: bytes, documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return documents by their names in a programmes file.

    Browsers send `P1.txt` for `documents/P1.txt`: an exact match has priority over one without the folder. If the file
    cannot be read, return the documents unchanged; the import refuses it.
    """
    try:
        source: Any = msgspec.json.decode(content)
        names = [str(each["document"]["file"]) for each in source["programmes"]]
    except (msgspec.MsgspecError, RecursionError, KeyError, TypeError):
        return dict(documents)
    by_base_name = {_base_name(name): document for name, document in documents.items()}
    matched = {name: documents.get(name, by_base_name.get(_base_name(name))) for name in names}
    return {name: document for name, document in matched.items() if document is not None}


def _base_name(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
