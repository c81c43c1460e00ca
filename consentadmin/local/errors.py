"""What can keep the house from standing. Each carries the one sentence its reader needs."""


class CannotStart(Exception):
    """Something the reader can put right keeps a server, or the house, from starting."""


class ChildDied(Exception):
    """A process of the house ended by itself."""
