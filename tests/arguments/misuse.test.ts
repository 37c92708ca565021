// Mistakes of people who come from PyTorch, from tables of data or from the browser. None passes silently.
import * as b from '../../index.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('Mistakes of newcomers');
const x = b.ones([2, 3]);
const net = () => new b.Linear(2, 2);
const any = (value: unknown) => value as never;
const loader = () => new b.DataLoader(b.moons({ samples: 4 }), { batchSize: 2 });
const fit = (more: object, model = net()) =>
  b.fit(model, { train: loader(), optimizer: new b.SGDM(model.namedParameters()), epochs: 1, ...more });

const mistakes: [name: string, call: () => unknown, message: RegExp][] = [
  ['keepdim by position', () => x.sum(0, any(true)), /sum: options are an object of keepdim/],
  ['keepDims', () => x.mean(0, any({ keepDims: true })), /mean: unknown option: keepDims.*keepdim/],
  ['correction', () => x.variance(0, any({ correction: 0 })), /variance: unknown option: correction/],
  ['dim', () => x.max(any({ dim: 1 })), /max: no such axis/],
  ['retain_graph', () => x.backward(any({ retain_graph: true })), /retainGraph/],
  [
    'new Tensor',
    () => new b.Tensor(any([1, 2]), ...([] as unknown as [never, never, never, never])),
    /tensor\(values\)/,
  ],
  ['sizes as arguments', () => b.zeros(any(2), any(3)), /zeros: options are|shape is a list/],
  ['huge', () => b.ones([1e5, 1e5]), /ones: /],
  ['dtype name', () => b.zeros([2], { dtype: any('float') }), /unknown dtype: float/],
  ['dtype int64', () => x.cast(any('int64')), /unknown dtype: int64/],
  ['text value', () => b.full([2], any('1')), /full: value must be a number/],
  ['text in a list', () => b.tensor(any(['1'])), /not a number/],
  ['a Date', () => b.tensor(any(new Date(0))), /not a number/],
  ['requires_grad', () => b.tensor([1], any({ requires_grad: true })), /did you mean requiresGrad/],
  ['clamp by position', () => x.clamp(any(0)), /clamp: options are an object of min, max/],
  ['clamp max text', () => x.clamp({ max: any('1') }), /clamp: max must be a number/],
  ['add text', () => x.add(any('1')), /add: takes tensors/],
  ['a list as operand', () => b.mul(x, any([1, 2, 3])), /mul: takes tensors/],
  [
    'conv2d stride by position',
    () => b.conv2d(b.ones([1, 1, 2, 2]), b.ones([1, 1, 1, 1]), null, any(2)),
    /conv2d: options/,
  ],
  [
    'conv2d options for the bias',
    () => b.conv2d(b.ones([1, 1, 2, 2]), b.ones([1, 1, 1, 1]), any({ stride: 2 })),
    /conv2d: bias/,
  ],
  ['kernel_size', () => b.maxPool2d(b.ones([1, 1, 2, 2]), any({ kernel_size: 2 })), /did you mean kernelSize/],
  ['concat of a tensor', () => b.concat(any(x), 0), /concat: takes a list/],
  ['grad of one x', () => b.grad(x, any(x)), /grad: takes a list/],
  ['gradcheck without inputs', () => b.gradcheck((t) => t, any(undefined)), /gradcheck: takes a list/],
  ['seed text', () => b.seed(any('1')), /seed must be an integer/],
  ['a Vue proxy', () => b.relu(new Proxy(x, {})), /a Proxy of a Tensor/],
  ['setBackend gpu', () => b.setBackend(any('gpu')), /await gpu\(\)/],
  ['setBackend option', () => b.setBackend('reference', any({ threads: 2 })), /unknown option: threads/],
  ['a Map of tensors', () => b.serializeSafetensors(any(new Map([['a', x]]))), /fromEntries/],
  ['bias by position', () => new b.Linear(2, 3, any(false)), /Linear: options are an object/],
  ['num_classes', () => b.lenet(any({ num_classes: 3 })), /did you mean numClasses/],
  ['label_smoothing', () => b.crossEntropy(x, [0, 1], any({ label_smoothing: 0.1 })), /did you mean labelSmoothing/],
  ['reduction Sum', () => b.mse(x, x, { reduction: any('Sum') }), /did you mean sum/],
  ['a list of layers', () => new b.Sequential(any([net()])), /write Sequential\(\.\.\.layers\)/],
  ['weight_decay', () => new b.Adam(net().parameters(), any({ weight_decay: 0.1 })), /did you mean weightDecay/],
  ['learning rate by position', () => new b.Adam(net().parameters(), any(0.1)), /options are an object/],
  ['a model for parameters', () => new b.Adam(any(net())), /parameters must be a list/],
  ['batch_size', () => new b.DataLoader(b.moons(), any({ batch_size: 2 })), /did you mean batchSize/],
  ['fit of a data set', () => fit({ train: b.moons() }), /wrap it in a DataLoader/],
  ['fit with a class', () => fit({ optimizer: b.Adam }), /takes an optimizer/],
  [
    'fit of another model',
    () => fit({ optimizer: new b.Adam(new b.Linear(2, 2).parameters()) }),
    /would not train the model/,
  ],
  ['fit without epochs', () => fit({ epochs: undefined }), /epochs must be an integer/],
  ['fit lr', () => fit({ lr: 0.1 }), /fit: unknown option: lr/],
  ['clip 1', () => fit({ clip: 1 }), /give \{ norm: 1 \}/],
  ['clip of both', () => fit({ clip: { norm: 1, value: 1 } }), /give one of/],
  ['a made schedule', () => fit({ schedule: b.cosine(10) }), /give a function of the steps/],
  ['a schedule as number', () => fit({ schedule: 0.5 }), /give a function of the steps/],
  ['onEpochEnd', () => fit({ callbacks: [{ onEpochEnd() {} }] }), /never called: onEpochEnd/],
  ['a callback without a list', () => fit({ callbacks: b.earlyStopping() }), /write \[callback\]/],
  ['a callback that is not called', () => fit({ callbacks: [b.earlyStopping] }), /call it if it makes one/],
  ['early stopping without a test set', () => fit({ callbacks: [b.earlyStopping()] }), /there is no test set/],
  ['a loss by name', () => fit({ loss: 'mse' }), /fit: loss must be a function/],
  ['an AbortController', () => fit({ signal: new AbortController() }), /give controller\.signal/],
  ['checkpoints as a path', () => fit({ checkpoints: 'run' }), /checkpointFolder\('run'\)/],
  ['val_loss', () => b.earlyStopping({ monitor: any('val_loss') }), /unknown monitor: val_loss/],
  ['evaluate by batch size', () => b.evaluate(net(), b.moons(), any(32)), /evaluate: options are an object/],
  ['evaluate of a class', () => b.evaluate(any(b.Linear), b.moons()), /create it with new/],
];
for (const [name, call, message] of mistakes) {
  test(`${name} is refused`, async () => {
    const error = await refusalOf(call);
    assert.match(String(error), message);
  });
}
