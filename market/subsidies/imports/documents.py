"""Match uploaded documents, which come without a folder, with the names in a programmes file."""

from collections.abc import Mapping
from typing import Any

import msgspec


def match_documents(content: bytes, documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return documents under the names that a programmes file gives them.

    Browsers send `P1.txt` where the file says `documents/P1.txt`: an exact name goes before one without its folder.
    A file that cannot be read returns the documents unchanged; the import refuses it.
    """
    try:
        source: Any = msgspec.json.decode(content)
        names = [str(each["document"]["file"]) for each in source["programmes"]]
    except (msgspec.MsgspecError, RecursionError, KeyError, TypeError):
        return dict(documents)
    by_base_name = {_base_name(name): document for name, document in documents.items()}
    found = {name: documents.get(name, by_base_name.get(_base_name(name))) for name in names}
    return {name: document for name, document in found.items() if document is not None}


def _base_name(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
