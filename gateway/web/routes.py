"""Every path of the API, the scope it needs, and who answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.web import (
    books_api,
    contacts_api,
    dav_passwords,
    handsets,
    imports_api,
    messages,
    mms,
    previews,
    records,
    reminders,
    routing,
    saved_cards,
    settings,
)
from gateway.web.asking import Ask, Handler
from gateway.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path; {…} stands for one part of it."""

    method: str
    path: str
    scope: str
    handler: Handler


async def _post_messages(ask: Ask) -> web.StreamResponse:
    return await messages.post_messages(ask.api, ask.request)


MESSAGES: Final = "/api/v1/messages"

ROUTES: Final = (
    Route("POST", MESSAGES, "send", _post_messages),
    Route("GET", MESSAGES, "read", messages.list_messages),
    Route("GET", "/api/v1/messages/{id}", "read", messages.get_message),
    Route("DELETE", "/api/v1/messages/{id}", "send", messages.delete_message),
    Route("POST", "/api/v1/mms", "send", mms.post_mms),
    Route("POST", "/api/v1/mms/preview", "send", previews.post_preview),
    Route("GET", "/api/v1/messages/{id}/preview", "read", previews.get_message_preview),
    Route("GET", "/api/v1/cards/templates", "read", saved_cards.list_card_templates),
    Route("GET", "/api/v1/cards/templates/{key}/picture", "read", saved_cards.get_template_picture),
    Route("GET", "/api/v1/cards", "read", saved_cards.list_cards),
    Route("POST", "/api/v1/cards", "send", saved_cards.post_card),
    Route("GET", "/api/v1/cards/{id}", "read", saved_cards.get_card),
    Route("PUT", "/api/v1/cards/{id}", "send", saved_cards.put_card),
    Route("PATCH", "/api/v1/cards/{id}", "send", saved_cards.patch_card),
    Route("DELETE", "/api/v1/cards/{id}", "send", saved_cards.delete_card),
    Route("POST", "/api/v1/cards/{id}/copy", "send", saved_cards.copy_card),
    Route("GET", "/api/v1/cards/{id}/picture", "read", saved_cards.get_card_picture),
    Route("GET", "/api/v1/inbox", "read", records.get_inbox),
    Route("GET", "/api/v1/ledger", "ledger", records.get_ledger),
    Route("GET", "/api/v1/routes/explain", "route", routing.explain_route),
    Route("GET", "/api/v1/phones", "settings", settings.list_phones),
    Route("POST", "/api/v1/phones", "settings", settings.post_phone),
    Route("POST", "/api/v1/phones/{number}/proof", "settings", settings.post_proof),
    Route("GET", "/api/v1/phones/{number}/handset", "settings", handsets.get_phone_handset),
    Route("PUT", "/api/v1/phones/{number}/handset", "settings", handsets.put_phone_handset),
    Route("DELETE", "/api/v1/phones/{number}/handset", "settings", handsets.delete_phone_handset),
    Route("GET", "/api/v1/handsets", "read", handsets.list_handsets),
    Route("GET", "/api/v1/handsets/{key}", "read", handsets.get_handset),
    Route("GET", "/api/v1/contacts", "settings", contacts_api.list_contacts),
    Route("POST", "/api/v1/contacts", "settings", contacts_api.post_contact),
    Route("POST", "/api/v1/contacts/reach", "settings", contacts_api.post_reach),
    Route("GET", "/api/v1/contacts/{id}", "settings", contacts_api.get_contact),
    Route("PUT", "/api/v1/contacts/{id}", "settings", contacts_api.put_contact),
    Route("PATCH", "/api/v1/contacts/{id}", "settings", contacts_api.patch_contact),
    Route("DELETE", "/api/v1/contacts/{id}", "settings", contacts_api.delete_contact),
    Route("GET", "/api/v1/contacts/{id}/versions", "settings", contacts_api.list_versions),
    Route("POST", "/api/v1/contacts/{id}/restore", "settings", contacts_api.post_restore),
    Route("GET", "/api/v1/imports", "settings", imports_api.list_imports),
    Route("POST", "/api/v1/imports", "settings", imports_api.post_import),
    Route("GET", "/api/v1/imports/columns", "settings", imports_api.list_columns),
    Route("GET", "/api/v1/imports/{id}", "settings", imports_api.get_import),
    Route("PUT", "/api/v1/imports/{id}", "settings", imports_api.put_import),
    Route("DELETE", "/api/v1/imports/{id}", "settings", imports_api.delete_import),
    Route("POST", "/api/v1/imports/{id}/start", "settings", imports_api.post_start),
    Route("POST", "/api/v1/imports/{id}/undo", "settings", imports_api.post_undo),
    Route("GET", "/api/v1/exports", "settings", imports_api.get_export),
    Route("GET", "/api/v1/books", "settings", books_api.list_books),
    Route("POST", "/api/v1/books", "settings", books_api.post_book),
    Route("PATCH", "/api/v1/books/{book}", "settings", books_api.patch_book),
    Route("DELETE", "/api/v1/books/{book}", "settings", books_api.delete_book),
    Route("GET", "/api/v1/books/{book}/shares", "settings", books_api.list_shares),
    Route("PUT", "/api/v1/books/{book}/shares/{account}", "settings", books_api.put_share),
    Route("DELETE", "/api/v1/books/{book}/shares/{account}", "settings", books_api.delete_share),
    Route("GET", "/api/v1/books/{book}/changes", "settings", books_api.list_changes),
    Route("GET", "/api/v1/books/{book}/deleted", "settings", books_api.list_deleted),
    Route("GET", "/api/v1/books/{book}/duplicates", "settings", books_api.list_duplicates),
    Route("POST", "/api/v1/books/{book}/merge", "settings", books_api.post_merge),
    Route("POST", "/api/v1/books/{book}/apart", "settings", books_api.post_apart),
    Route("POST", "/api/v1/books/{book}/undo", "settings", books_api.post_undo),
    Route("GET", "/api/v1/books/{book}/groups", "settings", books_api.list_groups),
    Route("POST", "/api/v1/books/{book}/groups", "settings", books_api.post_group),
    Route("GET", "/api/v1/books/{book}/groups/{name}", "settings", books_api.get_group),
    Route("PATCH", "/api/v1/books/{book}/groups/{name}", "settings", books_api.patch_group),
    Route("DELETE", "/api/v1/books/{book}/groups/{name}", "settings", books_api.delete_group),
    Route("GET", "/api/v1/dav-passwords", "settings", dav_passwords.list_passwords),
    Route("POST", "/api/v1/dav-passwords", "settings", dav_passwords.post_password),
    Route("GET", "/api/v1/dav-passwords/{id}", "settings", dav_passwords.get_password),
    Route("DELETE", "/api/v1/dav-passwords/{id}", "settings", dav_passwords.delete_password),
    Route("GET", "/api/v1/rules", "settings", settings.list_rules),
    Route("POST", "/api/v1/rules", "settings", settings.post_rule),
    Route("DELETE", "/api/v1/rules/{id}", "settings", settings.delete_rule),
    Route("GET", "/api/v1/reminders", "read", reminders.list_reminders),
    Route("POST", "/api/v1/reminders", "send", reminders.post_reminder),
    Route("DELETE", "/api/v1/reminders/{id}", "send", reminders.delete_reminder),
    Route("GET", "/api/v1/webhooks", "webhooks", settings.list_webhooks),
    Route("POST", "/api/v1/webhooks", "webhooks", settings.post_webhook),
    Route("DELETE", "/api/v1/webhooks/{id}", "webhooks", settings.delete_webhook),
)


class Routes:
    """Finds the route of a request."""

    def __init__(self, routes: tuple[Route, ...] = ROUTES) -> None:
        self._by_size: dict[int, list[tuple[tuple[str, ...], dict[str, Route]]]] = {}
        for route in routes:
            parts = tuple(route.path.strip("/").split("/"))
            shapes = self._by_size.setdefault(len(parts), [])
            for shape, methods in shapes:
                if shape == parts:
                    methods[route.method] = route
                    break
            else:
                shapes.append((parts, {route.method: route}))

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        """The route and the variable parts of the path. Raises Problem when there is none, or not by this method."""
        parts = path.strip("/").split("/")
        for shape, methods in self._by_size.get(len(parts), ()):
            if all(wanted == part or (wanted[0] == "{" and part) for wanted, part in zip(shape, parts, strict=True)):
                route = methods.get("GET" if method == "HEAD" else method)
                if route is None:
                    raise NoSuchMethod(path, sorted(methods))
                return route, tuple(part for wanted, part in zip(shape, parts, strict=True) if wanted[0] == "{")
        raise Problem(404, "no_such_path", f"there is nothing at {path[:64]}", "See /api/v1/openapi.json.")


class NoSuchMethod(Problem):
    """The path is there, but not for this method."""

    def __init__(self, path: str, allowed: list[str]) -> None:
        super().__init__(405, "no_such_method", f"{path[:64]} cannot be asked so", f"Use {', '.join(allowed)}.")
        self.allowed = allowed
