// A table of your own: from CSV text to predictions in the target's own units.
import { Adam, csv, DataLoader, evaluate, fit, mlp, predictor, Random, splitDataset, standardize } from 'boundgrad';

// Stands for `await csvFile('houses.csv', { target: 'price' })` of boundgrad/node: price = 3,000 per square meter, plus an amount for the city.
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
// The values have a variance of about 1, so R2 is about 1 - the mean square error.
console.log(`R2 of the test set: ${(1 - loss).toFixed(4)}`);

// A trained model prepares new rows in the same way, and returns values in the units of the price. boundgrad/node and the command line predict from
// a run's checkpoint in the same way: loadModelFile('runs/houses'), boundgrad predict.
const net = predictor(model, train);
const asked = [
  { size: 100, city: 'Paris' },
  { size: 60, city: 'Rome' },
];
for (const [i, { value }] of (await net.predict(asked)).entries())
  console.log(`${asked[i].size} square meters in ${asked[i].city}: ${(value as number).toFixed(0)}`);
