"""The published language: one module of event classes per publisher, data only."""
