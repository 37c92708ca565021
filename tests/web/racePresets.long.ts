// The answers to the questions of room `nets`, checked on whole runs, which take half a minute.
import { fashionMnistSample, noGrad, optimizers, scope, type Tensor } from '../../index.js';
import { readFragment } from '../../web/core/fragment.js';
import { lossOf, Race } from '../../web/core/race.js';
import { racePresets } from '../../web/core/racePresets.js';
import { sliceOf } from '../../web/core/slice.js';
import { catalogOf, type RaceState } from '../../web/core/state.js';
import { withNetBackend } from '../../web/core/training.js';
import { assert, subject } from '../spec.js';

const test = subject('The questions of the lab’s nets');
const catalog = catalogOf(optimizers);

/** For each rule of a question: the loss and the score on the test samples at the last mark up to a step, and the losses of its batches. */
async function answered(question: RegExp, change = (fragment: string) => fragment) {
  const { fragment } = racePresets.find((preset) => question.test(preset.question))!;
  const state = readFragment(change(fragment), catalog).state as RaceState;
  return withNetBackend(async () => {
    const race = await Race.of(state, fashionMnistSample);
    while (!race.isDone) await race.advance();
    const { marks, racers } = race;
    const at = (rule: number, step: number) => marks.filter((mark) => mark.step <= step).at(-1)!.rules[rule]!;
    race.dispose();
    return { at, losses: racers.map(({ losses }) => losses) };
  });
}
const near = (value: number, wanted: number, by: number) =>
  assert.ok(Math.abs(value - wanted) <= by, `${value}, not ${wanted}`);

test('spirals: Adam and AdaBound learn them by step 200, SGDM later, and Adam has the best score at the end', async () => {
  const { at } = await answered(/spirals/);
  for (const rule of [1, 2]) near(at(rule, 200).score, 0.81, 0.02);
  assert.ok(at(0, 200).score < 0.58);
  near(at(1, 400).score, 0.97, 0.005);
  assert.ok(at(2, 400).score < 0.9 && at(0, 400).score < 0.9);
});

test('tiny batches: finalLr 1 ends with more than ten times the loss of finalLr 0.1; with batches of 100 it has every point right', async () => {
  const tiny = await answered(/tiny/);
  assert.ok(tiny.at(3, 600).loss > 10 * tiny.at(2, 600).loss);
  const large = await answered(/tiny/, (fragment) => fragment.replace('batch=2', 'batch=100'));
  assert.equal(
    [0, 1, 2, 3].map((rule) => large.at(rule, 600).score === 1),
    [false, false, false, true],
  );
});

test('a lower finalLr: the same net up to step 299, then steady at 89 %, and ten points better', async () => {
  const { at, losses } = await answered(/lowered/);
  assert.equal(losses[0].slice(0, 300), losses[1].slice(0, 300));
  assert.not.equal(losses[0][300], losses[1][300]);
  for (const step of [480, 540, 600]) near(at(1, step).score, 0.89, 0.01);
  near(at(1, 600).score - at(0, 600).score, 0.1, 0.015);
});

test('a user’s bound: 14 points behind AdaBound at step 30, equal from step 120 on', async () => {
  const { at } = await answered(/custom bound/);
  near(at(1, 30).score - at(2, 30).score, 0.14, 0.01);
  for (const step of [120, 200]) near(at(1, step).score, at(2, step).score, 0.02);
});

test('a text by heart: on the held-out pages the losses of SGDM and Adam rise after step 160, and AdaBound’s falls', async () => {
  const { at, losses } = await answered(/by heart/);
  const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  for (const rule of [0, 1]) {
    assert.ok(at(rule, 300).loss > at(rule, 160).loss + 0.2);
    assert.ok(mean(losses[rule].slice(280)) < mean(losses[rule].slice(150, 170)) - 0.1);
  }
  assert.ok(at(2, 300).loss < at(2, 240).loss && at(2, 240).loss < at(2, 160).loss);
});

test('ResNet-8: where a rule ends, the slice has the loss of its net on the same samples, and within 100 steps the test accuracy passes 60 %', async () => {
  await withNetBackend(async () => {
    const state = readFragment('#room=nets&data=fashion&net=resnet8&steps=100&batch=32&rule=adam,lr:0.003', catalog);
    const race = await Race.of(state.state as RaceState, fashionMnistSample);
    while (!race.isDone) await race.advance();
    // Running averages lag behind the weights, so test scores scatter.
    const best = Math.max(...race.marks.map(({ rules }) => rules[0]!.score));
    assert.ok(best > 0.6, String(best));
    const { trajectories } = (await sliceOf(race, 'ends'))!;
    const { model } = race.racers[0].training;
    let [sum, count] = [0, 0];
    for (const [x, y] of race.task.sliced)
      scope(() =>
        noGrad(() => {
          sum += lossOf(race.task, model.forward(x) as Tensor, y) * x.shape[0];
          count += x.shape[0];
        }),
      );
    near(trajectories[0].loss, sum / count, 1e-6);
    race.dispose();
  });
});
