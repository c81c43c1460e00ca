"""The worker's door: Celery tasks that each call one service, and the bell that wakes them."""
