"""The scenario language: models, reader, plan, expectation."""
