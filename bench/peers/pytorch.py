"""PyTorch's side: the protocol of serve.ts, the works of works.ts."""
import ctypes
import json
import re
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH, CHANNELS, SIDE = 32, 64, 32


def matmul(n):
    a, b = torch.randn(n, n), torch.randn(n, n)
    return lambda: a @ b


def conv(what):
    x, g = torch.randn(BATCH, CHANNELS, SIDE, SIDE), torch.randn(BATCH, CHANNELS, SIDE, SIDE)
    w = torch.randn(CHANNELS, CHANNELS, 3, 3)
    if what == "forward":
        return lambda: F.conv2d(x, w, padding=1)
    # The function that autograd calls. nn.grad's functions call it with a dummy in place of x or w, and then it does not use oneDNN.
    wanted = [what == "input", what == "filter", False]
    one = [1, 1]
    return lambda: torch.ops.aten.convolution_backward(g, x, w, None, one, one, one, False, [0, 0], 1, wanted)


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


def resnet(widths, blocks):
    before = widths[0]
    layers = [nn.Conv2d(3, before, 3, 1, 1, bias=False), nn.BatchNorm2d(before), nn.ReLU()]
    for stage, after in enumerate(widths):
        for block in range(blocks[stage]):
            layers.append(Block(before, after, 2 if stage and not block else 1))
            before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


class DenseLayer(nn.Module):
    def __init__(self, before, growth):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, 4 * growth, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False)

    def forward(self, x):
        y = self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))
        return torch.cat([y, x], 1)


def densenet_bc(depth, growth):
    channels, count = 2 * growth, (depth - 4) // 6
    layers = [nn.Conv2d(3, channels, 3, 1, 1, bias=False)]
    for stage in range(3):
        for _ in range(count):
            layers.append(DenseLayer(channels, growth))
            channels += growth
        if stage < 2:
            half = nn.Conv2d(channels, channels // 2, 1, bias=False)
            layers += [nn.BatchNorm2d(channels), nn.ReLU(), half, nn.AvgPool2d(2)]
            channels //= 2
    head = [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]
    return nn.Sequential(*layers, *head)


def lenet():
    convolutions = [nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)]
    linears = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return nn.Sequential(*convolutions, nn.Flatten(), *linears)


class Sequences(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(64, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Decoder(nn.Module):
    def __init__(self, vocabulary, context, width, heads, layers):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        block = dict(dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        blocks = [nn.TransformerEncoderLayer(width, heads, 4 * width, **block) for _ in range(layers)]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)
        self.register_buffer("mask", torch.full((context, context), -torch.inf).triu(1))

    def forward(self, x):
        y = self.tokens(x) + self.positions.weight
        for block in self.blocks:
            y = block(y, src_mask=self.mask)
        return self.head(self.norm(y)).flatten(0, 1)


def labels(n):
    return torch.arange(n) % 10


def train(model, optimizer, x, rows):
    y = labels(rows)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


def mlp_step():
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return train(model, torch.optim.Adam(model.parameters(), 1e-4), torch.randn(64, 784), 64)


def image_step(model, *shape):
    return train(model, torch.optim.SGD(model.parameters(), 1e-3, 0.9), torch.randn(*shape), shape[0])


def lstm_step():
    model = Sequences()
    return train(model, torch.optim.Adam(model.parameters(), 1e-3), torch.randn(64, 32, 64), 64)


def gpt_step():
    model = Decoder(65, 64, 64, 4, 2)
    return train(model, torch.optim.AdamW(model.parameters(), 1e-3), labels(32 * 64).reshape(32, 64), 32 * 64)


WORKS = {
    "matmul/256": lambda: matmul(256),
    "matmul/512": lambda: matmul(512),
    "matmul/1024": lambda: matmul(1024),
    "conv3x3/64@32/forward": lambda: conv("forward"),
    "conv3x3/64@32/input": lambda: conv("input"),
    "conv3x3/64@32/filter": lambda: conv("filter"),
    "mlp/step": mlp_step,
    "lstm/step": lstm_step,
    "gpt/step": gpt_step,
    "lenet/step": lambda: image_step(lenet(), 64, 1, 28, 28),
    "resnet20/step": lambda: image_step(resnet([16, 32, 64], [3, 3, 3]), BATCH, 3, 32, 32),
    "resnet34/step": lambda: image_step(resnet([64, 128, 256, 512], [3, 4, 6, 3]), BATCH, 3, 32, 32),
    "densenet/step": lambda: image_step(densenet_bc(40, 12), BATCH, 3, 32, 32),
}


def once(run):
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def samples(run, limit):
    first = once(run)
    if first > 10_000:
        return [first]
    spent = first
    while spent < limit / 2:
        spent += once(run)
    taken = []
    while sum(taken) < limit:
        taken.append(once(run))
    return taken


def loaded():
    """The paths of the loaded libraries that multiply matrices. PyTorch itself does not report which BLAS was loaded."""
    torch.randn(8, 8) @ torch.randn(8, 8)
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split()[-1] for line in maps if "/" in line}
    except OSError:
        return []
    return sorted(path for path in paths if re.match("lib(open)?blas|libmkl|libdnnl", path.split("/")[-1]))


def about(libraries):
    names = [path.split("/")[-1] for path in libraries]
    built = re.findall("BLAS_INFO=(\\w+)", torch.__config__.show())
    # Netlib's BLAS. Debian uses it unless libopenblas0-pthread is installed.
    slow = " (the reference BLAS: slow products)" if any(name.startswith("libblas.so.3.") for name in names) else ""
    return f"PyTorch {torch.__version__}, built with BLAS {', '.join(built)}, loaded {', '.join(names) or 'none seen'}{slow}"


def set_threads(n, libraries):
    """Sets the number of threads, also in an OpenBLAS with threads of its own, where torch.set_num_threads does not change it."""
    torch.set_num_threads(n)
    for path in libraries:
        if "openblas" in path:
            ctypes.CDLL(path).openblas_set_num_threads(n)


def main():
    libraries = loaded()
    print(json.dumps({"about": about(libraries), "threads": [1, 2]}), flush=True)
    prepared = {}
    for line in sys.stdin:
        request = json.loads(line)
        work = request["work"]
        try:
            set_threads(request["threads"], libraries)
            prepared[work] = prepared.get(work) or WORKS[work]()
            answer = {"samples": samples(prepared[work], request["time"])}
        except Exception as error:
            answer = {"error": str(error).split("\n")[0]}
        print(json.dumps(answer), flush=True)


main()
