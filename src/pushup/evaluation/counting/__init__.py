"""Counters over clips: errors of counts and times, false counts, failures plotted."""
