"""Looking people up, and what is known of them: identifiers, choices, history, profiles."""
