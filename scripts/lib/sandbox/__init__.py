"""The only place where code that a model wrote is run; docs/sandbox.md says what that protects against and what not."""
