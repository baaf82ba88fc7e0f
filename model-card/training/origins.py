"""The days that are forecast in the test, and which of them lie near a holiday."""
import numpy as np
import pandas as pd

import data
import features

LAST_TRAINING_DAY, FIRST_ORIGIN, LAST_ORIGIN = "2017-10-31", "2017-10-31", "2017-12-24"


def day(text):
    return data.DAYS.get_loc(pd.Timestamp(text))


UNTIL = day(LAST_TRAINING_DAY)
# The origin is the last day seen; windows start on the day after it, and end within the year.
STARTS = range(day(FIRST_ORIGIN) + 1, min(day(LAST_ORIGIN) + 1, len(data.DAYS) - features.HORIZON) + 1)
TARGETS = np.array([[start + step for step in range(features.HORIZON)] for start in STARTS])
OPEN = TARGETS != day("2017-12-25")


def near_event(targets=TARGETS, distance=features.PRE["event_window"]):
    """Target days within three days of a holiday, New Year's Day included."""
    events = [features.occurrence(rule, year) for names in features.PRE["events"].values() for rule in names for year in (2017, 2018)]
    return np.vectorize(lambda index: min(abs((data.DAYS[index].date() - event).days) for event in events) <= distance)(targets)


HOLIDAY = OPEN & near_event()
ORDINARY = OPEN & ~near_event()
