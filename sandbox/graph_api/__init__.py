"""Microsoft Graph v1.0 over the sandbox tenant: strict, and honest about what it does not know."""

from sandbox.graph_api.application import create_app
from sandbox.graph_api.serving import serve

__all__ = ["create_app", "serve"]
