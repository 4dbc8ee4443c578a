"""What came after 2016, as small as it goes: queries, a critic, sampling, and how it is judged."""
