"""How a household comes in and leaves (识别和退出): a lead, its steps by several people, and a public notice."""
