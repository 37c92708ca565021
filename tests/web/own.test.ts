// A custom rule: its declaration, its address, its checks, and the TypeScript that it becomes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { AdaBound, type OptimizerClass, optimizers, tensor } from '../../index.js';
import { FragmentError } from '../../web/core/entries.js';
import { parseFormula } from '../../web/core/formula.js';
import { readFragment, writeFragment } from '../../web/core/fragment.js';
import { expressionOf, numberOf } from '../../web/core/numberOf.js';
import { StateError } from '../../web/core/optimizerOf.js';
import { classOf } from '../../web/core/ownClass.js';
import { type OwnRule, templates } from '../../web/core/ownRule.js';
import { ownModule } from '../../web/core/ownText.js';
import { runState } from '../../web/core/run.js';
import { catalogOf, type RuleChoice } from '../../web/core/state.js';
import { Surface } from '../../web/core/surface.js';
import { afterFile, assert, subject } from '../spec.js';

const test = subject('A custom rule in the lab');
const catalog = catalogOf(optimizers);
const read = (fragment: string) => readFragment(fragment, catalog).state;

/** Unusual rules. In the first no choice and no formula is the default. */
const odd: readonly OwnRule[] = [
  {
    title: 'Odd1',
    numbers: { lr: 0.3, eps: 1e-6, weightDecay: 0.01, a: 2, h: -0.5 },
    formulas: {
      lo: '0.01*(1 - 1/(1 + t))^3 + -h*1e-3',
      hi: 'exp(-(a - 1)^2/t) + 2^-t + (t + 1)^2/t^4 - -1 - (h - 1)*(h*(t - 1))/1e9',
      beta1: 'a/4*abs(cos(t))',
      beta2: '1 - 1/(t + 2)^(1/2)',
      schedule: 'a^2/sqrt(t*(a*pi))/(a - (h - e))',
    },
    choices: { direction: 'nesterov', second: 'max', correction: 'first', decay: 'decoupled' },
  },
  {
    title: 'Odd2',
    numbers: { lr: 0.05, b: 0.8 },
    formulas: { beta1: 'b^2' },
    choices: { direction: 'sign', second: 'sum', correction: 'none' },
  },
];
const all = [...templates, ...odd];

const folder = mkdtempSync(join('.build', 'own-'));
afterFile(() => rmSync(folder, { recursive: true, force: true }));
for (const own of all) writeFileSync(join(folder, `${own.title}.ts`), ownModule(own));
const imports = all.map(({ title }) => `import { ${title} } from '${resolve(folder, title)}.ts';`).join('\n');
const options: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  outExtension: { '.js': '.mjs' },
  outdir: folder,
  external: ['ndarray', 'gpu.js', 'esbuild'],
  loader: { '.gz': 'binary', '.wasm': 'binary' },
  logLevel: 'silent',
};

/** The values of a parameter after each of 60 steps of an optimizer. The gradients do not depend on them. */
function path(Class: OptimizerClass<any>, hyper: object = {}): number[] {
  const p = tensor([1, -2], { dtype: 'float64', requiresGrad: true });
  const o = new Class([p], hyper);
  const seen: number[] = [];
  for (let t = 1; t <= 60; t++) {
    p.grad = tensor([Math.sin(t), t % 7 ? 0 : 3], { dtype: 'float64' });
    o.step();
    seen.push(...p.dataSync());
  }
  return seen;
}

test('the built-in templates and a rule with every choice survive the address with all their digits', () => {
  for (const own of all) {
    const rules: RuleChoice[] = [
      { key: 'own', hyper: { lr: 1 / 3 }, own },
      { key: 'adam', hyper: {} },
    ];
    const state = { ...read('#steps=9'), rules };
    assert.equal(read(writeFragment(state)), state, own.title);
  }
  assert.is(read('#rule=own&steps=2').rules[0].own?.title, 'SqrtClosing');
  assert.not.match(writeFragment(read('#rule=own')), /own=/);
});

test('AdaBound declared by its formulas is AdaBound, to the bit', () => {
  const own = templates.find(({ title }) => title === 'AdaBoundAgain')!;
  assert.equal(path(classOf(own)), path(AdaBound));
  assert.not.equal(path(classOf(own), { gamma: 0.1 }), path(AdaBound));
});

test('a declaration in an address is refused in one line unless every field is right; nothing is evaluated as code', () => {
  const refused: [fragment: string, message: RegExp][] = [
    ['own=adam', /own: not a name: 'adam'; a capital/],
    ['own=Adam', /own: 'Adam' is the name of something else/],
    ['own=Math', /'Math' is the name of something else/],
    ['own=X;alert(1)', /own: not a name/],
    ['own=X,lr', /X: not name:value: 'lr'/],
    ['own=X,lr:fast', /X lr: not a number: 'fast'/],
    ['own=X,__proto__:1', /X: not a name: '__proto__'/],
    ['own=X,constructor:1', /X: 'constructor' means something else/],
    ['own=X,t:1', /X: 't' means something else/],
    ['own=X,sqrt:1', /X: 'sqrt' means something else/],
    ['own=X,infinity:1', /X: 'infinity' means something else/],
    ['own=X,params:1', /X: 'params' means something else/],
    [`own=X,${Array.from({ length: 10 }, (_, i) => `n${i}:1`)}`, /X: more than 9 numbers/],
    ['own=X&own.lo=gamma', /own.lo: unknown name: gamma; one of t, infinity, lr/],
    ['own=X&own.lo=alert(1)', /own.lo: unknown function/],
    ['own=X&own.hi=this', /own.hi: not part of a formula/],
    ['own=X&own.hi=t.constructor', /own.hi: not part of a formula: member/],
    ['own=X,slow:3&own.beta1=', /own.beta1: empty; write a formula of t, infinity, lr, eps, weightDecay, slow, pi, e$/],
    ['own=X&own.second=cube', /own.second: unknown: 'cube'; one of average, max, sum, none/],
    ['own.lo=0', /own.lo: its rule is missing; write own=/],
    ['own=X&own=Y', /own: given 2 times/],
    ['own=X,lr:1,lr:2', /X: lr is given twice; keep one/],
    ['rule=adam,lr:1,lr:2', /Adam: lr is given twice; keep one/],
    ['rule=adam,schedule:cosine,schedule:drop', /Adam: schedule is given twice/],
    ['rule=own,gamma:2,odd:1', /SqrtClosing: unknown: 'odd'; one of lr/],
  ];
  for (const [fragment, message] of refused) {
    const error = (() => {
      try {
        return read(`#rule=own&${fragment}`.replace(/^#rule=own&rule/, '#rule'));
      } catch (error) {
        return error;
      }
    })();
    assert.instance(error, FragmentError, fragment);
    assert.match((error as Error).message, message);
    assert.not.match((error as Error).message, /\n/);
  }
});

test('a rule outside its domain is refused before it runs, with the step and the library’s own message', () => {
  const bad: [fragment: string, message: RegExp][] = [
    ['own.lo=0.2&own.hi=1/t', /bounds: at step 6 not 0 <= lo <= hi: \[0.2, 0.16666/],
    ['own.lo=t-2', /bounds: at step 1 not 0 <= lo <= hi: \[-1, /],
    ['own.hi=0/0', /bounds: at step 1 not 0 <= lo <= hi: \[0, NaN/],
    ['own.beta1=t/10', /beta1 must lie in \[0, 1\): 1 at step 10/],
    ['own.beta2=1', /beta2 must lie in \[0, 1\): 1/],
    ['own.schedule=1-t/5', /X: schedule\(6\) must be a finite number of at least 0: -0.19/],
    ['own.second=none', /X: bias correction 'both' needs a second moment/],
  ];
  for (const [parts, message] of bad) {
    try {
      new Surface(read(`#steps=20&rule=adam&rule=own&own=X&${parts}`) as never);
      assert.unreachable(parts);
    } catch (error) {
      assert.instance(error, StateError, `${error}`);
      assert.match((error as Error).message, message);
      assert.is((error as StateError).where, 1);
    }
  }
  const negative = read('#steps=20&rule=own&own=X,eps:-1');
  assert.throws(() => new Surface(negative as never), /X: eps must be a finite number of at least 0: -1/);
});

test('a formula on numbers and its TypeScript give the same bits', () => {
  const formulas = [
    't',
    '-t^2',
    '(-t)^2',
    '2^-t',
    't^7/3',
    '(t+a)^6',
    '((t+a)^3)^0.5',
    't-(a-t)-a',
    't/(a/t)/a',
    't*(a*0.1)*0.3',
    't+(a+0.1)+0.3',
    '-(-a)',
    't - -a',
    '2^3^0.5',
    'sqrt(abs(-t))*log(e+t)/tanh(pi)',
    '1e-9*t+.5',
    '(1/3)^5*infinity',
  ];
  for (const text of formulas) {
    const f = parseFormula(text, ['t', 'a', 'infinity']);
    const compiled = new Function('t', 'a', `return ${expressionOf(f, (name) => name)}`);
    for (const [t, a] of [
      [1, 0.1],
      [7, -3.3],
      [1234, 0.7],
    ])
      assert.is(numberOf(f, { t, a }), compiled(t, a), `${text}: ${expressionOf(f, (name) => name)}`);
  }
});

test('“copy as TypeScript” compiles under strict checks, and its class has the rule of the page’s class, to the bit', async () => {
  const config = {
    extends: resolve('tsconfig.json'),
    compilerOptions: {
      paths: { boundgrad: [resolve('index.ts')], '#wide': [resolve('core/backends/wasm/wide/page.ts')] },
    },
    include: ['core/**/*.d.ts', 'datasets/*.d.ts', join(folder, '[A-Z]*.ts')].map((files) => resolve(files)),
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', join(folder, 'tsconfig.json')]);
  } catch (error) {
    assert.unreachable(String((error as { stdout: unknown }).stdout));
  }
  writeFileSync(join(folder, 'classes.ts'), `${imports}\nexport { ${all.map(({ title }) => title).join(', ')} };`);
  await build({ ...options, entryPoints: [join(folder, 'classes.ts')], alias: { boundgrad: resolve('index.ts') } });
  const classes = await import(pathToFileURL(resolve(folder, 'classes.mjs')).href);
  for (const own of all) {
    // The class uses the copy of the library in its file, so its rule is compared, and no steps are taken.
    const made: OptimizerClass<any> = classOf(own);
    assert.equal(classes[own.title].defaults, made.defaults, own.title);
    assert.is(classes[own.title].about, made.about);
    const rules = [classes[own.title].rule({}), made.rule({})];
    for (const t of [1, 2, 10, 999]) {
      const [theirs, ours] = rules.map(({ bounds, schedule, beta1, beta2 }) =>
        [...bounds(t), schedule?.(t) ?? 1, beta1, beta2].map((v) => (typeof v === 'function' ? v(t) : v)),
      );
      assert.equal(theirs, ours, `${own.title}, step ${t}`);
    }
    const [theirs, ours] = rules.map(({ beta1: _, beta2: __, bounds: ___, schedule: ____, adjust, ...rest }) => ({
      ...rest,
      adjust: adjust?.({ b1: 0.5, k: 0.25 }),
    }));
    assert.equal(JSON.stringify(theirs), JSON.stringify(ours), own.title);
  }
});

test('the written declarations pass the optimizer suite: same bits when resumed, explained steps, wrong arguments, backends that compute later, laws', async () => {
  // The suite with these rules added to the registry. Of its tests only those about each or every optimizer run.
  const suited = all.filter(({ title }) => /SqrtClosing|WarmSGD|Odd/.test(title));
  const titles = suited.map(({ title }) => title).join('|');
  const suite: Plugin = {
    name: 'suite',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^boundgrad$/ }, () => ({ path: resolve('optim/checked.ts') }));
      onLoad({ filter: /rules.registry\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const own = suited.map(({ title }) => `${title.toLowerCase()}: ${title}`).join(', ');
        const contents = text.replace(/^};/m, `${own} };`);
        assert.not.equal(contents, text);
        return { contents: `${imports}\n${contents}`, loader: 'ts' };
      });
      // The law of bounds holds for rules without a schedule of their own.
      onLoad({ filter: /laws\.test\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replace(
          '!Class.declaration.own &&',
          '!Class.rule({}).schedule && !Class.declaration.own &&',
        );
        assert.not.equal(contents, text);
        return { contents, loader: 'ts' };
      });
      onLoad({ filter: /tests.spec\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const wanted = `/^(${titles}):|every optimizer lowers|every rule of the bounded step takes bounds|no optimizer draws random|for every optimizer/`;
        const contents = text.replace('    left++;', `    if (!${wanted}.test(sentence)) return;\n    left++;`);
        assert.not.equal(contents, text);
        return { contents, loader: 'ts' };
      });
    },
  };
  const files = ['optimizer', 'laws', 'explain', 'arguments', 'backends'].map((name) => `tests/optim/${name}.test.ts`);
  writeFileSync(join(folder, 'suite.ts'), files.map((file) => `import '${resolve(file)}';`).join('\n'));
  await build({ ...options, entryPoints: [join(folder, 'suite.ts')], plugins: [suite], ignoreAnnotations: true });
  let printed = '';
  try {
    printed = execFileSync(process.execPath, [join(folder, 'suite.mjs')], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    assert.unreachable(String((error as { stdout: unknown }).stdout));
  }
  const count = (word: string) =>
    [...printed.matchAll(new RegExp(`${word}:\\s+(\\d+)`, 'g'))].reduce((sum, [, n]) => sum + Number(n), 0);
  // For each rule: resumed, explained, wrong arguments, scopes, backends that compute later.
  assert.ok(count('Passed') >= 5 * suited.length + 4, printed);
  assert.is(count('Total'), count('Passed'), printed);
});

test('a custom rule runs in every room: on a surface, as one step, in a net, in a theorem; room `rule` needs one and adds the values of its formulas', async () => {
  const valueIn = async (fragment: string) => {
    const named = await runState(read(fragment));
    return (name: string) => named.find((each) => each.name === name)?.value ?? Number.NaN;
  };
  assert.is((await valueIn('#steps=30&rule=adam&rule=own,lr:0.05'))('2.own.steps'), 30);
  // lo = 0.1 (1 - 1/(0.05 sqrt(25) + 1))
  const step = await valueIn('#room=step&steps=30&rule=own,lr:0.1&of=x,1&at=25');
  assert.ok(Math.abs(step('lo') - 0.02) < 1e-15, `${step('lo')}`);
  const net = await valueIn('#room=funnel&data=moons&steps=4&batch=20&rule=own&own=Mine,top:0.001&own.hi=top');
  assert.equal([net('steps'), net('lo'), net('hi'), net('free')], [4, 0, 0.001, 0]);
  const theorem = await valueIn('#room=theorems&steps=100&rule=own&rule=adabound');
  assert.ok(theorem('1.own.x') < 0 && theorem('1.own.x') !== theorem('2.adabound.x'));
  const rule = await valueIn('#room=rule&steps=30&at=16');
  assert.equal(['lo', 'hi', 'beta1', 'beta2', 'schedule'].map(rule), [
    0.1 * (1 - 1 / (0.05 * 4 + 1)),
    0.1 * (1 + 1 / (0.05 * 4)),
    0.9,
    0.999,
    1,
  ]);
  assert.throws(() => read('#room=rule&rule=adam'), /rule: room rule runs a rule of your own; add rule=own/);
});

test('a declaration is never ignored: by default room `rule` runs it as the first rule; an address in which no rule uses it is refused', () => {
  const state = read('#room=rule&own=Mine,lr:0.1&own.hi=1/t');
  assert.equal(
    state.rules.map(({ key, own }) => own?.title ?? key),
    ['Mine', 'adabound', 'adam'],
  );
  assert.equal(read(writeFragment(state)), state);
  for (const fragment of ['#own=X', '#room=nets&own=X', '#room=rule&rule=adam&own=X'])
    assert.throws(() => read(fragment), /own: no rule is X; add rule=own/);
});
