// The lab as one HTML file. It loads nothing: its Content-Security-Policy allows the script and the style by their hashes, WebAssembly,
// images in data: addresses, and a worker from a Blob.
import { VERSION } from '../core/index.js';
import { optimizers } from '../optim/index.js';
import { properties } from '../reports/charts/palette.js';
import { embeddedJson, html, rawElement } from '../reports/html/html.js';
import { OWN } from './core/ownRule.js';
import { catalogOf } from './core/state.js';
import style from './style.css?page';
import script from './view/main.tsx?page';
import worker from './worker.ts?page';

/** The page as text. images: whether it has the sample of Fashion-MNIST, 2.4 MB of text. Default: true. */
export async function labPage(images = true): Promise<string> {
  const sample = images ? base64((await import('../datasets/data/fashion.gz')).default) : '';
  const css = style + properties([...Object.keys(optimizers), OWN]);
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(script)}' 'wasm-unsafe-eval'`,
    `style-src '${await hashOf(css)}'`,
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Watch optimizers descend surfaces and train nets, pause at any step, and see which rate it used.">
<meta name="generator" content="boundgrad ${VERSION}">
<link rel="icon" href="data:,">
<title>boundgrad lab</title>
${rawElement('style', css)}
</head>
<body>
<div id="app"></div>
<noscript>The lab needs JavaScript.</noscript>
<script type="application/json" id="catalog">${embeddedJson({ catalog: catalogOf(optimizers), version: VERSION })}</script>
${rawElement('script', worker, { id: 'worker', type: 'text/plain' })}
${images ? rawElement('script', sample, { id: 'images', type: 'text/plain' }) : ''}
${rawElement('script', script)}
</body>
</html>
`.text;
}

function base64(bytes: Uint8Array): string {
  // A function call can take only a limited number of arguments.
  const pieces = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, i) =>
    String.fromCharCode(...bytes.subarray(4096 * i, 4096 * (i + 1))),
  );
  return btoa(pieces.join(''));
}

/** The hash by which a policy allows an inline script or style. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `sha256-${base64(new Uint8Array(digest))}`;
}
