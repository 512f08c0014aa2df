"""The month of a county (账期): its cycle, its steps, its calculation, its settlement and its adjustments."""
