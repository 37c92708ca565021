// Lifetimes of values: owned by a scope, collected, persistent. A backend that runs the loops counts live elements.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  add,
  batchNorm,
  concat,
  customOp,
  freeGrad,
  fromNdarray,
  grad,
  isContiguous,
  keep,
  noGrad,
  ones,
  persist,
  randn,
  type Scope,
  scope,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../core/index.js';
import { onBackend } from '../onBackend.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { type Counting, counting } from './counting.js';

const sentence = subject('Scopes');

/** A sentence with its own counting backend. At its end every owned element must be freed. */
function test(words: string, body: (b: Counting) => void | Promise<void>): void {
  sentence(words, async () => {
    const b = counting();
    await onBackend(b, () => body(b));
    assert.equal(b.errors, []);
    assert.is(b.live, 0, 'elements still alive when the sentence ends');
  });
}

const list = (t: Tensor | null) => [...t!.dataSync()];
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));
test('tensors created inside a scope are freed at its end, and the error of a later read names the reason', (b) => {
  const made: Tensor[] = [];
  const n = scope(() => {
    made.push(zeros([3]), tensor([1, 2]), ones([4]).add(1), randn([2]));
    made.push(made[2].slice([[1]]));
    assert.ok(b.live >= 11);
    return made[2].sum().itemSync();
  });
  assert.is(n, 8);
  for (const t of made) {
    assert.throws(
      () => t.dataSync(),
      /data: the tensor \(\d\) was freed: its scope has closed; keep\(t\) inside the scope/,
    );
    assert.throws(() => t.mul(2), /mul: the tensor \(\d\) was freed/);
    assert.match(String(t), /^tensor\(freed, shape/);
  }
});

test('outside a scope nothing is freed', (b) => {
  const x = ones([3], { requiresGrad: true });
  const h = x.mul(2);
  h.square().sum().backward();
  assert.equal(list(h), [2, 2, 2]);
  assert.is(b.peak, 0, 'everything is collected');
});

test('keep moves the values out of the scope, for a view those of its whole base; a freed tensor cannot be kept', () => {
  const [a, view] = scope(() => {
    const base = ones([2, 3]).add(1);
    const gone = zeros([1]);
    scope(() => keep(ones([1]).add(1)));
    gone.dispose();
    assert.throws(() => keep(gone), /keep: the values were freed: dispose\(\) was called/);
    return [ones([1]).add(4).keep(), keep(base.transpose().slice([[1]]))];
  });
  assert.equal([list(a), list(view)], [[5], [2, 2, 2, 2]]);
  assert.is(keep(a), a);
});

test('tensors created outside a scope and used inside survive it', () => {
  const x = ones([2]);
  scope(() => x.reshape([1, 2]).mul(3).sum().itemSync());
  assert.equal(list(x), [1, 1]);
});

test('gradients of leaves, and values written to outer tensors, survive the scope', () => {
  const w = ones([2], { requiresGrad: true });
  const running = zeros([2]);
  scope(() => {
    const y = w.mul(tensor([3, 4]));
    running.assign(y.dataSync());
    y.sum().backward();
  });
  assert.equal(
    [list(w.grad), list(running)],
    [
      [3, 4],
      [3, 4],
    ],
  );
});

test('gradients accumulate over scopes, also with createGraph', () => {
  const w = ones([2], { requiresGrad: true });
  for (const createGraph of [false, true, false]) {
    scope(() =>
      w
        .pow(2)
        .mul(tensor([3, 4]))
        .sum()
        .backward({ createGraph }),
    );
  }
  assert.equal(list(w.grad), [18, 24]);
});

test('a gradient kept by retainGrad survives; backward frees the result that it belongs to', () => {
  let h!: Tensor;
  scope(() => {
    const x = ones([2], { requiresGrad: true });
    h = x.mul(3).retainGrad();
    h.square().sum().backward();
    assert.throws(
      () => h.dataSync(),
      /was freed: backward\(\) frees what it has used; read it before, keep\(t\) it, or pass/,
    );
  });
  assert.equal(list(h.grad), [6, 6]);
});

/** A chain of n layers with 100 elements each. Every layer saves a value. */
function chain(n: number, w: Tensor): Tensor {
  let h = w;
  for (let i = 0; i < n; i++) h = h.sin();
  return sum(h);
}

test('backward frees values and inner gradients after their last use: a chain of n layers never holds the elements of more than n + 2', (b) => {
  const w = ones([100], { requiresGrad: true });
  for (const n of [1, 10, 100]) {
    b.peak = 0;
    scope(() => {
      const y = chain(n, w);
      const forward = b.live;
      assert.is(forward, 100 * n + 1, 'forward holds each result once');
      y.backward();
      // The inputs of the layers but the first, which is w; then g, cos x and their product.
      assert.ok(b.peak <= 100 * (n + 2) + 10, `${n} layers: peak ${b.peak}`);
      assert.ok(b.live <= 10, `after backward ${b.live} elements live: the root and its cotangent`);
      assert.ok(Number.isFinite(y.itemSync()), 'the root can be read');
    });
  }
});

test('memory falls during backward: half way, half of the chain is freed', (b) => {
  const w = ones([100], { requiresGrad: true });
  let half = 0;
  scope(() => {
    let h: Tensor = w;
    for (let i = 0; i < 50; i++) h = h.sin();
    const look = customOp(
      'look',
      (x) => x.clone(),
      (g) => {
        half = b.live;
        return [g];
      },
    );
    let z = look(h);
    for (let i = 0; i < 50; i++) z = z.sin();
    z.sum().backward();
  });
  assert.ok(half < 5_800, `${half} elements`);
  assert.ok(half > 5_000, `${half} elements: the count sees the lower half`);
});

test('retainGraph keeps the values that backward would free, so that backward can run again', (b) => {
  const w = ones([100], { requiresGrad: true });
  scope(() => {
    const y = chain(10, w);
    y.backward({ retainGraph: true });
    assert.ok(b.live > 1000);
    y.backward();
    assert.ok(b.live <= 10, `${b.live}`);
  });
});

test('backward does not free the caller’s cotangent, even if it is passed on unchanged as a gradient', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const gradient = tensor([3, 4]);
  scope(() => x.add(1).add(2).backward({ gradient }));
  assert.equal(
    [list(gradient), list(x.grad)],
    [
      [3, 4],
      [3, 4],
    ],
  );
});

test('a gradient is contiguous and has its own storage, even if it comes from a view', () => {
  const x = tensor([[1, 2, 3]], { requiresGrad: true });
  const y = tensor([[1], [2]], { requiresGrad: true });
  scope(() =>
    x
      .sum()
      .add(
        y
          .transpose()
          .mul(tensor([[5, 6]]))
          .sum(),
      )
      .backward(),
  );
  for (const [t, expected] of [
    [x, [1, 1, 1]],
    [y, [5, 6]],
  ] as const) {
    assert.is(t.grad!.storage.buffer.length, t.size);
    assert.ok(isContiguous(t.grad!));
    assert.equal(list(t.grad), expected);
  }
  const w = ones([2, 3], { requiresGrad: true });
  scope(() =>
    w
      .transpose()
      .matmul(ones([2, 2]))
      .sum()
      .backward(),
  );
  assert.ok(isContiguous(w.grad!));
  const v = ones([2, 3], { requiresGrad: true });
  scope(() =>
    concat([v, ones([2, 3])], 0)
      .mul(2)
      .sum()
      .backward(),
  );
  assert.is(v.grad!.storage.buffer.length, 6, 'a buffer of its own, not a part of a larger one');
});

test('the terms of a sum of gradients are freed, for any number of uses of a value', (b) => {
  const w = ones([1000], { requiresGrad: true });
  scope(() => {
    const h = w.mul(2);
    const terms = Array.from({ length: 40 }, (_, i) => h.mul(i + 1).sum());
    const loss = terms.reduce((a, c) => a.add(c));
    b.peak = b.live;
    const before = b.live;
    loss.backward();
    // The sum so far, the next term's gradient, their sum.
    assert.ok(b.peak - before <= 3000, `${b.peak - before} elements at once`);
    assert.ok(b.live < 1000, `${b.live} elements left`);
  });
  assert.is(w.grad!.dataSync()[0], 40 * 41);
});

test('a result that was kept survives backward', () => {
  const w = ones([2], { requiresGrad: true });
  const h = scope(() => {
    const kept = keep(w.mul(2));
    kept.square().sum().backward();
    return kept;
  });
  assert.equal(list(h), [2, 2]);
});

test('an operation with several outputs and gradients keeps all of them: batchNorm', () => {
  const run = (inScope: boolean) => {
    const [x, w, c] = [
      tensor([
        [1, 2],
        [3, 5],
        [4, 4],
      ]),
      ones([2]),
      zeros([2]),
    ];
    for (const t of [x, w, c]) t.requiresGrad = true;
    const step = () =>
      batchNorm(x, w, c)[0]
        .mul(
          tensor([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        )
        .sum()
        .backward();
    inScope ? scope(step) : step();
    return [x, w, c].map((t) => list(t.grad));
  };
  assert.equal(run(true), run(false));
});

test('createGraph and grad work inside a scope: second derivatives, and results freed unless kept', (b) => {
  const x = tensor([2], { requiresGrad: true });
  let lost!: Tensor;
  const second = scope(() => {
    const [d1] = grad(x.pow(3).sum(), [x], { createGraph: true });
    lost = d1;
    const [d2] = grad(d1.square().sum(), [x]); // 2 (3x^2) (6x)
    return keep(d2);
  });
  assert.equal(list(second), [288]);
  assert.throws(() => lost.itemSync(), /was freed/);
  assert.is(b.live, 0);
});

test('the gradient of a view does not free its base, nor values that other uses of the base need', () => {
  const w = ones([2, 3], { requiresGrad: true });
  scope(() => {
    const x = ones([2, 3]).mul(2);
    const h = w.mul(x);
    const y = h
      .transpose()
      .slice([[0, 2]])
      .sum()
      .add(h.reshape([6]).square().sum());
    y.backward();
    assert.equal(list(x), [2, 2, 2, 2, 2, 2], 'an input without gradient stays until the scope ends');
  });
  assert.equal(list(w.grad), [10, 10, 8, 10, 10, 8]);
});

test('scopes nest: the inner one frees its tensors; a kept one outlives both', () => {
  scope(() => {
    const outer = ones([1]).add(1);
    let inner!: Tensor;
    const kept = scope(() => {
      inner = outer.add(1);
      return keep(outer.add(2));
    });
    assert.throws(() => inner.itemSync(), /freed/);
    assert.equal([list(outer), list(kept)], [[2], [4]]);
  });
});

test('an error closes the scope and those still open inside it, and is rethrown', (b) => {
  const error = new Error('mine');
  try {
    scope(() => {
      scope();
      ones([100]).add(1);
      throw error;
    });
    assert.unreachable();
  } catch (e) {
    assert.is(e, error);
  }
  assert.is(b.live, 0);
  assert.is(ones([1]).add(1).storage.owner, null, 'no scope is open');
});

test('an asynchronous scope stays open until its promise has settled', async (b) => {
  let h!: Tensor;
  const value = await scope(async () => {
    h = ones([2]).add(1);
    await tick();
    const v = await h.mul(2).sum().item();
    assert.ok(b.live > 0);
    return v;
  });
  assert.is(value, 8);
  assert.throws(() => h.dataSync(), /freed/);
  const late = scope(async () => {
    ones([2]).add(1);
    await tick();
    throw new Error('late');
  });
  await rejects(late, /^late$/, Error);
});

test('a second asynchronous scope is refused and the first is unharmed: two loops side by side', async () => {
  const loop = async (n: number) => {
    const seen: number[] = [];
    for (let i = 0; i < n; i++) {
      await scope(async () => {
        const x = ones([2]).add(i);
        await tick();
        seen.push(await x.sum().item());
      });
    }
    return seen;
  };
  const first = loop(3);
  await rejects(loop(3), /scope: an asynchronous scope is open: await it/);
  assert.equal(await first, [2, 4, 6]);
  assert.equal(await loop(1), [2], 'and afterwards another may run');
});

test('an asynchronous scope inside another is refused too, before and after its first await, also if its function only returns a promise', async () => {
  const second = /an asynchronous scope is open/;
  await scope(async () => {
    const x = ones([1]).add(1);
    let began = false;
    assert.throws(() => scope(async () => void (began = true)), second);
    assert.not.ok(began, 'an asynchronous function is refused before it begins');
    assert.throws(() => scope(() => tick()), second);
    await tick();
    assert.throws(() => scope(async () => {}), second);
    assert.throws(() => scope(() => Promise.reject(new Error('unheard'))), second);
    assert.is(
      scope(() => x.add(1).itemSync()),
      3,
      'a synchronous one is accepted',
    );
    assert.is(x.itemSync(), 2);
  });
});

test('scopes closed out of order throw, and can then be closed in order', () => {
  const a = scope();
  const b = scope();
  assert.throws(() => a.close(), /scope: an inner scope is open; close that first/);
  b.close();
  a.close();
});

test('a function that leaves a scope open inside an outer one causes an error, and both are closed', async (b) => {
  const left = /scope: an inner scope is open/;
  assert.throws(() => scope(() => void scope()), left);
  const open = scope(async () => {
    scope();
    await tick();
  });
  await rejects(open, left);
  assert.is(ones([1]).add(1).storage.owner, null);
  assert.is(b.live, 0);
});

test('a scope opened with `using` inside an asynchronous one may contain an await', async () => {
  const value = await scope(async () => {
    using _ = scope();
    const x = ones([1]).add(1);
    await tick();
    return x.itemSync();
  });
  assert.is(value, 2);
});

test('`using` closes a scope at the end of its block, and closing or disposing twice is harmless', () => {
  let h!: Tensor;
  let s!: Scope;
  {
    using step = scope();
    s = step;
    h = ones([2]).add(1);
    assert.equal(list(h), [2, 2]);
  }
  assert.throws(() => h.dataSync(), /freed: its scope has closed/);
  s.close();
  h.dispose();
  const x = ones([1]);
  x.dispose();
  x.dispose();
  assert.throws(() => x.itemSync(), /freed: dispose\(\) was called/);
});

test('a kept tensor from an ndarray still shares its values', () => {
  const array = { data: Float32Array.of(1, 2), shape: [2], stride: [1], offset: 0 } as any;
  const t = scope(() => keep(fromNdarray(array)));
  array.data[0] = 9;
  assert.equal(list(t), [9, 2]);
});

test('a persistent tensor leaves its scope without a copy, and lives until dispose()', (b) => {
  const t = scope(() => {
    const x = ones([3]).add(1);
    const { buffer } = x.storage;
    persist(keep(persist(x)));
    assert.is(x.storage.buffer, buffer);
    return x;
  });
  const collected = persist(zeros([4]));
  assert.is(b.live, 3 + 4);
  assert.equal(list(t), [2, 2, 2]);
  t.dispose();
  collected.dispose();
});

test('an unreachable persistent tensor is freed when the garbage collector finds it', async (b) => {
  (() => persist(zeros([5])))();
  assert.is(b.live, 5);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; b.live && i < 100; i++) {
    await tick();
    collect();
  }
});

test('the gradient of a persistent parameter is persistent, and at most one such gradient is in memory, also after w.grad = null', (b) => {
  const w = persist(tensor([3, 4], { requiresGrad: true }));
  const gradient = () => scope(() => w.square().sum().backward());
  for (let step = 0; step < 3; step++) {
    gradient();
    assert.is(b.live, 2 + 2);
    assert.equal(list(w.grad), [6, 8]);
    freeGrad(w);
    assert.is(w.grad, null);
    assert.is(b.live, 2);
  }
  for (let step = 0; step < 3; step++) {
    gradient();
    assert.equal(list(w.grad), [6, 8]);
    w.grad = null;
    assert.is(b.live, 2 + 2, 'the first gradient, which w.grad = null does not free');
  }
  freeGrad(w);
  const input = tensor([3, 4], { requiresGrad: true });
  scope(() => input.mul(w).sum().backward({ createGraph: true }));
  assert.is(b.live, 2, 'a gradient is not persistent if its parameter is collected, or if the gradient is recorded');
  w.dispose();
});

test('scope refuses anything but a function, and names what it got', () => {
  assert.throws(() => scope(3 as never), /^scope: takes a function: got number 3$/);
});

test('10,000 steps of a training loop do not change the number of live elements', (b) => {
  const w = tensor([[0.5], [-0.5]], { requiresGrad: true });
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  const target = tensor([[1], [0]]);
  const after: number[] = [];
  let peak = 0;
  for (let i = 0; i < 10_000; i++) {
    scope(() => {
      const loss = x.matmul(w).sub(target).square().mean();
      w.grad = null;
      loss.backward();
      const next = add(w.detach(), w.grad!.mul(-0.01));
      noGrad(() => w.assign(next.dataSync()));
    });
    after.push(b.live);
    if (i === 0) peak = b.peak;
  }
  assert.is(Math.max(...after), 0);
  assert.is(b.peak, peak, 'no step needs more than the first');
  // Least squares of two equations in two unknowns: w = (-2, 3/2).
  assert.ok(Math.hypot(w.dataSync()[0] + 2, w.dataSync()[1] - 1.5) < 0.2, String(w));
});
