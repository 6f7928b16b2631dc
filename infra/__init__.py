"""How Jiamenkou is started, played, measured and hurt; nothing here is needed by a service at work."""
