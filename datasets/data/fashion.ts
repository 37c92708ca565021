/*! Contains images of Fashion-MNIST, Copyright (c) 2017 Zalando SE, https://tech.zalando.com, MIT licence. */
// The embedded images, in a module of their own, so that the notice above is in the same chunk of a bundle as they are.
import type { Bytes } from '../../core/index.js';
import packed from './fashion.gz';

const images: Bytes = packed;
export default images;
