import { rand } from '../../core/index.js';
import { Random, Stream } from '../../core/random.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Random');

test('the same seed and name give the same numbers, another seed or name other numbers', () => {
  const draw = (seed: number, name: string) =>
    Array.from({ length: 8 }, () => new Random(seed).stream(name).uint32())[0];
  assert.is(draw(7, 'init'), draw(7, 'init'));
  assert.is.not(draw(7, 'init'), draw(8, 'init'));
  assert.is.not(draw(7, 'init'), draw(7, 'dropout'));
  assert.is.not(draw(1, '1/a'), draw(11, '/a'));
});

test('streams are independent: drawing from one does not change another', () => {
  const a = new Random(3);
  const b = new Random(3);
  for (let i = 0; i < 100; i++) b.stream('dropout').normal();
  assert.is(a.stream('init').uniform(), b.stream('init').uniform());
});

test('a stream continues from its state, which includes the spare normal deviate', () => {
  const random = new Random(5);
  random.stream('x').normal();
  const copy = Random.from(JSON.parse(JSON.stringify(random.state())));
  for (let i = 0; i < 5; i++) assert.is(copy.stream('x').normal(), random.stream('x').normal());
});

test('uniform has mean 1/2 and variance 1/12, normal has 0 and 1, within five standard errors', () => {
  const n = 100_000;
  const moments = (f: () => number) => {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const x = f();
      sum += x;
      squares += x * x;
    }
    return [sum / n, squares / n - (sum / n) ** 2];
  };
  const s = new Random(11).stream('moments');
  const [um, uv] = moments(() => s.uniform());
  assert.ok(Math.abs(um - 0.5) < 5 * Math.sqrt(1 / 12 / n), `mean ${um}`);
  assert.ok(Math.abs(uv - 1 / 12) < 5 * Math.sqrt(1 / 180 / n), `variance ${uv}`);
  const [nm, nv] = moments(() => s.normal());
  assert.ok(Math.abs(nm) < 5 / Math.sqrt(n), `mean ${nm}`);
  assert.ok(Math.abs(nv - 1) < 5 * Math.sqrt(2 / n), `variance ${nv}`);
});

test('normal numbers have the same bits in every engine: Math.log, whose last digit differs between them, is not called', () => {
  const { log } = Math;
  Math.log = () => {
    throw new Error('Math.log was called');
  };
  try {
    const s = new Random(7).stream('normal');
    const first = [-0.3793353111821829, 0.015226117334948167, -0.4991118949396112, 0.2217717775441539];
    assert.equal(
      first.map(() => s.normal()),
      first,
    );
  } finally {
    Math.log = log;
  }
  // A pair z, w of the polar method has z² + w² = -2 ln s, with s = u² + v² of two uniform numbers.
  const [drawn, uniform] = [new Random(3).stream('x'), new Random(3).stream('x')];
  for (let i = 0; i < 1000; i++) {
    let s = 0;
    while (s === 0 || s >= 1) s = (2 * uniform.uniform() - 1) ** 2 + (2 * uniform.uniform() - 1) ** 2;
    const squares = drawn.normal() ** 2 + drawn.normal() ** 2;
    close([squares], [-2 * Math.log(s)], 1e-14);
  }
});

test('below(n) is uniform, and a permutation holds every index once', () => {
  const s = new Random(2).stream('p');
  const counts = new Array(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[s.below(6)]++;
  for (const c of counts) assert.ok(Math.abs(c - 10_000) < 5 * Math.sqrt(60_000 * (1 / 6) * (5 / 6)), counts.join());
  assert.equal(
    [...s.permutation(100)].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test('the first draws of 2,000 consecutive seeds all differ', () => {
  const first = new Set<number>();
  for (let seed = 0; seed < 2000; seed++) first.add(new Random(seed).stream('init').uniform());
  assert.is(first.size, 2000);
});

test('a seed that is not an integer and an invalid range are refused', () => {
  assert.throws(() => new Random(0.5), /the seed must be an integer: 0.5/);
  assert.throws(() => new Random(Number.NaN), /NaN/);
  assert.throws(() => new Stream({ words: [1, 2, 3, 4], spare: null }).below(0), /1\.\.2\^32: 0/);
});

test('load restores a state in place: in streams returned before, and in those created after the state was taken', () => {
  const random = new Random(5);
  const [early, late] = [random.stream('early'), () => random.stream('late')];
  early.normal();
  const state = random.state();
  const expected = [early.normal(), early.normal(), late().uniform()];
  random.load(state);
  assert.equal([early.normal(), early.normal(), late().uniform()], expected);
  const other = new Random(6);
  other.load(state);
  assert.is(other.seed, 5);
  assert.equal([other.stream('early').normal(), other.stream('late').uniform()], [expected[0], expected[2]]);
  assert.throws(() => other.load({ seed: 0.5, streams: {} }), /the seed must be an integer: 0.5/);
});

test('rand is below 1 in float32 too, where the largest draws would round to 1', () => {
  class Largest extends Stream {
    override uniform(): number {
      return 1 - 2 ** -53;
    }
  }
  const stream = new Largest(new Random(1).stream('a').state());
  assert.equal([...rand([1], { stream }).dataSync()], [1 - 2 ** -24]);
  assert.equal([...rand([1], { stream, dtype: 'float64' }).dataSync()], [1 - 2 ** -53]);
});
