"""Reports: what the commands and the console show of a gateway, computed once for both."""
