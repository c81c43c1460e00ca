"""The platform's API, reproduced for demonstrations and tests: own process, own store."""
