"""Exports of the trail: asked for, written by a worker, downloaded by whoever may, and expired."""
