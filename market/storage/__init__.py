"""Photos and documents: decoded under limits, re-encoded without a trace of place or device, kept by their contents."""

from market.storage.files import FileMissing, Files, open_files
from market.storage.photos import (
    PAGE_WIDTHS,
    BadPhoto,
    PhotoId,
    PhotoPaths,
    Prepared,
    Purpose,
    add_photo,
    open_photo,
    photo_paths,
    prepare_drawing,
    prepare_photo,
    private_photo_file,
    require_shown,
)

__all__ = [
    "PAGE_WIDTHS",
    "BadPhoto",
    "FileMissing",
    "Files",
    "PhotoId",
    "PhotoPaths",
    "Prepared",
    "Purpose",
    "add_photo",
    "open_files",
    "open_photo",
    "photo_paths",
    "prepare_drawing",
    "prepare_photo",
    "private_photo_file",
    "require_shown",
]
