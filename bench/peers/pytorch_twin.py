#!/usr/bin/env python3
"""The same network, losses and optimiser in PyTorch, timed like `mddnet bench`.

    pytorch_twin.py [--work inference,training] [--encoder resnet18] [--size 256] [--batches 1,8] [--precision f32|bf16]
                    [--compile none|default|reduce-overhead|max-autotune] [--engine torch|onnxruntime|openvino]
                    [--device cpu|cuda] [--threads N] [--seconds 2] [--json FILE] [--against OURS.json]

Needs torch alone; --engine hands the same inference, exported once, to ONNX Runtime (packages onnx, onnxscript,
onnxruntime) or OpenVINO (onnx, onnxscript, openvino) on the CPU. Everything in the form that PyTorch runs best: channels_last, inference mode, autocast for bf16, fused
Adam and cudnn.benchmark on a GPU. Inference goes from 8-bit images to blurred maps and scores in host memory; a training
step takes a batch that lies on the device and does encoder, losses, gradients and Adam. --against prints each row beside
that of `mddnet bench --json`.
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

# blocks of encoder stages 1..3, blocks of the bottleneck, bottleneck blocks?, width per group
ARCHITECTURES = {
    "resnet18": ((2, 2, 2), 2, False, 64),
    "resnet34": ((3, 4, 6), 2, False, 64),
    "resnet50": ((3, 4, 6), 3, True, 64),
    "wide_resnet50_2": ((3, 4, 6), 3, True, 128),
}
CLASSES, SLOTS, TEMPERATURE = 3, 8, 0.1


def convolution(inputs, outputs, kernel, stride=1, up=False):
    if up:
        layer = nn.ConvTranspose2d(inputs, outputs, 2, 2, bias=False)
    else:
        layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(layer, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs, planes, wide, width, resampling):
        super().__init__()
        outputs = planes * (4 if wide else 1)
        up, stride = resampling == "up", 2 if resampling == "down" else 1
        if wide:
            middle = planes * width // 64
            parts = [convolution(inputs, middle, 1), convolution(middle, middle, 3, stride, up), convolution(middle, outputs, 1)]
        else:
            parts = [convolution(inputs, planes, 3, stride, up), convolution(planes, planes, 3)]
        self.units = nn.ModuleList(parts)
        changes = resampling is not None or inputs != outputs
        self.shortcut = convolution(inputs, outputs, 1, stride, up) if changes else nn.Identity()

    def forward(self, x):
        y = x
        for unit in self.units[:-1]:
            y = F.relu(unit(y), inplace=True)
        return F.relu(self.units[-1](y) + self.shortcut(x), inplace=True)


def stage(inputs, planes, blocks, wide, width, resampling):
    outputs = planes * (4 if wide else 1)
    rest = [Block(outputs, planes, wide, width, None) for _ in range(blocks - 1)]
    return nn.Sequential(Block(inputs, planes, wide, width, resampling), *rest)


class Encoder(nn.Module):
    def __init__(self, blocks, wide, width):
        super().__init__()
        expansion = 4 if wide else 1
        self.stem = convolution(3, 64, 7, 2)
        inputs = (64, 64 * expansion, 128 * expansion)
        self.stages = nn.ModuleList(
            stage(inputs[i], 64 << i, blocks[i], wide, width, "down" if i else None) for i in range(3)
        )

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x), inplace=True), 3, 2, 1)
        features = []
        for part in self.stages:
            x = part(x)
            features.append(x)
        return features


class Bottleneck(nn.Module):
    def __init__(self, blocks, wide, width):
        super().__init__()
        c1, c2, c3 = (64 * (4 if wide else 1) << i for i in range(3))
        self.reduce1a, self.reduce1b = convolution(c1, c2, 3, 2), convolution(c2, c3, 3, 2)
        self.reduce2 = convolution(c2, c3, 3, 2)
        self.stage = stage(3 * c3, 512, blocks, wide, width, "down")

    def forward(self, features):
        first = F.relu(self.reduce1b(F.relu(self.reduce1a(features[0]), inplace=True)), inplace=True)
        second = F.relu(self.reduce2(features[1]), inplace=True)
        return self.stage(torch.cat([first, second, features[2]], 1))


class Memory(nn.Module):
    def __init__(self, channels):
        super().__init__()
        bound = channels**-0.5
        self.prototypes = nn.Parameter(torch.empty(CLASSES, SLOTS, channels).uniform_(-bound, bound))
        self.fuse = convolution(2 * channels, channels, 1)

    def forward(self, z):
        n, d, h, w = z.shape
        queries = z.permute(0, 2, 3, 1).reshape(-1, d).float()
        prototypes = self.prototypes.reshape(-1, d)
        cosine = F.normalize(queries, dim=1, eps=1e-8) @ F.normalize(prototypes, dim=1, eps=1e-8).T
        attention = torch.softmax(cosine / TEMPERATURE, 1)
        read = (attention @ prototypes).reshape(n, h, w, d).permute(0, 3, 1, 2).to(z.dtype)
        mass = attention.reshape(n, h * w, CLASSES, SLOTS).sum(3).mean(1)
        return F.relu(self.fuse(torch.cat([z, read], 1)), inplace=True), mass


class Decoder(nn.Module):
    def __init__(self, blocks, wide, width):
        super().__init__()
        expansion = 4 if wide else 1
        planes = (256, 128, 64)
        self.stages = nn.ModuleList(
            stage(2 * planes[i] * expansion, planes[i], blocks[i], wide, width, "up") for i in range(3)
        )

    def forward(self, x):
        features = []
        for part in self.stages:
            x = part(x)
            features.append(x)
        return features[::-1]


class MddNet(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        blocks, bottleneck_blocks, wide, width = ARCHITECTURES[encoder]
        self.encoder = Encoder(blocks, wide, width).requires_grad_(False)
        self.bottleneck = Bottleneck(bottleneck_blocks, wide, width)
        self.memory = Memory(512 * (4 if wide else 1))
        self.restoration, self.identity = Decoder(blocks, wide, width), Decoder(blocks, wide, width)

    def train(self, mode=True):
        super().train(mode)
        self.encoder.eval()
        return self

    def decode(self, teacher):
        z = self.bottleneck(teacher)
        restored, mass = self.memory(z)
        return self.restoration(restored), self.identity(z), mass


def flat_cosine(a, b):
    return (1 - F.cosine_similarity(a.float().flatten(1), b.float().flatten(1), 1, 1e-8)).mean()


def cosine_map(a, b):
    return 1 - F.cosine_similarity(a.float(), b.float(), 1, 1e-8)


class TrainingStep(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, normal, anomalous, mask, labels):
        with torch.no_grad():
            both = self.model.encoder(torch.cat([normal, anomalous]))
        count = len(normal)
        wanted, teacher = [f[:count] for f in both], [f[count:] for f in both]
        restored, identity, mass = self.model.decode(teacher)
        loss = -torch.log(mass[torch.arange(count, device=mass.device), labels] + 1e-8).mean() * 0.1
        for t, n, r, i in zip(teacher, wanted, restored, identity):
            loss = loss + flat_cosine(r, n) + flat_cosine(i, t)
            cells = F.adaptive_avg_pool2d(mask, r.shape[-2:])[:, 0]
            loss = loss + (cosine_map(r, i) - cells).abs().mean()
        return loss


class Inference(nn.Module):
    def __init__(self, model, side):
        super().__init__()
        self.model, self.side = model, side
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1))
        offsets = torch.arange(-16, 17, dtype=torch.float32)
        kernel = torch.exp(-(offsets**2) / (2 * 4.0**2))
        self.register_buffer("kernel", (kernel / kernel.sum()).reshape(1, 1, 1, -1))

    def forward(self, pixels):
        images = ((pixels.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.deviation).to(memory_format=torch.channels_last)
        teacher = self.model.encoder(images)
        restored, identity, mass = self.model.decode(teacher)
        total = 0
        for t, r, i in zip(teacher, restored, identity):
            both = torch.stack([cosine_map(t, r), cosine_map(r, i)], 1)
            total = total + F.interpolate(both, (self.side, self.side), mode="bilinear", align_corners=True).sum(1, keepdim=True)
        rows = F.conv2d(F.pad(total, (16, 16, 0, 0), mode="reflect"), self.kernel)
        maps = F.conv2d(F.pad(rows, (0, 0, 16, 16), mode="reflect"), self.kernel.transpose(2, 3))
        return maps, maps.flatten(1).amax(1), mass


def timed(run, wait, seconds, warm_ups):
    for _ in range(warm_ups):
        run()
    wait()
    times, begin = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        run()
        wait()
        times.append(time.perf_counter() - start)
    return times


def other_engine(options, module, pixels):
    """The module as another engine runs it on the CPU: a function of the pixels."""
    import io
    import warnings

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (pixels,), file, input_names=["pixels"], dynamo=False, opset_version=17)
    threads = torch.get_num_threads()
    if options.engine == "onnxruntime":
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(file.getvalue(), settings, providers=["CPUExecutionProvider"])
        return lambda x: session.run(None, {"pixels": x.numpy()})
    import openvino

    core = openvino.Core()
    # f32 throughout: OpenVINO would choose bf16 by itself where the processor has it.
    compiled = core.compile_model(core.read_model(file.getvalue()), "CPU",
                                  {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32",
                                   "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    return lambda x: list(request.infer([x.numpy()]).values())


def measure(options, work, batch):
    device = torch.device(options.device)
    gpu = device.type == "cuda"
    torch.manual_seed(0)
    model = MddNet(options.encoder).to(device, memory_format=torch.channels_last)
    context = torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bf16")
    side = options.size
    compiled = lambda module: module if options.compile == "none" else torch.compile(module, mode=options.compile)
    if work == "inference":
        module = compiled(Inference(model, side).to(device).eval())
        pixels = torch.randint(0, 256, (batch, side, side, 3), dtype=torch.uint8)
        engine = None
        if options.engine != "torch":
            engine = other_engine(options, module, pixels)
            with torch.inference_mode():
                expected = module(pixels)
            difference = max(abs(a - b.numpy()).max() for a, b in zip(engine(pixels), expected))
            if difference > 1e-3:
                raise SystemExit(f"{options.engine} computes something else: a difference of {difference}")

        def run():
            if engine:
                return engine(pixels)
            with torch.inference_mode(), context:
                return [x.float().cpu() for x in module(pixels.to(device))]
    else:
        module = compiled(TrainingStep(model.train()))
        weights = [p for p in model.parameters() if p.requires_grad]
        adam = torch.optim.Adam(weights, 1e-5, (0.5, 0.999), fused=True)
        images = lambda: torch.randn(batch, 3, side, side, device=device).to(memory_format=torch.channels_last)
        inputs = (images(), images(), (torch.rand(batch, 1, side, side, device=device) > 0.9).float(),
                  torch.arange(batch, device=device) % CLASSES)

        def run():
            adam.zero_grad(set_to_none=True)
            with context:
                loss = module(*inputs)
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 5.0)
            adam.step()

    wait = torch.cuda.synchronize if gpu else lambda: None
    times = sorted(timed(run, wait, options.seconds, 10 if options.compile != "none" else 3))
    return {
        "work": work,
        "encoder": options.encoder,
        "batch": batch,
        "median_seconds": statistics.median(times),
        "low_seconds": times[len(times) // 10],
        "high_seconds": times[len(times) * 9 // 10],
        "runs": len(times),
        "peak_resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", default="inference,training")
    parser.add_argument("--encoder", default="resnet18", choices=ARCHITECTURES)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--compile", default="none", choices=["none", "default", "reduce-overhead", "max-autotune"])
    parser.add_argument("--engine", default="torch", choices=["torch", "onnxruntime", "openvino"])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--json")
    parser.add_argument("--against")
    options = parser.parse_args()
    if options.engine != "torch" and (options.work != "inference" or options.precision != "f32" or options.compile != "none"
                                      or options.device != "cpu"):
        parser.error(f"--engine {options.engine}: for --work inference --precision f32 on the CPU, without --compile")
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    ours = {}
    if options.against:
        with open(options.against) as file:
            ours = {(r["work"], r["encoder"], r["batch"]): r for r in json.load(file)["rows"]}
    print(f"{options.engine} (torch {torch.__version__}), {options.device}, {torch.get_num_threads()} threads, {options.precision}, "
          f"compile {options.compile}, {options.size} x {options.size}")
    rows = []
    for work in options.work.split(","):
        for batch in map(int, options.batches.split(",")):
            row = measure(options, work, batch)
            rows.append(row)
            text = f"{work:9}  {options.encoder:16} {batch:4}  {1e3 * row['median_seconds']:9.2f} ms"
            text += f"  {batch / row['median_seconds']:8.1f} images/s  peak {row['peak_resident_bytes'] >> 20} MiB"
            mine = ours.get((work, options.encoder, batch))
            if mine:
                ratio = row["median_seconds"] / mine["median_seconds"]
                text += f"  |  ours {1e3 * mine['median_seconds']:9.2f} ms, {ratio:.2f} times as fast"
            print(text, flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"torch": torch.__version__, "engine": options.engine, "precision": options.precision, "compile": options.compile,
                       "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
