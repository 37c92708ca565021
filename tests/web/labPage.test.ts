import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import * as boundgrad from '../../index.js';
import { servePage } from '../../node/servePage.js';
import { readFragment } from '../../web/core/fragment.js';
import { presets } from '../../web/core/presets.js';
import { runState } from '../../web/core/run.js';
import { catalogOf, type SurfaceState } from '../../web/core/state.js';
import { boundgradHere, temporary } from '../cli/command.js';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';
import { printedBy } from './printed.js';

const { optimizers } = boundgrad;
const test = subject('The lab: its command and its page');
const catalog = catalogOf(optimizers);
const read = (fragment: string) => readFragment(fragment, catalog).state as SurfaceState;
const images = () => boundgrad.fashionMnistSample();

test('`boundgrad lab --state` prints the numbers of a state, with the bits of the core; `--json` prints one object', async () => {
  for (const { fragment, question } of [{ fragment: '#steps=30', question: 'no question' }, ...presets.slice(0, 1)]) {
    const { stdout, code } = await boundgradHere(['lab', '--state', fragment, '--json']);
    assert.is(code, 0, question);
    const { format, state, names, numbers } = JSON.parse(stdout);
    assert.is(format, 1);
    const named = await runState(read(fragment));
    assert.equal(
      numbers,
      named.map(({ value }) => value),
    );
    assert.equal(
      names,
      named.map(({ name }) => name),
    );
    assert.equal(read(state), read(fragment));
  }
  const { stdout } = await boundgradHere(['lab', '--state', '#steps=3&rule=sgdm']);
  assert.match(stdout, /1\.sgdm\.loss +\d/);
});

test('the program of a state uses only the public library and prints the state’s numbers: noise, schedules, powers, a box, divergence', async () => {
  const schedules = ['drop', 'cosine', 'warmup', 'onecycle', 'sqrt'].map((name) => `rule=adabound,schedule:${name}`);
  const states = [
    ...presets.filter(({ question }) => /finalLr|wrong way/.test(question)).map(({ fragment }) => fragment),
    `#problem=own&steps=25&seed=7&noise=1&formula=(x-y)^3/50%2B(x%2B1)^6/90-2^-(x/9)%2Bpi*y^(1%2B1)%2B(pi^3)^7/sqrt(2)&${schedules.join('&')}`,
    '#problem=own&steps=3&formula=-sin(3)%0A%2Be&rule=sgdm,nesterov:true,momentum:0.5&rule=adam,form:paper',
    '#problem=own&steps=9&formula=x*y%2By^2&rule=own,lr:0.2&rule=adam&own=Mine,slow:3&own.lo=1/(slow%2Bt)&own.second=max',
    '#problem=own&steps=9&formula=x^4-x^7&start=3,1&rule=sgdm,lr:1',
    '#problem=own&steps=9&formula=sqrt(x)-y&start=0,1&rule=sgdm',
  ].map(read);
  // The programs of nets choose the wasm backend.
  const fragments = [
    '#room=funnel&data=moons&steps=9&seed=3&batch=150&rule=adabound,gamma:0.05,schedule:drop&at=4&of=1.weight,2',
    '#room=funnel&steps=2&batch=8&rule=sgdm',
  ];
  // The programs of a race print three numbers for each rule.
  const raced = [
    '#room=nets&data=moons&steps=9&batch=150&rule=adabound&rule=muon&rule=schedulefreeadamw,lr:0.01&change=4,1,lr:0.01&change=5,2,schedule:cosine&change=7,1,finalLr:0.5',
    '#room=nets&data=fashion&steps=2&batch=8&seed=5&rule=adam&rule=sgdm',
    '#room=nets&data=fashion&net=resnet8&steps=2&batch=4&rule=adam',
  ];
  const nets = (fastBackend === 'wasm' ? fragments : []).map((fragment) => readFragment(fragment, catalog).state);
  const races = (fastBackend === 'wasm' ? raced : []).map((fragment) => readFragment(fragment, catalog).state);
  const printed = await printedBy([...states, ...nets, ...races], catalog);
  const expected: string[] = [];
  for (const state of states) {
    const values = (await runState(state)).map(({ value }) => value);
    state.rules.forEach(({ key }, i) => {
      const [x, y, loss, steps] = values.slice(4 * i);
      expected.push(`${i + 1}.${key}: x ${x}, y ${y}, loss ${loss}, steps ${steps}`);
    });
  }
  assert.match(expected.at(-2)!, /steps [0-8]$/, 'it diverges');
  assert.match(expected.at(-1)!, /steps 0$/, 'its gradient is not finite');
  for (const state of nets)
    expected.push(...(await runState(state, images)).map(({ name, value }) => `${name} ${value}`));
  // The programs do not evaluate the test samples.
  const untested = async () => {
    const { train, test } = await images();
    return { train, test: boundgrad.subset(test, Int32Array.of(0)) };
  };
  for (const state of races) {
    const values = (await runState(state, untested)).map(({ value }) => value);
    state.rules.forEach(({ key }, i) => {
      const [steps, loss, sum] = values.slice(3 * i);
      expected.push(`${i + 1}.${key}: steps ${steps}, loss ${loss}, sum ${sum}`);
    });
  }
  assert.equal(printed, expected);
  for (const { title } of Object.values(optimizers)) assert.ok(title in boundgrad, title);
});

test('every preset is a question with two sentences that say why; the runs of two presets show what their sentences say', async () => {
  for (const { question, fragment, why } of presets) {
    assert.match(question, /\?$/);
    assert.is(why.split(/[.:] /).length >= 2 && why.endsWith('.'), true, question);
    assert.ok(read(fragment).rules.length <= 6);
  }
  const named = async (question: string) =>
    Object.fromEntries(
      (await runState(read(presets.find((p) => p.question === question)!.fragment))).map(({ name, value }) => [
        name,
        value,
      ]),
    );
  const wrongWay = await named('When does Adam go the wrong way?');
  assert.is(wrongWay['1.adam.x'], 1);
  assert.ok(wrongWay['2.amsgrad.x'] < -0.9);
  assert.is(wrongWay['4.sgdm.x'], -1);
  const zero = await named('Can a step divide by zero?');
  for (const rule of ['1.adam', '2.adabound', '3.sgdm']) assert.is(zero[`${rule}.y`], 0);
});

test('the command refuses in one line what it cannot do', async () => {
  const folder = temporary();
  writeFileSync(join(folder, 'file'), '');
  const refused: [words: string[], line: RegExp][] = [
    [['--state', '#rule=adamm'], /--state: rule: unknown: 'adamm'/],
    [['--state', '#rule=adam,eps:-1'], /--state: Adam: eps must be a finite number of at least 0: -1/],
    [['--state', '#', '--out', 'x'], /--state: not with --out/],
    [['--json'], /--json: --state is missing/],
    [['--port', '70000'], /--port: must be at most 65535: '70000'/],
    [['--open', '--state', '#'], /--open: nothing is served/],
    [['--port', '1', '--out', 'x'], /--port: nothing is served/],
    [['--no-images', '--state', '#'], /--no-images: no page is made with --state/],
    [
      ['--out', join(folder, 'file', 'lab.html')],
      /--out: cannot write to '.*lab\.html': a part of the path is not a folder/,
    ],
  ];
  for (const [words, line] of refused) {
    const { code, stderr, stdout } = await boundgradHere(['lab', ...words]);
    assert.is(code, 2, words.join(' '));
    assert.match(stderr, line);
    assert.is(stderr.trim().split('\n').length, 1);
    assert.is(stdout, '');
  }
});

test('`boundgrad lab --out` writes one file with its own strict policy: under 3.3 MB, or 0.9 without the images; its script holds no training code', async () => {
  const file = join(temporary(), 'lab.html');
  assert.is((await boundgradHere(['lab', '--out', file])).code, 0);
  const whole = readFileSync(file, 'utf8');
  const [, images] = /<script id="images" type="text\/plain">([^<]*)</.exec(whole)!;
  assert.equal(Buffer.from(images, 'base64'), readFileSync('datasets/data/fashion.gz'));
  assert.is((await boundgradHere(['lab', '--no-images', '--out', file])).code, 0);
  const page = readFileSync(file, 'utf8');
  assert.not.match(page, /id="images"/);
  const other = join(temporary(), 'notes.txt');
  writeFileSync(other, 'mine');
  const refused = await boundgradHere(['lab', '--out', other]);
  assert.match(
    refused.stderr,
    /--out: cannot write to '.*notes.txt': boundgrad did not write this file; move it elsewhere/,
  );
  assert.equal([refused.code, readFileSync(other, 'utf8')], [2, 'mine']);
  const sizes = [whole, page].map((text) => Buffer.byteLength(text));
  console.log(`the lab: ${sizes.map((size) => (size / 1000).toFixed(0)).join(' kB, without the images ')} kB`);
  assert.ok(sizes[0] < 3_300_000 && sizes[1] > 100_000 && sizes[1] < 900_000, `${sizes}`);
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1].replaceAll('&#39;', "'");
  assert.match(
    policy,
    /^default-src 'none'; script-src 'sha256-\S+' 'wasm-unsafe-eval'; style-src 'sha256-\S+'; worker-src blob:/,
  );
  assert.not.match(policy, /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)/);
  const { metafile } = await build({
    entryPoints: ['web/view/main.tsx'],
    bundle: true,
    format: 'iife',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    external: ['*?text'],
    loader: { '.gz': 'binary', '.wasm': 'binary' },
    write: false,
    metafile: true,
    logLevel: 'silent',
    outdir: 'out',
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const held = Object.entries(inputs).flatMap(([name, { bytesInOutput }]) => (bytesInOutput > 0 ? [name] : []));
  assert.ok(held.includes('web/view/state.ts'));
  const library = held.filter((name) => /^(core|nn|optim|models|datasets|fit|theory|node|cli)\//.test(name));
  assert.equal(
    library.filter((name) => !/^core\/(errors|index|version)\.ts$/.test(name)),
    [],
  );
});

// Tests run only when the process has nothing else to do, and an open server would keep it busy. So the page is asked for here.
const onPort80 = await servePage('<p>page</p>', 80)
  .then(({ address, close }) => fetch(address).finally(close))
  .then(
    (answer) => answer.text(),
    () => null,
  );
const sentence = 'the page can be loaded from port 80, whose number browsers do not send';
if (onPort80 === null) test.skip(sentence, 'port 80 cannot be used here');
else test(sentence, () => assert.is(onPort80, '<p>page</p>'));

test('`boundgrad lab --out` makes the folder of its file', async () => {
  const path = join(temporary(), 'new', 'folder', 'lab.html');
  const { code, stderr } = await boundgradHere(['lab', '--no-images', '--out', path]);
  assert.is(code, 0, stderr);
  assert.match(readFileSync(path, 'utf8'), /^<!doctype html>/);
});

test('only this machine can load the page, which is isolated, and nothing else is served', async () => {
  const { address, close } = await servePage('<p>page</p>', 0);
  const { port } = new URL(address);
  const ask = (path: string, host = `127.0.0.1:${port}`, method = 'GET') =>
    new Promise<{ code: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, headers: { host } }, (answer) => {
        let body = '';
        answer.on('data', (piece) => (body += piece));
        answer.on('end', () => resolve({ code: answer.statusCode!, headers: answer.headers, body }));
      });
      asked.on('error', reject).end();
    });
  try {
    const page = await ask('/');
    assert.is(page.body, '<p>page</p>');
    assert.is(page.headers['cross-origin-opener-policy'], 'same-origin');
    assert.is(page.headers['cross-origin-embedder-policy'], 'require-corp');
    assert.is((await ask('/?q', `localhost:${port}`)).code, 200);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`]) {
      const { code, body } = await ask('/', host);
      assert.is(code, 403, host);
      assert.not.match(body, /page/);
    }
    assert.is((await ask('/etc/passwd')).code, 404);
    assert.is((await ask('/', undefined, 'POST')).code, 405);
  } finally {
    close();
  }
});
