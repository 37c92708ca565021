// The embedded text, in a module of its own, so that only a bundle that uses it contains it.
import type { Bytes } from '../../core/index.js';
import packed from './mobydick.gz';

const text: Bytes = packed;
export default text;
