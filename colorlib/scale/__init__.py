"""Many photographs and many processes: shards, streams, albums, costs (chapter 13)."""
