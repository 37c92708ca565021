import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optimizerKeys } from '../../cli/options/hyperparameters.js';
import { csvOf } from '../../reports/charts/csv.js';
import { placed } from '../../reports/charts/download.js';
import { spread } from '../../reports/charts/labels.js';
import { powersBetween, tick } from '../../reports/charts/logAxis.js';
import { colour } from '../../reports/charts/palette.js';
import { smoothed } from '../../reports/charts/smooth.js';
import { kebab, percent } from '../../reports/format.js';
import { escape, html } from '../../reports/html/html.js';
import { reportPage } from '../../reports/run/page.js';
import { boundgradHere, readRun, temporary, tiny } from '../cli/command.js';
import { assert, subject } from '../spec.js';

const test = subject('Report');
const keys = ['sgdm', 'adabound'];
const folder = temporary();
await boundgradHere(['compare', ...tiny(), '--optim', keys.join(), '--seed', '5', '--out', folder]);
const runs = keys.map((key) => readRun(folder, key));
const page = readFileSync(join(folder, 'report.html'), 'utf8');

/** The records in a page. */
function embedded(text: string): unknown {
  return JSON.parse(/<script type="application\/json" id="runs">(.*?)<\/script>/s.exec(text)![1]);
}

test('contains the records of the run as the .jsonl files have them', () => {
  assert.equal(embedded(page), runs);
});

test('loads nothing: no address, no link, no import, and a policy that would forbid it', () => {
  // A licence comment may name its project's address, which the page does not load.
  // Downloads are made from what the page contains.
  const text = page.replace(/\/\*!.*?\*\//gs, '').replace(/(create|revoke)ObjectURL\(/g, '');
  assert.not.match(text, /https?:|\/\/[a-z]+\.[a-z]|<link|<img|<iframe|@import|url\(| src=| href=/i);
  assert.match(text, `<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;`);
});

test('shows the exact command, the seed, the device and every hyper-parameter', () => {
  const { command, device, hyper } = runs[1].run;
  const shown = /<code class="command">(.*?)<\/code>/.exec(page)![1];
  assert.is(shown.replace(/<\/?span.*?>/g, ''), escape(command));
  assert.match(shown, '<span class="option">--');
  assert.match(page, /<dt>Seed<\/dt><dd>5<\/dd>/);
  assert.match(page, escape(device.cpu));
  for (const name of Object.keys(hyper)) assert.match(page, new RegExp(`${kebab(name)} \\S`));
});

test('on a narrow page no line begins with a semicolon, and a name is not torn at its hyphens', () => {
  assert.match(page, '<span class="one">gamma 0.001</span></dd>');
  assert.match(page, '<span class="one">final-lr 0.1;</span> ');
  assert.not.match(page, '</span>;');
  const { run } = runs[0];
  const named = reportPage([{ ...runs[0], run: { ...run, data: { ...run.data, name: 'fashion-mnist-sample' } } }]);
  assert.match(named, '<h1>mlp on <span class="one">fashion-mnist-sample:</span> SGDM</h1>');
  assert.match(named, '<title>mlp on fashion-mnist-sample: SGDM</title>');
});

test('describes the inputs of a table as numbers, without the parts that only pictures and classes have', () => {
  const withData = (part: object) => {
    const { run } = runs[0];
    return reportPage([{ ...runs[0], run: { ...run, data: { ...run.data, ...part } } }]).replace(/<script.*/s, '');
  };
  const picture = withData({ shape: [3, 32, 32] });
  assert.match(picture, ', inputs of 3 × 32 × 32</dd>');
  assert.match(picture, 'label smoothing 0, augmentation none');
  assert.match(picture, 'conv2d by');
  const row = withData({ shape: [10], classes: 0 });
  assert.match(row, /, values to predict, 10 inputs<\/dd>/);
  assert.not.match(row, /label smoothing|augmentation|conv2d by/);
});

test('has every number of every epoch in its tables, so that it can be read without the plots', () => {
  const body = page.slice(page.indexOf('<body>'), page.indexOf('<script'));
  for (const { epochs } of runs) {
    for (const e of epochs) {
      for (const cell of [
        e.loss.toFixed(4),
        e.testLoss!.toFixed(4),
        percent(e.testAccuracy!),
        percent(e.trainAccuracy!),
        String(Number(e.lr!.toPrecision(4))),
        String(Number(e.gradNorm!.toPrecision(4))),
      ]) {
        assert.match(body, `<td>${cell}</td>`);
      }
    }
  }
  for (const { name } of runs[0].run.layers) assert.match(body, `<th scope="row">${name}</th>`);
});

test('draws the learning rate and the norm of the gradients, if records have them, and names the options that change steps', () => {
  for (const id of ['lr', 'grad-norm']) assert.match(page, `id="${id}"`);
  const before = runs.map((run) => ({
    ...run,
    epochs: run.epochs.map(({ lr: _, gradNorm: __, ...epoch }) => epoch),
  }));
  assert.not.match(reportPage(before), 'id="grad-norm"');
  const own = { accumulate: 2, clipNorm: 0.5, reduceOnPlateau: { patience: 3, factor: 0.1 }, keepBest: true };
  const text = reportPage([{ ...runs[0], run: { ...runs[0].run, ...own, average: 'swa' } }]);
  const said = 'steps on 2 batches, gradients clipped to a norm of 0.5, lr times 0.1 after 3 epochs';
  assert.match(text, said);
  assert.match(text, 'weights averaged (swa), the weights of the best epoch saved');
  const brief = { reduceOnPlateau: { patience: 1, factor: 0.1 }, earlyStopping: 1 };
  const once = reportPage([{ ...runs[0], run: { ...runs[0].run, ...brief } }]);
  assert.match(once, 'lr times 0.1 after 1 epoch without a lower test loss, ended after 1 epoch without');
});

test('a list of three hyper-parameters has a space after each comma', () => {
  const { run } = runs[0];
  const text = reportPage([{ ...runs[0], run: { ...run, hyper: { ...run.hyper, betas: [0.9, 0.99, 0.999] } } }]);
  assert.match(text, 'betas 0.9, 0.99, 0.999<');
});

test('a run of one epoch has bars from 0 with their values instead of plots of one point; several seeds also have their range', () => {
  const first = runs.map((r) => ({ ...r, epochs: r.epochs.slice(0, 1) }));
  const text = reportPage(first);
  for (const id of ['test-score', 'test-loss', 'training-loss', 'train-accuracy'])
    assert.ok(page.includes(`id="${id}"`) && !text.includes(`id="${id}"`), id);
  assert.ok(text.includes('id="step-loss"'), 'a curve of several steps is drawn');
  const barsOf = (html: string, title: string) => {
    const [, list] = new RegExp(
      `<figcaption>${title}, after epoch 1</figcaption><ul class="bars">(.*?)</ul>`,
      's',
    ).exec(html)!;
    return [...list.matchAll(/<span>([^<]*)<\/span>.*?width: ([\d.]+)%.*?<b>([^<]*)<\/b>([^<]*)</gs)].map((m) =>
      m.slice(1),
    );
  };
  const accuracies = first.map(({ epochs: [e] }) => e.testAccuracy!);
  assert.equal(
    barsOf(text, 'Test accuracy'),
    accuracies.map((a, i) => [first[i].run.title, (100 * a).toFixed(1), percent(a), '']),
  );
  // The longest bar of a loss is the largest loss.
  assert.is(Math.max(...barsOf(text, 'Test loss').map(([, width]) => Number(width))), 100);
  const other = {
    ...first[0],
    run: { ...first[0].run, seed: 6 },
    epochs: [{ ...first[0].epochs[0], testAccuracy: 0 }],
  };
  const [[, , mean, range]] = barsOf(reportPage([...first, other]), 'Test accuracy');
  assert.equal([mean, range], [percent(accuracies[0] / 2), ` (${percent(0)} to ${percent(accuracies[0])})`]);
});

test('mentions neither bounds nor their source if no rule of the run has bounds', () => {
  const [sgdm, adabound] = runs;
  // Adam has no bounds: lo is 0, hi null.
  const free = sgdm.epochs.map((e) => ({ ...e, rates: e.rates.map((r) => ({ ...r, lo: 0, hi: null })) }));
  const adam = { ...sgdm, run: { ...sgdm.run, optimizer: 'adam', title: 'Adam' }, epochs: free };
  const bodyOf = (some: typeof runs) => {
    const text = reportPage(some);
    return text.slice(text.indexOf('<body>'), text.indexOf('<script'));
  };
  const bounds = /lo\(|hi\(|<th scope="col">lo|ounds|clip\(|AdaBound|floor|Raw|raw:|id="share"/;
  for (const some of [[sgdm], [adam], [sgdm, adam]]) {
    const body = bodyOf(some);
    assert.not.match(body, bounds);
    assert.match(body, 'id="funnel"');
    assert.match(body, 'Rates of the weights');
  }
  for (const some of [[adabound], runs]) assert.match(bodyOf(some), /Rates between their bounds.*id="share".*Luo/s);
});

test('names are escaped: markup and the end of a script stay text', () => {
  const name = '</script><script>alert(1)</script>&<!--"\'\u2028';
  const [sgdm] = runs;
  const nasty = { ...sgdm, run: { ...sgdm.run, command: name, model: name, data: { ...sgdm.run.data, name } } };
  const text = reportPage([nasty]);
  assert.equal(embedded(text), [nasty]);
  assert.is(text.match(/<\/script/g)!.length, page.match(/<\/script/g)!.length);
  assert.not.match(text, 'script>alert');
  assert.match(text, '&lt;/script&gt;&lt;script&gt;alert(1)');
});

test('a run that ended before its first epoch has its row and its reason, and no plot of rates', () => {
  const end = { ...runs[0].end, outcome: 'diverged' as const, note: 'the loss is NaN after step 3 of 26' };
  const text = reportPage([{ ...runs[0], epochs: [], end }]);
  assert.match(text, 'diverged: the loss is NaN after step 3 of 26');
  assert.not.match(text, 'id="funnel"');
  assert.not.match(text.slice(text.indexOf('<body>'), text.indexOf('<script')), /NaN %|Infinity|undefined/);
});

test('html escapes values, joins lists, and omits false, null and undefined', () => {
  assert.is(
    html`<p>${'<i>'}${[html`<b>${1}</b>`, 'x & y']}${false}${null}${undefined}</p>`.text,
    '<p>&lt;i&gt;<b>1</b>x &amp; y</p>',
  );
  assert.is(html`${'a\u001b[31m\u009b\u202e\tb\nc'}`.text, 'a\\u001b[31m\\u009b\\u202e\tb\nc');
});

test('labels keep their order and their distance, stay inside, and move only if they must', () => {
  assert.equal(spread([10, 50, 90], 15, 0, 100), [10, 50, 90]);
  assert.equal(spread([50, 50], 10, 0, 100), [45, 55]);
  assert.equal(spread([100, 99, 98], 10, 0, 100), [100, 90, 80]);
  assert.equal(spread([1, 2, 60], 20, 0, 100), [0, 20, 60]);
  const crowded = spread([3, 50, 51, 52, 90, 54], 10, 0, 100);
  const sorted = [...crowded].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) assert.ok(sorted[i] - sorted[i - 1] >= 10 - 1e-9, crowded.join());
  assert.ok(sorted[0] >= 0 && sorted.at(-1)! <= 100, crowded.join());
  assert.ok(crowded[1] < crowded[2] && crowded[3] < crowded[5], crowded.join());
});

test('every optimizer has its own colour, readable as text on light and on dark', () => {
  const papers = [...page.matchAll(/--paper: ?(#[0-9a-f]{6})/g)].map(([, c]) => c);
  assert.is(papers.length, 2);
  // Ten hues for optimizers that are not in the list, and the neutral colour.
  const later = Array.from('abcdefghij', (c) => `${c}bound`);
  const chosen = [...optimizerKeys, ...later, ''].map(colour);
  for (const i of [0, 1]) {
    assert.is(new Set(chosen.map((pair) => pair[i])).size, chosen.length);
    // 4.5: WCAG 2.2, success criterion 1.4.3, for text of any size.
    for (const pair of chosen) assert.ok(contrast(pair[i], papers[i]) >= 4.5, `${pair[i]} on ${papers[i]}`);
  }
});

test('in maps whose scale begins at 0, each shade contrasts more with the page than the one before, and the numbers are readable, on light and on dark', () => {
  const papers = [...page.matchAll(/--paper: ?(#[0-9a-f]{6})/g)].map(([, c]) => c);
  const blocks = [...page.matchAll(/\.from-nothing ?\{([^}]+)\}/g)].map(([, text]) => text.match(/#[0-9a-f]{6}/g)!);
  assert.is(blocks.length, 2);
  blocks.forEach((shades, i) => {
    assert.is(shades.length, 9);
    const distances = shades.map((shade) => contrast(shade, papers[i]));
    distances.forEach((d, k) => assert.ok(d > (distances[k - 1] ?? 1), `${shades[k]} on ${papers[i]}`));
    // Light: black numbers on the five pale shades, white on the others; dark: the other way round.
    const inks = i === 0 ? ['#000000', '#ffffff'] : ['#ffffff', '#000000'];
    shades.forEach((shade, k) => assert.ok(contrast(shade, inks[k < 5 ? 0 : 1]) >= 4.5, shade));
  });
});

/** WCAG's contrast of two colours #rrggbb. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const [r, g, blue] = [1, 3, 5].map((at) => {
      const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test('smoothing fits lines: a straight line stays straight up to its ends, a peak is spread to both sides, 0 changes nothing, a missing value is skipped', () => {
  assert.equal(smoothed([3, null, 1], 0), [3, null, 1]);
  const line = smoothed([1, 2, null, 3, 4, 5], 0.9);
  [1, 2, null, 3, 4, 5].forEach((v, i) => assert.ok(v === null ? line[i] === null : Math.abs(line[i]! - v) < 1e-12));
  // Weights 0.5, 1, 0.5 at the peak; 1, 0.5, 0.25 at the ends: (1.5 * 1.5 - 1 * 1.5) / (1.75 * 1.5 - 1).
  const [first, peak, last] = smoothed([0, 3, 0], 0.5) as number[];
  assert.is(peak, 1.5);
  for (const end of [first, last]) assert.ok(Math.abs(end - 0.75 / 1.625) < 1e-12);
});

test('the legend of a picture continues in a new line if the next name would not fit', () => {
  const keys = ['aa', 'bbbb', 'c', 'ddddddddd'].map((text) => ({ text, colour: 'red' }));
  assert.equal(
    placed(keys, (text) => text.length, 8, 1).map(({ x, line }) => [x, line]),
    [
      [0, 0],
      [3, 0],
      [0, 1],
      [0, 2],
    ],
  );
});

test('CSV quotes cells that need it, and a formula for a spreadsheet stays text', () => {
  assert.is(csvOf([['a', 'b,"c"\n', null, 0.5]]), 'a,"b,""c""\n",,0.5\r\n');
  for (const text of ['=1+1', '+1+1', '-1-1', '-x', '--1', '-1\n=1', '- 1', '@x', '@1', ' =1', ' -1', '\t=1', '=1'])
    assert.match(csvOf([[text]]), /^"?'/);
  const safe = [-1, '-1', '+1', '-0.5', '-1e-7', '+', '-'];
  assert.is(csvOf([safe]), `${safe.join()}\r\n`);
});

test('a logarithmic axis has at most eight labels, and at least one even if it covers less than a power of ten', () => {
  for (const [low, high] of [
    [1e-16, 1e12],
    [1, 1e8],
    [0.2, 0.7],
    [30, 60],
    [1e-5, 1e-3],
  ]) {
    const found = powersBetween(low, high);
    assert.ok(found.length >= 1 && found.length <= 8, `${low} to ${high}: ${found}`);
    assert.ok(found.every((v) => v >= low * 0.999 && v <= high * 1.001));
  }
  assert.equal([1e-5, 2e-5, 0.2, 5, 1000, 2e6].map(tick), ['10⁻⁵', '2·10⁻⁵', '0.2', '5', '1000', '2·10⁶']);
});
