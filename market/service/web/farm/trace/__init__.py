"""地块和标签: plots, harvests and labels of a seller."""

from market.service.web.farm.trace import harvest_import, lots, packed, plots

ROUTES = [*plots.ROUTES, *lots.ROUTES, *harvest_import.ROUTES, *packed.ROUTES]
