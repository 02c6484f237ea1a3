"""Azure Table Storage behind the ledger port."""
