"""The browser's door: urls, access, htmx, forms, views, sentences, template tags, commands."""
