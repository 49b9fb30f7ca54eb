"""HTTP: the API, webhooks, status and health."""
