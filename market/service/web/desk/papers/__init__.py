"""The papers of a month and a quarter: printed forms, payment, voucher, settlement and return files."""
