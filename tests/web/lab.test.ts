// The lab without its page: addresses, formulas, problems, runs.
import * as boundgrad from '../../index.js';
import { FragmentError } from '../../web/core/entries.js';
import { evaluate } from '../../web/core/evaluate.js';
import { FormulaError, parseFormula } from '../../web/core/formula.js';
import { readFragment, writeFragment } from '../../web/core/fragment.js';
import { StateError } from '../../web/core/optimizerOf.js';
import { problems } from '../../web/core/problems.js';
import { runState } from '../../web/core/run.js';
import { catalogOf, firstState, type SurfaceState } from '../../web/core/state.js';
import { fieldOf, lossOf, Surface } from '../../web/core/surface.js';
import { unroll } from '../../web/core/unroll.js';
import { boundgradHere } from '../cli/command.js';
import { refusalOf } from '../refusal.js';
import { assert, close, subject } from '../spec.js';

const { AdaBound, gradcheck, optimizers, Tensor, tensor } = boundgrad;
const test = subject('The lab');
const catalog = catalogOf(optimizers);
const read = (fragment: string) => readFragment(fragment, catalog).state as SurfaceState;

test('# is the default state, and the default state is #', () => {
  assert.equal(read('#'), firstState);
  assert.equal(read(''), firstState);
  assert.is(writeFragment(firstState), '#');
});

test('an address holds the whole state with all its digits, its format and its version, and leaves out defaults', () => {
  const state: SurfaceState = {
    room: 'surface',
    problem: 'own',
    settings: { noise: 0.1 + 0.2 },
    formula: 'x^2 + 3*y^2/(1 + x^2) & #%',
    rules: [
      { key: 'adam', hyper: { lr: 1 / 3, betas: [0.5, 0.875], form: 'paper' }, schedule: 'cosine' },
      { key: 'sgdm', hyper: { nesterov: true, momentum: 0.5 } },
    ],
    steps: 7,
    seed: 4294967295,
    rule: 1,
    of: 'y',
    start: [-1e-7, 1e5],
    view: [0.1, -0.2, 1e-3],
    at: 0,
    stop: 'clip',
  };
  const fragment = writeFragment(state);
  assert.equal(read(fragment), state);
  assert.match(fragment, /^#lab=1&by=\d+\.\d+\.\d+/);
  const short = '#lab=1&by=0.1.0&problem=beale&steps=50';
  assert.is(writeFragment(read('#steps=50&problem=beale')).replace(/by=[^&]*/, 'by=0.1.0'), short);
});

test('every optimizer of the registry can be named in an address and runs, also with a schedule', async () => {
  const keys = Object.keys(optimizers);
  for (let i = 0; i < keys.length; i += 6) {
    const rules = keys.slice(i, i + 6).map((key) => `rule=${key},schedule:drop`);
    const numbers = await runState(read(`#steps=4&${rules.join('&')}`));
    assert.is(numbers.length, 4 * rules.length);
    assert.ok(numbers.every(({ value }) => Number.isFinite(value)));
    assert.ok(numbers.filter(({ name }) => name.endsWith('.steps')).every(({ value }) => value === 4));
  }
});

test('a damaged address is refused in one line: what, why and what to do', async () => {
  const refused: [fragment: string, message: RegExp][] = [
    ['#problem', /address: an entry is not name=value: 'problem'/],
    ['#lab=2&by=9.9.9', /lab: this page reads format 1, the address has '2'; boundgrad 9\.9\.9 wrote it/],
    ['#room=attic', /room: unknown: 'attic'; one of surface, step/],
    ['#problem=__proto__', /problem: unknown: '__proto__'; one of quadratic/],
    ['#rule=adamm', /rule: unknown: 'adamm'; one of sgdm/],
    ['#rule=constructor', /rule: unknown: 'constructor'/],
    ['#rule=adam,lr', /Adam: not name:value: 'lr'/],
    ['#rule=adam,momentum:0.9', /Adam: unknown: 'momentum'; one of lr, betas/],
    ['#rule=adam,lr:fast', /Adam lr: not a number: 'fast'/],
    ['#rule=adam,betas:0.9', /Adam betas: takes 2 numbers: '0.9'/],
    ['#rule=sgdm,nesterov:perhaps', /SGDM nesterov: unknown: 'perhaps'; one of true, false/],
    ['#rule=adam,schedule:never', /Adam schedule: unknown: 'never'; one of drop/],
    [`#${'rule=adam&'.repeat(7)}`, /rule: 7 rules: at most 6 run together/],
    ['#steps=1e9', /steps: must lie in \[1, 5000\]: 1e9/],
    ['#steps=', /steps: not a number: ''/],
    ['#steps=2.5', /steps: must be a whole number: 2.5/],
    ['#stop=end', /stop: unknown: 'end'; one of clip/],
    ['#steps=5&at=6', /at: must lie in \[0, 5\]: 6/],
    ['#seed=1&seed=2', /seed: given 2 times; keep one/],
    ['#start=1', /start: takes 2 numbers: '1'/],
    ['#start=NaN,Infinity', /start: not a number: 'NaN'/],
    ['#start=1,Infinity', /start: must be finite: Infinity/],
    ['#view=0,0,0', /view: its width must be positive: 0/],
    ['#of=x', /of: takes a coordinate and the place of a rule: 'x'; for example x,1/],
    ['#of=z,1', /of: unknown: 'z'; one of x, y/],
    ['#of=x,4', /of: must lie in \[1, 3\]: 4/],
    ['#k=0', /k: must lie in \[1, 10000\]: 0/],
    ['#b=3', /address: unknown entry: 'b'; one of room, problem, k/],
    ['#problem=own&formula=%E0%A4%A', /address: a % code is wrong or incomplete/],
    [`#problem=own&formula=${'x'.repeat(201)}`, /formula: too long: 201 characters, at most 200/],
    [`#${'a'.repeat(25_000)}`, /address: too long: 25000 characters, at most 24000/],
  ];
  for (const [fragment, message] of refused)
    assert.match((await refusalOf(() => read(fragment), FragmentError)).message, message);
});

test('each of 2,000 damaged addresses is read or refused, without another error', () => {
  const good =
    '#lab=1&by=0.1.0&problem=own&formula=x^2%2By&start=-1,2&rule=adam,betas:0;0.9,lr:0.1&steps=60&view=0,0,1&at=3';
  let [seed, refused] = [1, 0];
  const draw = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let i = 0; i < 2000; i++) {
    const at = draw(good.length);
    const text = good.slice(0, at) + '&=,:;%~\u0000é9'.charAt(draw(10)) + good.slice(at + draw(3));
    try {
      const state = read(text);
      assert.equal(read(writeFragment(state)), state, text);
    } catch (error) {
      assert.instance(error, FragmentError, text);
      refused++;
    }
  }
  assert.ok(refused > 200 && refused < 2000, `${refused}`);
});

test('a formula has its mathematical meaning', () => {
  const at = (text: string) => {
    const one = (v: number) => tensor([v], { dtype: 'float64' });
    const value = evaluate(parseFormula(text), { x: one(3), y: one(2) });
    return value instanceof Tensor ? value.itemSync() : value;
  };
  const formulas: [text: string, value: number][] = [
    ['-x^2', -9],
    ['(-x)^2', 9],
    ['2^3^2', 512],
    ['2^-1', 0.5],
    ['x**2', 9],
    ['1 - 2*x^2/6', -2],
    ['x - y - 1', 0],
    ['-sqrt(x^2 + 7)', -4],
    ['+abs(-x)', 3],
    ['exp(log(x)*y)', 9],
    ['sin(pi/2) + cos(0) + tanh(0) + log(e)', 3],
    ['x^7', 2187],
    ['y^-2', 0.25],
    ['1e-2*x + .5', 0.53],
  ];
  for (const [text, value] of formulas) close([at(text)], [value], 1e-15, text);
});

test('a formula is parsed and never evaluated as code: everything else is refused, with what to change', async () => {
  const refused: [text: string, message: RegExp][] = [
    ['', /^empty; write a formula of x, y, pi, e$/],
    ['2x', /variable names cannot start with a number.*write a \* between factors/],
    ['x y', /two formulas side by side/],
    ['x;y', /two formulas side by side/],
    ['z', /unknown name: z; one of x, y, pi, e/],
    ['x^', /an exponent is missing, at character 3/],
    ['x.constructor', /not part of a formula: member/],
    ['constructor', /unknown name: constructor/],
    ['x["a"]', /not part of a formula: member/],
    ['alert(1)', /unknown function; one of sqrt/],
    ['sqrt(x, y)', /sqrt takes one argument: got 2/],
    ['"x"', /not a finite number/],
    ['1e999', /not a finite number/],
    ['x > 1', /not part of a formula: >; use \+ - \* \/ \^/],
    ['x ? 1 : 2', /not part of a formula/],
    ['[x]', /not part of a formula: array/],
    ['this', /not part of a formula: this/],
    ['!x', /not part of a formula: !/],
    ['x = 1', /unexpected "=", at character 3/],
    ['('.repeat(200), /at character/],
  ];
  for (const [text, message] of refused)
    assert.match((await refusalOf(() => parseFormula(text), FormulaError)).message, message);
});

test('the gradients of every problem pass gradcheck, and no point is below its least loss', async () => {
  for (const [problem, { start, view, least }] of Object.entries(problems)) {
    const state = { ...firstState, problem };
    const loss = lossOf(state);
    const points = [start[0] - 0.3, start[1] + 0.2].map((v) => tensor([v], { dtype: 'float64', requiresGrad: true }));
    gradcheck((x, y) => loss.at(x, y), points);
    if (!least) continue;
    const known = least(loss.settings);
    const { values } = fieldOf(state, loss.problem.box ? [-1, 1, -1, 1] : [view[0] - 2, view[0] + 2, -2, 2], 81, 81);
    const lowest = values.reduce((a, b) => Math.min(a, b));
    assert.ok(lowest >= known - 1e-12 && lowest < known + 0.2, `${problem}: ${lowest} of ${known}`);
  }
});

test('a run is the same as in a program with the library: AdaBound on Rosenbrock, step by step, with its rates and clips', async () => {
  const state = read('#problem=rosenbrock&rule=sgdm&rule=adabound,lr:0.01&steps=30');
  const surface = new Surface(state);
  await surface.advance(12);
  await surface.advance(1000);
  const track = surface.tracks[1];
  const p = tensor([...problems.rosenbrock.start], { dtype: 'float64', requiresGrad: true });
  const optimizer = new AdaBound([p], { lr: 0.01 });
  for (let t = 1; t <= 30; t++) {
    const [x, y] = p.dataSync();
    p.grad = tensor([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], { dtype: 'float64' });
    optimizer.step();
    const { clipped, rate } = await optimizer.inspect(p);
    close([track.x[t], track.y[t]], p.dataSync(), 1e-12, `step ${t}`);
    close([track.rate[0][t], track.rate[1][t]], clipped, 1e-12, `rates of step ${t}`);
    assert.equal(
      [track.clip[0][t], track.clip[1][t]],
      [...rate].map((r, j) => Math.sign(r - clipped[j])),
    );
  }
  assert.is(track.x.length, 31);
});

test('noise is the same for every rule, and another seed gives other noise', async () => {
  const ends = async (seed: number) =>
    (await runState(read(`#problem=ravine&steps=20&seed=${seed}&rule=sgdm&rule=adam&rule=sgdm`))).map(
      ({ value }) => value,
    );
  const [first, again, other] = [await ends(1), await ends(1), await ends(2)];
  assert.equal(first, again);
  assert.equal(first.slice(0, 4), first.slice(8));
  assert.not.equal(first.slice(0, 2), other.slice(0, 2));
});

test('the stability limit is sharp: heavy-ball and averaged momentum converge at 0.98 of it and diverge at 1.02', async () => {
  for (const share of [0.98, 1.02]) {
    // The curvature is at most 20; the limits are 2 (1 + b1) / 20 and 2 (1 + b1) / ((1 - b1) 20).
    const rates = { false: (share * 3.8) / 20, true: (share * 38) / 20 };
    const rules = Object.entries(rates).map(([averaged, lr]) => `rule=sgdm,averaged:${averaged},lr:${lr}`);
    const surface = new Surface(read(`#steps=400&${rules.join('&')}`));
    await surface.advance(400);
    for (const { stability, loss } of surface.tracks) {
      close(stability.slice(2, 9), new Array(7).fill(share), 1e-9);
      assert.is(loss.at(-1)! > loss[0], share > 1);
    }
  }
});

test('the share of the stability limit uses the β1 of its own step, however many steps are taken at once', async () => {
  const fragment = '#steps=12&rule=own,lr:0.1&own=Falling,lr:0.1&own.beta1=0.9/t';
  const [whole, single] = [new Surface(read(fragment)), new Surface(read(fragment))];
  await whole.advance(12);
  while (!single.isDone) await single.advance(1);
  const [{ stability }] = whole.tracks;
  close(stability.slice(1), single.tracks[0].stability.slice(1), 1e-12);
  assert.is(stability.length, 13);
});

test('an unrolled step ends at the next point of the run, for every rule of the bounded step; other rules have no equations, and the reason is given', async () => {
  const keys = Object.keys(optimizers);
  let bounded = 0;
  for (let i = 0; i < keys.length; i += 6) {
    const state = read(
      `#steps=3&noise=1&${keys
        .slice(i, i + 6)
        .map((key) => `rule=${key},schedule:drop`)
        .join('&')}`,
    );
    const surface = new Surface(state);
    await surface.advance(3);
    for (const [rule, track] of surface.tracks.entries()) {
      for (const of of ['x', 'y'] as const) {
        const { step, lines, before, alternatives, why } = await unroll({ ...state, rule, of, at: 3 });
        assert.is(step, 3);
        assert.is(before, track[of][2]);
        if (why) {
          assert.match(why, /its step is not the bounded one/);
          continue;
        }
        bounded++;
        assert.is(lines.at(-1)!.value, track[of][3], state.rules[rule].key);
        assert.is(alternatives[0].x, track[of][3], state.rules[rule].key);
        assert.is(lines.find(({ letter }) => letter === 'n')!.value, alternatives[0].n);
      }
    }
  }
  assert.ok(bounded > 30, `${bounded}`);
});

test('unrolling a step after a rule has diverged gives the step at which it diverged, from the state before that step', async () => {
  const state = read('#room=step&rule=sgdm,lr:1e3&at=60');
  const surface = new Surface(state);
  await surface.advance(60);
  const [{ x, note }] = surface.tracks;
  const { step, before, alternatives } = await unroll(state);
  assert.is(note, `diverged at step ${step}`);
  assert.equal([step, before], [x.length, x.at(-1)]);
  assert.ok(Math.abs(alternatives[0].x) > 1e3 * Math.abs(before), 'the step that diverges');
});

test('with the state of AdaBound, open bounds give Adam’s rate, and bounds at a* give finalLr', async () => {
  const state = read('#room=step&rule=adabound,lr:0.1,gamma:0.01&of=x,1&at=25&steps=30');
  const { lines, lo, alternatives } = await unroll(state);
  const [own, free, fixed] = alternatives;
  const r = lines.find(({ letter }) => letter === 'r')!.value;
  assert.is(own.n, lo);
  assert.is(free.n, r);
  close([fixed.n], [0.1], 1e-12);
  const { stdout } = await boundgradHere(['lab', '--state', writeFragment(state), '--json']);
  const { names, numbers } = JSON.parse(stdout);
  assert.is(numbers[names.indexOf('free.rate')], r);
});

test('the reason is given and nothing is lost if a surface cannot run: divergence, a gradient that is not finite, a bad eps, a bad formula', async () => {
  const diverged = new Surface(read('#rule=sgdm,lr:1e3&rule=adam'));
  await diverged.advance(500);
  assert.match(diverged.tracks[0].note!, /^diverged at step \d+$/);
  assert.ok(diverged.tracks[0].x.every(Number.isFinite));
  assert.is(diverged.tracks[1].x.length, firstState.steps + 1);
  const infinite = new Surface(read('#problem=own&formula=1/x&start=0,0'));
  await infinite.advance(500);
  assert.ok(infinite.isDone);
  assert.is(infinite.tracks[0].note, 'stopped before step 1: the gradient is not finite');
  const bad = async (fragment: string) => (await refusalOf(() => new Surface(read(fragment)), StateError)).message;
  assert.match(await bad('#rule=sgdm&rule=adam,eps:-1'), /Adam: eps must be a finite number of at least 0: -1/);
  assert.match(await bad('#problem=own&formula=x%2B%2B'), /formula|expected|missing/i);
  for (const formula of ['3', 'x', 'y^2', 'pi*e']) {
    const flat = new Surface(read(`#problem=own&steps=2&formula=${formula}`));
    await flat.advance(2);
    assert.ok(flat.tracks[0].loss.every(Number.isFinite), formula);
  }
});
