// The embedded text, in a module of its own: only a bundle that uses it holds it.
import type { Bytes } from '../../core/index.js';
import packed from './mobydick.gz';

const text: Bytes = packed;
export default text;
