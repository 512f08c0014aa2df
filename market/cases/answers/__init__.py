"""答复和公益: what citizens ask of their county, answered in time and published without names; notices of charities."""
