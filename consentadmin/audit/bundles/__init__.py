"""Bundles: part of the trail as files that anybody can verify without us."""
