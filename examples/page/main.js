// Trains a net on the table in the page, then predicts for rows that the user types.
import {
  Adam,
  csv,
  DataLoader,
  evaluate,
  fit,
  mlp,
  predictor,
  progress,
  Random,
  setBackend,
  setThreads,
  splitDataset,
  standardize,
} from 'boundgrad';

const training = document.querySelector('#training');
const row = document.querySelector('#row');
const log = document.querySelector('#log');
const answer = document.querySelector('#answer');

/** Threads need the headers of docs/bundling.md; without them one thread computes the same numbers. */
async function chooseBackend() {
  await setBackend('wasm');
  return setThreads();
}

/** Trains on the text of a CSV file. Returns the predictor for its rows. */
async function train(text, target) {
  const data = csv(text, { target });
  const [first, second] = splitDataset(data, 0.8, { seed: 1 });
  const known = standardize(first, { except: data.oneHot });
  const unknown = standardize(second, { statistics: known.statistics });
  const model = mlp({ sizes: [data.features.length, 32, data.classes.length || 1], random: new Random(1) });
  await fit(model, {
    train: new DataLoader(known, { batchSize: 16, shuffle: true, seed: 1 }),
    test: unknown,
    evalEvery: 10,
    optimizer: new Adam(model.namedParameters(), { lr: 0.01 }),
    epochs: 60,
    callbacks: [
      progress({
        write: (line) => {
          log.textContent = line;
        },
      }),
    ],
  });
  const { accuracy, regression } = await evaluate(model, unknown);
  log.textContent += `\n${second.length} other rows: `;
  log.textContent += regression
    ? `R2 ${regression.r2?.toFixed(3)}, mean error ${regression.mae.toPrecision(3)}`
    : `accuracy ${(100 * accuracy).toFixed(1)} %`;
  return predictor(model, known);
}

/** An input for each column of the table. */
function showColumns({ table }) {
  row.replaceChildren(
    ...table.columns.map(({ name, kind, categories = [] }) => {
      const label = document.createElement('label');
      const field = document.createElement(kind === 'number' ? 'input' : 'select');
      field.name = name;
      if (kind === 'number') Object.assign(field, { type: 'number', step: 'any', value: '100' });
      else field.append(...categories.map((category) => new Option(category)));
      label.append(`${name} `, field);
      return label;
    }),
  );
  row.hidden = false;
}

/** The predictor; undefined before the first training. */
let net;

async function predict() {
  const [{ label, probabilities, value }] = await net.predict([Object.fromEntries(new FormData(row))]);
  const text = label === undefined ? Math.round(value) : `${label}, ${(100 * probabilities[label]).toFixed(1)} %`;
  answer.textContent = `${training.elements.target.value}: ${text}`;
}

/** Returns a handler that runs a function and shows the error that it throws. */
function shown(run) {
  return async (event) => {
    event.preventDefault();
    try {
      await run();
    } catch (error) {
      answer.textContent = error.message;
    }
  };
}

training.addEventListener(
  'submit',
  shown(async () => {
    net = await train(training.elements.text.value, training.elements.target.value);
    showColumns(net);
    await predict();
  }),
);
row.addEventListener('input', shown(predict));
row.addEventListener('submit', shown(predict));

/** Not at the top of the module: see Rollup in docs/bundling.md. */
async function start() {
  training.elements.text.value = await (await fetch('houses.csv')).text();
  log.textContent = `ready, on ${await chooseBackend()} threads`;
}

start().catch((error) => {
  log.textContent = error.message;
});
