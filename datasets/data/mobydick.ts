// The embedded text. In its own module, only a bundle that uses it contains it.
import type { Bytes } from '../../core/index.js';
import packed from './mobydick.gz';

const text: Bytes = packed;
export default text;
