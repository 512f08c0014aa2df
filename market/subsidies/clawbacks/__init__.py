"""扣回和追缴: money of settled months that an operator owes back, or a household after a decision of fraud."""
