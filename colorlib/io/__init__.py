"""Files in and out: assets, downloads, data sets, metadata, safe writing."""
