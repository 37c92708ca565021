// A table of one's own: from CSV text to predictions in the target's own units.
import {
  Adam,
  csv,
  DataLoader,
  evaluate,
  fit,
  mlp,
  Random,
  scope,
  splitDataset,
  standardize,
  tensor,
} from '../index.js';

// Stands for `await csvFile('houses.csv', { target: 'price' })` of boundgrad/node: price = 3,000 a square meter, and the city's own.
const stream = new Random(1).stream('houses');
const base = { Oslo: 50_000, Paris: 90_000, Rome: 0 };
const rows = Array.from({ length: 300 }, () => {
  const [size, city] = [40 + 100 * stream.uniform(), (['Oslo', 'Paris', 'Rome'] as const)[stream.below(3)]];
  return `${size.toFixed(1)},${city},${(3000 * size + base[city] + 2000 * stream.normal()).toFixed(0)}`;
});
const houses = csv(['size,city,price', ...rows].join('\n'), { target: 'price', name: 'houses' });
console.log(`${houses.length} rows, inputs ${houses.features.join(', ')}`);

// The test set is scaled by the statistics of the training set; one-hot inputs stay 0 and 1.
const [first, second] = splitDataset(houses, 0.8, { seed: 7 });
const train = standardize(first, { except: houses.oneHot });
const test = standardize(second, { statistics: train.statistics });

const model = mlp({ sizes: [houses.features.length, 16, 1], random: new Random(1) });
await fit(model, {
  train: new DataLoader(train, { batchSize: 32, shuffle: true, seed: 7 }),
  optimizer: new Adam(model.namedParameters(), { lr: 0.01 }),
  epochs: 60,
});
const { loss } = await evaluate(model, test);
// The values have variance 1, so R2 = 1 - the mean square error.
console.log(`R2 of the test set: ${(1 - loss).toFixed(4)}`);

// Other rows of the same columns are read by the table of the first. The price is not known: 0 stands in its place.
const asked = csv('size,city,price\n100,Paris,0\n60,Rome,0\n', { table: houses.table });
const { inputs } = standardize(asked, { statistics: train.statistics }).batch([0, 1]) as { inputs: Float32Array };
const { mean, std } = train.statistics.targets!;
scope(() => {
  const x = tensor(inputs, { shape: [2, houses.features.length] });
  const prices = model.eval().forward(x).mul(std[0]).add(mean[0]).dataSync();
  console.log(`100 square meters in Paris: ${prices[0].toFixed(0)}; 60 in Rome: ${prices[1].toFixed(0)}`);
});
