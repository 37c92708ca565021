// What a run records about its trained net, for the pictures of its report.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepLosses } from '../../cli/stepLosses.js';
import { lineRecord } from '../../reports/checks.js';
import { type EndRecord, LOSSES, TESTED } from '../../reports/record.js';
import { reportPage } from '../../reports/run/page.js';
import { fastBackend } from '../fastBackend.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, readRun, temporary } from './command.js';

const test = subject('What a run records about its net');

async function trained(...words: string[]) {
  const folder = temporary();
  const { code, stderr } = await boundgradHere([
    'train',
    '--optim',
    'adam',
    '--threads',
    '1',
    '--backend',
    fastBackend,
    ...words,
    '--out',
    folder,
  ]);
  assert.is(code, 0, stderr);
  return readRun(folder, 'adam');
}

const points = await trained('--data', 'spirals', '--epochs', '3', '--seed', '2');
const images = await trained('--data', 'fashion-mnist-sample', '--model', 'mlp', '--max-steps', '3');

test('confusion, calibration and the last test accuracy agree', () => {
  for (const { end, epochs, run } of [points, images]) {
    const { confusion, calibration, classes } = end.tested!;
    assert.is(classes!.length, run.data.classes);
    const sum = confusion!.flat().reduce((a, b) => a + b, 0);
    assert.is(sum, run.data.test);
    const right = confusion!.reduce((total, row, i) => total + row[i], 0);
    assert.ok(Math.abs(right / sum - epochs.at(-1)!.testAccuracy!) < 1e-9);
    const binned = calibration!.reduce((total, b) => total + b.samples * b.right, 0);
    assert.ok(Math.abs(binned - right) < 1e-4 * sum);
  }
});

test('misclassified images are recorded as bytes, the most confident first; points and the plane only for a net of two inputs', () => {
  const { wrong, plane } = images.end.tested!;
  assert.is(plane, undefined);
  assert.is(wrong!.images.length, TESTED.images);
  assert.equal([wrong!.channels, wrong!.height, wrong!.width], [1, 28, 28]);
  for (const [i, image] of wrong!.images.entries()) {
    assert.is.not(image.truth, image.answer);
    assert.is(Buffer.from(image.pixels, 'base64').length, 28 * 28);
    assert.ok(i === 0 || image.confidence <= wrong!.images[i - 1].confidence);
  }
  const area = points.end.tested!.plane!;
  assert.is(points.end.tested!.wrong, undefined);
  assert.is(area.answers.length, TESTED.cells ** 2);
  for (const [x, y, label] of area.points) {
    assert.ok(area.x[0] < x && x < area.x[1] && area.y[0] < y && y < area.y[1]);
    assert.ok(label === 0 || label === 1);
  }
});

test('predicted values are in the unit of their column', async () => {
  const file = join(temporary(), 'table.csv');
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${1000 + 10 * i}`);
  writeFileSync(file, `a,price\n${rows.join('\n')}\n`);
  const { end } = await trained('--data', `csv:${file}`, '--target', 'price', '--lr', '0.05', '--epochs', '60');
  const [{ name, points }] = end.tested!.values!;
  assert.is(name, 'price');
  assert.is(points.length, 12);
  for (const [truth, value] of points) assert.ok(truth >= 1000 && Math.abs(value - truth) < 120, `${truth}: ${value}`);
});

test('with --private no single sample is recorded', async () => {
  const { end } = await trained('--data', 'spirals', '--epochs', '1', '--private');
  assert.equal(end.tested!.plane!.points, []);
  assert.ok(end.tested!.confusion);
  const pictures = await trained('--data', 'fashion-mnist-sample', '--model', 'mlp', '--max-steps', '3', '--private');
  assert.is(pictures.end.tested!.wrong, undefined);
});

test('a run that diverges records nothing about its net', async () => {
  const folder = temporary();
  await boundgradHere([
    'train',
    '--data',
    'spirals',
    '--optim',
    'sgdm',
    '--lr',
    '1e30',
    '--epochs',
    '2',
    '--backend',
    fastBackend,
    '--out',
    folder,
  ]);
  const run = readRun(folder, 'sgdm');
  assert.is(run.end.outcome, 'diverged');
  assert.is(run.end.tested, undefined);
});

test('a record of an earlier version without these pictures is read and gives a report', () => {
  const { tested: _, ...end } = points.end;
  assert.equal(lineRecord(end, 'record'), end);
  const page = reportPage([{ ...points, end, epochs: points.epochs.map(({ losses: _, ...e }) => e) }]);
  assert.not.match(page, 'id="learned"');
  assert.not.match(page, 'id="step-loss"');
  assert.match(reportPage([points]), 'id="learned"');
  assert.match(reportPage([points]), 'id="step-loss"');
});

test('records that are too large or contradict themselves are refused', () => {
  const put = (of: EndRecord, change: (tested: any) => void) => {
    const end = structuredClone(of);
    change(end.tested);
    return () => lineRecord(end, 'record');
  };
  lineRecord(points.end, 'record');
  lineRecord(images.end, 'record');
  const wrong: [string, () => void][] = [
    ['classes', put(points.end, (t) => (t.classes = Array.from({ length: TESTED.classes + 1 }, String)))],
    ['confusion', put(points.end, (t) => t.confusion.pop())],
    ['confusion', put(points.end, (t) => (t.confusion[0][0] = -1))],
    ['calibration', put(points.end, (t) => t.calibration.pop())],
    ['plane.answers', put(points.end, (t) => (t.plane.answers = t.plane.answers.slice(1)))],
    ['plane', put(points.end, (t) => (t.plane.answers = t.plane.answers.replace(/./, '9')))],
    ['plane', put(points.end, (t) => (t.plane.x = [1, 1]))],
    ['plane.points', put(points.end, (t) => (t.plane.points = Array.from({ length: 201 }, () => [0, 0, 0])))],
    ['plane', put(points.end, (t) => (t.plane.points = [[0, 0, 2]]))],
    ['wrong', put(images.end, (t) => (t.wrong.images[0].answer = 10))],
    ['wrong', put(images.end, (t) => (t.wrong.height = 33))],
    ['wrong', put(images.end, (t) => (t.wrong.channels = 2))],
    ['pixels', put(images.end, (t) => (t.wrong.images[0].pixels = '<script>'))],
    ['wrong', put(images.end, (t) => (t.wrong.images[0].pixels = 'AAAA'))],
    ['images', put(images.end, (t) => t.wrong.images.push(t.wrong.images[0]))],
  ];
  for (const [where, attempt] of wrong)
    assert.throws(attempt, new RegExp(`record\\.tested\\.?.*${where}.*damaged`), where);
});

test('the losses of an epoch are recorded as at most fifty means, whose mean, weighted by their steps, is the mean of all steps', () => {
  for (const steps of [1, 7, 50, 51, 230]) {
    const losses = new StepLosses();
    for (let step = 1; step <= steps; step++) losses.add({ epoch: 1, step, loss: step }, steps);
    const found = losses.take(steps);
    assert.ok(found.length <= LOSSES && found.length >= Math.min(steps, LOSSES / 2), `${steps}: ${found.length}`);
    assert.is(found.at(-1)![0], steps);
    const sum = found.reduce((total, [step, loss], i) => total + (step - (i ? found[i - 1][0] : 0)) * loss, 0);
    assert.ok(Math.abs(sum / steps - (steps + 1) / 2) < 1e-3 * steps, `${steps}`);
  }
  const [whole, resumed] = [new StepLosses(), new StepLosses()];
  for (let step = 1; step <= 130; step++) whole.add({ epoch: 1, step, loss: step }, 230);
  resumed.load(JSON.parse(JSON.stringify(whole.save())), 'saved');
  for (let step = 131; step <= 230; step++)
    for (const one of [whole, resumed]) one.add({ epoch: 1, step, loss: step }, 230);
  assert.equal(resumed.take(230), whole.take(230));
});
