"""Administrative divisions from province to village, by code and date; and public holidays."""
