import { reference } from '../../core/backends/reference.js';
import {
  add,
  type Backend,
  BackendError,
  backend,
  concat,
  copy,
  keep,
  noGrad,
  ones,
  runInPlace,
  scope,
  setBackend,
  tensor,
  where,
} from '../../core/index.js';
import { onBackend } from '../onBackend.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { counting } from './counting.js';

const test = subject('Backends');

/** The loops behind a queue: no call runs before a read, and there is no synchronous read. */
function queued(): Backend {
  const queue: (() => void)[] = [];
  const { readSync: _, ...rest } = reference;
  return {
    ...rest,
    name: 'queued',
    run: (...call) => queue.push(() => reference.run(...call)),
    async read(buffer) {
      for (const job of queue.splice(0)) job();
      return reference.read(buffer);
    },
  };
}

test('operands of two backends are refused with both names, by operations and by writes in place', async () => {
  const here = ones([2]);
  const there = () => ones([2]);
  await onBackend(counting(), () => {
    const message = /operands on two backends: (reference and counting|counting and reference); await setBackend first/;
    assert.throws(() => add(here, there()), message);
    assert.throws(() => there().matmul(here), message);
    assert.throws(() => concat([here, there()], 0), message);
    assert.throws(() => where(here.greater(0), there(), 0), message);
    assert.throws(() => runInPlace(copy.op, [here], [there()], {}), message);
  });
});

test('results, constants and gradients live on the backend of their operands, not on the current one', async () => {
  const x = tensor([1, 2], { requiresGrad: true });
  await onBackend(counting(), () => {
    const y = x.mul(2).add(1).clamp({ min: 0 }).sum();
    y.backward();
    assert.is(y.storage.backend.name, 'reference');
    assert.is(x.grad!.storage.backend.name, 'reference');
    noGrad(() => x.assign([3, 4]));
    assert.equal([...x.dataSync()], [3, 4]);
    assert.is(ones([1]).storage.backend.name, 'counting');
  });
});

test('an unknown backend is refused with the known names', async () => {
  for (const name of ['cuda', null, undefined] as any[]) {
    const message = new RegExp(`setBackend: unknown backend: ${name}; one of reference, wasm`);
    await rejects(setBackend(name), message, BackendError);
  }
  assert.is(backend().name, 'reference', 'and the current one stays');
});

test('a backend without synchronous reads can do everything else: forward, backward, views, scopes, data() and item()', async () => {
  await onBackend(queued(), async () => {
    const w = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { requiresGrad: true },
    );
    const kept = await scope(async () => {
      const y = w
        .transpose()
        .matmul(tensor([[1], [10]]))
        .square()
        .sum();
      y.backward();
      assert.is(await y.item(), 31 ** 2 + 42 ** 2);
      return keep(y.mul(2));
    });
    assert.is(await kept.item(), 2 * (31 ** 2 + 42 ** 2));
    assert.equal([...(await w.grad!.data())], [62, 84, 620, 840]);
    assert.equal(
      [
        ...(await w
          .detach()
          .slice([[1]])
          .data()),
      ],
      [3, 4],
    );
  });
});

test('on a backend without synchronous reads, dataSync() and itemSync() are refused with their remedies, and printing names the remedy too', async () => {
  await onBackend(queued(), () => {
    const t = tensor([1, 2]);
    const refusals: [read: () => unknown, message: RegExp][] = [
      [() => t.dataSync(), /^dataSync: queued cannot be read at once; await data\(\)$/],
      [() => t.sum().itemSync(), /^itemSync: queued cannot be read at once; await item\(\)$/],
    ];
    for (const [read, message] of refusals) {
      assert.throws(read, message);
      assert.throws(read, (e: Error) => e.name === 'BackendError');
    }
    assert.is(String(t), 'tensor(on queued; await data(), shape (2), float32)');
  });
});

test('data() has the values at the call: later writes and frees do not change them', async () => {
  for (const b of [reference, counting(), queued()]) {
    await onBackend(b, async () => {
      const t = tensor([1, 2]);
      const before = t.data();
      t.assign([8, 9]);
      assert.equal([...(await before)], [1, 2], b.name);
      const inside = scope(() => t.add(1).data());
      assert.equal([...(await inside)], [9, 10], b.name);
    });
  }
});

test('via names what runs a kernel: on the reference backend, the loop', () => {
  assert.is(backend().via('matmul'), 'loop');
});
