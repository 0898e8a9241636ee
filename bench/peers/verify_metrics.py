#!/usr/bin/env python3
"""Computes every metric of an evaluation again, with implementations that are not ours, and compares.

    mddnet eval --model RUN --data DATA --dump DUMP --json METRICS.json --metrics ader
    python3 bench/peers/verify_metrics.py DUMP METRICS.json

Without a trained model: build/metrics_bench --write-cases CASES, then verify CASES and CASES/metrics.json.

    pip install numpy scikit-learn scikit-image       what is needed
    pip install --no-deps pyaupro adeval              two public AUPRO implementations; used where they are installed

What each row of the table was compared with:

  image_*, pixel_*    scikit-learn: roc_auc_score, average_precision_score, maximum over precision_recall_curve.
  aupro, exact        scikit-image's labels (connectivity 2), one sort, cumulative sums in float64.
  aupro, MVTec        the curve of MVTec AD's own evaluation code as packed in pyaupro, integrated here. It holds its
                      false-positive rates in float32, which may move the area by about 1e-7.
  aupro, adeval       adeval.au_pro.calculate_au_pro, which looks at the curve in so many places only (--thresholds T)
                      and treats tied normal pixels as if they had an order. A rising curve known at rates h apart is
                      wrong by at most h / 2 in area, so that the bound is (1 / (2 (T - 1)) + 2 / N + G / N) / 0.3 for
                      N normal pixels of which at most G > 1 share one score. It is stated and applied class by class;
                      a class whose ties push it beyond 0.01 is left out.
  ader.*              the thresholds of src/eval/histogram_metrics.h, applied one after the other to every pixel.
  mean.*              plain means over the classes where a metric is defined.

A metric is expected to be null where it is not defined: image metrics of one label only; pixel metrics without a defect
or a normal pixel, or of a class with a defective image without mask. Exit status 1 if anything differs by more than
--tolerance (adeval: by more than its bound) or is null on one side only, 2 on unusable input.
"""
import argparse
import importlib.util
import json
import os
import sys

import numpy as np
from skimage.measure import label as label_regions
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

LIMIT = 0.3
SEVEN = ["image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_ap", "pixel_f1max", "aupro"]


class Unusable(Exception):
    """The folder or the JSON file is not what it should be."""


class Table:
    """The largest difference a metric, and where."""

    def __init__(self, tolerance):
        self.tolerance = tolerance
        self.rows = {}

    def compare(self, metric, where, ours, theirs, bound=None):
        bound = self.tolerance if bound is None else bound
        row = self.rows.setdefault(metric, {"defined": 0, "null": 0, "difference": 0.0, "bound": bound, "where": "-",
                                            "failed": []})
        if ours is None and theirs is None:
            row["null"] += 1
            return
        row["defined"] += 1
        difference = np.inf if ours is None or theirs is None else abs(ours - theirs)
        if not difference <= bound:
            row["failed"].append(f"{where}: ours {ours}, theirs {theirs}, allowed {bound:.1e}")
        # Bounds may differ between classes: what counts is the difference in units of its bound.
        if not difference / bound <= row["difference"] / row["bound"] or row["where"] == "-":
            row.update(difference=difference, bound=bound, where=where)

    def print(self):
        print(f"{'metric':<22} {'compared':>8} {'both null':>9} {'largest difference':>18} {'allowed':>8}  where")
        for name, row in self.rows.items():
            verdict = "" if not row["failed"] else "  FAILED"
            print(f"{name:<22} {row['defined']:>8} {row['null']:>9} {row['difference']:>18.2e} {row['bound']:>8.0e}  "
                  f"{row['where']}{verdict}")
        failures = [f"{name}, {text}" for name, row in self.rows.items() for text in row["failed"]]
        for text in failures:
            print("differs: " + text)
        return not failures


def load_module(package, file):
    """One file of an installed package, without the package's other files, which want PyTorch; None if not there."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = os.path.join(os.path.dirname(spec.origin), file)
    if not os.path.exists(path):
        return None
    module_spec = importlib.util.spec_from_file_location(f"{package}_{file[:-3]}", path)
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    return module


def ranking(scores, labels):
    """AUROC, AP and largest F1 by scikit-learn."""
    if labels.min() == labels.max():
        return None, None, None
    precision, recall, _ = precision_recall_curve(labels, scores)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return roc_auc_score(labels, scores), average_precision_score(labels, scores), f1.max()


def area_to_limit(rates, overlaps):
    """Area under the curve to LIMIT, divided by LIMIT; rates ascend and begin at 0."""
    rates, overlaps = np.asarray(rates, np.float64), np.asarray(overlaps, np.float64)
    inside = rates <= LIMIT
    last = int(np.count_nonzero(inside)) - 1
    area = np.sum(0.5 * np.diff(rates[inside]) * (overlaps[inside][1:] + overlaps[inside][:-1]))
    if last + 1 < len(rates):
        share = (LIMIT - rates[last]) / (rates[last + 1] - rates[last])
        at_limit = overlaps[last] + share * (overlaps[last + 1] - overlaps[last])
        area += 0.5 * (overlaps[last] + at_limit) * (LIMIT - rates[last])
    return float(area / LIMIT)


def component_shares(masks):
    """What a pixel adds to the sum of overlaps (0 outside defects), and the number of components."""
    shares, components = np.zeros(masks.shape, np.float64), 0
    for i, mask in enumerate(masks):
        regions = label_regions(mask, connectivity=2)
        areas = np.bincount(regions.ravel())
        areas[0] = 0
        shares[i] = np.divide(1.0, areas, out=np.zeros(len(areas)), where=areas > 0)[regions]
        components += len(areas) - 1
    return shares, components


def exact_aupro(maps, masks, shares, components):
    order = np.argsort(-maps.ravel().astype(np.float64), kind="stable")
    scores = maps.ravel()[order]
    last_of_tie = np.append(scores[1:] != scores[:-1], True)
    normal = (masks.ravel() == 0)[order]
    rates = np.cumsum(normal)[last_of_tie] / np.count_nonzero(normal)
    overlaps = np.cumsum(shares.ravel()[order])[last_of_tie] / components
    return area_to_limit(np.append(0.0, rates), np.append(0.0, overlaps))


def sampled_bound(maps, masks, thresholds):
    normals = maps[masks == 0]
    largest_tie = np.unique(normals, return_counts=True)[1].max()
    return (0.5 / (thresholds - 1) + 2 / len(normals) + (largest_tie if largest_tie > 1 else 0) / len(normals)) / LIMIT


def ader_metrics(maps, masks, shares, components):
    low, high = float(maps.min()), float(maps.max())
    if not high > low:
        return None, None
    values = maps.astype(np.float64)
    normal, defect = masks == 0, masks != 0
    rates, overlaps = [], []
    for i in range(50):
        reported = values > low + i * ((high - low) / 50)
        rates.append(np.count_nonzero(reported & normal) / np.count_nonzero(normal))
        overlaps.append(shares[reported].sum() / components)
    kept = [i for i in range(50) if rates[i] < LIMIT]
    x, y = np.array([rates[i] for i in kept]), np.array([overlaps[i] for i in kept])
    aupro = None
    if len(kept) > 0 and x.max() > x.min():
        x = (x - x.min()) / (x.max() - x.min())
        aupro = float(np.sum(0.5 * (y[:-1] + y[1:]) * (x[:-1] - x[1:])))
    best = 0.0
    for i in range(21):
        reported = (values - low) / (high - low) > i * 0.05
        hits, alarms = np.count_nonzero(reported & defect), np.count_nonzero(reported & normal)
        best = max(best, 2 * hits / (np.count_nonzero(defect) + hits + alarms))
    return aupro, best


def load_pixels(folder, images):
    """Maps and masks (N x S x S), or None if a defective image has no mask."""
    if any(image["label"] != 0 and image["mask_map"] is None for image in images):
        return None
    maps = np.stack([np.load(os.path.join(folder, image["map"])) for image in images])
    if maps.dtype != np.float32 or maps.ndim != 3:
        raise Unusable(f"maps: expected float32 S x S, found {maps.dtype} {maps.shape[1:]}")
    masks = np.zeros(maps.shape, np.uint8)
    for i, image in enumerate(images):
        if image["mask_map"] is not None:
            masks[i] = np.load(os.path.join(folder, image["mask_map"])) != 0
    return maps, masks


def verify_pixels(table, name, row, pixels, peers, thresholds):
    ader = row.get("ader")
    defined = pixels is not None and pixels[1].any() and not pixels[1].all()
    if not defined:
        for metric in ["pixel_auroc", "pixel_ap", "pixel_f1max"]:
            table.compare(metric, name, row[metric], None)
        table.compare("aupro, exact", name, row["aupro"], None)
        if ader is not None:
            table.compare("ader.aupro", name, ader["aupro"], None)
            table.compare("ader.pixel_f1max", name, ader["pixel_f1max"], None)
        return
    maps, masks = pixels
    for metric, theirs in zip(["pixel_auroc", "pixel_ap", "pixel_f1max"], ranking(maps.ravel(), masks.ravel())):
        table.compare(metric, name, row[metric], theirs)
    shares, components = component_shares(masks)
    table.compare("aupro, exact", name, row["aupro"], exact_aupro(maps, masks, shares, components))
    if peers["mvtec"] is not None:
        curve = peers["mvtec"].compute_pro(list(maps), list(masks))
        table.compare("aupro, MVTec", name, row["aupro"], area_to_limit(*curve))
    if peers["adeval"] is not None:
        count = int(min(thresholds, np.count_nonzero(masks == 0)))
        theirs = peers["adeval"].calculate_au_pro(list(masks), list(maps), LIMIT, count)[0] if count > 1 else None
        bound = sampled_bound(maps, masks, count) if theirs is not None else np.inf
        if bound <= 0.01:
            table.compare("aupro, adeval", name, row["aupro"], theirs, bound)
    if ader is not None:
        aupro, f1 = ader_metrics(maps, masks, shares, components)
        table.compare("ader.aupro", name, ader["aupro"], aupro)
        table.compare("ader.pixel_f1max", name, ader["pixel_f1max"], f1)


def verify_class(table, name, row, folder, images, peers, thresholds):
    table.compare("images", name, row["images"], len(images))
    scores = np.array([image["score"] for image in images], np.float64)
    labels = np.array([image["label"] for image in images])
    for metric, theirs in zip(["image_auroc", "image_ap", "image_f1max"], ranking(scores, labels)):
        table.compare(metric, name, row[metric], theirs)
    right = sum(image["vote"] == name for image in images) / len(images)
    # A class that the model does not know has no accuracy, and no vote can be for it.
    table.compare("vote_accuracy", name, row["vote_accuracy"],
                  None if right == 0 and row["vote_accuracy"] is None else right)
    verify_pixels(table, name, row, load_pixels(folder, images), peers, thresholds)


def verify_mean(table, metrics):
    rows = list(metrics["classes"].values())

    def mean_of(values):
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    for metric in SEVEN + ["vote_accuracy"]:
        table.compare("mean." + metric, "mean", metrics["mean"][metric], mean_of(row[metric] for row in rows))
    seven = [mean_of(row[metric] for row in rows) for metric in SEVEN]
    table.compare("mean.mad", "mean", metrics["mean"]["mad"], None if None in seven else sum(seven) / 7)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", help="folder of mddnet eval --dump")
    parser.add_argument("metrics", help="file of mddnet eval --json")
    parser.add_argument("--tolerance", type=float, default=1e-6)
    parser.add_argument("--thresholds", type=int, default=2000, help="places where adeval looks at the curve")
    options = parser.parse_args()
    with open(os.path.join(options.dump, "index.json"), encoding="utf-8") as file:
        images = json.load(file)["images"]
    with open(options.metrics, encoding="utf-8") as file:
        metrics = json.load(file)
    classes = list(dict.fromkeys(image["class"] for image in images))
    if set(classes) != set(metrics["classes"]):
        raise Unusable(f"classes: expected those of the dump, {sorted(classes)}, found {sorted(metrics['classes'])}")
    peers = {"mvtec": load_module("pyaupro", "_reference.py"), "adeval": load_module("adeval", "au_pro.py")}
    for name, module in peers.items():
        if module is None:
            print(f"not installed, left out: {name}")
    table = Table(options.tolerance)
    for name in classes:
        verify_class(table, name, metrics["classes"][name], options.dump,
                     [image for image in images if image["class"] == name], peers, options.thresholds)
    verify_mean(table, metrics)
    return 0 if table.print() else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, KeyError, ValueError, Unusable) as error:
        print(f"verify_metrics: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
