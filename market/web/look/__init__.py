"""The look of 乡集: formats, components, drawings, charts, and the renderer that puts a page together."""
