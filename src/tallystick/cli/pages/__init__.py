"""What each answer looks like for people: functions from a result to the blocks of a page."""
