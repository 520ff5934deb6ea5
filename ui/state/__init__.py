"""What a person has chosen: its fields, its form in a link, and the session that holds it."""
