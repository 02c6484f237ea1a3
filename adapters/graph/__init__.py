"""Microsoft Graph behind the ports: raw JSON in, raw JSON out, never SDK models in bulk."""
