// LeNet-5 for images of 28 x 28, in the form that is common today.
//
//   x [c, 28, 28]  -> conv 5 x 5, padding 2 [6, 28, 28]  -> pool [6, 14, 14]  -> conv 5 x 5 [16, 10, 10]  -> pool [16, 5, 5]
//   -> flatten [400]  -> linear [120]  -> linear [84]  -> linear [classes]
//
// Source: LeCun, Bottou, Bengio and Haffner 1998, Proc. IEEE 86(11), section II.B. Differences from the paper: ReLU instead of a
// scaled tanh; max-pooling instead of a mean with a trained scale and bias; the second convolution reads all six maps; padding
// instead of images of 32 x 32; logits instead of radial basis functions.
import { checkInteger, flatten, maxPool2d, relu, type Tensor } from '../core/index.js';
import { Conv2d, type LayerOptions, Linear, Module } from '../nn/index.js';
import { checkImages, layerOptions } from './imageClassifier.js';
import { named } from './named.js';

/** Classes and layer options of a LeNet. */
export interface LenetOptions extends LayerOptions {
  /** The number of classes. Default: 10. */
  numClasses?: number;
  /** The number of channels of the images. Default: 1. */
  inChannels?: number;
  /** The side of the square images. Default: 28. */
  imageSize?: number;
}

/** LeNet-5 with ReLU and max-pooling.  x [n, inChannels, 28, 28], or another imageSize  -> logits [n, numClasses]
 *  Source: LeCun, Bottou, Bengio and Haffner 1998, Proc. IEEE 86(11), section II.B. */
export class LeNet extends Module {
  /** 5 x 5, padding 2, inChannels to 6 channels. */
  readonly conv1: Conv2d;
  /** 5 x 5, 6 to 16 channels. */
  readonly conv2: Conv2d;
  /** 400 to 120 features. The number 400 depends on imageSize. */
  readonly fc1: Linear;
  /** 120 to 84 features. */
  readonly fc2: Linear;
  /** 84 features to the logits. */
  readonly fc3: Linear;
  readonly #side: number;

  /** `random` and `dtype` are passed on to all layers. Throws ValueError if an option is unknown, a number is not a positive integer, or
   *  imageSize is below 12. */
  constructor(options: LenetOptions = {}) {
    super();
    const passed = layerOptions('LeNet', options, ['imageSize']);
    const { numClasses = 10, inChannels = 1, imageSize = 28 } = options;
    checkInteger('LeNet: imageSize', imageSize, 12);
    // Each pooling halves the sides, rounded down; conv2 makes them 4 pixels shorter.
    const side = Math.floor((Math.floor(imageSize / 2) - 4) / 2);
    this.#side = imageSize;
    this.conv1 = new Conv2d(inChannels, 6, 5, { padding: 2, ...passed });
    this.conv2 = new Conv2d(6, 16, 5, passed);
    this.fc1 = new Linear(16 * side * side, 120, passed);
    this.fc2 = new Linear(120, 84, passed);
    this.fc3 = new Linear(84, numClasses, passed);
  }

  /** x [n, inChannels, imageSize, imageSize]  -> logits [n, numClasses].  Throws ShapeError for images of another size or
   *  other channels. */
  forward(x: Tensor): Tensor {
    checkImages('LeNet', x, this.conv1, this.#side);
    const a = maxPool2d(relu(this.conv1.forward(x)), { kernelSize: 2 });
    const b = maxPool2d(relu(this.conv2.forward(a)), { kernelSize: 2 });
    const c = relu(this.fc1.forward(flatten(b, 1)));
    return this.fc3.forward(relu(this.fc2.forward(c)));
  }
}

/** Creates LeNet-5: 61,706 parameters for one channel and ten classes.
 *   x [n, inChannels, imageSize, imageSize]  -> logits [n, numClasses] */
export function lenet(options: LenetOptions = {}): LeNet {
  return named('lenet', options, new LeNet(options));
}
