"""All pages of this area."""

from __future__ import annotations

from typing import Final

from gateway.web.arranging import away, fetching, filters, forwarding, overview

ROUTES: Final = (*overview.ROUTES, *filters.ROUTES, *away.ROUTES, *forwarding.ROUTES, *fetching.ROUTES)
