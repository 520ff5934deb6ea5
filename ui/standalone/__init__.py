"""A view as one HTML file: its components, what they are sent, its words and styles, without the app and without a request."""
