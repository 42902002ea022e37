"""Between the engine and the network: what may be fetched, how politely, and what of it is kept."""
