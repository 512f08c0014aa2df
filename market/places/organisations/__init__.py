"""单位: employers, companies, clinics, charities, public units and operators, each verified by another person."""
