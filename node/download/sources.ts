// The data sets that can be downloaded: where their files are, and the length and md5 sum of each.
//
// Sources: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version"; the table of
// https://github.com/zalandoresearch/fashion-mnist; for MNIST, which its authors no longer serve, the mirror and the sums of
// torchvision's datasets/mnist.py. A test rebuilds the published files of Fashion-MNIST and compares their sums.
import { ENTRY_BYTES } from '../../datasets/cifar.js';
import { FASHION_MNIST, MNIST } from '../../datasets/mnist.js';

/** A file on a server. */
export interface RemoteFile {
  name: string;
  /** Its length in bytes. */
  bytes: number;
  md5: string;
  /** For a .tar.gz: the files to unpack, by name, with their lengths in bytes. */
  holds?: Readonly<Record<string, number>>;
}

/** A data set on a server. */
export interface Remote {
  title: string;
  /** The address of the folder with the files. */
  from: string;
  /** The page that describes the data set. Default: `from`. */
  page?: string;
  files: readonly RemoteFile[];
}

const BATCH = 10_000 * ENTRY_BYTES;

/** The data sets, by the names that the command line uses. */
export const fetchable: Readonly<Record<string, Remote>> = {
  cifar10: {
    title: 'CIFAR-10',
    from: 'https://www.cs.toronto.edu/~kriz/',
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        bytes: 170_052_171,
        md5: 'c32a1d4ab5d03f1284b67883e8d87530',
        holds: {
          'data_batch_1.bin': BATCH,
          'data_batch_2.bin': BATCH,
          'data_batch_3.bin': BATCH,
          'data_batch_4.bin': BATCH,
          'data_batch_5.bin': BATCH,
          'test_batch.bin': BATCH,
        },
      },
    ],
  },
  mnist: {
    title: MNIST.name,
    from: 'https://ossci-datasets.s3.amazonaws.com/mnist/',
    files: [
      { name: 'train-images-idx3-ubyte.gz', bytes: 9_912_422, md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873' },
      { name: 'train-labels-idx1-ubyte.gz', bytes: 28_881, md5: 'd53e105ee54ea40749a09fcbcd1e9432' },
      { name: 't10k-images-idx3-ubyte.gz', bytes: 1_648_877, md5: '9fb629c4189551a2d022fa330f9573f3' },
      { name: 't10k-labels-idx1-ubyte.gz', bytes: 4_542, md5: 'ec29112dd5afa0611ce80d1b7f02629c' },
    ],
  },
  'fashion-mnist': {
    title: FASHION_MNIST.name,
    from: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    page: 'https://github.com/zalandoresearch/fashion-mnist',
    files: [
      { name: 'train-images-idx3-ubyte.gz', bytes: 26_421_880, md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d' },
      { name: 'train-labels-idx1-ubyte.gz', bytes: 29_515, md5: '25c81989df183df01b3e8a0aad5dffbe' },
      { name: 't10k-images-idx3-ubyte.gz', bytes: 4_422_102, md5: 'bef4ecab320f06d8554ea6380940ec79' },
      { name: 't10k-labels-idx1-ubyte.gz', bytes: 5_148, md5: 'bb300cfdad3c16e7a12a480ee83cd310' },
    ],
  },
};
