// What evaluate measures, compared with examples computed by hand and with the definitions; and fit's metrics.
import { Random, softmax, type Tensor, tensor } from '../../core/index.js';
import { DataLoader, type Dataset, standardize, tensorDataset } from '../../datasets/index.js';
import { type Classification, evaluate, fit } from '../../fit/index.js';
import { areaUnderRoc } from '../../fit/metrics/auc.js';
import { Identity, Linear, l1, Module, mse } from '../../nn/index.js';
import { SGDM } from '../../optim/index.js';
import { assert, close, subject } from '../spec.js';
import { run, training } from './training.js';

const classes = subject('evaluate, classes');

/** Evaluates logits against labels, in batches of 3. */
async function look(logits: number[][], labels: number[], names?: string[]) {
  const data = tensorDataset(tensor(logits), tensor(labels, { dtype: 'int32' }), {
    classes: names ?? logits[0].map((_, c) => `c${c}`),
  });
  return evaluate(new Identity(), data, { batchSize: 3 });
}

/** Logits whose largest is that of the answer. */
const answer = (...answers: number[]) => answers.map((a) => [0, 1, 2].map((c) => (c === a ? 2 : 0)));

classes('precision, recall and F1 of each class and their means are those of scikit-learn’s example', async () => {
  // scikit-learn's documentation of precision_score, recall_score and f1_score: 0.22.., 0.33.., 0.26.. with average='macro'.
  const found = await look(answer(0, 2, 1, 0, 0, 1), [0, 1, 2, 0, 1, 2]);
  assert.equal(found.confusion, [
    [2, 0, 0],
    [1, 0, 1],
    [0, 2, 0],
  ]);
  const { perClass, precision, recall, f1 } = found.classification!;
  assert.equal(
    perClass.map((c) => [c.name, c.samples, c.precision, c.recall, c.f1]),
    [
      ['c0', 2, 2 / 3, 1, 4 / 5],
      ['c1', 2, 0, 0, 0],
      ['c2', 2, 0, 0, 0],
    ],
  );
  close([precision, recall, f1], [2 / 9, 1 / 3, 4 / 15], 1e-15);
});

classes(
  '0 / 0 is null for a class and counts as 0 in the means; a class that never occurs is not in them',
  async () => {
    const four = (...answers: number[]) => answers.map((a) => [0, 1, 2, 3].map((c) => (c === a ? 2 : 0)));
    // Class 1 is never the answer, class 2 has no sample, class 3 has neither.
    const { classification } = await look(four(0, 0, 2), [0, 1, 0]);
    const { perClass, precision, recall, f1, auc } = classification!;
    assert.equal(
      perClass.map((c) => [c.precision, c.recall, c.f1]),
      [
        [1 / 2, 1 / 2, 1 / 2],
        [null, 0, 0],
        [0, null, 0],
        [null, null, null],
      ],
    );
    assert.equal(
      perClass.map((c) => c.auc === null),
      [false, false, true, true],
      'without samples, or without others, there are no pairs',
    );
    close([precision, recall, f1], [1 / 6, 1 / 6, 1 / 6], 1e-15);
    close([auc!], [(perClass[0].auc! + perClass[1].auc!) / 2], 1e-15);
    const single = (await look([[1, 0]], [0])).classification!;
    assert.equal([single.auc, single.precision], [null, 1]);
  },
);

/** AUC by definition: the share of pairs in the right order, counted one by one. */
function pairsOf(positive: ArrayLike<number>, negative: ArrayLike<number>): number {
  let sum = 0;
  for (const p of Array.from(positive)) for (const n of Array.from(negative)) sum += p > n ? 1 : p === n ? 1 / 2 : 0;
  return sum / (positive.length * negative.length);
}

classes('AUC is the share of pairs in order, equal scores counting half', () => {
  // scikit-learn's documentation of roc_auc_score.
  assert.is(areaUnderRoc(Float64Array.of(0.35, 0.8), Float64Array.of(0.1, 0.4)), 0.75);
  assert.is(areaUnderRoc(Float64Array.of(1, 1), Float64Array.of(1, 1, 1)), 0.5);
  assert.is(areaUnderRoc(Float64Array.of(), Float64Array.of(1)), null);
  const stream = new Random(3).stream('auc');
  for (let k = 0; k < 20; k++) {
    const draw = (n: number) => Float64Array.from({ length: n }, () => Math.round(4 * stream.normal()) / (1 + (k % 3)));
    const [positive, negative] = [draw(1 + k), draw(25 - k)];
    close([areaUnderRoc(positive, negative)!], [pairsOf(positive, negative)], 1e-15);
  }
});

classes(
  'AUC of two classes is that of the second class; of more, it is the mean over the classes, each against the rest, by probability',
  async () => {
    const stream = new Random(4).stream('logits');
    const draw = (n: number, k: number) =>
      Array.from({ length: n }, () => Array.from({ length: k }, () => stream.normal()));
    const probabilities = (z: number[]) => z.map((v) => Math.exp(v) / z.reduce((s, u) => s + Math.exp(u), 0));
    for (const k of [2, 3, 5]) {
      const logits = draw(40, k).map((z) => z.map(Math.fround));
      const labels = logits.map((_, i) => i % k);
      const { classification } = await look(logits, labels);
      const p = logits.map(probabilities);
      const areas = Array.from({ length: k }, (_, c) => {
        const of = (own: boolean) => p.filter((_, i) => (labels[i] === c) === own).map((row) => row[c]);
        return pairsOf(of(true), of(false));
      });
      close(
        classification!.perClass.map((c) => c.auc!),
        areas,
        1e-14,
      );
      close([classification!.auc!], [areas.reduce((a, b) => a + b) / k], 1e-14);
    }
  },
);

classes('AUC orders samples whose probabilities round to 1 or 0', async () => {
  // 1 - p is at most 2e-35, so in float64 each p is 1.
  const logits = [
    [0, 80],
    [0, 90],
    [0, 100],
    [0, 110],
  ];
  assert.is((await look(logits, [0, 1, 0, 1])).classification!.auc, 0.75);
  const three = logits.map(([, z]) => [0, -900, z]);
  assert.is((await look(three, [0, 2, 0, 2])).classification!.perClass[2].auc, 0.75);
});

classes('AUC orders probabilities that are exactly 1 and 0, as a net that ends in softmax may give them', async () => {
  class Certain extends Module {
    forward(x: Tensor): Tensor {
      return softmax(x.mul(1000), 1);
    }
  }
  const data = tensorDataset(
    [
      [1, 0],
      [0, 1],
      [0, 1],
    ],
    [0, 1, 0],
    { classes: 2 },
  );
  const loss = Object.assign((p: Tensor) => p.mean(), { logits: true as const });
  assert.is((await evaluate(new Certain(), data, { loss })).classification!.auc, 0.75);
});

classes('the expected calibration error weighs |accuracy - confidence| of 15 bins by their samples', async () => {
  // Confidences 0.59 (twice, one right), 0.9 (right) and 0.95 (wrong): the bins (8/15, 9/15], (13/15, 14/15] and (14/15, 1].
  const logit = (p: number) => [0, Math.log(p / (1 - p))];
  const found = await look([logit(0.59), logit(0.59), logit(0.9), logit(0.95)], [1, 0, 1, 0]);
  const { calibrationError, bins } = found.classification!;
  close([calibrationError], [(2 * 0.09 + 0.1 + 0.95) / 4], 1e-6);
  assert.equal(
    bins.map((b) => b.samples),
    [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 1],
  );
  close([bins[8].confidence!, bins[8].accuracy!, bins[8].from, bins[8].to], [0.59, 0.5, 8 / 15, 9 / 15], 1e-6);
  assert.equal([bins[0].confidence, bins[0].accuracy], [null, null]);
  const sure = (
    await look(
      [
        [0, 50],
        [50, 0],
      ],
      [1, 0],
    )
  ).classification!;
  assert.is(sure.calibrationError, 0);
  assert.is(sure.bins[14].samples, 2, 'a confidence of 1 is in the last bin');
});

classes('any batch size gives the same measures', async () => {
  const { model, options } = training();
  const measures = (batchSize: number) => evaluate(model, options.test!, { batchSize }).then((e) => e.classification);
  const whole = (await measures(7)) as Classification;
  for (const size of [1, 3]) {
    const found = (await measures(size)) as Classification;
    assert.equal(
      [found.precision, found.recall, found.f1, found.auc],
      [whole.precision, whole.recall, whole.f1, whole.auc],
    );
    close([found.calibrationError], [whole.calibrationError], 1e-6);
  }
});

const values = subject('evaluate, values');

/** Evaluates outputs against targets, in batches of 2. */
function compare(outputs: number[] | number[][], targets: number[] | number[][]) {
  return evaluate(new Identity(), tensorDataset(tensor(outputs as number[]), tensor(targets as number[])), {
    batchSize: 2,
  });
}

values('MAE, RMSE and R2 are those of a worked example of scikit-learn', async () => {
  const { regression, accuracy, classification } = await compare([2.5, 0, 2, 8], [3, -0.5, 2, 7]);
  // By hand: errors 1/2, 1/2, 0, 1; targets with mean 2.875 and a sum of squares about it of 29.1875.
  close([regression!.mae, regression!.rmse, regression!.r2!], [0.5, Math.sqrt(0.375), 1 - 1.5 / 29.1875], 1e-15);
  assert.equal([accuracy, classification], [null, null]);
});

values(
  'each of several columns is measured, and all together: RMSE over all values, R2 as the mean of the columns',
  async () => {
    const { regression } = await compare(
      [
        [0, 2],
        [-1, 2],
        [8, -5],
      ],
      [
        [0.5, 1],
        [-1, 1],
        [7, -6],
      ],
    );
    const [a, b] = regression!.columns;
    // By hand: column 0 has errors 1/2, 0, 1 and a sum of squares of 36.1666..; column 1 has errors 1, 1, 1 and 32.6666..
    close([a.mae, a.rmse, a.r2!], [0.5, Math.sqrt(1.25 / 3), 1 - 1.25 / (36 + 1 / 6)], 1e-14);
    close([b.mae, b.rmse, b.r2!], [1, 1, 1 - 3 / (32 + 2 / 3)], 1e-14);
    close([regression!.mae, regression!.rmse], [0.75, Math.sqrt(4.25 / 6)], 1e-14);
    close([regression!.r2!], [(a.r2! + b.r2!) / 2], 1e-15);
  },
);

values(
  'R2 is null if all targets are equal, and 0 if the outputs are their mean; targets far from 0 lose no digits',
  async () => {
    const constant = await compare([1, 2], [5, 5]);
    assert.equal([constant.regression!.r2, constant.regression!.mae], [null, 3.5]);
    assert.is((await compare([2, 2, 2], [1, 2, 3])).regression!.r2, 0);
    // 2^24 - 1 and its neighbours are exact in float32. The sum of 300 squares is not exact in float64.
    const far = (last: number[]) => Array.from({ length: 300 }, (_, i) => 2 ** 24 - 4 + last[i % 3]);
    close([(await compare(far([1, 2, 2]), far([1, 2, 3]))).regression!.r2!], [0.5], 1e-6);
  },
);

values('standardized targets are measured in their own units', async () => {
  const x = tensor([[1], [2], [3], [4]]);
  const y = tensor([
    [100, 1],
    [200, 5],
    [400, 3],
    [500, 7],
  ]);
  const data = standardize(tensorDataset(x, y));
  const model = new Linear(1, 2);
  const { regression } = await evaluate(model, data);
  const output = model.forward(tensor((await data.batch([0, 1, 2, 3])).inputs, { shape: [4, 1] })).dataSync();
  const { mean, std } = data.statistics.targets!;
  for (const c of [0, 1]) {
    const errors = [0, 1, 2, 3].map((i) => output[2 * i + c] * std[c] + mean[c] - y.dataSync()[2 * i + c]);
    // The batch holds standardized targets as float32.
    close([regression!.columns[c].mae], [errors.reduce((s, e) => s + Math.abs(e) / 4, 0)], 1e-5);
  }
});

values(
  'outputs with another shape than the targets have no regression measures; outputs with the same shape have them, also with a custom loss',
  async () => {
    const data = tensorDataset(tensor([[1], [2]]), tensor([[1], [3]]));
    const loss = (output: Parameters<typeof mse>[0], y: Parameters<typeof mse>[0]) => mse(output.mean(1), y.mean(1));
    assert.is((await evaluate(new Linear(1, 2), data, { loss })).regression, null);
    assert.is((await evaluate(new Identity(), data, { loss })).regression!.mae, 0.5);
  },
);

const own = subject('metrics');

const mae = (output: Parameters<typeof l1>[0], target: Parameters<typeof l1>[0]) => l1(output, target);

own(
  'are averaged over samples, with short batches weighted by their size, whether they return a mean or a value for each sample',
  async () => {
    const [outputs, targets] = [
      [1, 2, 3, 4, 5],
      [1, 1, 1, 1, 9],
    ];
    const data = tensorDataset(tensor(outputs), tensor(targets));
    const metrics = {
      mae,
      each: (a: Parameters<typeof l1>[0], b: Parameters<typeof l1>[0]) => a.sub(b).abs(),
      plain: (a: Parameters<typeof l1>[0]) => a.shape[0],
    };
    for (const batchSize of [1, 2, 5]) {
      const found = await evaluate(new Identity(), data, { metrics, batchSize });
      close([found.metrics.mae!, found.metrics.each!], [2, 2], 1e-6);
    }
    // Batches of 2, 2 and 1.
    assert.is((await evaluate(new Identity(), data, { metrics, batchSize: 2 })).metrics.plain, (2 * 2 + 2 * 2 + 1) / 5);
  },
);

own('are in every report that evaluates and in the history, null if not finite', async () => {
  const metrics = { ones: () => 1, infinite: () => Infinity };
  const { history } = await run({ metrics, evalEvery: 2, epochs: 3 });
  assert.equal(
    history.epochs.map((e) => e.metrics),
    [null, { ones: 1, infinite: null }, { ones: 1, infinite: null }],
  );
  assert.equal(
    (await run({ epochs: 1 })).history.epochs.map((e) => e.metrics),
    [null],
  );
});

own('that return another shape, or no tensor, are refused by name', async () => {
  const data = tensorDataset(tensor([[1, 2]]), tensor([[1, 2]]));
  const failure = (metric: unknown) =>
    evaluate(new Identity(), data, { metrics: { mine: metric as () => number } }).catch((e) => e.message);
  assert.match(
    await failure((a: unknown) => a),
    /^metrics: mine must return a scalar, or a value for each sample: got \(1,2\)/,
  );
  assert.match(await failure(() => 'x'), /^metrics: mine must return a tensor or a number: got /);
  assert.match(await failure('mae'), /^evaluate: metrics: mine must be a function/);
});

own(
  'the option forward computes the loss of any model, in training and evaluation, with the same bits as the option loss',
  async () => {
    const data: Dataset<any> = tensorDataset(tensor([[1], [2], [3]]), tensor([[2], [4], [6]]));
    const trained = async (more: object) => {
      const model = new Linear(1, 1);
      model.weight.detach().assign(0.5);
      model.bias!.detach().assign(0);
      const options = { train: new DataLoader(data, { batchSize: 2 }), test: data, epochs: 2 };
      const optimizer = new SGDM(model.namedParameters(), { lr: 0.01 });
      const { epochs } = await fit(model, { ...options, optimizer, ...more });
      return { weight: model.weight.itemSync(), losses: epochs.map((e) => [e.loss, e.testLoss]), epochs };
    };
    const plain = await trained({ loss: mse });
    const whole = await trained({
      forward: (model: Linear, [x, y]: Parameters<typeof mse>[]) => mse(model.forward(x as never), y as never),
    });
    assert.equal([whole.weight, whole.losses], [plain.weight, plain.losses]);
    assert.equal([whole.epochs[0].accuracy, whole.epochs[0].testAccuracy], [null, null]);
  },
);
