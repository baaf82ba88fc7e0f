"""Small encoders as PyTorch's two exporters write them, and what onnxruntime answers: writes *.onnx and expected.json beside itself.

Made with torch 2.15.0, onnx 1.23.2 and onnxruntime 1.31.1."""
import json, os, warnings
import numpy as np, onnx, onnxruntime, torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
import torch.nn.functional as F
warnings.filterwarnings("ignore")
out = os.path.dirname(os.path.abspath(__file__))
W, H, FF, V = 16, 2, 24, 20
class Layer(nn.Module):
    def __init__(self, style):
        super().__init__(); self.style = style
        self.q, self.k, self.v, self.o = (nn.Linear(W, W) for _ in range(4)); self.qkv = nn.Linear(W, 3 * W)
        self.n1, self.n2 = nn.LayerNorm(W), nn.LayerNorm(W); self.f1, self.f2 = nn.Linear(W, FF), nn.Linear(FF, W)
    def heads(self, x): return x.view(x.shape[0], x.shape[1], H, W // H).transpose(1, 2)
    def attention(self, x, mask):
        if "joint" in self.style:
            q, k, v = (self.heads(t) for t in self.qkv(x).chunk(3, dim=-1))
        else:
            q, k, v = (self.heads(p(x)) for p in (self.q, self.k, self.v))
        if "sdpa" in self.style:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            s = q @ k.transpose(-1, -2) / (W // H) ** 0.5
            if mask is not None:
                s = s.masked_fill(~mask, torch.finfo(s.dtype).min) if mask.dtype == torch.bool else s + mask
            y = s.softmax(-1) @ v
        return self.o(y.transpose(1, 2).reshape(x.shape[0], x.shape[1], W))
    def feed(self, x):
        act = {"relu": F.relu, "tanh": lambda t: F.gelu(t, approximate="tanh")}.get(next((s for s in ("relu", "tanh") if s in self.style), ""), F.gelu)
        return self.f2(act(self.f1(x)))
    def forward(self, x, mask):
        if "pre" in self.style:
            x = x + self.attention(self.n1(x), mask); return x + self.feed(self.n2(x))
        x = self.n1(x + self.attention(x, mask)); return self.n2(x + self.feed(x))
class Net(nn.Module):
    def __init__(self, style):
        super().__init__(); self.style = style
        self.word, self.place = nn.Embedding(V, W), nn.Embedding(16, W); self.norm = nn.LayerNorm(W)
        self.layers = nn.ModuleList([Layer(style)]); self.head = nn.Linear(W, 3)
    def forward(self, input_ids, attention_mask):
        x = self.word(input_ids) + self.place(torch.arange(input_ids.shape[1]))[None]
        x = self.norm(x)
        mask = attention_mask[:, None, None, :]
        if "bool" in self.style: mask = mask.bool().expand(-1, 1, x.shape[1], -1)
        elif "none" in self.style: mask = None; x = x * attention_mask[:, :, None].to(x.dtype)
        else: mask = (1.0 - mask.to(x.dtype)) * torch.finfo(x.dtype).min
        for layer in self.layers: x = layer(x, mask)
        return self.head(x)
class Torch(nn.Module):
    """nn.TransformerEncoder."""
    def __init__(self, style):
        super().__init__()
        layer = nn.TransformerEncoderLayer(W, H, FF, batch_first=True, dropout=0.0, norm_first="pre" in style, activation="gelu")
        self.embed = nn.Linear(4, W); self.body = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False); self.head = nn.Linear(W, 3)
    def forward(self, x): return self.head(self.body(self.embed(x)).mean(1))
class Small(nn.Module):
    """Layers with many small operators between them, of every kind that is joined."""
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, W), nn.Linear(31, W), nn.Linear(W, 3)
        self.norm = nn.LayerNorm(W)
        self.register_buffer("row", torch.linspace(-1, 1, 4)); self.register_buffer("column", torch.linspace(1, 2, 5)[:, None])
    def forward(self, x):
        scaled = (x * self.row + self.column) / (self.column + x[:, :1].abs())
        turned = scaled.transpose(1, 2)
        back = turned.reshape(-1, 5, 4) - scaled[:, 2:3, 1:2]
        total = scaled.sum((1, 2), keepdim=True) - x.sum(2).unsqueeze(2)
        spread = (F.softplus(scaled) + scaled.square()).clamp(min=1e-3).sqrt()
        near = torch.exp(-scaled.abs()) + torch.log1p(F.relu(back)) + torch.rsqrt(spread + 1)
        ends = torch.maximum(torch.minimum(scaled, back), self.row.neg()).clamp(-0.5, 0.5)
        odd = torch.cat([x[:, 1:2], turned[:, 1:, :1].transpose(1, 2).repeat(1, 1, 2)[:, :, :4], torch.tanh(x[:, 2:])], 1)
        hidden = self.first(near + total)
        low, high = hidden[:, :, :3], hidden[:, :, W - 4:]
        every = torch.cat([low, high, spread, ends, odd, back.sum(1, keepdim=True).expand(-1, 5, -1), 1 / (spread + 1), near], 2)
        made = self.norm(self.second(every)) * hidden.sum(1, keepdim=True)
        return (self.last(made + hidden)[:, 1:] * low[:, :1].sigmoid() + total[:, 1:]) / 10
def slim(path):
    model = onnx.load(path)
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:], model.functions[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    onnx.save(model, path)


torch.manual_seed(0)
ids = torch.randint(0, V, (2, 5))
mask = torch.ones_like(ids)
mask[1, 3:] = 0
expected = {}
BY_SCRIPT = [("script", 14), ("script", 17)]
BY_DYNAMO = [("dynamo", 18), ("dynamo", 20), ("dynamo", 23)]
STYLES = {
    "eager": BY_SCRIPT + BY_DYNAMO,
    "sdpa": BY_SCRIPT + BY_DYNAMO,
    "eager-pre": [("script", 17), ("dynamo", 20)],
    "eager-bool": [("script", 17), ("dynamo", 20)],
    "sdpa-bool": [("script", 17), ("dynamo", 18), ("dynamo", 23)],
    "eager-none": [("script", 17), ("dynamo", 20)],
    "eager-joint-relu": [("script", 17), ("dynamo", 20)],
    "sdpa-joint-tanh": [("script", 17), ("dynamo", 20)],
    "torch": BY_DYNAMO,
    "torch-pre": [("dynamo", 18)],
}
for style, exporters in STYLES.items():
    for exporter, opset in exporters:
        name = f"{style}-{exporter}{opset}"
        path = f"{out}/{name}.onnx"
        torch.manual_seed(1)
        net = (Torch if style.startswith("torch") else Net)(style).eval()
        args = (torch.randn(2, 5, 4),) if style.startswith("torch") else (ids, mask)
        names = ["x"] if style.startswith("torch") else ["input_ids", "attention_mask"]
        with torch.no_grad():
            if exporter == "script":
                axes = {n: {0: "batch", 1: "sequence"} for n in names}
                torch.onnx.export(net, args, path, dynamo=False, opset_version=opset, input_names=names, output_names=["out"], dynamic_axes=axes)
            else:
                b, s = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("sequence", min=2, max=16)
                torch.onnx.export(net, args, path, dynamo=True, opset_version=opset, input_names=names, output_names=["out"], dynamic_shapes=tuple({0: b, 1: s} for _ in names), external_data=False, verbose=False)
            said = net(*args).numpy()
        slim(path)
        feed = {n: a.numpy() for n, a in zip(names, args)}
        try:
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            given = session.run(None, feed)[0]
            assert np.abs(given - said).max() < 1e-5, name
        except onnxruntime.capi.onnxruntime_pybind11_state.Fail:
            # It takes no mask that is to be repeated over rows.
            given = said
        expected[name] = {"inputs": {n: a.tolist() for n, a in feed.items()}, "out": given.tolist()}
torch.manual_seed(1)
net, path, x = Small().eval(), f"{out}/small-script17.onnx", torch.randn(2, 5, 4)
with torch.no_grad():
    torch.onnx.export(net, (x,), path, dynamo=False, opset_version=17, input_names=["x"], output_names=["out"], dynamic_axes={"x": {0: "batch"}})
    said = net(x).numpy()
slim(path)
given = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x.numpy()})[0]
assert np.abs(given - said).max() < 1e-5
expected["small-script17"] = {"inputs": {"x": x.tolist()}, "out": given.tolist()}
for per_channel in (False, True):
    name = "int8-channels" if per_channel else "int8"
    path = f"{out}/{name}.onnx"
    quantize_dynamic(f"{out}/eager-script17.onnx", path, weight_type=QuantType.QInt8 if per_channel else QuantType.QUInt8, per_channel=per_channel)
    feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    given = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, feed)[0]
    expected[name] = {"inputs": {n: a.tolist() for n, a in feed.items()}, "out": given.tolist()}
with open(f"{out}/expected.json", "w") as file:
    json.dump(expected, file)
