"""The design of the pages: formats, components, illustrations, charts, and the renderer."""
