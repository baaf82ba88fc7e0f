"""Makes the pictures of this folder and expected.json: what Pillow and transformers make of them.

    pip install pillow==13.0.0 numpy 'transformers<5' && python make.py

Everything is drawn here, from a fixed seed; nothing is a photograph of anyone's.
"""

import json
import pathlib
import struct
import zlib

import numpy as np
import transformers
from PIL import Image, ImageFilter, ImageOps

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 61, 47


def fnv(array):
    """FNV-1a of the bytes: enough to tell whether every byte is right."""
    value = 0xCBF29CE484222325
    for byte in np.ascontiguousarray(array, dtype=np.uint8).tobytes():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def drawn():
    """Slopes, edges, a disc and some noise, so that every filter has something to do."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    noise = np.random.default_rng(7).normal(0, 9, (HEIGHT, WIDTH, 3))
    red = x * 255 / WIDTH
    green = np.where((x - 40) ** 2 + (y - 18) ** 2 < 150, 230, y * 200 / HEIGHT)
    blue = np.where((x // 7 + y // 5) % 2 == 0, 210, 40)
    pixels = np.dstack([red, green, blue]) + noise
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def png(name, array, depth, colour, passes=False):
    """For what Pillow does not write: 16 bits, and rows in seven passes."""
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [array[y::dy, x::dx] for x, y, dx, dy in adam7] if passes else [array]
    raw = b"".join(b"\0" + np.ascontiguousarray(row).tobytes() for part in parts for row in part if row.size)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], depth, colour, 0, 0, int(passes))
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    (HERE / name).write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def pictures():
    rgb = drawn()
    # A JPEG or a lossy WebP of noise would be large and say little.
    smooth = rgb.filter(ImageFilter.GaussianBlur(1))
    pixels = np.asarray(rgb)
    alpha = Image.fromarray((np.indices((HEIGHT, WIDTH)).sum(0) * 2 % 256).astype(np.uint8))
    rgba = rgb.copy()
    rgba.putalpha(alpha)

    def save(image, name, **options):
        image.save(HERE / name, **options)

    save(rgb, "rgb.png", optimize=True)
    save(rgba, "rgba.png", optimize=True)
    save(rgba.convert("LA"), "grey-alpha.png", optimize=True)
    save(rgb.convert("L"), "grey.png", optimize=True)
    save(rgb.convert("1"), "black-white.png", optimize=True)
    save(rgb.quantize(16), "palette.png", optimize=True, transparency=3)
    png("interlaced.png", pixels, 8, 2, passes=True)
    fine = pixels.astype(np.uint16) * 256 + (pixels[::-1] // 2)
    png("rgb16.png", fine.astype(">u2")[:20, :20], 16, 2)
    png("grey16.png", fine.astype(">u2")[:20, :20, 0], 16, 0)
    save(smooth, "lossy.webp", quality=80)
    save(rgba, "lossless.webp", lossless=True, exact=True)
    save(smooth, "animated.webp", save_all=True, append_images=[smooth.rotate(180)], duration=100, quality=60)
    save(smooth, "colour.jpg", quality=85)
    save(smooth, "progressive.jpg", quality=85, progressive=True)
    save(smooth, "full.jpg", quality=85, subsampling=0)
    save(smooth.convert("L"), "grey.jpg", quality=85)
    save(smooth.convert("CMYK"), "cmyk.jpg", quality=85)
    turned = Image.Exif()
    turned[0x0112] = 6
    save(smooth, "turned.jpg", quality=85, exif=turned)
    save(rgb, "turned.png", optimize=True, exif=turned)
    turned[0x0112] = 7
    save(smooth, "turned.webp", quality=80, exif=turned)


def seen(name):
    """As the pipelines of transformers load a picture."""
    return ImageOps.exif_transpose(Image.open(HERE / name)).convert("RGB")


def decoded():
    exact, near = {}, {}
    for path in sorted(HERE.glob("*.png")) + sorted(HERE.glob("*.webp")) + sorted(HERE.glob("*.jpg")):
        image = seen(path.name)
        if path.name == "grey16.png":
            # Pillow cuts every value above 255 off, which leaves a white picture; the upper byte is meant.
            image = Image.fromarray((np.asarray(Image.open(path)) >> 8).astype(np.uint8)).convert("RGB")
        size = [image.height, image.width]
        if path.suffix == ".jpg":
            near[path.name] = {"size": size, "pixels": np.asarray(image.resize((8, 6), 2)).ravel().tolist()}
        else:
            exact[path.name] = {"size": size, "fnv": fnv(np.asarray(image))}
    return exact, near


def resized():
    cases = []
    image = seen("rgb.png")
    sizes = [(24, 32), (13, 90), (70, 20), (100, 131), (47, 30), (60, 61), (1, 1), (20, 61)]
    for number, name in enumerate(["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]):
        for height, width in sizes:
            for channels, source in [(3, image), (1, image.convert("L"))]:
                result = source.resize((width, height), number)
                case = {"resample": name, "height": height, "width": width, "channels": channels}
                cases.append(case | {"fnv": fnv(np.asarray(result))})
    return cases


IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
# As they are in public repositories: old files name no class or a feature extractor, and leave much out.
FILES = [
    ("ViTImageProcessor", "vit", {"do_normalize": True, "do_resize": True, "size": 32}),
    ("ViTImageProcessor", None, {"image_processor_type": "ViTImageProcessorFast", "size": {"height": 20, "width": 30}, "do_convert_rgb": None, "data_format": "channels_first"}),
    ("ConvNextImageProcessor", None, {"feature_extractor_type": "ConvNextFeatureExtractor", "crop_pct": 0.875, "resample": 3, "size": 28, **IMAGENET}),
    ("ConvNextImageProcessor", "resnet", {"crop_pct": None, "size": {"shortest_edge": 384}}),
    ("CLIPImageProcessor", None, {"feature_extractor_type": "CLIPFeatureExtractor", "size": 30, "crop_size": 28, "do_center_crop": True}),
    ("CLIPImageProcessor", None, {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 21}, "crop_size": {"height": 26, "width": 33}}),
    ("BitImageProcessor", None, {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 40}, "crop_size": 35, "resample": 3, **IMAGENET}),
    ("DeiTImageProcessor", None, {"feature_extractor_type": "DeiTFeatureExtractor", "size": 40, "crop_size": 33, **IMAGENET}),
    ("MobileNetV2ImageProcessor", None, {"image_processor_type": "MobileNetV2ImageProcessor", "size": {"shortest_edge": 36}, "crop_size": 31}),
    ("MobileViTImageProcessor", "mobilevit", {"size": 35, "crop_size": 32}),
    ("EfficientNetImageProcessor", None, {"image_processor_type": "EfficientNetImageProcessor", "size": 33, "include_top": True, "image_std": [0.479, 0.473, 0.474]}),
    ("EfficientNetImageProcessor", None, {"image_processor_type": "EfficientNetImageProcessor", "size": 33, "include_top": False, "rescale_offset": True, "rescale_factor": 1 / 127.5}),
    ("PoolFormerImageProcessor", None, {"image_processor_type": "PoolFormerImageProcessor", "size": 28, "crop_size": 28, "crop_pct": 0.95}),
    ("LevitImageProcessor", None, {"feature_extractor_type": "LevitFeatureExtractor", "size": 28, "crop_size": 28}),
    ("SiglipImageProcessor", None, {"image_processor_type": "SiglipImageProcessor", "size": {"height": 24, "width": 24}}),
    ("ViTImageProcessor", None, {"image_processor_type": "ViTImageProcessor", "size": 16, "do_rescale": False, "image_mean": [127.5] * 3, "image_std": [127.5] * 3}),
    ("ViTImageProcessor", None, {"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_normalize": False}),
]


def processed():
    cases = []
    for name, model, file in FILES:
        options = {key: value for key, value in file.items() if not key.endswith("_type")}
        tensor = getattr(transformers, name)(**options)(seen("rgb.png"), return_tensors="np")["pixel_values"]
        flat = tensor.ravel().astype(float)
        # Every so many elements, a prime, so that all channels and edges are met.
        step = max(1, flat.size // 40) | 1
        case = {"file": file, "model_type": model, "shape": list(tensor.shape), "step": step}
        cases.append(case | {"sum": flat.sum(), "values": [round(value, 6) for value in flat[::step]]})
    return cases


pictures()
exact, near = decoded()
expected = {"exact": exact, "near": near, "resized": resized(), "processed": processed()}
# One case on a line.
text = json.dumps(expected).replace("}, ", "},\n").replace("[{", "[\n{")
(HERE / "expected.json").write_text(text + "\n")
