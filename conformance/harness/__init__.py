"""What the suite needs around a test: a server, clients, raw bytes, the API model, the trail."""
