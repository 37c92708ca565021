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
  ['sum with keepdim by position', () => x.sum(0, any(true)), /sum: options are an object of keepdim/],
  [
    'mean with the option keepDims',
    () => x.mean(0, any({ keepDims: true })),
    /mean: unknown option: keepDims.*keepdim/,
  ],
  [
    'variance with the option correction',
    () => x.variance(0, any({ correction: 0 })),
    /variance: unknown option: correction/,
  ],
  ['max with the option dim', () => x.max(any({ dim: 1 })), /max: no such axis/],
  ['backward with the option retain_graph', () => x.backward(any({ retain_graph: true })), /retainGraph/],
  [
    'new Tensor of a list',
    () => new b.Tensor(any([1, 2]), ...([] as unknown as [never, never, never, never])),
    /tensor\(values\)/,
  ],
  ['zeros with sizes one by one', () => b.zeros(any(2), any(3)), /zeros: options are|shape is a list/],
  ['a tensor of 10^10 elements', () => b.ones([1e5, 1e5]), /ones: /],
  ['the dtype float', () => b.zeros([2], { dtype: any('float') }), /unknown dtype: float/],
  ['a cast to int64', () => x.cast(any('int64')), /unknown dtype: int64/],
  ['full of a text', () => b.full([2], any('1')), /full: value must be a number/],
  ['tensor of a list with a text', () => b.tensor(any(['1'])), /not a number/],
  ['tensor of a Date', () => b.tensor(any(new Date(0))), /not a number/],
  [
    'tensor with the option requires_grad',
    () => b.tensor([1], any({ requires_grad: true })),
    /did you mean requiresGrad/,
  ],
  ['clamp with its limit by position', () => x.clamp(any(0)), /clamp: options are an object of min, max/],
  ['clamp with a text as max', () => x.clamp({ max: any('1') }), /clamp: max must be a number/],
  ['add of a text', () => x.add(any('1')), /add: takes tensors/],
  ['mul with a list', () => b.mul(x, any([1, 2, 3])), /mul: takes tensors/],
  [
    'conv2d with its stride by position',
    () => b.conv2d(b.ones([1, 1, 2, 2]), b.ones([1, 1, 1, 1]), null, any(2)),
    /conv2d: options/,
  ],
  [
    'conv2d with its options in the place of the bias',
    () => b.conv2d(b.ones([1, 1, 2, 2]), b.ones([1, 1, 1, 1]), any({ stride: 2 })),
    /conv2d: bias/,
  ],
  [
    'maxPool2d with the option kernel_size',
    () => b.maxPool2d(b.ones([1, 1, 2, 2]), any({ kernel_size: 2 })),
    /did you mean kernelSize/,
  ],
  ['concat of a tensor', () => b.concat(any(x), 0), /concat: takes a list/],
  ['grad with one tensor as its list of inputs', () => b.grad(x, any(x)), /grad: takes a list/],
  ['gradcheck without inputs', () => b.gradcheck((t) => t, any(undefined)), /gradcheck: takes a list/],
  ['seed of a text', () => b.seed(any('1')), /seed must be an integer/],
  ['a tensor in a proxy, as Vue makes one', () => b.relu(new Proxy(x, {})), /a Proxy of a Tensor/],
  ['setBackend of the text gpu', () => b.setBackend(any('gpu')), /await gpu\(\)/],
  [
    'setBackend with the option threads',
    () => b.setBackend('reference', any({ threads: 2 })),
    /unknown option: threads/,
  ],
  ['serializeSafetensors of a Map', () => b.serializeSafetensors(any(new Map([['a', x]]))), /fromEntries/],
  ['Linear with bias by position', () => new b.Linear(2, 3, any(false)), /Linear: options are an object/],
  ['lenet with the option num_classes', () => b.lenet(any({ num_classes: 3 })), /did you mean numClasses/],
  [
    'crossEntropy with the option label_smoothing',
    () => b.crossEntropy(x, [0, 1], any({ label_smoothing: 0.1 })),
    /did you mean labelSmoothing/,
  ],
  ['mse with the reduction Sum', () => b.mse(x, x, { reduction: any('Sum') }), /did you mean sum/],
  ['Sequential of a list of layers', () => new b.Sequential(any([net()])), /write Sequential\(\.\.\.layers\)/],
  [
    'Adam with the option weight_decay',
    () => new b.Adam(net().parameters(), any({ weight_decay: 0.1 })),
    /did you mean weightDecay/,
  ],
  ['Adam with its learning rate by position', () => new b.Adam(net().parameters(), any(0.1)), /options are an object/],
  ['Adam with a model as its parameters', () => new b.Adam(any(net())), /parameters must be a list/],
  [
    'DataLoader with the option batch_size',
    () => new b.DataLoader(b.moons(), any({ batch_size: 2 })),
    /did you mean batchSize/,
  ],
  ['fit of a data set', () => fit({ train: b.moons() }), /wrap it in a DataLoader/],
  ['fit with the class of an optimizer', () => fit({ optimizer: b.Adam }), /takes an optimizer/],
  [
    'fit with an optimizer of another model',
    () => fit({ optimizer: new b.Adam(new b.Linear(2, 2).parameters()) }),
    /would not train the model/,
  ],
  ['fit without epochs', () => fit({ epochs: undefined }), /epochs must be an integer/],
  ['fit with the option lr', () => fit({ lr: 0.1 }), /fit: unknown option: lr/],
  ['fit with a number as clip', () => fit({ clip: 1 }), /give \{ norm: 1 \}/],
  ['fit with a norm and a value for clip', () => fit({ clip: { norm: 1, value: 1 } }), /give one of/],
  [
    'fit with the schedule cosine(10) in place of cosine, which makes a schedule for the steps of fit',
    () => fit({ schedule: b.cosine(10) }),
    /give a function of the steps/,
  ],
  ['fit with a number as its schedule', () => fit({ schedule: 0.5 }), /give a function of the steps/],
  ['fit with a callback named onEpochEnd', () => fit({ callbacks: [{ onEpochEnd() {} }] }), /never called: onEpochEnd/],
  ['fit with a callback that is not in a list', () => fit({ callbacks: b.earlyStopping() }), /write \[callback\]/],
  [
    'fit with earlyStopping in place of earlyStopping()',
    () => fit({ callbacks: [b.earlyStopping] }),
    /call it if it makes one/,
  ],
  ['fit with early stopping and no test set', () => fit({ callbacks: [b.earlyStopping()] }), /there is no test set/],
  ['fit with the name of a loss', () => fit({ loss: 'mse' }), /fit: loss must be a function/],
  [
    'fit with an AbortController as its signal',
    () => fit({ signal: new AbortController() }),
    /give controller\.signal/,
  ],
  ['fit with a path as checkpoints', () => fit({ checkpoints: 'run' }), /checkpointFolder\('run'\)/],
  [
    'earlyStopping with the monitor val_loss',
    () => b.earlyStopping({ monitor: any('val_loss') }),
    /unknown monitor: val_loss/,
  ],
  [
    'evaluate with a batch size by position',
    () => b.evaluate(net(), b.moons(), any(32)),
    /evaluate: options are an object/,
  ],
  ['evaluate of the class of a model', () => b.evaluate(any(b.Linear), b.moons()), /create it with new/],
];
for (const [name, call, message] of mistakes) {
  test(`${name} is refused`, async () => {
    const error = await refusalOf(call);
    assert.match(String(error), message);
  });
}
