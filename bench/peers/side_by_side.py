#!/usr/bin/env python3
"""Ours beside others, in one run: `mddnet bench`, then the same work in PyTorch and, for inference, other engines.

    side_by_side.py [--program build/mddnet] [--work inference,training] [--encoders resnet18,wide_resnet50_2]
                    [--batches 1,8] [--size 256] [--peers eager,compiled,onnxruntime,openvino] [--precision f32]
                    [--peer-precision f32] [--device cpu] [--seconds 3] [--json FILE]

Every figure comes from a process of its own, so that peaks of memory are its own too; ours and theirs take turns row by
row. Prints a Markdown table: milliseconds (median), peak MiB, and how many times as fast we are. Needs what
pytorch_twin.py needs, in the Python that runs this.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

TWIN = pathlib.Path(__file__).with_name("pytorch_twin.py")
PEERS = {
    "eager": ["--engine", "torch"],
    "compiled": ["--engine", "torch", "--compile", "default"],
    "reduce-overhead": ["--engine", "torch", "--compile", "reduce-overhead"],
    "max-autotune": ["--engine", "torch", "--compile", "max-autotune"],
    "onnxruntime": ["--engine", "onnxruntime"],
    "openvino": ["--engine", "openvino"],
}


def row(command):
    """The one row that `command --json FILE` writes, or None with the reason on stderr."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "row.json")
        done = subprocess.run(command + ["--json", str(file)], capture_output=True, text=True)
        if done.returncode != 0:
            print(" ".join(command), "failed:", done.stderr.strip().splitlines()[-1:], file=sys.stderr)
            return None
        return json.loads(file.read_text())["rows"][0]


def cell(row, ours=None):
    if row is None:
        return "failed"
    text = f"{1e3 * row['median_seconds']:.1f} ms, {row['peak_resident_bytes'] >> 20} MiB"
    return text if ours is None else f"{text}: **{row['median_seconds'] / ours['median_seconds']:.2f}x**"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/mddnet")
    parser.add_argument("--work", default="inference,training")
    parser.add_argument("--encoders", default="resnet18,wide_resnet50_2")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--size", default="256")
    parser.add_argument("--peers", default="eager,compiled,onnxruntime,openvino")
    parser.add_argument("--precision", default="f32", help="ours")
    parser.add_argument("--peer-precision", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", default="3")
    parser.add_argument("--json")
    options = parser.parse_args()
    peers = options.peers.split(",")
    for peer in peers:
        if peer not in PEERS:
            parser.error(f"unknown peer {peer}: one of {', '.join(PEERS)}")
    print(f"| work | encoder | batch | ours, {options.precision} | " + " | ".join(f"{p}, {options.peer_precision}" for p in peers) + " |")
    print("|---|---|---|---|" + "---|" * len(peers))
    rows = []
    for work in options.work.split(","):
        for encoder in options.encoders.split(","):
            for batch in options.batches.split(","):
                common = ["--work", work, "--size", options.size, "--batches", batch, "--device", options.device,
                          "--seconds", options.seconds]
                ours = row([options.program, "bench", "--encoders", encoder, "--precision", options.precision] + common)
                cells = [cell(ours)]
                for peer in peers:
                    if work == "training" and peer in ("onnxruntime", "openvino"):
                        cells.append("-")
                        continue
                    theirs = row([sys.executable, str(TWIN), "--encoder", encoder, "--precision", options.peer_precision]
                                 + PEERS[peer] + common)
                    cells.append(cell(theirs, ours))
                    rows.append({"work": work, "encoder": encoder, "batch": int(batch), "peer": peer, "ours": ours, "theirs": theirs})
                print(f"| {work} | {encoder} | {batch} | " + " | ".join(cells) + " |", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
