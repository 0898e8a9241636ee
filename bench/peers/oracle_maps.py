#!/usr/bin/env python3
"""Loads a trained run into the PyTorch oracle and compares anomaly maps with those of `mddnet eval --dump`.

    oracle_maps.py --oracle FOLDER_OF_mddnet_torch.py --run RUN --dump DUMP [--limit N]

Needs torch, numpy and Pillow. Prints, per image, the relative norm of the difference of the fused map and of the score,
then the largest; exits 1 if one is above 1e-3 or a vote differs. The state dict is loaded strictly: a missing, surplus
or misshapen tensor is an error.
"""
import argparse
import json
import os
import struct
import sys

import numpy as np
import torch
from PIL import Image

TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
TOLERANCE = 1e-3


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(body[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def load_model(oracle, run):
    with open(os.path.join(run, "config.json")) as file:
        config = json.load(file)
    model = config["model"]
    net = oracle.MddNet(config["encoder"], len(config["class_names"]), model["slots"], model["temperature"],
                        model["fusion"], model["memory"], model["identity"])
    net.load_state_dict(read_safetensors(os.path.join(run, "model.safetensors")), strict=True)
    return net.eval(), config


def load_image(path, side):
    image = Image.open(path).convert("RGB").resize((side, side), Image.BILINEAR)
    values = np.asarray(image, np.float32) / 255
    values = (values - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)[None]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--oracle", "--run", "--dump"):
        parser.add_argument(option, required=True)
    parser.add_argument("--limit", type=int, default=0, help="compare about this many images, evenly spread; 0 = all")
    arguments = parser.parse_args()
    sys.path.insert(0, arguments.oracle)
    import mddnet_torch as oracle

    net, config = load_model(oracle, arguments.run)
    with open(os.path.join(arguments.dump, "index.json")) as file:
        images = json.load(file)["images"]
    stride = max(1, len(images) // arguments.limit) if arguments.limit else 1
    worst_map = worst_score = wrong_votes = 0
    compared = images[::stride]
    for entry in compared:
        maps = oracle.anomaly_maps(net, load_image(entry["path"], config["image_size"]), config["map"]["sigma"])
        expected = maps["fused"][0].numpy()
        actual = np.load(os.path.join(arguments.dump, entry["map"]))
        map_error = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
        score_error = abs(entry["score"] - maps["score"].item()) / abs(maps["score"].item())
        if maps["vote"] is not None and entry["vote"] != config["class_names"][maps["vote"].item()]:
            wrong_votes += 1
        worst_map, worst_score = max(worst_map, map_error), max(worst_score, score_error)
        print(f"{entry['path']} map {map_error:.2e} score {score_error:.2e}")
    print(f"{len(compared)} images: largest relative map error {worst_map:.2e}, score {worst_score:.2e}, "
          f"votes that differ {wrong_votes} (tolerance {TOLERANCE:.0e}, torch {torch.__version__})")
    return 0 if max(worst_map, worst_score) <= TOLERANCE and wrong_votes == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
