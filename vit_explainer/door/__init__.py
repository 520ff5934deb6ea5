"""The door is open before the house is there: what a browser loads first is served from a start's first moments on, all else waits.

Streamlit takes a second to import, and only then listens. Meanwhile a browser could have loaded and run the code of Streamlit's page. So
`porter` listens at once, with Python's own library, and answers what the real server has answered in an earlier start, byte for byte
(`kept`, written by `record`). Any other request it leaves unread; the real server gets the socket and all connections (`handover`).
"""
