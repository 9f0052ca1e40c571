"""Files that are imported: sent, mapped, started, looked at, taken back, their rows mended."""
