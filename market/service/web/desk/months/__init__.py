"""A month on the desk: its steps, figures, findings and samples, and the programmes and agreements behind it."""
