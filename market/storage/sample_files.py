"""Where the demo keeps the sample files that its visitors download."""

NEXT_MONTH_FOLDER = "samples/next-month/"
NEXT_MONTH_INDEX = NEXT_MONTH_FOLDER + "index.json"
"""The list of the files, in the order of their import: `[{"kind": …, "name": …}]`."""
