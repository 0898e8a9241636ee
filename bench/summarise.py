#!/usr/bin/env python3
"""Markdown table over seeds of `mddnet eval --json` files: summarise.py METRICS.json ...

A row a class and one for the mean: every metric as mean over the files in percent, with the range in brackets where
there is more than one file; "-" where a metric is undefined in a file.
"""
import json
import sys

METRICS = ["image_auroc", "image_ap", "image_f1max", "pixel_auroc", "pixel_ap", "pixel_f1max", "aupro", "vote_accuracy"]


def cell(values):
    if any(value is None for value in values):
        return "-"
    percent = [100 * value for value in values]
    mean = f"{sum(percent) / len(percent):.1f}"
    return mean if len(percent) == 1 else f"{mean} ({min(percent):.1f}..{max(percent):.1f})"


def main(paths):
    if not paths:
        sys.exit(__doc__)
    results = [json.load(open(path)) for path in paths]
    print("| class | " + " | ".join(METRICS) + " |")
    print("|---" * (len(METRICS) + 1) + "|")
    for name in results[0]["classes"]:
        print(f"| {name} | " + " | ".join(cell([r["classes"][name][m] for r in results]) for m in METRICS) + " |")
    print("| **mean** | " + " | ".join(cell([r["mean"][m] for r in results]) for m in METRICS) + " |")
    print(f"\nmAD {cell([r['mean']['mad'] for r in results])}")


if __name__ == "__main__":
    main(sys.argv[1:])
