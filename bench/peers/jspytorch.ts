// js-pytorch on the CPU: it computes with nested arrays and plain loops.
import { torch } from 'js-pytorch';
import manifest from './package.json' with { type: 'json' };
import { only, type Run, serve } from './serve.js';

function matmul(n: number): Run {
  const [a, b] = [0, 1].map(() => torch.randn([n, n]));
  return () => torch.matmul(a, b);
}

function mlp(): Run {
  const [first, relu, second] = [new torch.nn.Linear(784, 128), new torch.nn.ReLU(), new torch.nn.Linear(128, 10)];
  const optimizer = new torch.optim.Adam([...first.parameters(), ...second.parameters()], 1e-4);
  const loss = new torch.nn.CrossEntropyLoss();
  const [x, y] = [torch.randn([64, 784]), torch.randint(0, 10, [64])];
  return () => {
    loss.forward(second.forward(relu.forward(first.forward(x))), y).backward();
    optimizer.step();
    optimizer.zero_grad();
  };
}

const works: Record<string, () => Run> = {
  'matmul/256': () => matmul(256),
  'matmul/512': () => matmul(512),
  'matmul/1024': () => matmul(1024),
  'mlp/step': mlp,
};
const missing = ['Conv2d', 'BatchNorm2d'].filter((name) => !(name in torch.nn));

await serve({
  about: `js-pytorch ${manifest.dependencies['js-pytorch']}, CPU`,
  prepare: (work) => only(works, work, `js-pytorch's torch.nn has no ${missing.join(', no ')}`)(),
});
