/** The version of boundgrad; a test compares it with package.json. */
export const VERSION = '0.1.0';

/** The property of Tensor that holds the version. All copies of boundgrad in a process, such as two versions in node_modules, share
 *  this name, so each recognizes the tensors of another. */
export const VERSION_KEY = Symbol.for('boundgrad');
