from jobload.measure.histogram import Histogram


def histogram(*us: int) -> Histogram:
    """Of these samples."""
    made = Histogram()
    for each in us:
        made.record(each)
    return made
