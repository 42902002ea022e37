"""The test suite, and the servers it talks to."""
