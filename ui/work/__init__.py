"""What the server keeps and does for its sessions: models, traces and payloads in bounded memory, and work in the background."""
