"""Where the demo keeps the sample files that its visitors download."""

SAMPLE_FOLDER = "samples/to-import/"
SAMPLE_INDEX = SAMPLE_FOLDER + "index.json"
"""The list of the files, in the order of their import: `[{"month": "2026-11", "kind": …, "name": …}]`."""
